"""Figures (统计) of a jurisdiction's issues, and by which grids they were counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from geo.core.clocks import Clock
from geo.core.figures import GROUPINGS, Case, History, figures_of, judge, received_by_month, table
from geo.core.stage_times import Step
from geo.errors import InvalidFieldError, NotFoundError
from geo.messages import msg
from geo.store.duties import work_calendar
from geo.store.figures import read_cases
from geo.store.jurisdictions import jurisdictions
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Hashable, Sequence
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.figures import By, Figures, Table
    from geo.core.worktime import WorkCalendar
    from geo.flows.registry import Index, Registry
    from geo.store.generations import StoredGrid
    from geo.store.jurisdictions import JurisdictionKey

Basis = Literal["then", "now", "generation"]
"""By which grids issues are counted: those that were in force when each occurred, the present grid
of each, or those of a chosen generation by its place."""


class GridKey(NamedTuple):
    """A grid of a generation; ``None`` where it is in no generation that was asked for."""

    generation: str | None
    code: str


class RowName(NamedTuple):
    """What a row of figures is called.

    Parameters
    ----------
    code, name, name_en
        Of the grid, community, duty or department; a month is its own name.
    generation
        Label, of a grid.
    retired
        Whether a grid is no longer in force, where the present ones are counted.
    private
        Whether issues of a duty are private.
    """

    code: str
    name: str
    name_en: str
    generation: str | None = None
    retired: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be counted.

    Parameters
    ----------
    jurisdiction
        Slug.
    since, until
        Received at or after, and before; ``None`` for no limit.
    basis
        By which grids.
    generation
        Label of the chosen generation, for the basis ``generation``.
    """

    jurisdiction: str
    since: datetime | None = None
    until: datetime | None = None
    basis: Basis = "then"
    generation: str | None = None


@dataclass(frozen=True)
class Counted:
    """Issues ready to be counted in one way or another.

    Parameters
    ----------
    asked
        What was asked for.
    home
        The jurisdiction.
    at
        When it was counted, by the database's clock.
    generations
        Labels of the generations whose grids there are; of the one in force for present grids.
    cases
        Every issue.
    names
        What the rows are called, by grouping and key.
    """

    asked: Asked
    home: JurisdictionKey
    at: datetime
    generations: tuple[str, ...]
    cases: tuple[Case, ...]
    names: dict[By, dict[Hashable, RowName]]

    def table(self, by: By) -> Table:
        """Return the figures by a grouping; rows without issues are those of known grids."""
        found = table(self.cases, by)
        for key in self.names[by]:
            found.rows.setdefault(key, figures_of(()))
        return found

    @cached_property
    def total(self) -> Figures:
        """The figures of all issues together."""
        return figures_of(self.cases)

    def months(self, by: By) -> dict[Hashable, Counter[Hashable]]:
        """Return how many issues of each row were received in each month."""
        return received_by_month(self.cases, by)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The jurisdiction's time zone."""
        return ZoneInfo(self.home.timezone)

    @property
    def local_at(self) -> datetime:
        """When it was counted, in the jurisdiction's time."""
        return self.at.astimezone(self.zone)

    @property
    def unplaced(self) -> int:
        """How many issues lie in no grid, by the way they were counted."""
        return sum(case.keys["grid"] is None for case in self.cases)


def count(session: Session, registry: Registry, asked: Asked) -> Counted:
    """Read a period's issues and judge each; see :class:`Counted`.

    Parameters
    ----------
    session
        On behalf of whoever asks: only the issues there are for them count.
    registry
        The generations of this process.
    asked
        What to count.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction, or no such generation in it.
    InvalidFieldError
        When the period ends before it begins.
    """
    home = next((one for one in jurisdictions(session) if one.slug == asked.jurisdiction), None)
    if home is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=asked.jurisdiction)
    if asked.since and asked.until and asked.until <= asked.since:
        raise InvalidFieldError(field="until", reason=msg("It is not after the beginning."))
    now = clock(session)
    index = _index(registry, home, asked, now)
    recast_on = index.period.id if index and asked.basis == "generation" else None
    rows = read_cases(session, home.id, asked.since, asked.until, recast_on)
    calendar = work_calendar(session, home.id)
    counting = _Counting(asked, index, rows)
    cases = tuple(
        _case(row, counting.keys(row, grid), calendar, now)
        for row, grid in zip(rows, counting.grids, strict=True)
    )
    return Counted(asked, home, now, counting.generations(), cases, counting.names)


