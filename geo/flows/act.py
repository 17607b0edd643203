"""Carrying out an action on an issue, as the table of transitions allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from geo.core.clocks import Terms, moved, with_deadline
from geo.core.lifecycle import (
    ENDED,
    ESCALATING_TRANSFER,
    STATE_TABLE,
    TRANSFERS,
    actions_of,
    allowed_actions,
    may_act,
    transition,
)
from geo.errors import (
    ActionRefusedError,
    InvalidFieldError,
    KeyReusedError,
    NotFoundError,
    NotPermittedError,
)
from geo.flows.issue_answers import issue_answer
from geo.flows.photos import kept_photo
from geo.messages import msg
from geo.settings import settings
from geo.store.acting import (
    department_code,
    last_event,
    leave_feedback,
    merge_followers,
    next_photo,
    part_followers,
)
from geo.store.clocks import judged_by, read_clocks, write_clocks
from geo.store.duties import find_department, find_duty, work_calendar
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.idempotency import Remembered, recall, remember
from geo.store.issues import (
    account_name,
    add_event,
    add_photos,
    add_to_outbox,
    change_issue,
    grid_in_force,
    hold_issue,
    read_issue,
    roles_on,
)
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.clocks import Clock, Clocks
    from geo.core.lifecycle import Transition
    from geo.files.photos import CleanPhoto
    from geo.flows.report import Key
    from geo.store.asking import Asker
    from geo.store.models import Issue

Found = TypeVar("Found")

FARTHEST = timedelta(days=730)
"""How far away somebody may set a deadline."""

CODES = ("grid", "duty", "department", "duplicate_of", "stage", "due_at")
"""Fields that an action takes only if it needs them."""


BEFORE = {
    "grid": ("current_grid_id", "current_code"),
    "duty": ("duty_id", "duty_code"),
    "department": ("department_id", "department_code"),
}
"""What an event keeps as it was: the column that changes, and where its code is read."""


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done, and what it says.

    Parameters
    ----------
    name
        An action of the table.
    actor
        Who does it, where that isn't an account.
    version
        Of the issue as it was read; ``None`` to act on whatever it is now.
    note, reason
        Words.
    grid, duty, department
        Codes of what the issue is to have from now on.
    duplicate_of
        The issue that stays.
    stage, due_at
        Whose deadline is set, and to when.
    photos
        That go with it, encoded anew; see :func:`geo.flows.photos.take_photos`.
    """

    name: str
    actor: str = ""
    version: int | None = None
    note: str = ""
    reason: str = ""
    grid: str | None = None
    duty: str | None = None
    department: str | None = None
    duplicate_of: UUID | None = None
    stage: str | None = None
    due_at: datetime | None = None
    photos: tuple[CleanPhoto, ...] = ()


class Doing(NamedTuple):
    """An action on its way: the issue, the step that it is, who takes it, when, and its version."""

    issue: Issue
    action: Action
    step: Transition
    asker: Asker
    at: datetime
    version: int


class Done(NamedTuple):
    """What an action has led to."""

    state: str
    version: int


def act(
    issue_id: UUID,
    action: Action,
    asker: Asker,
    url: str | None = None,
    key: Key | None = None,
) -> dict[str, Any]:
    """Carry out an action: the new state, its event and its side effects in one transaction.

    Parameters
    ----------
    issue_id
        Of the issue.
    action
        What to do.
    asker
        Who does it.
    url
        The database; by default the settings'.
    key
        The same key again gives the same answer, and does nothing.

    Returns
    -------
    dict
        The issue as it is then.

    Raises
    ------
    NotFoundError
        When there is no such issue, or none that the asker may see.
    NotPermittedError
        When the asker may see it, and not act on it, or not in this way: who has several roles
        has each in its own territory.
    ActionRefusedError
        When its state does not allow the action, or it has changed since it was read.
    InvalidFieldError
        When a field is missing, has no place here, or names what isn't there.
    KeyReusedError
        When the key came with something else before.
    """
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        before = recall(opened, key.text) if key else None
        if key and before:
            if before.request_sha256 != key.sha256:
                raise KeyReusedError(key=key.text)
            return before.response
        carry_out(opened, issue_id, action, asker)
        answer = issue_answer(opened, issue_id)
        if key:
            remember(opened, key.text, issue_id, Remembered(key.sha256, answer))
        return answer


