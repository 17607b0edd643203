"""Drafts of plans (方案草稿): what they began with, their log, and their state at a version."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.orm import aliased

from geo.core.drafts import Cell, PlannedGrid, PlanState, from_json, replay, to_json
from geo.core.plan_log import Line
from geo.store.models import (
    WGS84,
    Block,
    Community,
    Compound,
    Generation,
    GridVersion,
    Jurisdiction,
    PlanCell,
    PlanDraft,
    PlanEntry,
    PlanGrid,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from geo.core.drafts import Changes

MOST_REMEMBERED = 12
"""Drafts whose state one process keeps in memory."""

WRITTEN = "plans_written"


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


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be added to a log.

    Parameters
    ----------
    key
        The editor's own, unique in the draft.
    verb
        What was done, as the editor calls it.
    changes
        What was and what is.
    detail
        What else the editor says, in values of JSON.
    undoes
        The entry that this one takes back.
    """

    key: UUID
    verb: str
    changes: Changes
    detail: Mapping[str, Any]
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a log; ``account_id`` is ``None`` for an account that is gone."""

    seq: int
    key: UUID
    account_id: int | None
    at: datetime
    verb: str
    detail: dict[str, Any]
    changes: Changes
    undoes: int | None


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


def read_state(session: Session, draft_id: UUID, version: int | None = None) -> PlanState:
    """Return a draft's state at a version; by default the last one.

    The state of a draft is kept in memory and brought up to date by the entries that are new; an
    earlier version is told anew from the beginning.

    Parameters
    ----------
    session
        Of somebody who may read the draft: this asks for its log alone.
    draft_id
        Key.
    version
        How many entries it is to hold.
    """
    kept = _kept.get(draft_id)
    if kept is None:
        begins = _beginning(session, draft_id)
        kept = _Kept(begins, begins)
    if version is not None and version < kept.last.version:
        return _told(session, draft_id, kept.begins, version)
    last = _told(session, draft_id, kept.last, version)
    if draft_id not in session.info.get(WRITTEN, ()) and kept.begins.cells:
        _kept.put(draft_id, _Kept(kept.begins, last))
    return last


def read_beginning(session: Session, draft_id: UUID) -> PlanState:
    """Return the state that a draft began with: version 0."""
    return read_state(session, draft_id, 0)


def forget_state(draft_id: UUID) -> None:
    """Drop what is kept of a draft in memory: words were erased from it."""
    _kept.drop(draft_id)


def add_entry(session: Session, draft_id: UUID, entry: NewEntry) -> Entry:
    """Add an entry to a draft's log, in the asker's name.

    Returns
    -------
    Entry
        As it is stored.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        Of the constraint ``plan_entry_state``, when the draft isn't edited in its state.
    """
    session.info.setdefault(WRITTEN, set()).add(draft_id)
    row = session.execute(
        insert(PlanEntry).returning(*_ENTRY),
        {
            "draft_id": draft_id,
            "key": entry.key,
            "verb": entry.verb,
            "detail": dict(entry.detail),
            "changes": to_json(entry.changes),
            "undoes": entry.undoes,
        },
    ).one()
    return _entry(row)


def entries_after(
    session: Session, draft_id: UUID, after: int = 0, limit: int | None = None
) -> list[Entry]:
    """Return the entries of a log that follow the one of a number, the oldest first."""
    wanted = (
        select(*_ENTRY)
        .where(PlanEntry.draft_id == draft_id, PlanEntry.seq > after)
        .order_by(PlanEntry.seq)
        .limit(limit)
    )
    return [_entry(row) for row in session.execute(wanted)]


def entry_of_key(session: Session, draft_id: UUID, key: UUID) -> Entry | None:
    """Return the entry that was sent under a key."""
    wanted = select(*_ENTRY).where(PlanEntry.draft_id == draft_id, PlanEntry.key == key)
    row = session.execute(wanted).one_or_none()
    return _entry(row) if row else None


def entry_at(session: Session, draft_id: UUID, seq: int) -> Entry | None:
    """Return an entry by its number."""
    wanted = select(*_ENTRY).where(PlanEntry.draft_id == draft_id, PlanEntry.seq == seq)
    row = session.execute(wanted).one_or_none()
    return _entry(row) if row else None


def read_lines(session: Session, draft_id: UUID, after: int = 0) -> list[Line]:
    """Return the entries of a log that follow one, without what they change, the oldest first."""
    wanted = (
        select(PlanEntry.seq, PlanEntry.account_id, PlanEntry.undoes)
        .where(PlanEntry.draft_id == draft_id, PlanEntry.seq > after)
        .order_by(PlanEntry.seq)
    )
    return [Line(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Touch:
    """Who last changed something, in which entry."""

    account_id: int | None
    seq: int
    at: datetime


def last_touches(
    session: Session, draft_id: UUID, things: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Touch]:
    """Return who last changed some things, each named by subject and key.

    What nobody has changed since the beginning is not there.
    """
    asked = sorted(set(things))
    if not asked:
        return {}
    values = {
        "draft_id": draft_id,
        "subjects": [subject for subject, _ in asked],
        "keys": [key for _, key in asked],
    }
    rows = session.execute(_TOUCHES, values)
    return {(row.subject, row.key): Touch(row.account_id, row.seq, row.at) for row in rows}


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


@dataclass(frozen=True, slots=True)
class _Kept:
    begins: PlanState
    last: PlanState


class _Memory:
    """States of drafts, the least used forgotten first; what was never committed is not kept."""

    def __init__(self) -> None:
        self._states: OrderedDict[UUID, _Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, draft_id: UUID) -> _Kept | None:
        with self._lock:
            found = self._states.get(draft_id)
            if found is not None:
                self._states.move_to_end(draft_id)
            return found

    def put(self, draft_id: UUID, kept: _Kept) -> None:
        with self._lock:
            known = self._states.get(draft_id)
            if known is None or known.last.version < kept.last.version:
                self._states[draft_id] = kept
            self._states.move_to_end(draft_id)
            while len(self._states) > MOST_REMEMBERED:
                self._states.popitem(last=False)

    def drop(self, draft_id: UUID) -> None:
        with self._lock:
            self._states.pop(draft_id, None)


_kept = _Memory()


def _told(session: Session, draft_id: UUID, state: PlanState, version: int | None) -> PlanState:
    """Return a state after the entries that follow it, up to a version."""
    limit = None if version is None else version - state.version
    if limit is not None and limit <= 0:
        return state
    wanted = (
        select(PlanEntry.changes)
        .where(PlanEntry.draft_id == draft_id, PlanEntry.seq > state.version)
        .order_by(PlanEntry.seq)
        .limit(limit)
    )
    return replay(state, (from_json(changes) for changes in session.scalars(wanted)))


def _beginning(session: Session, draft_id: UUID) -> PlanState:
    cells = session.execute(
        select(
            PlanCell.key,
            func.ST_AsBinary(PlanCell.geom).label("wkb"),
            PlanCell.community_code,
            PlanCell.block_code,
            PlanCell.compound_code,
            PlanCell.kind,
            PlanCell.grid_id,
        )
        .where(PlanCell.draft_id == draft_id)
        .order_by(PlanCell.key)
    ).all()
    grids = session.execute(
        select(*_PLANNED).where(PlanGrid.draft_id == draft_id).order_by(PlanGrid.code)
    )
    return PlanState.of(
        {
            row.key: Cell(
                bytes(row.wkb).hex(),
                row.community_code,
                row.block_code,
                row.compound_code,
                row.kind,
            )
            for row in cells
        },
        {row.key: str(row.grid_id) if row.grid_id else None for row in cells},
        {str(grid_id): PlannedGrid(*told) for grid_id, *told in grids},
    )


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
            "geom": _multipolygon(shape),
        }
        for key, shape in zip(keys, shapes, strict=True)
        for cell in [begins.cells[key]]
    ]


def _multipolygon(shape: shapely.Geometry) -> WKBElement:
    whole = shapely.MultiPolygon(shapely.get_parts(shape).tolist())
    return WKBElement(whole.wkb, srid=WGS84)


def _grid_rows(draft_id: UUID, grids: Mapping[str, PlannedGrid]) -> list[dict[str, Any]]:
    return [
        {
            "draft_id": draft_id,
            "grid_id": key,
            **{name: getattr(grid, name) for name in PlannedGrid.__slots__},
        }
        for key, grid in grids.items()
    ]


def _entry(row: Any) -> Entry:
    return Entry(
        row.seq,
        row.key,
        row.account_id,
        row.at,
        row.verb,
        row.detail,
        from_json(row.changes),
        row.undoes,
    )


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


_ENTRY: Sequence[Any] = (
    PlanEntry.seq,
    PlanEntry.key,
    PlanEntry.account_id,
    PlanEntry.at,
    PlanEntry.verb,
    PlanEntry.detail,
    PlanEntry.changes,
    PlanEntry.undoes,
)
_PLANNED: Sequence[Any] = (
    PlanGrid.grid_id,
    *(getattr(PlanGrid, name) for name in PlannedGrid.__slots__),
)
_TOUCHES = text(
    "SELECT DISTINCT ON (asked.subject, asked.key) asked.subject, asked.key,"
    " entry.account_id, entry.seq, entry.at"
    " FROM unnest(:subjects, :keys) AS asked(subject, key)"
    " JOIN plan_entry AS entry ON entry.draft_id = :draft_id"
    " AND jsonb_exists(entry.changes -> asked.subject, asked.key)"
    " ORDER BY asked.subject, asked.key, entry.seq DESC"
).bindparams(bindparam("subjects", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Text)))
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
