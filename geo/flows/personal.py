"""One person's request (个人信息主体请求): a copy of what is kept, or its erasure.

PRC Personal Information Protection Law, articles 45 and 47.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geo.store import audit, personal
from geo.store.engine import owner_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geo.core.person import Person
    from geo.store.personal import Found

OWNER_ONLY = 0o600


def export_person(person: Person, file: Path, url: str | None = None) -> Found:
    """Write all that is kept about a person to a file that only its owner reads.

    It is noted in the audit trail: how much, not about whom.
    """
    with owner_session(url) as opened:
        found = personal.find(opened, person)
        told = personal.tell(opened, person, found)
        counted = found.by_table()
        audit.note(opened, "export", audit.Row("person"), {"rows": counted})
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    asked = {"asked_for": [*person.phones, *person.names], "made_at": made_at}
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with open(handle, "w", encoding="utf-8") as out:  # noqa: PTH123 - by its handle, for its mode
        json.dump(asked | told, out, ensure_ascii=False, indent=2, default=str)
        out.write("\n")
    return found


def erase_person(
    person: Person, agree: Callable[[Found], bool], url: str | None = None
) -> Found | None:
    """Erase a person everywhere, all or nothing, when somebody agrees who has seen where.

    It is noted in the audit trail: how much, not about whom. Again, it finds nothing.

    Parameters
    ----------
    person
        Who.
    agree
        Is told what was found, and decides.
    url
        The owner's address of the database; by default ours.

    Returns
    -------
    Found or None
        What was erased; ``None`` where nobody agreed.
    """
    with owner_session(url) as opened:
        found = personal.find(opened, person)
        if not found:
            return found
        if not agree(found):
            return None
        personal.erase(opened, person, found)
        audit.note(opened, "erase", audit.Row("person"), {"rows": found.by_table()})
    return found
