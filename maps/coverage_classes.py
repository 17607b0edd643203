"""Figures of coverage maps in classes, each with its look and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from geo.core.classes import (
    CLASSES,
    METHODS,
    NONE,
    Classes,
    Cut,
    Method,
    classify,
    classify_at,
    classify_changes,
)
from geo.core.coverage_figures import MEASURES
from geo.messages import Message, msg
from maps.patterns import Look, diverging, sequential

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.coverage_figures import CoverageFigures, Unit
    from geo.core.scorecard_terms import Thresholds
    from maps.patterns import Ramp

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Say = Callable[[Message], str]

Breaks = Literal["thresholds"] | Method

BREAKS: dict[Breaks, Message] = {
    "thresholds": msg("Fixed thresholds"),
    "fisher_jenks": METHODS["fisher_jenks"],
    "quantiles": METHODS["quantiles"],
    "equal_interval": METHODS["equal_interval"],
}
"""Methods that can be asked for; thresholds are there for measures that have some."""

RAMPS: dict[str, Ramp] = {"households": "load", "per_worker": "load", "principles": "score"}
"""Of measures; of all others ``share``."""

DEDICATED = Look("#d9d2c3", "dots")
WITHOUT_WORKER = Look("#4d3a30", "upright")
NEW_GRID = Look("#c7d6b4", "level")
DECIMALS: dict[Unit, int] = {
    "households": 0,
    "per_worker": 0,
    "pct": 1,
    "paired": 0,
    "buildings": 0,
}
EVEN = 9
"""Decimals to which figures are equal: shares are quotients of whole numbers."""


class Wanted(NamedTuple):
    """How a coverage map is to be said and drawn.

    Parameters
    ----------
    say, language
        Says messages in the reader's language; its BCP 47 tag.
    measure
        The key of the measure that is shown first; by default the first that there is.
    breaks
        How classes are broken; by default at thresholds where there are bounds for grids, else at
        natural breaks.
    classes
        How many at most; no more than six can be told apart.
    """

    say: Say
    language: str
    measure: str | None = None
    breaks: Breaks | None = None
    classes: int = CLASSES


@dataclass(frozen=True, slots=True, eq=False)
class Classed:
    """Figures in classes: rows (n,), and how the legend shows each class."""

    rows: Ints
    looks: tuple[Look, ...]
    labels: tuple[str, ...]
    method: str


def classed(key: str, told: Sequence[CoverageFigures], wanted: Wanted) -> Classed:
    """Break the figures of grids of one or two generations into common classes.

    Parameters
    ----------
    key
        Of the measure.
    told
        The generations; rows follow each other.
    wanted
        How.
    """
    values = np.concatenate([one.figures.values[key] for one in told]).round(EVEN)
    general = np.concatenate([one.figures.general for one in told])
    bounded = key == "households"
    cuts = _cuts(key, told[0].thresholds)
    given = np.where(general, values, np.nan) if bounded else values
    breaks = wanted.breaks or ("thresholds" if bounded else "fisher_jenks")
    if breaks == "thresholds" and not cuts:
        breaks = "fisher_jenks"
    if breaks == "thresholds":
        found = classify_at(np.where(np.isinf(given), np.nan, given), cuts)
        labels = [_open_range(*one, cuts, wanted.say) for one in found.ranges]
        looks = diverging(1, 1) if bounded else sequential(len(labels), _ramp(key))
    else:
        found = classify(given, breaks, wanted.classes)
        labels = [range_said(one, MEASURES[key].unit) for one in found.ranges]
        looks = sequential(len(labels), _ramp(key))
    method = (
        _method(found, cuts, wanted.say) if breaks == "thresholds" else wanted.say(found.method)
    )
    rows, more = _apart(found.rows, values, general, bounded=bounded, count=len(labels))
    return Classed(
        rows,
        (*looks, *(look for look, _ in more)),
        (*labels, *(wanted.say(text) for _, text in more)),
        method,
    )


def classed_changes(changes: Floats, new: NDArray[np.bool_], unit: Unit, say: Say) -> Classed:
    """Break changes into classes; grids that are new have one of their own.

    Parameters
    ----------
    changes
        Of grids that were there before (n,).
    new
        Which grids were not (n,).
    unit
        Of the figures.
    say
        Says a message in the reader's language.
    """
    found = classify_changes(changes.round(DECIMALS[unit]))
    rows = np.where(new, len(found.ranges), found.rows)
    less = sum(high < 0 for _, high in found.ranges)
    more = sum(low > 0 for low, _ in found.ranges)
    looks = diverging(less, more)
    labels = [_change_said(one, unit, say) for one in found.ranges]
    if new.any():
        looks, labels = (*looks, NEW_GRID), [*labels, say(msg("New grid"))]
    return Classed(rows, looks, tuple(labels), say(found.method))


def classed_counts(counts: Ints, ramp: Ramp, wanted: Wanted) -> Classed:
    """Break small whole numbers into classes by natural breaks, or as it is asked for."""
    breaks = wanted.breaks if wanted.breaks and wanted.breaks != "thresholds" else "fisher_jenks"
    found = classify(counts, breaks, wanted.classes)
    labels = tuple(range_said(one, "paired") for one in found.ranges)
    return Classed(found.rows, sequential(len(labels), ramp), labels, wanted.say(found.method))


def number_said(value: float, unit: Unit) -> str:
    """Return a figure with its decimals, none where it is whole.

    Examples
    --------
    >>> number_said(86.44, "pct"), number_said(100.0, "pct"), number_said(412.4, "per_worker")
    ('86.4', '100', '412')
    """
    return f"{value:.{DECIMALS[unit]}f}".removesuffix(".0")


def change_said(value: float, unit: Unit) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> change_said(-3.0, "households"), change_said(0.04, "pct"), change_said(1.5, "pct")
    ('−3', '0', '+1.5')
    """
    size = number_said(abs(value), unit)
    if float(size) == 0:
        return "0"
    return f"{'+' if value > 0 else '−'}{size}"


