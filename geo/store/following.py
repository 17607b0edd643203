"""What is near a position, what everybody may see of it, and following it (关注)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session


def open_issues_near(  # noqa: PLR0913 - what a look around is made of
    session: Session,
    lon: float,
    lat: float,
    radius_m: float,
    *,
    duty: str | None,
    jurisdiction: str | None,
    ended: Iterable[str],
    most: int,
    public_only: bool,
) -> list[RowMapping]:
    """Return the open issues around a position, nearest first.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    lon, lat
        WGS 84 degrees.
    radius_m
        How far around, in metres on the ellipsoid.
    duty, jurisdiction
        Code and slug; ``None`` where it doesn't matter.
    ended
        The states that are not open.
    most
        How many at most.
    public_only
        Only what everybody may see, from positions that are coarsened; else what the asker may.
    """
    values: dict[str, Any] = {
        "lon": lon,
        "lat": lat,
        "radius_m": radius_m,
        "duty": duty,
        "slug": jurisdiction,
    }
    values |= {"ended": list(ended), "most": most}
    statement = _PUBLIC_NEAR if public_only else _NEAR
    return list(session.execute(statement, values).mappings())


def public_photo(session: Session, issue_id: UUID, position: int) -> RowMapping | None:
    """Return a photo of a public issue, counted from 1, with the issue's number."""
    row = session.execute(_PUBLIC_PHOTO, {"issue_id": issue_id, "position": position})
    return row.mappings().one_or_none()


def follow_issue(  # noqa: PLR0913 - the columns of a follower
    session: Session,
    issue_id: UUID,
    secret_sha256: bytes | None,
    *,
    name: str | None,
    phone: str | None,
    told: str,
) -> str | None:
    """Let whoever asks follow an issue, and return its number.

    Returns ``None`` when there is no such issue, or none that the asker may follow.
    """
    values: dict[str, Any] = {"issue_id": issue_id, "secret": secret_sha256}
    values |= {"name": name, "phone": phone, "told": told}
    number: str | None = session.execute(_FOLLOW, values).scalar_one()
    return number


_AROUND = "(:lon, :lat, :radius_m, CAST(:duty AS text), CAST(:slug AS text), :ended, :most)"
_NEAR = text(f"SELECT * FROM open_issues_near{_AROUND}")  # noqa: S608 - of constants
_PUBLIC_NEAR = text(f"SELECT * FROM public_issues_near{_AROUND}")  # noqa: S608 - of constants
_PUBLIC_PHOTO = text("SELECT * FROM public_photo(:issue_id, :position)")
_FOLLOW = text(
    "SELECT follow_issue(:issue_id, CAST(:secret AS bytea), CAST(:name AS text),"
    " CAST(:phone AS text), :told)"
)
