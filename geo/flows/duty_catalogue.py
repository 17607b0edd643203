"""The catalogue of duties (网格事项清单): reading it, its versions, and amending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.core.answering import FIRST_ANSWERER
from geo.core.lifecycle import STAGES
from geo.errors import ActionRefusedError, InvalidFieldError, NotFoundError
from geo.messages import msg
from geo.store import duty_versions as store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.messages import Message

FIELDS = (
    *("name", "name_en", "kind", "department", "private", "answers_first"),
    *("counts", "counts_en", "settled", "settled_en", "deadlines", "retired"),
)
"""What a version of a duty says, and may differ in from the one before."""

RULES: dict[str, tuple[str, Message]] = {
    "duty_code": ("code", msg("There is a duty with this code already.")),
    "duty_department": ("department", msg("There is no such department.")),
}
"""Rules of the database, each with the field that has to change."""


def duties(
    opened: Session, jurisdiction: str | None = None, *, retired: bool = False
) -> list[dict[str, Any]]:
    """Return the duties as they are now, as values of JSON.

    Raises
    ------
    NotFoundError
        When a jurisdiction is named that there is not.
    """
    if jurisdiction is not None and jurisdiction not in dict(_slugs(opened, None)):
        raise NotFoundError(kind=msg("jurisdiction"), name=jurisdiction)
    return [_told(row) for row in store.list_duties(opened, jurisdiction, retired=retired)]


def versions(opened: Session, code: str, jurisdiction: str | None = None) -> list[dict[str, Any]]:
    """Return the versions of a duty, newest first, each with the fields that were new in it.

    Raises
    ------
    NotFoundError
        When there is no such duty.
    InvalidFieldError
        When several jurisdictions have one of the code.
    """
    rows = [
        _told(row) for row in store.duty_versions(opened, _home(opened, code, jurisdiction), code)
    ]
    before = [*rows[1:], None]
    return [
        row | {"changed": changed(then, row) if then else []}
        for row, then in zip(rows, before, strict=True)
    ]


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the fields in which two versions differ, in the catalogue's order.

    Examples
    --------
    >>> one = dict.fromkeys(FIELDS, "")
    >>> changed(one, one), changed(one, one | {"retired": True, "name": "路灯"})
    ([], ['name', 'retired'])
    """
    return [name for name in FIELDS if before[name] != after[name]]


def add(opened: Session, jurisdiction: str | None, code: str, given: Mapping[str, Any]) -> int:
    """Add a duty, and return the number of its first version.

    Raises
    ------
    InvalidFieldError
        When the code is taken, or there is no such department or jurisdiction.
    """
    return _amend(opened, _any_home(opened, jurisdiction), code, None, given)


def amend(
    opened: Session, jurisdiction: str | None, code: str, expected: int, given: Mapping[str, Any]
) -> int:
    """Write a further version of a duty, and return its number; the same when nothing is new.

    Parameters
    ----------
    opened
        On behalf of an administrator.
    jurisdiction, code
        Which duty.
    expected
        The version that was read.
    given
        All fields of :data:`FIELDS`, and ``note``: why.

    Raises
    ------
    ActionRefusedError
        When somebody else has amended it since.
    InvalidFieldError
        When there is no such department.
    NotFoundError
        When there is no such duty.
    """
    return _amend(opened, _home(opened, code, jurisdiction), code, expected, given)


def _amend(
    opened: Session, home: int, code: str, expected: int | None, given: Mapping[str, Any]
) -> int:
    first = given.get("answers_first") or FIRST_ANSWERER[given["kind"]]
    deadlines = {stage: one for stage in STAGES if (one := given["deadlines"].get(stage))}
    values = {**given, "answers_first": first, "deadlines": deadlines}
    try:
        return store.amend_duty(opened, home, code, expected, values)
    except store.DutyRuleError as error:
        if error.rule in RULES:
            field, reason = RULES[error.rule]
            raise InvalidFieldError(field=field, reason=reason) from error
        latest = store.duty_versions(opened, home, code)[0]["latest"]
        reason = msg(
            "Somebody else has amended this duty since: it is at version %(at)s.", at=latest
        )
        raise ActionRefusedError(reason, "amended", latest, ()) from error


def _home(opened: Session, code: str, jurisdiction: str | None) -> int:
    """Return the jurisdiction whose duty is meant."""
    homes = {slug: key for slug, key in _slugs(opened, code) if jurisdiction in {None, slug}}
    if not homes:
        raise NotFoundError(kind=msg("duty"), name=code)
    return _only(homes)


def _any_home(opened: Session, jurisdiction: str | None) -> int:
    homes = {slug: key for slug, key in _slugs(opened, None) if jurisdiction in {None, slug}}
    if not homes:
        reason = msg("There is no jurisdiction “%(slug)s”.", slug=jurisdiction)
        raise InvalidFieldError(field="jurisdiction", reason=reason)
    return _only(homes)


def _only(homes: dict[str, int]) -> int:
    if len(homes) > 1:
        raise InvalidFieldError(
            field="jurisdiction", reason=msg("There are several jurisdictions; name one.")
        )
    return next(iter(homes.values()))


def _slugs(opened: Session, code: str | None) -> list[tuple[str, int]]:
    return [(slug, key) for key, slug in store.duty_homes(opened, code)]


def _told(row: RowMapping) -> dict[str, Any]:
    same = ("jurisdiction", "code", "version", *FIELDS, "note", "made_by", "made_at")
    told = {name: row[name] for name in same if name in row}
    told["department"] = {name: row[f"department_{name}"] for name in ("code", "name", "name_en")}
    told["deadlines"] = {stage: row["deadlines"].get(stage) for stage in STAGES}
    return told