def _index(registry: Registry, home: JurisdictionKey, asked: Asked, now: datetime) -> Index | None:
    """Return the generation whose grids there are rows of, whether or not they have issues."""
    if asked.basis == "then":
        return None
    own = [one for one in registry.periods() if one.jurisdiction_id == home.id]
    if asked.basis == "now":
        found = next((one for one in own if one.holds(now)), None)
        return registry.index(found.id) if found else None
    found = next((one for one in own if one.label == asked.generation), None)
    if found is None:
        raise NotFoundError(kind=msg("generation"), name=asked.generation or "")
    return registry.index(found.id)


class _Counting:
    """The rows that issues are counted in, and their names."""

    def __init__(self, asked: Asked, index: Index | None, rows: Sequence[RowMapping]) -> None:
        self.asked, self.index = asked, index
        self.names: dict[By, dict[Hashable, RowName]] = {by: {} for by in GROUPINGS}
        for grid in index.grids if index else ():
            self._of_index(grid)
        self.grids = self._located(rows)

    def generations(self) -> tuple[str, ...]:
        """Return the labels of the generations whose grids there are."""
        if self.index is not None:
            return (self.index.period.label,)
        labels = {one.generation for one in self.names["grid"].values() if one.generation}
        return tuple(sorted(labels))

    def keys(self, row: RowMapping, grid: StoredGrid | None) -> dict[By, Hashable]:
        """Return the keys of an issue's rows, and remember what they are called."""
        own: dict[By, Hashable] = {
            "duty": self._named("duty", row, "duty", private=row["private"]),
            "department": self._named("department", row, "department"),
            "month": row["month"],
        }
        self.names["month"][row["month"]] = RowName(row["month"], row["month"], row["month"])
        if self.asked.basis == "generation":
            return {**own, **(self._of_index(grid) if grid else {"grid": None, "community": None})}
        return {**own, **self._by_row(row)}

    def _by_row(self, row: RowMapping) -> dict[By, Hashable]:
        """Return grid and community as the issue itself has them, then or now."""
        when = self.asked.basis
        community = self._named("community", row, f"{when}_community")
        code = row[f"{when}_code"]
        if code is None:
            return {"grid": None, "community": community}
        present = self.index.period.label if self.index and row["in_force"] else None
        key = GridKey(row["generation"] if when == "then" else present, code)
        self.names["grid"].setdefault(
            key,
            RowName(
                *(code, row[f"{when}_name"], row[f"{when}_name_en"], key.generation),
                retired=when == "now" and not row["in_force"],
            ),
        )
        return {"grid": key, "community": community}

    def _named(self, by: By, row: RowMapping, column: str, *, private: bool = False) -> Hashable:
        code: str | None = row[column]
        if code is not None:
            told = (code, row[f"{column}_name"], row[f"{column}_name_en"])
            self.names[by].setdefault(code, RowName(*told, private=private))
        return code

    def _of_index(self, grid: StoredGrid) -> dict[By, Hashable]:
        """Return grid and community as the generation has them."""
        label = self.index.period.label if self.index else None
        key, home = GridKey(label, grid.code), grid.community
        self.names["grid"][key] = RowName(grid.code, grid.name, grid.name_en, label)
        self.names["community"][home.code] = RowName(home.code, home.name, home.name_en)
        return {"grid": key, "community": home.code}

    def _located(self, rows: Sequence[RowMapping]) -> list[StoredGrid | None]:
        """Return each issue's grid of the chosen generation, by its address or its position."""
        if self.index is None or self.asked.basis != "generation":
            return [None] * len(rows)
        by_id: dict[UUID, StoredGrid] = {grid.id: grid for grid in self.index.grids}
        found = [by_id.get(row["placed_id"]) for row in rows]
        open_rows = [
            at for at, row in enumerate(rows) if found[at] is None and row["lon"] is not None
        ]
        if open_rows:
            lon, lat = (
                np.array([rows[at][name] for at in open_rows], dtype=float)
                for name in ("lon", "lat")
            )
            owners = self.index.locator.assign(lon, lat).owner
            for at, owner in zip(open_rows, owners.tolist(), strict=True):
                found[at] = self.index.grids[owner] if owner >= 0 else None
        return found


def _case(row: RowMapping, keys: dict[By, Hashable], calendar: WorkCalendar, now: datetime) -> Case:
    return Case(keys, *judge(history_of(row), calendar, now))


def history_of(row: RowMapping) -> History:
    """Return what is known of the issue in a row of :func:`geo.store.figures.read_cases`."""
    steps = [Step(datetime.fromisoformat(at), *rest) for at, *rest in row["steps"]]
    clocks = [_clock(*one) for one in row["clocks"]]
    return History(row["state"], row["received_at"], steps, clocks, row["transfers"])


def _clock(stage: str, due_at: str, *times: str | None) -> Clock:
    started_at, met_at, paused_at = (datetime.fromisoformat(one) if one else None for one in times)
    return Clock(stage, datetime.fromisoformat(due_at), started_at, met_at, paused_at)
