"""Classes (分级) of figures for a map: where one colour ends and the next begins.

Breaks are those of the library mapclassify; what it leaves open is decided here: figures that
aren't there are in no class, no class is empty, and a constant is one class. Importing the library
takes seconds, so it is imported where it is used, and by :func:`warm_classes` before that.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Method = Literal["fisher_jenks", "quantiles", "equal_interval"]

NONE = -1
"""The row of a figure that isn't there."""

CLASSES = 5
"""More shades than five to seven are hard to tell apart (Brewer, Designing Better Maps, 2016)."""

METHODS: dict[Method, Message] = {
    "fisher_jenks": msg("Natural breaks (Fisher–Jenks)"),
    "quantiles": msg("Quantiles"),
    "equal_interval": msg("Equal intervals"),
}
"""What methods are called, in the order in which they are offered."""


class Cut(NamedTuple):
    """A fixed threshold, and whether the threshold itself belongs ``below`` or ``above``."""

    value: float
    belongs: Literal["below", "above"] = "above"


class Classes(NamedTuple):
    """Figures in classes.

    Parameters
    ----------
    method
        How they were broken, to be said in the legend.
    ranges
        Lowest and highest figure of each class, ascending; infinite where a class is open (k,).
    rows
        The class of every figure; :data:`NONE` where the figure isn't there (n,).
    """

    method: Message
    ranges: tuple[tuple[float, float], ...]
    rows: Ints

    @property
    def counts(self) -> Ints:
        """How many figures are in each class (k,)."""
        return np.bincount(self.rows[self.rows >= 0], minlength=len(self.ranges))


def classify(values: ArrayLike, method: Method = "fisher_jenks", classes: int = CLASSES) -> Classes:
    """Break figures into classes by themselves.

    Parameters
    ----------
    values
        Figures (n,); what is not finite is not there.
    method
        How.
    classes
        How many at most; there are fewer where there are fewer different figures, and no class is
        empty.

    Returns
    -------
    Classes
        A class's range is that of the figures in it; for equal intervals, that of the interval.

    References
    ----------
    Fisher, On Grouping for Maximum Homogeneity, JASA 53 (1958); Jenks, The Data Model Concept in
    Statistical Mapping, International Yearbook of Cartography 7 (1967).

    Examples
    --------
    >>> found = classify([1, 2, 2, 30, 31, np.nan], classes=2)
    >>> found.ranges, found.rows.tolist(), found.counts.tolist()
    (((1.0, 2.0), (30.0, 31.0)), [0, 0, 0, 1, 1, -1], [3, 2])
    >>> classify([7, 7, 7]).ranges, classify([]).ranges
    (((7.0, 7.0),), ())
    """
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    rows = np.full(len(given), NONE, dtype=np.int64)
    count = min(classes, len(np.unique(given[known])))
    if count == 0:
        return Classes(_said(method, 0), (), rows)
    broken, edges = _broken(given[known], method, count)
    used, rows[known] = np.unique(broken, return_inverse=True)
    if method == "equal_interval":
        ranges = tuple((float(edges[row]), float(edges[row + 1])) for row in used)
    else:
        ranges = _observed(given, rows, len(used))
    return Classes(_said(method, len(used)), ranges, rows)


def classify_at(values: ArrayLike, cuts: Sequence[Cut]) -> Classes:
    """Break figures at fixed thresholds; classes may be empty.

    Parameters
    ----------
    values
        Figures (n,); what is not a number is not there, what is infinite is in the outer classes.
    cuts
        Ascending.

    Examples
    --------
    >>> cuts = [Cut(300), Cut(500, "below")]
    >>> found = classify_at([299, 300, 500, 501, np.nan], cuts)
    >>> found.rows.tolist(), found.counts.tolist()
    ([0, 1, 1, 2, -1], [1, 2, 1])
    >>> found.ranges
    ((-inf, 300.0), (300.0, 500.0), (500.0, inf))
    >>> classify_at([], cuts).counts.tolist()
    [0, 0, 0]
    """
    given = np.asarray(values, dtype=np.float64)
    rows = np.zeros(len(given), dtype=np.int64)
    for cut in cuts:
        rows += given > cut.value if cut.belongs == "below" else given >= cut.value
    rows[np.isnan(given)] = NONE
    edges = [-np.inf, *(float(cut.value) for cut in cuts), np.inf]
    return Classes(msg("Fixed thresholds"), tuple(pairwise(edges)), rows)


