"""Taking in an issue (收集) and routing it to its grid."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from geo.core.clocks import Terms, first_clocks
from geo.core.deadlines import staged
from geo.core.lifecycle import first_state
from geo.errors import InvalidFieldError, KeyReusedError
from geo.flows.issue_answers import issue_answer, plain_candidates, plain_notices
from geo.flows.locate import Notice, locate
from geo.flows.photos import kept_photo
from geo.flows.report_places import find_place
from geo.flows.routing import Target, building_of, route
from geo.messages import msg
from geo.settings import settings
from geo.store.asking import RESIDENT, Asker
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.generations import hold_generations
from geo.store.idempotency import Remembered, recall, remember, seal, unseal
from geo.store.issues import add_event, add_issue, add_reporter, add_to_outbox, next_number

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.deadlines import StageDue
    from geo.files.photos import CleanPhoto
    from geo.flows.locate import Position
    from geo.flows.registry import Registry
    from geo.flows.report_places import GivenPlace
    from geo.flows.routing import Routed
    from geo.flows.sign_in import Visitor
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


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports.

    Parameters
    ----------
    text
        In their words.
    position
        Where it is, if they have a position.
    place
        The building, unit or household it concerns; decides over the position.
    duty
        The code of a duty.
    occurred_at
        When, by default now.
    jurisdiction
        The slug of the jurisdiction it is for, where neither place nor position tells.
    reporter_name, reporter_phone
        Who.
    photos
        In order, encoded anew; see :func:`geo.flows.photos.take_photos`.
    source
        Whom it comes from; see :data:`geo.store.models.SOURCES`.
    """

    text: str
    position: Position | None = None
    place: GivenPlace | None = None
    duty: str | None = None
    occurred_at: datetime | None = None
    jurisdiction: str | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    photos: tuple[CleanPhoto, ...] = ()
    source: str = "resident"


class Key(NamedTuple):
    """An idempotency key, and the digest of the body that came with it."""

    text: str
    sha256: bytes


def report(
    registry: Registry,
    given: Report,
    key: Key | None = None,
    url: str | None = None,
    asker: Asker = RESIDENT,
) -> dict[str, Any]:
    """Store an issue, its first event, deadlines, photos and side effects in one transaction.

    It is routed by the generation in force when it occurred, as the database has it while the issue
    is stored: no generation can be published in between.

    Parameters
    ----------
    registry
        The generations of this process.
    given
        What was reported.
    key
        The same key again gives the same answer, and stores nothing.
    url
        The database; by default the settings'.
    asker
        Who reports.

    Returns
    -------
    dict
        The answer, of JSON values; see :func:`geo.flows.issue_answers.issue_answer`. Its ``follow``
        is the secret by which its holder reads this issue from now on, without an account; the
        store keeps its digest alone.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there, or a time that can't be.
    KeyReusedError
        When the key came with another body before.
    NotPermittedError
        When the asker may not report.
    """
    follow = new_follow_secret()
    asker = replace(asker, follow_sha256=follow_digest(follow))
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        before = recall(opened, key.text) if key else None
        if key and before:
            return again(key, before)
        issue_id, answer = _take_in(opened, registry, given, asker)
        if key:
            kept = answer | {"follow": seal(key.text, follow)}
            remember(opened, key.text, issue_id, Remembered(key.sha256, kept))
        return answer | {"follow": follow}


def again(key: Key, before: Remembered) -> dict[str, Any]:
    """Return the answer that was given under a key, its secret readable again.

    Raises
    ------
    KeyReusedError
        When the key came with another body before.
    """
    if before.request_sha256 != key.sha256:
        raise KeyReusedError(key=key.text)
    sealed = before.response["follow"]
    return before.response | {"follow": unseal(key.text, sealed) if sealed else None}


def new_follow_secret() -> str:
    """Return a secret nobody can guess: 24 characters of 144 random bits."""
    return secrets.token_urlsafe(18)


def follow_digest(secret: str) -> bytes:
    """Return what the store keeps of a follow secret."""
    return sha256(secret.encode()).digest()