def act_briefly(issue_id: UUID, action: Action, asker: Asker, url: str | None = None) -> Done:
    """Carry out an action as :func:`act` does, and return no more than what it has led to."""
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        return carry_out(opened, issue_id, action, asker)


def carry_out(opened: Session, issue_id: UUID, action: Action, asker: Asker) -> Done:
    """Carry out an action in a transaction that is open; see :func:`act` for what it raises."""
    issue = hold_issue(opened, issue_id)
    if issue is None:
        if read_issue(opened, issue_id) is not None:
            raise NotPermittedError
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    roles = roles_on(opened, issue_id)
    if not may_act(action.name, roles):
        raise NotPermittedError
    version, last_at = last_event(opened, issue_id)
    step = _allowed(issue, action, version, roles)
    now = clock(opened)
    doing = Doing(issue, action, step, asker, max(now, last_at or now), version + 1)
    changes = _changes(opened, doing)
    _check_needs(doing, changes)
    _write(opened, doing, changes)
    opened.expire(issue)
    return Done(step.next, doing.version)


def _allowed(issue: Issue, action: Action, version: int, roles: Collection[str]) -> Transition:
    allowed = allowed_actions(issue.state)
    if action.version not in {None, version}:
        reason = msg("The issue has changed since it was read.")
        raise ActionRefusedError(reason, issue.state, version, allowed)
    step = transition(issue.state, action.name)
    if step is None:
        reason = msg(
            "The state “%(state)s” does not allow “%(action)s”.",
            state=issue.state,
            action=action.name,
        )
        raise ActionRefusedError(reason, issue.state, version, allowed)
    if step.who.isdisjoint(roles):
        raise NotPermittedError
    escalated = issue.escalated_at is not None
    if action.name not in actions_of(issue.state, roles, escalated=escalated):
        reason = msg("The street decides where this issue goes: it has been passed on to it.")
        raise ActionRefusedError(reason, issue.state, version, allowed)
    return step


def _changes(opened: Session, doing: Doing) -> dict[str, Any]:
    """Return the columns that the action changes, beside the state."""
    issue, action, step = doing.issue, doing.action, doing.step
    _check_has_place(action, step)
    changes: dict[str, Any] = {}
    home = issue.jurisdiction_id
    if action.grid is not None:
        changes["current_grid_id"] = _known("grid", grid_in_force(opened, home, action.grid))
    if action.duty is not None:
        changes |= _judged(opened, issue, action.duty)
    if action.department is not None:
        department = find_department(opened, home, action.department)
        changes["department_id"] = _known("department", department)
    if action.duplicate_of is not None:
        changes["duplicate_of_id"] = _original(opened, issue, action.duplicate_of)
    if step.state == "duplicate":
        changes["duplicate_of_id"] = None
    if action.name in {"show", "hide"}:
        changes["public"] = _shown(opened, doing)
    return changes | _transferred(doing, changes)


def _check_has_place(action: Action, step: Transition) -> None:
    for field in CODES:
        if getattr(action, field) is not None and field not in step.needs:
            reason = msg("“%(action)s” does not change this.", action=action.name)
            raise InvalidFieldError(field=field, reason=reason)


def _judged(opened: Session, issue: Issue, code: str) -> dict[str, Any]:
    """Return the columns of a duty; an issue that has it already keeps the version it goes by."""
    duty = _known("duty", find_duty(opened, issue.jurisdiction_id, code))
    if duty.id == issue.duty_id and issue.duty_version is not None:
        return {"department_id": duty.department_id}
    if duty.retired:
        raise InvalidFieldError(
            field="duty", reason=msg("This duty is not in the catalogue any more.")
        )
    return {
        "duty_id": duty.id,
        "duty_version": duty.version,
        "department_id": duty.department_id,
    }


