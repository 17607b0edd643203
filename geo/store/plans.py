"""Drafts of plans (方案草稿): what they are called and began with, and who has a hand in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from sqlalchemy import ARRAY, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.orm import aliased

from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.store.models import (
    Block,
    Community,
    Compound,
    Generation,
    GridVersion,
    Jurisdiction,
    PlanCell,
    PlanDraft,
    PlanGrid,
    Street,
)
from geo.store.publishing import multipolygon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has a hand in a draft, by the key and the name of the account."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft without its state.

    Parameters
    ----------
    id
        Key.
    jurisdiction_id, jurisdiction
        Key and slug of its jurisdiction.
    name, note
        What planners call it, and say about it.
    base_id, base_label, base_number
        The generation it began with; ``None`` where that is gone.
    parent, parent_version
        The draft it was branched from, and at which version; ``None`` where it was not.
    state
        One of ``PLAN_STATES``.
    version
        How many entries its log has.
    reviewed_version
        The version that was submitted.
    generation
        Label of what came of it.
    created_by, created_at, changed_at
        Who made it and when, and when it last changed.
    starts
        When what came of it is in force.
    """

    id: UUID
    jurisdiction_id: int
    jurisdiction: str
    name: str
    note: str
    base_id: int | None
    base_label: str | None
    base_number: int | None
    parent: UUID | None
    parent_version: int | None
    state: str
    version: int
    reviewed_version: int | None
    generation: str | None
    created_by: int | None
    created_at: datetime
    changed_at: datetime
    starts: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft to be stored: see :class:`Draft`."""

    id: UUID
    jurisdiction_id: int
    name: str
    note: str = ""
    base_id: int | None = None
    parent: UUID | None = None
    parent_version: int | None = None


def read_draft(session: Session, draft_id: UUID) -> Draft | None:
    """Return a draft, or ``None`` where there is none that the asker may read."""
    row = session.execute(_drafts().where(PlanDraft.id == draft_id)).mappings().one_or_none()
    return Draft(**row) if row else None


def list_drafts(session: Session, jurisdiction: str | None = None) -> list[Draft]:
    """Return the drafts that the asker may read, the last changed first.

    Parameters
    ----------
    session
        Of the asker.
    jurisdiction
        Slug; by default all jurisdictions.
    """
    wanted = _drafts().order_by(PlanDraft.changed_at.desc(), PlanDraft.id)
    if jurisdiction is not None:
        wanted = wanted.where(Jurisdiction.slug == jurisdiction)
    return [Draft(**row) for row in session.execute(wanted).mappings()]


def hold_draft(session: Session, draft_id: UUID) -> bool:
    """Keep others from writing in a draft until the transaction ends.

    Returns
    -------
    bool
        Whether there is such a draft that the asker may work on.
    """
    held = select(PlanDraft.id).where(PlanDraft.id == draft_id).with_for_update()
    return session.scalar(held) is not None


def store_draft(session: Session, draft: NewDraft, begins: PlanState) -> None:
    """Store a draft with the state it begins with.

    Raises
    ------
    sqlalchemy.exc.ProgrammingError
        When the asker is no planner of its jurisdiction.
    """
    session.execute(
        insert(PlanDraft),
        {
            "id": draft.id,
            "jurisdiction_id": draft.jurisdiction_id,
            "name": draft.name,
            "note": draft.note,
            "base_generation_id": draft.base_id,
            "parent_id": draft.parent,
            "parent_version": draft.parent_version,
        },
    )
    if begins.cells:
        session.execute(insert(PlanCell), _cell_rows(draft.id, begins))
    if begins.grids:
        session.execute(insert(PlanGrid), _grid_rows(draft.id, begins.grids))


def rename_draft(session: Session, draft_id: UUID, **given: str) -> None:
    """Change a draft's ``name`` or ``note``."""
    session.execute(update(PlanDraft).where(PlanDraft.id == draft_id).values(**given))


def people_of(session: Session, draft_ids: Iterable[UUID]) -> dict[int, Person]:
    """Return those who have a hand in some drafts, by key; nobody, for who isn't signed in."""
    rows = session.execute(_PEOPLE, {"draft_ids": list(draft_ids)})
    return {row.id: Person(row.id, row.name) for row in rows}