def classify_changes(values: ArrayLike, classes: int = 2) -> Classes:
    """Break changes into classes of less, of none and of more.

    Less and more are broken apart by Fisher–Jenks, so that no class holds both; no change is a
    class of its own, whether or not there is any in it.

    Parameters
    ----------
    values
        Changes (n,); what is not finite is not there.
    classes
        How many of less, and of more, at most.

    Examples
    --------
    >>> found = classify_changes([-9, -1, 0, 2, np.nan])
    >>> found.ranges, found.rows.tolist()
    (((-9.0, -9.0), (-1.0, -1.0), (0.0, 0.0), (2.0, 2.0)), [0, 1, 2, 3, -1])
    >>> classify_changes([]).ranges
    ((0.0, 0.0),)
    """
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    less, more = known & (given < 0), known & (given > 0)
    below = classify(given[less], classes=classes)
    above = classify(given[more], classes=classes)
    rows = np.full(len(given), NONE, dtype=np.int64)
    rows[known] = len(below.ranges)
    rows[less] = below.rows
    rows[more] = len(below.ranges) + 1 + above.rows
    ranges = (*below.ranges, (0.0, 0.0), *above.ranges)
    return Classes(msg("Less and more apart, natural breaks (Fisher–Jenks)"), ranges, rows)


def warm_classes() -> None:
    """Import the library and break something, so that nobody waits for it."""
    classify(np.arange(9.0))


def _said(method: Method, count: int) -> Message:
    return msg("%(method)s, classes: %(count)s", method=METHODS[method], count=count)


def _broken(values: Floats, method: Method, count: int) -> tuple[Ints, Floats]:
    """Return the class of every figure, and the edges of all classes.

    Natural breaks are searched for in single precision: figures are measured from their middle,
    where it is finest.
    """
    from mapclassify import classifiers  # noqa: PLC0415 - 3 s

    if count == 1:
        return np.zeros(len(values), dtype=np.int64), np.array([values.min(), values.max()])
    middle = float(values.min() + values.max()) / 2 if method == "fisher_jenks" else 0.0
    centred = values - middle
    if method == "fisher_jenks":
        bins = classifiers.FisherJenks(centred, k=count).bins
    elif method == "quantiles":
        bins = _quantiles(centred, count)
    else:
        bins = classifiers.EqualInterval(centred, k=count).bins
    inner = np.asarray(bins, dtype=np.float64)[:-1]
    rows = np.searchsorted(inner, centred, side="left").astype(np.int64)
    edges = np.r_[values.min(), inner + middle, values.max()]
    return rows, edges


def _quantiles(values: Floats, count: int) -> Floats:
    """Return the upper edges of quantiles; fewer where many figures are the same.

    The library warns of these, so they are told apart before.
    """
    from mapclassify import classifiers  # noqa: PLC0415 - 3 s

    edges = np.unique(np.quantile(values, np.arange(1, count + 1) / count).round(9))
    if len(edges) < count:
        return edges
    return np.asarray(classifiers.quantile(values, k=count))


def _observed(values: Floats, rows: Ints, count: int) -> tuple[tuple[float, float], ...]:
    found = []
    for row in range(count):
        members = values[rows == row]
        found.append((float(members.min()), float(members.max())))
    return tuple(found)


__all__ = [
    "CLASSES",
    "METHODS",
    "NONE",
    "Classes",
    "Cut",
    "Method",
    "classify",
    "classify_at",
    "classify_changes",
    "warm_classes",
]
