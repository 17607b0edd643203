"""What becomes of an issue, as whoever reported or follows it is told: steps, no names of staff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from geo.core.lifecycle import ENDED
from geo.errors import NotFoundError
from geo.flows.issue_answers import issue_answer, issue_history
from geo.messages import msg
from geo.store.links import department_names, linked_issues

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

STEPS = (
    *("collect", "load", "route", "sort", "dispatch", "accept", "return", "handle"),
    *("carry_openly", "resume", "verify", "reject", "feed_back", "close", "mark_duplicate"),
    *("cancel", "reopen", "transfer_grid", "transfer_department"),
)
"""Actions that people outside are told of; the others are about the work itself."""

SAID = frozenset({"feed_back", "cancel"})
"""Steps whose words are for people outside; those of the others are between colleagues."""

TO_A_DEPARTMENT = frozenset({"dispatch", "transfer_department"})

PHASE_OF: dict[str, int] = {
    "triage": 0,
    "collected": 0,
    "sorted": 1,
    "returned": 1,
    "reopened": 1,
    "dispatched": 2,
    "accepted": 3,
    "on_open_list": 3,
    "handled": 3,
    "verified": 3,
    "fed_back": 4,
    "closed": 4,
}
"""How far each state is along 收集 collect, 梳理 sort, 分流 triage, 处理 handle, 反馈 feedback."""

REPORT = 1
"""Sequence of the event that photos of the report belong to."""


class Step(NamedTuple):
    """One thing that happened.

    Parameters
    ----------
    action
        As in the history.
    at
        When.
    department
        Names, Chinese and English, of where it was sent; ``None`` for other steps.
    said
        Words for people outside.
    """

    action: str
    at: datetime
    department: tuple[str, str] | None
    said: str


@dataclass(frozen=True, slots=True)
class Progress:
    """An issue as a follow link shows it.

    Parameters
    ----------
    told
        As :func:`geo.flows.issue_answers.issue_answer` returns it.
    steps
        Oldest first.
    own
        Whether the link's holder has reported it.
    shown
        Whether its text may be shown here: one's own, or what everybody may see; never that of a
        private duty.
    phase
        0 to 4; ``None`` where it ended in another way.
    due_at
        When it should be handled; ``None`` where that is not known or past caring.
    photos
        Numbers of the photos that came with the report, as far as they are one's own.
    by_message
        Whether the link came with a message, which others may see: then no words and photos.
    """

    told: dict[str, Any]
    steps: tuple[Step, ...]
    own: bool
    shown: bool
    phase: int | None
    due_at: datetime | None
    photos: tuple[int, ...]
    by_message: bool = False


def progress_by_link(
    opened: Session, *, by_message: bool = False
) -> tuple[Progress, Progress | None]:
    """Return the issue behind the follow secret that is held, and for a duplicate the other one.

    Parameters
    ----------
    opened
        On behalf of whoever holds the secret.
    by_message
        Whether they hold the link of a message alone: then what was reported is not shown.

    Raises
    ------
    NotFoundError
        When the secret opens nothing.
    """
    own, followed = linked_issues(opened)
    first = own or followed
    if first is None:
        raise NotFoundError(kind=msg("report"), name="…")
    shown = _progress(opened, first, own=own is not None)
    if by_message:
        shown = replace(shown, shown=False, photos=(), by_message=True)
    if own is None or followed is None or shown.told["state"] != "duplicate":
        return shown, None
    return shown, _progress(opened, followed, own=False)


def _progress(opened: Session, issue_id: UUID, *, own: bool) -> Progress:
    told = issue_answer(opened, issue_id)
    shown = (own or told["public"]) and not told["withheld"]
    photos = tuple(one["number"] for one in told["photos"] if one["event"] == REPORT)
    return Progress(
        told,
        tuple(_steps(opened, told)),
        own,
        shown,
        PHASE_OF.get(told["state"]),
        _due_at(told),
        photos if own else (),
    )


def _steps(opened: Session, told: dict[str, Any]) -> list[Step]:
    events = [one for one in issue_history(opened, told["id"]) if one["action"] in STEPS]
    names = department_names(opened, told["jurisdiction"])
    sent_to = departments_sent_to(events, (told["routing"]["department"] or {}).get("code"))
    return [
        Step(
            event["action"],
            datetime.fromisoformat(event["at"]),
            names.get(code or ""),
            event["note"] if event["action"] in SAID else "",
        )
        for event, code in zip(events, sent_to, strict=True)
    ]


def departments_sent_to(events: Sequence[dict[str, Any]], present: str | None) -> list[str | None]:
    """Return the code of the department that each event sent the issue to; ``None`` for others.

    An event keeps a department only where that changed, so it is told from the end.

    Parameters
    ----------
    events
        Of a history, oldest first.
    present
        The department that has it now.

    Examples
    --------
    >>> again = {"department": "road", "department_before": "park"}
    >>> events = [{"action": "dispatch", "detail": {}}, {"action": "sort", "detail": {}}]
    >>> events += [{"action": "transfer_department", "detail": again}]
    >>> departments_sent_to(events, "road")
    ['park', None, 'road']
    >>> departments_sent_to([], None)
    []
    """
    found: list[str | None] = []
    for event in reversed(events):
        detail = event["detail"]
        code = detail.get("department", present)
        found.append(code if event["action"] in TO_A_DEPARTMENT else None)
        present = detail.get("department_before", code)
    return found[::-1]


def _due_at(told: dict[str, Any]) -> datetime | None:
    if told["state"] in ENDED:
        return None
    waiting = (one for one in told["deadlines"] if one["stage"] == "handle" and not one["met_at"])
    due = next(waiting, None)
    return datetime.fromisoformat(due["due_at"]) if due else None
