"""Saying where a report would go, before it is sent; nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.core.deadlines import staged
from geo.core.neighbours import neighbours
from geo.flows.grids_told import branch_told, grid_told, named_told
from geo.flows.issue_answers import plain_notices
from geo.flows.judging import judge, notices_of_deadlines, occurred
from geo.flows.report_places import find_place
from geo.flows.routing import route
from geo.store.publishing import clock

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.orm import Session

    from geo.core.deadlines import StageDue
    from geo.flows.locate import Position
    from geo.flows.registry import Registry
    from geo.flows.report import Report
    from geo.flows.routing import Routed

NEAR_EDGE_M = 20.0
"""A position without an accuracy is near an edge within this many metres."""


def preview(opened: Session, registry: Registry, given: Report) -> dict[str, Any]:
    """Return where a report would go, when it would be due, and what else it is close to.

    Parameters
    ----------
    opened
        A transaction.
    registry
        The generations of this process.
    given
        The report as far as it is known; it is judged as :func:`geo.flows.report.report` judges it.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there, or a time that can't be.
    """
    place = find_place(opened, given.place, given.jurisdiction) if given.place else None
    judged = judge(registry, given, place)
    target, duty = judged.target, judged.duty
    now = clock(opened)
    routed = route(opened, registry, target, occurred(given.occurred_at, now))
    deadlines = staged(judged.catalogue.calendar, now, duty.allowances if duty else {})
    notices = (*routed.notices, *judged.notices, *notices_of_deadlines(duty, deadlines))
    answer, period = routed.answer, routed.period
    grid = answer.grid
    return {
        "jurisdiction": target.home.slug,
        "generation": period.label if period else None,
        "generation_number": period.number if period else None,
        "method": answer.method,
        "grid": grid_told(grid),
        "nearest": named_told(answer.nearest) if answer.nearest else None,
        "branch": branch_told(grid.branch) if grid else None,
        "department": named_told(duty.department) if duty else None,
        "deadlines": [_due(one) for one in deadlines],
        "distance_m": None if answer.distance_m is None else round(answer.distance_m, 3),
        "confident": answer.confident,
        "neighbours": _neighbours(registry, routed, target.position),
        "warnings": plain_notices(notices),
    }


def _neighbours(
    registry: Registry, routed: Routed, position: Position | None
) -> list[dict[str, Any]]:
    """Return the other grids that the circle of accuracy crosses, or that are near the position."""
    if position is None or routed.period is None or routed.answer.method == "unit":
        return []
    index = registry.index(routed.period.id)
    shares = {one.grid.code: one.share for one in routed.answer.candidates}
    reach_m = max(position.accuracy_m or 0.0, NEAR_EDGE_M)
    close = neighbours(index.locator.polygons, position.lon, position.lat, reach_m)
    return [
        {
            **named_told(index.grids[one.row]),
            "share": round(shares.get(index.grids[one.row].code, 0.0), 6),
            "distance_m": round(one.distance_m, 1),
        }
        for one in close
        if index.grids[one.row] is not routed.grid
    ]


def _due(one: StageDue) -> dict[str, Any]:
    return {**one._asdict(), "due_at": one.due_at.isoformat()}
