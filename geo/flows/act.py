"""Carrying out an action on an issue, as the table of transitions allows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.core.clocks import Terms, moved, with_deadline
from geo.core.lifecycle import (
    ENDED,
    STATE_TABLE,
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
from geo.flows.act_changes import CODES, Action, Doing, columns_changed
from geo.flows.issue_answers import issue_answer
from geo.flows.photos import kept_photo
from geo.messages import msg
from geo.settings import settings
from geo.store.acting import (
    department_code,
    hold_merging,
    last_event,
    leave_feedback,
    merge_followers,
    next_photo,
    part_followers,
)
from geo.store.clocks import judged_by, read_clocks, write_clocks
from geo.store.duties import work_calendar
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.idempotency import Remembered, recall, remember
from geo.store.issues import (
    account_name,
    add_event,
    add_photos,
    add_to_outbox,
    change_issue,
    hold_issue,
    read_issue,
    roles_on,
)
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.clocks import Clock, Clocks
    from geo.core.lifecycle import Transition
    from geo.flows.report import Key
    from geo.store.asking import Asker
    from geo.store.models import Issue

__all__ = ["Action", "act", "carry_out"]

FARTHEST = timedelta(days=730)
"""How far away somebody may set a deadline."""

BEFORE = {
    "grid": ("current_grid_id", "current_code"),
    "duty": ("duty_id", "duty_code"),
    "department": ("department_id", "department_code"),
}
"""What an event keeps as it was: the column that changes, and where its code is read."""


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


def carry_out(opened: Session, issue_id: UUID, action: Action, asker: Asker) -> None:
    """Carry out an action in a transaction that is open; see :func:`act` for what it raises."""
    if action.duplicate_of is not None:
        hold_merging(opened)
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
    changes = columns_changed(opened, doing)
    _write(opened, doing, changes)
    opened.expire(issue)


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
    ended = step.next in ENDED
    closed_at = (issue.closed_at if step.state in ENDED else doing.at) if ended else None
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
    """Return the clocks that have changed, as an event keeps them: nothing when none has."""
    changed = {stage: _plain(one) for stage, one in after.items() if before.get(stage) != one}
    return {"clocks": changed} if changed else {}


def _plain(one: Clock) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in one._asdict().items()
        if name != "stage" and value is not None
    }