def _original(opened: Session, issue: Issue, original_id: UUID) -> UUID:
    original = read_issue(opened, original_id)
    home = issue.jurisdiction_id
    if original is None or original["jurisdiction_id"] != home or original["id"] == issue.id:
        raise InvalidFieldError(
            field="duplicate_of", reason=msg("There is no such other issue here.")
        )
    if original["state"] == "duplicate":
        raise InvalidFieldError(
            field="duplicate_of",
            reason=msg("That issue is a duplicate itself; name the one that stays."),
        )
    return original_id


def _shown(opened: Session, doing: Doing) -> bool:
    issue = doing.issue
    show = doing.action.name == "show"
    read = read_issue(opened, issue.id) if show else None
    if read is not None and read["private"]:
        reason = msg("Issues of a private duty are never made public.")
        raise ActionRefusedError(
            reason, issue.state, doing.version - 1, allowed_actions(issue.state)
        )
    return show


def _transferred(doing: Doing, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what sending an issue elsewhere changes: the third time makes it the street's."""
    issue = doing.issue
    for field, column in (("grid", "current_grid_id"), ("department", "department_id")):
        same = column in changes and changes[column] == getattr(issue, column)
        if doing.action.name in TRANSFERS and same:
            raise InvalidFieldError(field=field, reason=msg("The issue is there already."))
    elsewhere = changes.get("department_id", issue.department_id) != issue.department_id
    again = doing.action.name == "dispatch" and doing.step.state == "returned" and elsewhere
    if doing.action.name not in TRANSFERS and not again:
        return {}
    transfers = issue.transfers + 1
    escalates = transfers >= ESCALATING_TRANSFER and issue.escalated_at is None
    return {"transfers": transfers} | ({"escalated_at": doing.at} if escalates else {})


def _known(field: str, found: Found | None) -> Found:
    if found is None:
        raise InvalidFieldError(field=field, reason=msg("There is nothing with this code here."))
    return found


def _check_needs(doing: Doing, changes: dict[str, Any]) -> None:
    issue, action = doing.issue, doing.action
    sent = action.name in TRANSFERS
    has = {
        "grid": changes.get("current_grid_id", None if sent else issue.current_grid_id),
        "duty": changes.get("duty_id", issue.duty_id),
        "department": changes.get("department_id", None if sent else issue.department_id),
        "note": action.note,
        "reason": action.reason,
        "duplicate_of": action.duplicate_of,
        "stage": action.stage,
        "due_at": action.due_at,
    }
    missing = next((field for field in doing.step.needs if not has[field]), None)
    if missing is not None:
        raise InvalidFieldError(
            field=missing, reason=msg("“%(action)s” needs this.", action=action.name)
        )


def _write(opened: Session, doing: Doing, changes: dict[str, Any]) -> None:
    """Write what the action changes.

    The event comes first, and the issue's own columns last: whoever has handled an issue may read
    it when it has gone elsewhere, and not write any more.
    """
    issue, action, step = doing.issue, doing.action, doing.step
    before = read_clocks(opened, issue.id)
    after = _clocks(opened, doing, changes, before)
    told = _detail(opened, doing, changes)
    known = before.get(action.stage or "")
    if known is not None:
        told["due_before"] = known.due_at.isoformat()
    event = {
        "at": doing.at,
        "action": action.name,
        "from_state": step.state,
        "to_state": step.next,
        "actor": account_name(opened, doing.asker) or action.actor,
        "account_id": doing.asker.account_id,
        "note": "\n".join(text for text in (action.reason, action.note) if text),
        "detail": told | clocks_told(before, after),
    }
    sequence = add_event(opened, issue.id, event)
    write_clocks(opened, issue.id, before, after)
    _keep_photos(opened, doing, sequence)
    _tell_people(opened, doing, sequence)
    closed_at = doing.at if step.next in ENDED else None
    change_issue(opened, issue.id, changes | {"state": step.next, "closed_at": closed_at})
    add_to_outbox(
        opened,
        "issue.changed",
        {"issue_id": str(issue.id), "action": action.name, "state": step.next, "event": sequence},
    )


def _keep_photos(opened: Session, doing: Doing, sequence: int) -> None:
    issue_id, photos = doing.issue.id, doing.action.photos
    row = read_issue(opened, issue_id) if photos else None
    if row is not None:
        zone = ZoneInfo(row["timezone"])
        kept = [kept_photo(photo, zone) for photo in photos]
        add_photos(opened, issue_id, kept, sequence, next_photo(opened, issue_id))


def _tell_people(opened: Session, doing: Doing, sequence: int) -> None:
    """Leave what reporter and followers are told, and let them follow the issue that stays."""
    issue, action = doing.issue, doing.action
    if action.name == "feed_back":
        leave_feedback(opened, issue, sequence)
    if action.duplicate_of is not None:
        merge_followers(opened, issue.id, action.duplicate_of)
    if doing.step.state == "duplicate" and issue.duplicate_of_id is not None:
        part_followers(opened, issue.id, issue.duplicate_of_id)


def _clocks(opened: Session, doing: Doing, changes: dict[str, Any], before: Clocks) -> Clocks:
    """Return the clocks as they are after the action."""
    issue, action, step = doing.issue, doing.action, doing.step
    still = step.state == step.next and not step.starts and "duty_id" not in changes
    if still and action.stage is None:
        return before
    duty = (changes.get("duty_id", issue.duty_id), changes.get("duty_version", issue.duty_version))
    terms = Terms(
        work_calendar(opened, issue.jurisdiction_id),
        judged_by(opened, *duty),
        issue.received_at,
        settings().remind_before_pct,
    )
    if action.stage is None or action.due_at is None:
        return moved(before, step, doing.at, terms)
    _check_deadline(doing)
    return with_deadline(before, action.stage, action.due_at, doing.at, terms)


def _check_deadline(doing: Doing) -> None:
    action = doing.action
    if action.stage not in STATE_TABLE[doing.step.state].clocks:
        raise InvalidFieldError(field="stage", reason=msg("The time of this stage does not run."))
    if action.due_at is not None and action.due_at <= doing.at:
        raise InvalidFieldError(field="due_at", reason=msg("This time has passed."))
    if action.due_at is not None and action.due_at > doing.at + FARTHEST:
        raise InvalidFieldError(field="due_at", reason=msg("This is more than two years away."))


def _detail(opened: Session, doing: Doing, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what the event keeps: what was given, and of what changed what it was before."""
    given = {name: getattr(doing.action, name) for name in CODES}
    told: dict[str, Any] = {
        name: value.isoformat() if name == "due_at" else str(value)
        for name, value in given.items()
        if value is not None
    }
    moves = [name for name, (column, _) in BEFORE.items() if column in changes]
    row = read_issue(opened, doing.issue.id) if moves else None
    if row is not None:
        codes = {f"{name}_before": row[BEFORE[name][1]] for name in moves}
        told |= {name: code for name, code in codes.items() if code is not None}
    if "department_id" in changes and "department" not in told:
        told["department"] = department_code(opened, changes["department_id"])
    if "transfers" in changes:
        told["transfers"] = changes["transfers"]
    if "escalated_at" in changes:
        told["escalated"] = True
    return told


def clocks_told(before: Clocks, after: Clocks) -> dict[str, Any]:
    """Return the clocks that have changed, as an event keeps them: nothing when none has.

    Examples
    --------
    >>> clocks_told({}, {})
    {}
    """
    changed = {stage: _plain(one) for stage, one in after.items() if before.get(stage) != one}
    return {"clocks": changed} if changed else {}


def _plain(one: Clock) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in one._asdict().items()
        if name != "stage" and value is not None
    }
