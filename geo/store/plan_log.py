"""The log of a draft (方案草稿): its entries, and the state that they lead to."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Text, bindparam, func, insert, select, text

from geo.core.drafts import Cell, PlannedGrid, PlanState, from_json, replay, to_json
from geo.core.plan_log import Line
from geo.store.models import PlanCell, PlanEntry, PlanGrid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.drafts import Changes

MOST_REMEMBERED = 12
"""Drafts whose state one process keeps in memory."""

WRITTEN = "plans_written"


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


@dataclass(frozen=True, slots=True)
class Touch:
    """Who last changed something, in which entry."""

    account_id: int | None
    seq: int
    at: datetime


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
