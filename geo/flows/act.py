"""Carrying out an action on an issue, as the table of transitions allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from geo.core.lifecycle import ENDED, allowed_actions, may_act, transition
from geo.errors import ActionRefusedError, InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.issue_answers import issue_answer
from geo.messages import msg
from geo.store.duties import find_department, find_duty
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.issues import (
    account_name,
    add_event,
    add_to_outbox,
    change_issue,
    grid_in_force,
    hold_issue,
    read_issue,
    roles_on,
    version_of,
)
from geo.store.publishing import clock

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.lifecycle import Transition
    from geo.store.asking import Asker
    from geo.store.models import Issue

Found = TypeVar("Found")


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


class Doing(NamedTuple):
    """An action, the transition that it is, and who asks for it."""

    action: Action
    step: Transition
    asker: Asker


def act(issue_id: UUID, action: Action, asker: Asker, url: str | None = None) -> dict[str, Any]:
    """Carry out an action: the new state, its event and its side effects in one transaction.

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
        When a field is missing, or names what isn't there.
    """
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        issue = hold_issue(opened, issue_id)
        if issue is None:
            if read_issue(opened, issue_id) is not None:
                raise NotPermittedError
            raise NotFoundError(kind=msg("issue"), name=str(issue_id))
        if not may_act(action.name, roles_on(opened, issue_id)):
            raise NotPermittedError
        step = _allowed(opened, issue, action)
        changes = _changes(opened, issue, action)
        _check_needs(issue, step, action, changes)
        _carry_out(opened, issue, Doing(action, step, asker), changes)
        opened.expire(issue)
        return issue_answer(opened, issue_id)


def _allowed(opened: Session, issue: Issue, action: Action) -> Transition:
    version = version_of(opened, issue.id)
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
    return step


def _changes(opened: Session, issue: Issue, action: Action) -> dict[str, Any]:
    """Return the columns that the given codes stand for."""
    changes: dict[str, Any] = {}
    home = issue.jurisdiction_id
    if action.grid is not None:
        changes["current_grid_id"] = _known("grid", grid_in_force(opened, home, action.grid))
    if action.duty is not None:
        duty = _known("duty", find_duty(opened, home, action.duty))
        changes |= {"duty_id": duty.id, "department_id": duty.department_id}
    if action.department is not None:
        department = find_department(opened, home, action.department)
        changes["department_id"] = _known("department", department)
    if action.duplicate_of is not None:
        original = read_issue(opened, action.duplicate_of)
        if original is None or original["jurisdiction_id"] != home or original["id"] == issue.id:
            raise InvalidFieldError(
                field="duplicate_of", reason=msg("There is no such other issue here.")
            )
    return changes


def _known(field: str, found: Found | None) -> Found:
    if found is None:
        raise InvalidFieldError(field=field, reason=msg("There is nothing with this code here."))
    return found


def _check_needs(issue: Issue, step: Transition, action: Action, changes: dict[str, Any]) -> None:
    has = {
        "grid": changes.get("current_grid_id", issue.current_grid_id),
        "duty": changes.get("duty_id", issue.duty_id),
        "department": changes.get("department_id", issue.department_id),
        "note": action.note,
        "reason": action.reason,
        "duplicate_of": action.duplicate_of,
    }
    missing = next((field for field in step.needs if not has[field]), None)
    if missing is not None:
        raise InvalidFieldError(
            field=missing, reason=msg("“%(action)s” needs this.", action=action.name)
        )


def _carry_out(opened: Session, issue: Issue, doing: Doing, changes: dict[str, Any]) -> None:
    action, step, asker = doing
    now = clock(opened)
    told = ("grid", "duty", "department", "duplicate_of")
    given = {name: getattr(action, name) for name in told}
    event = {
        "at": now,
        "action": action.name,
        "from_state": step.state,
        "to_state": step.next,
        "actor": account_name(opened, asker) or action.actor,
        "account_id": asker.account_id,
        "note": "\n".join(text for text in (action.reason, action.note) if text),
        "detail": {name: str(value) for name, value in given.items() if value is not None},
    }
    # The event first: whoever has handled an issue may read it when it has gone elsewhere.
    sequence = add_event(opened, issue.id, event)
    closed_at = now if step.next in ENDED else None
    change_issue(opened, issue.id, changes | {"state": step.next, "closed_at": closed_at})
    add_to_outbox(
        opened,
        "issue.changed",
        {"issue_id": str(issue.id), "action": action.name, "state": step.next, "event": sequence},
    )
