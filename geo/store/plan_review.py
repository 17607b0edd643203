"""What the review and the publication of a plan read and write: whom it moves, and its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from sqlalchemy import func, select, text

from geo.core.effects import Case, Home, MovedCase, Pairing
from geo.core.lifecycle import ENDED
from geo.store.models import (
    Building,
    Community,
    Generation,
    GridVersion,
    Jurisdiction,
    PlanDraft,
    PlanStep,
    Station,
    Street,
)
from geo.store.publishing import DrawnGrid
from geo.store.rules import BrokenRuleError, naming_the_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from shapely import MultiPolygon
    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a draft's review: who took it and when, on which version, and what was said.

    ``starts`` is the day that was set for its coming into force.
    """

    id: int
    account_id: int | None
    at: datetime
    action: str
    version: int
    remark: str
    starts: datetime | None


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A generation, without its grids."""

    id: int
    label: str
    number: int
    starts: datetime


class StepRefusedError(BrokenRuleError):
    """A step breaks a rule of the database."""


def last_generation(
    session: Session, jurisdiction_id: int, *, before: str | None = None
) -> GenerationRow | None:
    """Return a jurisdiction's last generation, in force or still to come.

    Parameters
    ----------
    session
        A transaction.
    jurisdiction_id
        Key.
    before
        Label of a generation: the one before that is asked for.
    """
    wanted = (
        _generations()
        .where(Generation.jurisdiction_id == jurisdiction_id)
        .order_by(Generation.number.desc())
        .limit(1)
    )
    if before is not None:
        number = select(Generation.number).where(Generation.label == before).scalar_subquery()
        wanted = wanted.where(Generation.number < number)
    row = session.execute(wanted).one_or_none()
    return GenerationRow(*row) if row else None


def generation_of(session: Session, label: str) -> GenerationRow | None:
    """Return the generation of a label."""
    row = session.execute(_generations().where(Generation.label == label)).one_or_none()
    return GenerationRow(*row) if row else None


def _generations() -> Select[int, str, int, datetime]:
    return select(
        Generation.id,
        Generation.label,
        Generation.number,
        func.lower(Generation.validity).label("starts"),
    )


@dataclass(frozen=True, slots=True)
class Signs:
    """What a jurisdiction is called in documents, and what they have to say of it.

    Parameters
    ----------
    name, timezone
        Name, and time zone.
    remarks
        That it is made up, and the review number of its maps (审图号).
    """

    name: str
    timezone: str
    remarks: tuple[str, ...]


def signs_of(session: Session, jurisdiction_id: int) -> Signs:
    """Return what a jurisdiction is called in documents."""
    row = session.execute(
        select(
            Jurisdiction.name,
            Jurisdiction.timezone,
            Jurisdiction.notice,
            Jurisdiction.review_number,
        ).where(Jurisdiction.id == jurisdiction_id)
    ).one()
    review = f"审图号：{row.review_number}" if row.review_number else ""
    return Signs(row.name, row.timezone, tuple(one for one in (row.notice, review) if one))


def station_contacts(session: Session, jurisdiction_id: int) -> dict[str, tuple[str, str]]:
    """Return addresses and numbers of a jurisdiction's stations by code."""
    rows = session.execute(
        select(Station.code, Station.address, Station.phone)
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
    )
    return {row.code: (row.address or "", row.phone or "") for row in rows}


def timezone_of(session: Session, jurisdiction_id: int) -> str:
    """Return the time zone of a jurisdiction."""
    return session.scalars(
        select(Jurisdiction.timezone).where(Jurisdiction.id == jurisdiction_id)
    ).one()


def labels_like(session: Session, label: str) -> set[str]:
    """Return the labels of generations, anywhere, that begin with one."""
    wanted = select(Generation.label).where(Generation.label.startswith(label, autoescape=True))
    return set(session.scalars(wanted))


def building_names(session: Session, jurisdiction_id: int) -> dict[str, str]:
    """Return the names of a jurisdiction's buildings by code."""
    rows = session.execute(
        select(Building.code, Building.name).where(Building.jurisdiction_id == jurisdiction_id)
    )
    return dict(rows.all())


