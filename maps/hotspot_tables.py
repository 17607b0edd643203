"""The table beside a hot spot map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.core.emerging import NO_PATTERN
from geo.core.hotspots import NOT_ENOUGH
from geo.messages import msg
from maps.hotspot_kinds import pattern_kinds, spot_kinds
from maps.sheets import Column, FigureTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.core.hotspot_map import HotspotMap
    from maps.hotspot_said import Said


def hotspot_table(said: Said) -> FigureTable:
    """Return the figures of areas with issues or of which something is found, hottest first."""
    told, say = said.told, said.say
    areas, parts = told.areas, _parts(said)
    order = _order(told)
    grids = bool(areas.names)
    head = [Column(say(msg("Grid")) if grids else say(msg("Cell")), number=False)]
    head += [Column(say(msg("Code")), number=False)] if grids else []
    rows = [
        (
            said.names[row],
            *([areas.keys[row]] if grids else []),
            *(_plain(values[row]) for _, values in parts),
        )
        for row in order
    ]
    return FigureTable(
        caption=say(msg("Issues and hot spots by area")),
        columns=(*head, *(column for column, _ in parts)),
        rows=tuple(rows),
        keys=tuple(areas.keys[row] for row in order),
    )


def _plain(value: object) -> str | float | None:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


def _order(told: HotspotMap) -> list[int]:
    """Return the rows of areas that the table tells of, the hottest first."""
    size = len(told.areas.keys)
    heat = told.counts.astype(np.float64)
    held = told.counts > 0 if not told.areas.names else np.ones(size, dtype=bool)
    if told.local is not None:
        heat = np.where(np.isnan(told.local.z), -np.inf, told.local.z)
        held |= (told.local.classes != 0) & (told.local.classes != NOT_ENOUGH)
    if told.emerging is not None:
        found = told.emerging.categories
        heat = np.where(found == NOT_ENOUGH, -np.inf, np.sign(found)) * 1.0
        held |= (found != NO_PATTERN) & (found != NOT_ENOUGH)
    ordered = np.lexsort((np.arange(size), -told.counts, -heat))
    return [row for row in ordered.tolist() if held[row]]


def _parts(said: Said) -> list[tuple[Column, Sequence[object]]]:
    """Return the columns of figures, and their values by area."""
    told, say = said.told, said.say
    parts: list[tuple[Column, Sequence[object]]] = [
        (Column(say(msg("Issues"))), told.counts.tolist()),
        (Column(say(msg("Households"))), told.households.tolist()),
    ]
    if said.by_rate:
        parts.append(
            (Column(say(msg("Issues per 100 households")), decimals=1), told.values.tolist())
        )
    if told.local is not None:
        local = told.local
        names = {one.number: one.name for one in spot_kinds(say)}
        parts += [
            (Column(say(msg("Found")), number=False), [names[k] for k in local.classes.tolist()]),
            (Column("Gi* z", decimals=2), local.z.tolist()),
            (Column(say(msg("p by relabelling")), decimals=4), local.p.tolist()),
            (Column(say(msg("False discovery rate")), decimals=4), local.q.tolist()),
            (Column(say(msg("p of the normal distribution")), decimals=4), local.p_normal.tolist()),
            (Column(say(msg("Areas in the neighbourhood"))), local.cells.tolist()),
        ]
    if told.emerging is not None:
        found = told.emerging
        names = {one.number: one.name for one in pattern_kinds(say)}
        parts += [
            (
                Column(say(msg("Found")), number=False),
                [names[k] for k in found.categories.tolist()],
            ),
            (Column(say(msg("Trend (Kendall's tau)")), decimals=2), found.trend.tolist()),
            (Column(say(msg("p of the trend")), decimals=4), found.trend_p.tolist()),
        ]
    return parts


__all__ = ["hotspot_table"]
