"""What somebody wants done with an issue, and which of its columns that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from geo.core.lifecycle import ESCALATING_TRANSFER, TRANSFERS, allowed_actions
from geo.errors import ActionRefusedError, InvalidFieldError
from geo.messages import msg
from geo.store.duties import find_department, find_duty
from geo.store.issues import grid_in_force, read_issue

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.lifecycle import Transition
    from geo.files.photos import CleanPhoto
    from geo.store.asking import Asker
    from geo.store.models import Issue

Found = TypeVar("Found")

CODES = ("grid", "duty", "department", "duplicate_of", "stage", "due_at")
"""Fields that an action takes only if it needs them."""


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


def columns_changed(opened: Session, doing: Doing) -> dict[str, Any]:
    """Return the columns of the issue that an action changes, beside the state.

    Raises
    ------
    InvalidFieldError
        When a field is missing, has no place here, or names what isn't there.
    ActionRefusedError
        When an issue of a private duty is to be made public.
    """
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
    changes |= _transferred(doing, changes)
    _check_needs(doing, changes)
    return changes


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
