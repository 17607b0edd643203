"""Logins for trying out a demonstration: every role, in the made-up city alone.

Their passwords are made at the first start of an installation, kept in its data folder in a file
for its owner alone, and printed at each start as long as they hold.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from geo.flows.passwords import hashed, matches, pronounceable
from geo.store import accounts
from geo.store.demonstration import only_demonstrations, places_of, unchanged_logins
from geo.store.engine import owner_session

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

FILE = "demonstration-logins.json"
LOGINS = (
    ("worker", "grid_worker", "网格员（演示）"),
    ("community", "community_staff", "社区工作人员（演示）"),
    ("dispatcher", "street_dispatcher", "街道派单员（演示）"),
    ("department", "department_handler", "部门经办人（演示）"),
    ("planner", "planner", "规划员（演示）"),
    ("reviewer", "planner", "规划审核员（演示）"),
    ("auditor", "auditor", "审计员（演示）"),
    ("admin", "administrator", "管理员（演示）"),
)
"""Name, role, and how it is shown. A plan is approved by another planner than drew it."""


class Login(NamedTuple):
    """A name and a password to try, and what for."""

    role: str
    name: str
    password: str


def demonstration_logins(folder: Path, slug: str, url: str | None = None) -> list[Login]:
    """Return the logins that hold; make them where there is no account at all yet.

    None are made, and none returned, once a jurisdiction is loaded that isn't declared synthetic.

    Parameters
    ----------
    folder
        The installation's data folder.
    slug
        The jurisdiction that they are for.
    url
        The owner's address of the database.
    """
    file = folder / FILE
    known = _read(file)
    with owner_session(url, "demonstration") as session:
        if not only_demonstrations(session, slug):
            return []
        if not accounts.list_accounts(session):
            known |= _added(session, slug)
        known |= _renewed(session, set(known))
        _write(file, known)
        hashes = unchanged_logins(session)
    return [
        Login(role, name, known[name])
        for name, role, _shown in LOGINS
        if name in known and matches(known[name], hashes.get(name))
    ]


def _added(session: Session, slug: str) -> dict[str, str]:
    """Add the accounts, and return their passwords by name."""
    made = {}
    places = places_of(session, slug)
    for name, role, shown in LOGINS:
        if role not in places:
            continue
        made[name] = pronounceable()
        key = accounts.add_account(
            session, name, shown, hashed(made[name]), must_change=False, demonstration=True
        )
        accounts.grant_role(session, key, role, slug, places[role])
    return made


def _renewed(session: Session, known: set[str]) -> dict[str, str]:
    """Make passwords anew that nobody has changed and this installation doesn't know."""
    made = {}
    rows = {one.name: one for one in accounts.list_accounts(session) if one.demonstration}
    for name in unchanged_logins(session):
        if name not in known:
            made[name] = pronounceable()
            accounts.reset_password(session, rows[name].id, hashed(made[name]), must_change=False)
    return made


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(word) for name, word in found.items()} if isinstance(found, dict) else {}


def _write(file: Path, known: dict[str, str]) -> None:
    """Write the file so that nobody but its owner reads it, at any moment."""
    if not known or _read(file) == known:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as out:
        json.dump(known, out, ensure_ascii=False, indent=1)
    fresh.replace(file)
