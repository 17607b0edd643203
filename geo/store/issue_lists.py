"""Lists of issues, page by page, and how many wait in each queue: one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from operator import ge, lt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import (
    DateTime,
    Text,
    and_,
    any_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from geo.core.lifecycle import OPEN
from geo.core.queues import QUEUES
from geo.store.issue_views import issue_views
from geo.store.models import (
    AT_WORK,
    Building,
    Community,
    Department,
    Duty,
    DutyVersion,
    Generation,
    GridVersion,
    Issue,
    IssueDeadline,
    IssueEvent,
    Jurisdiction,
    Unit,
)
from geo.store.zones import DayBegins, by_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, RowMapping, Select
    from sqlalchemy.orm import Session

    from geo.core.queues import Queue

Order = Literal["latest", "due"]

READERS_OF_PRIVATE = (*AT_WORK, "auditor")
NEVER = cast("infinity", DateTime(timezone=True))


class Place(NamedTuple):
    """A place in a list, which the next page begins after.

    Parameters
    ----------
    due_at
        When the running clock is due, in the order of what is due; ``None`` where none runs.
    occurred_at, id
        Of the issue.
    """

    due_at: datetime | None
    occurred_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which issues a list is to hold; ``None`` where it doesn't matter.

    Parameters
    ----------
    jurisdiction
        Slug.
    state, queue
        A state, and the name of a queue; see :data:`geo.core.queues.QUEUES`.
    grid, community
        Codes of the present grid and of its community.
    department, duty
        Codes.
    building
        Code of the building that it concerns.
    since, until
        Occurred at or after, and before: an instant, or a day of the jurisdictions' time zones.
    due_before
        A clock runs that ends before.
    q
        What its number begins with, or its text holds as far as the reader may see it.
    order
        The latest to occur first, or whose running clock ends first.
    after
        The place that the page begins after.
    limit
        How many at most.
    """

    jurisdiction: str | None = None
    state: str | None = None
    queue: str | None = None
    grid: str | None = None
    community: str | None = None
    department: str | None = None
    duty: str | None = None
    building: str | None = None
    since: datetime | DayBegins | None = None
    until: datetime | DayBegins | None = None
    due_before: datetime | None = None
    q: str | None = None
    order: Order = "latest"
    after: Place | None = None
    limit: int = 50


_running = and_(
    IssueDeadline.issue_id == Issue.id,
    IssueDeadline.started_at.is_not(None),
    IssueDeadline.met_at.is_(None),
    IssueDeadline.paused_at.is_(None),
)

RUNNING_DUE = (
    select(func.min(IssueDeadline.due_at).label("at"))
    .where(_running, Issue.state.in_(OPEN))
    .correlate(Issue)
    .lateral("running_due")
)
"""When the clock of an issue that runs and is due first is due."""


def list_issues(session: Session, wanted: Wanted) -> list[RowMapping]:
    """Return the rows of a page of a list of issues.

    They are those of :func:`geo.store.issue_views.issue_views`, and say whether the issue's private
    duty keeps its words from whoever asks (``withheld``), and when its running clock is due
    (``running_due_at``).
    """
    page = select(Issue.id).where(*_conditions(wanted))
    ordered = _latest_first if wanted.order == "latest" else _due_first
    keys = ordered(page, wanted.after).limit(wanted.limit).scalar_subquery()
    # The keys first: the names are then looked up for this page alone.
    rows = _rows().where(Issue.id == any_(func.array(keys)))
    return list(session.execute(rows.order_by(*_order(wanted.order))).mappings())


def place_of(row: RowMapping, order: Order) -> Place:
    """Return a row's place in a list."""
    due_at = row["running_due_at"] if order == "due" else None
    return Place(due_at, row["occurred_at"], row["id"])


def count_queues(session: Session, jurisdiction: str | None = None) -> dict[str, int]:
    """Return how many issues are in each queue, of those there are for whoever asks.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    jurisdiction
        Slug; by default all.
    """
    late = _late(func.now()) if any(one.overdue for one in QUEUES.values()) else false()
    counted = [func.count().filter(_in_queue(one, late)).label(one.name) for one in QUEUES.values()]
    statement = select(*counted).select_from(Issue).where(*_conditions(Wanted(jurisdiction)))
    return dict(session.execute(statement).mappings().one())


def is_withheld() -> ColumnElement[bool]:
    """Return the expression for whether a private duty keeps an issue's words from the asker."""
    return case((_is_private(), not_(_may_read_private())), else_=False)


def _is_private() -> ColumnElement[bool]:
    return or_(
        exists().where(Duty.id == Issue.duty_id, Duty.private).correlate(Issue),
        exists()
        .where(
            DutyVersion.duty_id == Issue.duty_id,
            DutyVersion.number == Issue.duty_version,
            DutyVersion.private,
        )
        .correlate(Issue),
    )


def _may_read_private() -> ColumnElement[bool]:
    roles = func.asker_roles_on(Issue.id, type_=ARRAY(Text()))
    readers = cast(list(READERS_OF_PRIVATE), ARRAY(Text()))
    handled = select(func.asker_handled().column_valued())
    return or_(roles.overlap(readers), Issue.id.in_(handled))


