"""What is open near a position, so that nothing is reported twice."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.core.lifecycle import ENDED
from geo.errors import NotFoundError
from geo.flows.issue_answers import IssuePhotoFile
from geo.messages import msg
from geo.store.following import open_issues_near, public_photo

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.flows.locate import Position

RADIUS_AT_WORK_M = 50.0
RADIUS_OF_RESIDENTS_M = 250.0
COARSE_M = 10
"""Residents are told distances in such steps, from a place that was coarsened before."""

MOST = 20


def nearby(
    opened: Session,
    position: Position,
    duty: str | None,
    jurisdiction: str | None,
    *,
    at_work: bool,
) -> dict[str, Any]:
    """Return the open issues of a duty around a position, nearest first.

    Parameters
    ----------
    opened
        On behalf of whoever asks.
    position
        Where.
    duty, jurisdiction
        Code of a duty and slug; ``None`` for any.
    at_work
        People at work are told what they may see, 50 m around; residents what is public, 250 m
        around, and no exact position.
    """
    radius_m = RADIUS_AT_WORK_M if at_work else RADIUS_OF_RESIDENTS_M
    rows = open_issues_near(
        opened,
        position.lon,
        position.lat,
        radius_m,
        duty=duty,
        jurisdiction=jurisdiction,
        ended=ENDED,
        most=MOST,
        public_only=not at_work,
    )
    step_m = 1 if at_work else COARSE_M
    return {"radius_m": radius_m, "issues": [_told(row, step_m) for row in rows]}


def shown_photo(opened: Session, issue_id: UUID, position: int) -> IssuePhotoFile:
    """Return a photo, counted from 1, of an issue that everybody may see.

    Raises
    ------
    NotFoundError
        When there is no such issue or photo, or it is not public.
    """
    found = public_photo(opened, issue_id, position)
    if found is None:
        raise NotFoundError(kind=msg("photo"), name=str(position))
    suffix = found["media_type"].rpartition("/")[2]
    return IssuePhotoFile(
        f"{found['number']}-{position}.{suffix}", found["media_type"], found["content"]
    )


def _told(row: RowMapping, step_m: int) -> dict[str, Any]:
    duty = {name: row[name] for name in ("code", "name", "name_en")}
    return {
        "id": str(row["id"]),
        "number": row["number"],
        "state": row["state"],
        "text": row["told"],
        "occurred_at": row["occurred_at"].astimezone(ZoneInfo(row["timezone"])).isoformat(),
        "distance_m": round(row["distance_m"] / step_m) * step_m,
        "duty": duty if row["code"] else None,
        "photos": list(row["photos"]),
        "followers": row["followers"],
    }
