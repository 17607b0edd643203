"""Keeping personal data no longer than it is needed (保存期限).

The periods are settings; docs/personal-data.md gives the reasons. PRC Personal Information
Protection Law, article 19: the shortest time that the purpose needs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.flows.audit import verify_trail
from geo.flows.background import Recurring
from geo.settings import settings
from geo.store import audit, retention
from geo.store.engine import owner_session

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

ACTOR = "retention"
JOB = "retention"
EVERY_S = 24 * 3600.0
FIRST_LOOK_S = 30.0
LOOK_S = 300.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a kind of data.

    Parameters
    ----------
    table
        Where it stands.
    days
        How long it is kept.
    over
        How many rows had been kept for longer.
    """

    table: str
    days: int
    over: int


def apply_retention(url: str | None = None, *, dry_run: bool = False) -> list[Kept]:
    """Delete whatever has been kept for longer than the settings say.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    dry_run
        Only count.
    """
    done = [_of_kind(url, kind, dry_run=dry_run) for kind in retention.KINDS]
    return [*done, _of_trail(url, dry_run=dry_run)]


def _of_kind(url: str | None, kind: retention.Kind, *, dry_run: bool) -> Kept:
    days: int = getattr(settings(), f"keep_{kind.name}_days")
    if dry_run:
        with owner_session(url, ACTOR) as opened:
            return Kept(kind.table, days, retention.count_over(opened, kind, days))
    over = 0
    while True:
        with owner_session(url, ACTOR) as opened:
            gone = retention.delete_over(opened, kind, days)
            if gone:
                told = {"rows": gone, "days": days}
                audit.note(opened, ACTOR, audit.Row(kind.table), told)
        over += gone
        if gone < retention.BATCH:
            return Kept(kind.table, days, over)


def _of_trail(url: str | None, *, dry_run: bool) -> Kept:
    """Cut off the beginning of the audit trail; what is left still verifies."""
    days = settings().keep_audit_days
    with owner_session(url, ACTOR) as opened:
        first = audit.first_kept(opened)
        last = (audit.last_older_than if dry_run else audit.cut_before)(opened, days)
    return Kept("audit_entry", days, last - first + 1 if last and first else 0)


def run_when_due(url: str | None = None) -> bool:
    """Do the day's work if a day has passed since it was last done, and tell whether it was.

    Of many processes that ask, one does it: it holds a lock of the database meanwhile. A run that
    breaks off is not noted as done, and so begins anew.
    """
    with owner_session(url, ACTOR) as opened:
        if not retention.alone(opened) or not retention.is_due(opened, JOB, EVERY_S):
            return False
        done = apply_retention(url)
        verdict = verify_trail(url)
        removed = {one.table: one.over for one in done if one.over}
        retention.note_run(
            opened,
            JOB,
            {
                "removed": removed,
                "audit_whole": verdict.problem is None,
                "audit_checked": verdict.checked,
                "audit_head": str(verdict.head),
                "audit_wrong_entry": verdict.wrong_entry,
            },
        )
    log.info("kept long enough and removed: %s", removed or "nothing")
    if verdict.problem is not None:
        log.error("the audit trail is not whole: %s", verdict.problem)
    return True


class Daily(Recurring):
    """Does the day's work in a thread of the service, and knows when it was last done.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        fault = "retention could not be applied; “hongge retention apply” does it too"
        super().__init__("daily", fault, first_s=FIRST_LOOK_S, every_s=LOOK_S, url=url)
        self.last_run: tuple[datetime, dict[str, Any]] | None = None

    def turn(self) -> None:
        """Do the work if it is due, and read when it was last done by whichever process."""
        run_when_due(self._url)
        with owner_session(self._url, ACTOR) as opened:
            self.last_run = retention.last_run(opened, JOB)