@lru_cache(maxsize=1)
def _rows() -> Select[*tuple[Any, ...]]:
    return (
        issue_views()
        .outerjoin(RUNNING_DUE, true())
        .add_columns(is_withheld().label("withheld"), RUNNING_DUE.c.at.label("running_due_at"))
    )


def _order(order: Order) -> tuple[Any, ...]:
    latest = (Issue.occurred_at.desc(), Issue.id.desc())
    return latest if order == "latest" else (RUNNING_DUE.c.at.asc().nulls_last(), *latest)


def _latest_first(page: Select[UUID], after: Place | None) -> Select[UUID]:
    if after is not None:
        page = page.where(_further_back(after))
    return page.order_by(*_order("latest"))


def _due_first(page: Select[UUID], after: Place | None) -> Select[UUID]:
    page = page.outerjoin(RUNNING_DUE, true())
    if after is not None:
        last = NEVER if after.due_at is None else literal(after.due_at)
        due = func.coalesce(RUNNING_DUE.c.at, NEVER)
        page = page.where(or_(due > last, and_(due == last, _further_back(after))))
    return page.order_by(*_order("due"))


def _further_back(after: Place) -> ColumnElement[bool]:
    return tuple_(Issue.occurred_at, Issue.id) < tuple_(
        literal(after.occurred_at), literal(after.id)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    given = ((getattr(wanted, name), condition) for name, condition in CONDITIONS.items())
    return [condition(value) for value, condition in given if value is not None]


def _in_queue(queue: Queue, late: ColumnElement[bool]) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = Issue.state.in_(queue.states)
    if queue.unsure:
        inside = or_(inside, and_(Issue.state.in_(queue.unsure), not_(Issue.confident)))
    if queue.overdue:
        inside = and_(inside, late)
    if queue.escalated:
        inside = and_(inside, Issue.escalated_at.is_not(None))
    return inside


def _late(before: Any) -> ColumnElement[bool]:
    return Issue.id.in_(
        select(IssueDeadline.issue_id).where(
            IssueDeadline.started_at.is_not(None),
            IssueDeadline.met_at.is_(None),
            IssueDeadline.paused_at.is_(None),
            IssueDeadline.due_at < before,
        )
    )


def _grids_of_community(code: str) -> Select[UUID | None]:
    """Return the grids that were drawn in a community when they were last drawn."""
    latest = (
        select(GridVersion.grid_id, GridVersion.community_id)
        .ext(distinct_on(GridVersion.grid_id))
        .join(Generation, Generation.id == GridVersion.generation_id)
        .where(func.lower(Generation.validity) <= func.now())
        .order_by(GridVersion.grid_id, Generation.number.desc())
        .subquery("latest")
    )
    return (
        select(latest.c.grid_id)
        .join(Community, Community.id == latest.c.community_id)
        .where(Community.code == code)
    )


def _concerns(code: str) -> ColumnElement[bool]:
    """Return whether an issue names a unit of a building, or was found to lie in it."""
    buildings = select(Building.id).where(Building.code == code)
    first = (
        exists()
        .where(
            IssueEvent.issue_id == Issue.id,
            IssueEvent.sequence == 1,
            IssueEvent.detail["building_id"]
            .as_string()
            .in_(select(cast(Building.id, Text())).where(Building.code == code)),
        )
        .correlate(Issue)
    )
    units = select(Unit.id).where(Unit.building_id.in_(buildings))
    return or_(Issue.unit_id.in_(units), and_(Issue.unit_id.is_(None), first))


def _says(words: str) -> ColumnElement[bool]:
    found = Issue.text.icontains(words, autoescape=True)
    return or_(Issue.number.istartswith(words, autoescape=True), and_(found, not_(is_withheld())))


def _occurred(
    compare: Callable[[Any, datetime], ColumnElement[bool]], given: datetime | DayBegins
) -> ColumnElement[bool]:
    if isinstance(given, DayBegins):
        return by_day(compare, Issue.occurred_at, Issue.jurisdiction_id, given)
    return compare(Issue.occurred_at, given)


CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "jurisdiction": lambda slug: Issue.jurisdiction_id.in_(
        select(Jurisdiction.id).where(Jurisdiction.slug == slug)
    ),
    "state": lambda state: Issue.state == state,
    "queue": lambda name: _in_queue(QUEUES[name], _late(func.now())),
    "grid": lambda code: Issue.current_grid_id.in_(
        select(GridVersion.grid_id).where(GridVersion.code == code)
    ),
    "community": lambda code: Issue.current_grid_id.in_(_grids_of_community(code)),
    "department": lambda code: Issue.department_id.in_(
        select(Department.id).where(Department.code == code)
    ),
    "duty": lambda code: Issue.duty_id.in_(select(Duty.id).where(Duty.code == code)),
    "building": _concerns,
    "since": partial(_occurred, ge),
    "until": partial(_occurred, lt),
    "due_before": lambda instant: and_(Issue.state.in_(OPEN), _late(instant)),
    "q": _says,
}
"""What each field of :class:`Wanted` asks of an issue."""
