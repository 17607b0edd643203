"""The clocks of issues in the store, and what they go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.core.clocks import Clock
from geo.core.deadlines import Allowance
from geo.core.lifecycle import STAGES
from geo.store.duties import allowances
from geo.store.models import DutyVersion, IssueDeadline

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.clocks import Clocks
    from geo.core.worktime import WorkUnit

_COLUMNS = [getattr(IssueDeadline, name) for name in Clock._fields]
_SET = [name for name in Clock._fields if name != "stage"]


def read_clocks(session: Session, issue_id: UUID) -> Clocks:
    """Return the clocks of an issue, in the order of the stages."""
    rows = session.execute(select(*_COLUMNS).where(IssueDeadline.issue_id == issue_id))
    found = {row.stage: Clock(*row) for row in rows}
    return {stage: found[stage] for stage in STAGES if stage in found}


def write_clocks(session: Session, issue_id: UUID, before: Clocks, after: Clocks) -> list[Clock]:
    """Write the clocks that have changed, and return them."""
    changed = [clock for stage, clock in after.items() if before.get(stage) != clock]
    if changed:
        statement = upsert(IssueDeadline).values(
            [{"issue_id": issue_id, **clock._asdict()} for clock in changed]
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["issue_id", "stage"],
                set_={name: getattr(statement.excluded, name) for name in _SET},
            )
        )
    return changed


def judged_by(session: Session, duty_id: int | None, version: int | None) -> dict[str, Allowance]:
    """Return how long the stages may take by the version of the duty that an issue is judged by.

    An issue that no version is noted of goes by the duty as it is now.
    """
    if duty_id is None:
        return {}
    if version is None:
        return allowances(session, duty_id)
    told = session.scalars(
        select(DutyVersion.deadlines).where(
            DutyVersion.duty_id == duty_id, DutyVersion.number == version
        )
    ).one()
    return {
        stage: Allowance(one["amount"], cast("WorkUnit", one["unit"]))
        for stage, one in told.items()
    }