def read_homes(
    session: Session, jurisdiction_id: int, generation_id: int, rows: Mapping[int, int]
) -> list[Home]:
    """Return every unit with its households, and the grid that it has in a generation.

    Parameters
    ----------
    session
        Of a planner or auditor of the jurisdiction; others get none.
    jurisdiction_id, generation_id
        Keys.
    rows
        Row of every building by its key.
    """
    asked = {"jurisdiction": jurisdiction_id, "generation": generation_id}
    return [
        Home(
            row.id,
            rows[row.building_id],
            row.number,
            row.name or "",
            row.households,
            row.people,
            str(row.grid_id) if row.grid_id else None,
            str(row.by_hand) if row.by_hand else None,
        )
        for row in session.execute(_HOMES, asked)
        if row.building_id in rows
    ]


def read_cases(session: Session, jurisdiction_id: int, generation_id: int) -> list[Case]:
    """Return the open cases that have a grid, as whoever asks may read them, by number."""
    asked = {
        "jurisdiction": jurisdiction_id,
        "generation": generation_id,
        "ended": sorted(ENDED),
    }
    return [
        Case(
            row.id,
            row.number,
            row.state,
            row.department or "",
            str(row.current_grid_id),
            row.unit_id,
            None if row.lon is None else (row.lon, row.lat),
            str(row.site_grid) if row.site_grid else None,
        )
        for row in session.execute(_CASES, asked)
    ]


def cases_that_moved(
    session: Session, jurisdiction_id: int, label: str | None
) -> tuple[MovedCase, ...] | None:
    """Return the cases that moved when a generation came into force, by number.

    ``None`` where it has not, or where there is none of that label.
    """
    taken_up = select(Generation.id).where(
        Generation.label == label, Generation.taken_up_at.is_not(None)
    )
    if label is None or session.scalar(taken_up) is None:
        return None
    rows = session.execute(_MOVED, {"jurisdiction": jurisdiction_id, "label": label})
    return tuple(
        MovedCase(
            Case(
                row.id,
                row.number,
                row.to_state,
                row.department or "",
                row.from_grid,
                row.unit_id,
                None if row.lon is None else (row.lon, row.lat),
                None,
            ),
            row.to_grid,
        )
        for row in rows
    )


def read_pairing(session: Session, jurisdiction_id: int) -> list[Pairing]:
    """Return the paired work units (共建单位) with the grids that their people answer for."""
    asked = text("SELECT * FROM planned_pairing(:id)")
    return [
        Pairing(
            row.code,
            row.name,
            row.name_en,
            row.community_code,
            str(row.grid_id) if row.grid_id else None,
            row.members,
        )
        for row in session.execute(asked, {"id": jurisdiction_id})
    ]


def units_left_out(session: Session, generation_id: int, previous_id: int) -> list[str]:
    """Return codes of buildings with units that have a grid in one generation, and none in another.

    Parameters
    ----------
    session
        A transaction.
    generation_id
        The generation in which they have none.
    previous_id
        The one in which they have.
    """
    asked = {"generation": generation_id, "previous": previous_id}
    return list(session.scalars(_LEFT_OUT, asked))


