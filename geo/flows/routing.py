"""Deciding where an issue goes: by its place, by its position, or to triage (分流)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.flows.locate import LocateAnswer, Notice, datum_notices, locate_in
from geo.messages import msg
from geo.store.generations import period_at
from geo.store.places import grid_of_place

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.flows.locate import Position
    from geo.flows.registry import Index, Registry
    from geo.store.generations import Period, StoredGrid
    from geo.store.jurisdictions import JurisdictionKey
    from geo.store.places import Place

NO_LOCATION = Notice("no_location", msg("Neither a position nor a building was given."))
UNIT_WITHOUT_GRID = Notice(
    "unit_without_grid", msg("The building that was given lies in no grid of that generation.")
)


class Target(NamedTuple):
    """What is known of where an issue belongs: its jurisdiction, a position, a place."""

    home: JurisdictionKey
    position: Position | None
    place: Place | None


class Routed(NamedTuple):
    """Where an issue goes, by which generation, and what is known about the place."""

    period: Period | None
    answer: LocateAnswer
    notices: tuple[Notice, ...]

    @property
    def grid(self) -> StoredGrid | None:
        """The grid that answers."""
        return self.answer.grid


def route(opened: Session, registry: Registry, target: Target, instant: datetime) -> Routed:
    """Route by the generation that the database says was in force at an instant.

    A place decides over the position; the position is kept as evidence.

    Examples
    --------
    >>> route(opened, registry, target, instant).answer.method  # doctest: +SKIP
    'unit'
    """
    period = period_at(opened, target.home.id, instant)
    return route_by(registry, target, instant, period, opened)


def route_by(
    registry: Registry,
    target: Target,
    instant: datetime,
    period: Period | None,
    opened: Session | None = None,
) -> Routed:
    """Route by a generation.

    Parameters
    ----------
    registry
        The generations of this process.
    target
        Where it belongs.
    instant
        What the generation is in force at.
    period
        The generation; ``None`` where there was none.
    opened
        A transaction; without a place in the target none is needed.
    """
    if period is None:
        return Routed(None, _nowhere(None), (_before_the_first(instant),))
    position, place = target.position, target.place
    index = registry.index(period.id)
    by_position = (
        locate_in((index,), position.lon, position.lat, position.accuracy_m) if position else None
    )
    grid = _grid_of(opened, index, place) if place and opened else None
    if grid is not None:
        elsewhere = _elsewhere(by_position, grid)
        return Routed(period, _by_unit(period, grid), elsewhere)
    notices = (UNIT_WITHOUT_GRID,) if place else ()
    if by_position is None or position is None:
        return Routed(period, _nowhere(period), (*notices, NO_LOCATION) if not place else notices)
    if by_position.method == "outside":
        notices = (*notices, *_outside(by_position), *datum_notices((index,), position))
    return Routed(period, by_position, notices)


def _grid_of(opened: Session, index: Index, place: Place) -> StoredGrid | None:
    grid_id = grid_of_place(opened, index.period.id, place)
    return next((grid for grid in index.grids if grid.id == grid_id), None)


def _by_unit(period: Period, grid: StoredGrid) -> LocateAnswer:
    return LocateAnswer(period, "unit", grid, None, 0.0, (), confident=True)


def _nowhere(period: Period | None) -> LocateAnswer:
    return LocateAnswer(period, "none", None, None, None, (), confident=False)


def _before_the_first(instant: datetime) -> Notice:
    return Notice(
        "before_first_generation",
        msg(
            "No generation of grids was in force at %(instant)s, so nobody answers by itself.",
            instant=instant.isoformat(),
        ),
    )


def _elsewhere(by_position: LocateAnswer | None, grid: StoredGrid) -> tuple[Notice, ...]:
    """Say that the position speaks for another grid than the building that decided."""
    if by_position is None or (by_position.grid and by_position.grid.id == grid.id):
        return ()
    if by_position.grid is None:
        message = msg(
            "The position lies outside every grid; the building that was given decided for grid"
            " %(grid)s.",
            grid=grid.code,
        )
    else:
        message = msg(
            "The position lies in grid %(position)s; the building that was given decided for grid"
            " %(grid)s.",
            position=by_position.grid.code,
            grid=grid.code,
        )
    return (Notice("position_elsewhere", message),)


def _outside(answer: LocateAnswer) -> tuple[Notice, ...]:
    if answer.nearest is None or answer.distance_m is None:
        return ()
    message = msg(
        "The position lies outside every grid; the nearest, %(grid)s, is %(distance_m)s m away.",
        grid=answer.nearest.code,
        distance_m=round(answer.distance_m),
    )
    return (Notice("outside", message),)