def source_of(visitor: Visitor) -> str:
    """Return whom a report comes from: a program, a grid worker, other staff, or a resident."""
    if visitor.holder is None:
        return "resident"
    if visitor.scopes is not None:
        return "program"
    return "worker" if "grid_worker" in visitor.roles else "staff"


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


def judge(opened: Session, registry: Registry, given: Report) -> Judged:
    """Find out where a report belongs and by which duty it is judged.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there.
    """
    place = find_place(opened, given.place, given.jurisdiction) if given.place else None
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


def _take_in(
    opened: Session, registry: Registry, given: Report, asker: Asker
) -> tuple[UUID, dict[str, Any]]:
    judged = judge(opened, registry, given)
    target, duty = judged.target, judged.duty
    now = hold_generations(opened, target.home.id)
    occurred_at = occurred(given.occurred_at, now)
    routed = route(opened, registry, target, occurred_at)
    present = routed if occurred_at == now else route(opened, registry, target, now)
    calendar = judged.catalogue.calendar
    allowed = duty.allowances if duty else {}
    deadlines = staged(calendar, now, allowed)
    state = first_state(routed=routed.grid is not None, sorted_out=duty is not None)
    zone = ZoneInfo(target.home.timezone)
    issue = {
        "number": next_number(opened, target.home.id, now.astimezone(zone).year),
        "state": state,
        "occurred_at": occurred_at,
        "received_at": now,
        "follow_sha256": asker.follow_sha256,
        "source": given.source,
        **_given_columns(given, target, duty),
        **_routing_columns(routed, present),
    }
    photos = [kept_photo(photo, zone) for photo in given.photos]
    clocks = first_clocks(Terms(calendar, allowed, now, settings().remind_before_pct), state)
    issue_id = add_issue(opened, issue, clocks=clocks.values(), photos=photos)
    add_reporter(opened, issue_id, given.reporter_name, given.reporter_phone)
    around = building_of(opened, target, routed)
    notices = (*routed.notices, *judged.notices, *notices_of_deadlines(duty, deadlines))
    detail = {
        "candidates": plain_candidates(routed.answer.candidates),
        "notices": plain_notices(notices),
        "building_id": around.building_id if around else None,
        "household_id": around.household_id if around else None,
    }
    event = {"at": now, "action": "collect", "to_state": state, "actor": "reporter"}
    event |= {"account_id": asker.account_id, "detail": detail}
    add_event(opened, issue_id, event)
    answer = issue_answer(opened, issue_id, calendar)
    told = {name: answer[name] for name in ("number", "jurisdiction", "state")}
    add_to_outbox(opened, "issue.received", {"issue_id": answer["id"], **told})
    return issue_id, answer


def _given_columns(given: Report, target: Target, duty: KnownDuty | None) -> dict[str, Any]:
    position = target.position
    return {
        "jurisdiction_id": target.home.id,
        "duty_id": duty.id if duty else None,
        "duty_version": duty.version if duty else None,
        "department_id": duty.department_id if duty else None,
        "text": given.text,
        "lon": position.lon if position else None,
        "lat": position.lat if position else None,
        "given_datum": position.datum if position else None,
        "accuracy_m": position.accuracy_m if position else None,
        "unit_id": target.place.unit_id if target.place else None,
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
    """Return when it occurred, never later than it came in: clocks of phones run ahead a little.

    Raises
    ------
    InvalidFieldError
        When it is too far in the future or in the past.
    """
    if given is None:
        return now
    if given > now + timedelta(seconds=settings().clock_skew_s):
        raise InvalidFieldError(field="occurred_at", reason=msg("This time lies in the future."))
    if given < EARLIEST:
        raise InvalidFieldError(
            field="occurred_at", reason=msg("This time lies too far in the past.")
        )
    return min(given, now)


def _routing_columns(routed: Routed, present: Routed) -> dict[str, Any]:
    answer = routed.answer
    grid_now = present.grid or routed.grid
    return {
        "method": answer.method,
        "distance_m": answer.distance_m,
        "confident": answer.confident,
        "reported_generation_id": routed.period.id if routed.period else None,
        "reported_grid_id": answer.grid.id if answer.grid else None,
        "current_grid_id": grid_now.id if grid_now and routed.grid else None,
        "nearest_grid_id": answer.nearest.id if answer.nearest else None,
    }