def drawn_grids(session: Session, generation_id: int) -> list[DrawnGrid]:
    """Return a generation's grids as they were drawn, to be drawn again."""
    rows = session.execute(
        select(
            GridVersion.code,
            GridVersion.name,
            GridVersion.name_en,
            func.ST_AsBinary(GridVersion.geom).label("wkb"),
            GridVersion.kind,
            GridVersion.grid_id,
            GridVersion.branch_name,
            GridVersion.branch_name_en,
            GridVersion.branch_phone,
        )
        .where(GridVersion.generation_id == generation_id)
        .order_by(GridVersion.code)
    )
    return [DrawnGrid(row.code, row.name, row.name_en, _ground(row.wkb), *row[4:]) for row in rows]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A generation by its label: its key, jurisdiction, and the draft that it came of."""

    id: int
    jurisdiction_id: int
    jurisdiction: str
    label: str
    draft: UUID | None


def generation_labelled(session: Session, label: str) -> Labelled | None:
    """Return the generation of a label, if there is one."""
    row = session.execute(
        select(
            Generation.id,
            Generation.jurisdiction_id,
            Jurisdiction.slug,
            Generation.label,
            PlanDraft.id.label("draft"),
        )
        .join(Jurisdiction, Jurisdiction.id == Generation.jurisdiction_id)
        .outerjoin(PlanDraft, PlanDraft.generation_id == Generation.id)
        .where(Generation.label == label)
    ).first()
    return Labelled(*row) if row else None


def read_steps(session: Session, draft_id: UUID) -> list[Step]:
    """Return the steps of a draft's review, the oldest first."""
    rows = session.execute(
        select(
            PlanStep.id,
            PlanStep.account_id,
            PlanStep.at,
            PlanStep.action,
            PlanStep.version,
            PlanStep.remark,
            PlanStep.starts,
        )
        .where(PlanStep.draft_id == draft_id)
        .order_by(PlanStep.id)
    )
    return [Step(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be taken: the action, the version that was read, and what there is to say."""

    action: str
    version: int
    remark: str = ""
    starts: datetime | None = None
    generation_id: int | None = None


def write_step(session: Session, draft_id: UUID, step: NewStep) -> str:
    """Take a step of a draft's review, and return the state that it leads to.

    Raises
    ------
    StepRefusedError
        By the rules ``plan_step_version``, ``plan_step_state`` and ``plan_step_own``.
    sqlalchemy.exc.ProgrammingError
        When the asker is no planner of the jurisdiction.
    """
    asked = {
        "draft": draft_id,
        "action": step.action,
        "version": step.version,
        "remark": step.remark,
        "starts": step.starts,
        "generation": step.generation_id,
    }
    with naming_the_rule(StepRefusedError):
        state: str = session.scalars(_STEP, asked).one()
    return state


def withdraw(session: Session, generation_id: int) -> None:
    """Take back a generation that has not started.

    Raises
    ------
    StepRefusedError
        By the rules ``withdraw_started`` and ``withdraw_succeeded``.
    sqlalchemy.exc.ProgrammingError
        When the asker is no planner of the jurisdiction.
    """
    with naming_the_rule(StepRefusedError):
        session.execute(select(func.withdraw_generation(generation_id)))


def _ground(wkb: Any) -> MultiPolygon:
    ground: MultiPolygon = shapely.from_wkb(bytes(wkb))  # type: ignore[assignment]
    return ground


_HOMES = text("""
    SELECT unit.id, unit.building_id, unit.number, unit.name, counted.households, counted.people,
           assignment.grid_id, override.grid_id AS by_hand
    FROM planned_units(:jurisdiction) AS counted
    JOIN unit ON unit.id = counted.unit_id
    LEFT JOIN unit_assignment AS assignment
      ON assignment.generation_id = :generation AND assignment.unit_id = unit.id
    LEFT JOIN planned_by_hand(:jurisdiction) AS override ON override.unit_id = unit.id
    ORDER BY unit.building_id, unit.number
""")
_CASES = text("""
    SELECT issue.id, issue.number, issue.state, department.code AS department,
           issue.current_grid_id, issue.unit_id,
           ST_X(issue.location) AS lon, ST_Y(issue.location) AS lat,
           grid_at(:generation, ST_X(issue.location), ST_Y(issue.location)) AS site_grid
    FROM issue
    LEFT JOIN department ON department.id = issue.department_id
    WHERE issue.jurisdiction_id = :jurisdiction
      AND issue.current_grid_id IS NOT NULL
      AND issue.state <> ALL (:ended)
    ORDER BY issue.number
""")
_MOVED = text("""
    SELECT issue.id, issue.number, issue_event.to_state, department.code AS department,
           issue.unit_id, ST_X(issue.location) AS lon, ST_Y(issue.location) AS lat,
           issue_event.detail ->> 'from_grid' AS from_grid,
           issue_event.detail ->> 'to_grid' AS to_grid
    FROM issue_event
    JOIN issue ON issue.id = issue_event.issue_id
    LEFT JOIN department ON department.id = issue.department_id
    WHERE issue.jurisdiction_id = :jurisdiction
      AND issue_event.action = 'redraw' AND issue_event.detail ->> 'generation' = :label
    ORDER BY issue.number
""")
_LEFT_OUT = text("""
    SELECT DISTINCT building.code
    FROM unit_assignment AS known
    JOIN unit ON unit.id = known.unit_id
    JOIN building ON building.id = unit.building_id
    WHERE known.generation_id = :previous AND NOT EXISTS (
        SELECT FROM unit_assignment AS next
        WHERE next.generation_id = :generation AND next.unit_id = known.unit_id)
    ORDER BY building.code
""")
_STEP = text(
    "SELECT take_plan_step(:draft, :action, :version, :remark,"
    " CAST(:starts AS timestamptz), CAST(:generation AS bigint))"
)