def range_said(ends: tuple[float, float], unit: Unit) -> str:
    """Return the range of a class; a single figure where it has no more.

    Examples
    --------
    >>> range_said((300, 412), "households"), range_said((7, 7), "paired")
    ('300–412', '7')
    """
    low, high = (number_said(one, unit) for one in ends)
    return low if low == high else f"{low}–{high}"


def _ramp(key: str) -> Ramp:
    return RAMPS.get(key, "share")


def _cuts(key: str, held_to: Thresholds) -> tuple[Cut, ...]:
    """Return the thresholds of a measure; both bounds are within them."""
    return {
        "households": (Cut(held_to.households_min), Cut(held_to.households_max, "below")),
        "per_worker": (Cut(held_to.households_per_worker_max, "below"),),
        "units_answered": (Cut(held_to.units_answered_min_pct),),
        "households_answered": (Cut(held_to.households_answered_min_pct),),
    }.get(key, ())


def _open_range(low: float, high: float, cuts: Sequence[Cut], say: Say) -> str:
    belongs = {cut.value: cut.belongs for cut in cuts}
    if np.isinf(low):
        text = (
            msg("%(bound)s or less", bound=f"{high:g}")
            if belongs[high] == "below"
            else msg("Less than %(bound)s", bound=f"{high:g}")
        )
        return say(text)
    if np.isinf(high):
        text = (
            msg("More than %(bound)s", bound=f"{low:g}")
            if belongs[low] == "below"
            else msg("%(bound)s or more", bound=f"{low:g}")
        )
        return say(text)
    return f"{low:g}–{high:g}"


def _method(found: Classes, cuts: Sequence[Cut], say: Say) -> str:
    bounds = " / ".join(f"{cut.value:g}" for cut in cuts)
    return say(msg("%(method)s: %(bounds)s", method=found.method, bounds=bounds))


def _apart(
    rows: Ints, values: Floats, general: NDArray[np.bool_], *, bounded: bool, count: int
) -> tuple[Ints, list[tuple[Look, Message]]]:
    """Give grids that no bounds apply to a class of their own, and those without a worker."""
    found: list[tuple[Look, Message]] = []
    rows = rows.copy()
    dedicated = bounded & ~general & np.isfinite(values)
    if dedicated.any():
        rows[dedicated] = count
        found.append((DEDICATED, msg("Dedicated grid, without bounds")))
    alone = np.isposinf(values)
    if alone.any():
        rows[alone] = count + len(found)
        found.append((WITHOUT_WORKER, msg("No grid worker")))
    rows[np.isnan(values)] = NONE
    return rows, found


def _change_said(ends: tuple[float, float], unit: Unit, say: Say) -> str:
    low, high = (change_said(one, unit) for one in ends)
    if low == high == "0":
        return say(msg("Unchanged"))
    return low if low == high else say(msg("%(low)s to %(high)s", low=low, high=high))


__all__ = [
    "BREAKS",
    "Breaks",
    "Classed",
    "Wanted",
    "change_said",
    "classed",
    "classed_changes",
    "classed_counts",
    "number_said",
    "range_said",
]