def last_hands(session: Session, draft_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the account that last edited or reviewed each of some drafts.

    Drafts that nobody has touched since they were made are not there.
    """
    rows = session.execute(_LAST_HANDS, {"draft_ids": list(draft_ids)})
    return {row.draft_id: row.account_id for row in rows}


def authors_of(session: Session, draft_id: UUID) -> list[int]:
    """Return the accounts that made a draft or wrote in its log."""
    return sorted(session.scalars(select(func.plan_authors(draft_id))))


def asking_account(session: Session) -> int | None:
    """Return the account that asks, if it is one that may."""
    return session.scalar(select(func.asker_account()))


def may_plan(session: Session, draft_id: UUID) -> bool:
    """Tell whether the asker may work on a draft."""
    return bool(session.scalar(_PLANS, {"draft_id": draft_id}))


def generation_key(session: Session, jurisdiction_id: int, label: str) -> int | None:
    """Return the key of a jurisdiction's generation by its label."""
    return session.scalar(
        select(Generation.id).where(
            Generation.jurisdiction_id == jurisdiction_id, Generation.label == label
        )
    )


def read_blocks(session: Session, jurisdiction_id: int) -> dict[str, Cell]:
    """Return the blocks of a jurisdiction by code, as cells."""
    rows = session.execute(
        select(
            Block.code,
            Community.code.label("community"),
            Compound.code.label("compound"),
            Block.kind,
            func.ST_AsBinary(Block.geom).label("wkb"),
        )
        .join(Community, Community.id == Block.community_id)
        .join(Street, Street.id == Community.street_id)
        .outerjoin(Compound, Compound.id == Block.compound_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Block.code)
    )
    return {
        row.code: Cell(bytes(row.wkb).hex(), row.community, row.code, row.compound or "", row.kind)
        for row in rows
    }


def codes_used(session: Session, jurisdiction_id: int) -> dict[str, set[str]]:
    """Return every code that a generation of a jurisdiction has given, with the grids it was of."""
    rows = session.execute(
        select(GridVersion.code, GridVersion.grid_id)
        .join(Generation, Generation.id == GridVersion.generation_id)
        .where(Generation.jurisdiction_id == jurisdiction_id)
        .distinct()
    )
    used: dict[str, set[str]] = {}
    for code, grid in rows:
        used.setdefault(code, set()).add(str(grid))
    return used


def _cell_rows(draft_id: UUID, begins: PlanState) -> list[dict[str, Any]]:
    keys = list(begins.cells)
    shapes = shapely.from_wkb([begins.cells[key].wkb for key in keys])
    return [
        {
            "draft_id": draft_id,
            "key": key,
            "community_code": cell.community,
            "block_code": cell.block,
            "compound_code": cell.compound,
            "kind": cell.kind,
            "grid_id": begins.owner(key),
            "geom": multipolygon(shape),
        }
        for key, shape in zip(keys, shapes, strict=True)
        for cell in [begins.cells[key]]
    ]


def _grid_rows(draft_id: UUID, grids: Mapping[str, PlannedGrid]) -> list[dict[str, Any]]:
    return [
        {
            "draft_id": draft_id,
            "grid_id": key,
            **{name: getattr(grid, name) for name in PlannedGrid.__slots__},
        }
        for key, grid in grids.items()
    ]


def _drafts() -> Select[*tuple[Any, ...]]:
    became = aliased(Generation)
    return (
        select(
            PlanDraft.id,
            PlanDraft.jurisdiction_id,
            Jurisdiction.slug.label("jurisdiction"),
            PlanDraft.name,
            PlanDraft.note,
            Generation.id.label("base_id"),
            Generation.label.label("base_label"),
            Generation.number.label("base_number"),
            PlanDraft.parent_id.label("parent"),
            PlanDraft.parent_version,
            PlanDraft.state,
            PlanDraft.version,
            PlanDraft.reviewed_version,
            became.label.label("generation"),
            PlanDraft.created_by,
            PlanDraft.created_at,
            PlanDraft.changed_at,
            func.lower(became.validity).label("starts"),
        )
        .join(Jurisdiction, Jurisdiction.id == PlanDraft.jurisdiction_id)
        .outerjoin(Generation, Generation.id == PlanDraft.base_generation_id)
        .outerjoin(became, became.id == PlanDraft.generation_id)
    )


_PLANS = text("SELECT :draft_id IN (SELECT asker_planned_drafts())").bindparams(
    bindparam("draft_id", type_=Uuid)
)
_PEOPLE = text("SELECT id, name FROM plan_people(:draft_ids)").bindparams(
    bindparam("draft_ids", type_=ARRAY(Uuid))
)
_LAST_HANDS = text("""
    SELECT DISTINCT ON (draft_id) draft_id, account_id
    FROM (
        SELECT draft_id, account_id, at FROM plan_entry WHERE draft_id = ANY (:draft_ids)
        UNION ALL
        SELECT draft_id, account_id, at FROM plan_step WHERE draft_id = ANY (:draft_ids)
    ) AS hands
    WHERE account_id IS NOT NULL
    ORDER BY draft_id, at DESC
""").bindparams(bindparam("draft_ids", type_=ARRAY(Uuid)))
