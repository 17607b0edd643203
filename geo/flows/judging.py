"""What a report is judged by: where it belongs, its duty, since when it counts, when it is due."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from geo.core.clocks import Terms, first_clocks
from geo.core.deadlines import COUNTED_FROM, staged
from geo.errors import InvalidFieldError
from geo.flows.instants import in_the_past
from geo.flows.locate import Notice, locate
from geo.flows.routing import Target
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from typing import Any

    from geo.core.clocks import Clock
    from geo.core.deadlines import StageDue
    from geo.core.worktime import WorkCalendar
    from geo.flows.registry import Registry
    from geo.flows.report import Report
    from geo.store.catalogue import Catalogue, KnownDuty
    from geo.store.places import Place

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
NO_DUTY = Notice("no_duty", msg("No duty was given; somebody has to choose one."))
DUTY_RETIRED = Notice(
    "duty_retired", msg("This duty is not in the catalogue any more; somebody has to choose one.")
)
NO_WORK_HOURS = Notice("no_work_hours", msg("No working hours are known, so nothing is due."))
CALENDAR_UNKNOWN = Notice(
    "calendar_unknown",
    msg("The public holidays of a year are not known yet; deadlines may move."),
)


class Judged(NamedTuple):
    """What an issue is judged by: where it belongs, its duty, and since when it counts.

    Parameters
    ----------
    catalogue
        Of its jurisdiction.
    target
        Where it belongs.
    duty
        In the catalogue; ``None`` when none was given, or one that has been retired.
    notices
        About the duty.
    """

    catalogue: Catalogue
    target: Target
    duty: KnownDuty | None
    notices: tuple[Notice, ...]


def judge(registry: Registry, given: Report, place: Place | None) -> Judged:
    """Find out where a report belongs and by which duty it is judged.

    Parameters
    ----------
    registry
        The generations and catalogues of this process.
    given
        The report.
    place
        The building, unit or household that it names.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there.
    """
    catalogue = _catalogue(registry, given, place)
    target = Target(catalogue.home, given.position, place)
    if given.duty is None:
        return Judged(catalogue, target, None, (NO_DUTY,))
    duty = catalogue.duties.get(given.duty)
    if duty is None or duty.retired:
        catalogue = registry.catalogues.refresh()[catalogue.home.slug]
        duty = catalogue.duties.get(given.duty)
    if duty is None:
        raise InvalidFieldError(
            field="duty", reason=msg("There is no duty with the code “%(code)s”.", code=given.duty)
        )
    if duty.retired:
        return Judged(catalogue, target, None, (DUTY_RETIRED,))
    return Judged(catalogue, target, duty, ())


class Deadlines(NamedTuple):
    """The deadlines of an issue that comes in.

    Parameters
    ----------
    clocks
        By stage.
    told
        As they are told, without when they have begun.
    notices
        What can't be told, or may move.
    """

    clocks: tuple[Clock, ...]
    told: tuple[dict[str, Any], ...]
    notices: tuple[Notice, ...]


@lru_cache(maxsize=1024)
def deadlines_of(
    catalogue: Catalogue, duty: KnownDuty | None, received_at: datetime, state: str
) -> Deadlines:
    """Return the deadlines of an issue; the same for all that come in at one time.

    Parameters
    ----------
    catalogue
        Of its jurisdiction.
    duty
        In the catalogue.
    received_at
        The minute in which it comes in: deadlines are counted from its beginning.
    state
        In which it comes in.
    """
    calendar, allowed = catalogue.calendar, duty.allowances if duty else {}
    terms = Terms(calendar, allowed, received_at, settings().remind_before_pct)
    clocks = tuple(first_clocks(terms, state).values())
    told = tuple(_told(calendar, received_at, clock) for clock in clocks)
    notices = notices_of_deadlines(duty, staged(calendar, received_at, allowed))
    return Deadlines(clocks, told, notices)


def _told(calendar: WorkCalendar, received_at: datetime, clock: Clock) -> dict[str, Any]:
    due_at = clock.due_at.astimezone(calendar.zone)
    received_on = received_at.astimezone(calendar.zone).date()
    return {
        "stage": clock.stage,
        "state": clock.state(received_at),
        "due_at": due_at.isoformat(),
        "started_at": None,
        "met_at": None,
        "paused_at": None,
        "extensions": 0,
        "amount": clock.amount,
        "unit": clock.unit,
        "counted_from": COUNTED_FROM[clock.stage],
        "calendar_known": calendar.knows(received_on, due_at.date()),
    }


def notices_of_deadlines(
    duty: KnownDuty | None, deadlines: tuple[StageDue, ...]
) -> tuple[Notice, ...]:
    """Say when deadlines can't be told, or may move."""
    if duty and duty.allowances and not deadlines:
        return (NO_WORK_HOURS,)
    known = all(one.calendar_known for one in deadlines)
    return () if known else (CALENDAR_UNKNOWN,)


def _catalogue(registry: Registry, given: Report, place: Place | None) -> Catalogue:
    """Decide whose issue it is: by the given name, the place, the position, or being the only one.

    Raises
    ------
    InvalidFieldError
        When nothing decides, or the name is not known.
    """
    known = registry.catalogues.known()
    if given.jurisdiction is not None:
        if given.jurisdiction not in known:
            raise InvalidFieldError(
                field="jurisdiction",
                reason=msg("There is no jurisdiction “%(slug)s”.", slug=given.jurisdiction),
            )
        return known[given.jurisdiction]
    if place is not None:
        return known[place.jurisdiction]
    if given.position is not None:
        answer = locate(registry, given.position)
        if answer.period is not None:
            return known[answer.period.jurisdiction]
    if len(known) == 1:
        return next(iter(known.values()))
    raise InvalidFieldError(
        field="jurisdiction",
        reason=msg("Without a position or a building, the issue must name its jurisdiction."),
    )


def occurred(given: datetime | None, now: datetime) -> datetime:
    """Return when it occurred: when it came in, or before.

    Raises
    ------
    InvalidFieldError
        When it is too far in the future or in the past.
    """
    return now if given is None else in_the_past(given, now, "occurred_at", EARLIEST)
