"""Drafts of plans (方案草稿): branching, editing, taking back, coming back to a version.

What an edit comes to is a value: the entry that was written, what it is in conflict with, or why it
is refused. Editors of one draft wait for one another for as long as an edit takes to write, so each
is judged by the state that it changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from geo.core.drafts import (
    PlanState,
    Refusal,
    changed,
    conflicts,
    difference,
    inverted,
    refusals,
)
from geo.core.plan_codes import code_refusals, next_code
from geo.core.plan_log import next_redo, next_undo, undone
from geo.errors import InvalidFieldError, KeyReusedError, NotFoundError, NotPermittedError
from geo.flows.plan_cells import cells_of_generation
from geo.messages import msg
from geo.store import plan_log, plans
from geo.store.models import PLAN_STATES
from geo.store.plan_log import NewEntry
from geo.store.plans import NewDraft
from geo.store.publishing import clock, jurisdiction_key

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.drafts import Changes, Conflict
    from geo.core.plan_log import Line
    from geo.messages import Message
    from geo.store.plan_log import Entry, Touch
    from geo.store.plans import Draft

EDITED = ("open", "returned")
"""States in which a draft is edited."""

UNDO, REDO, RESTORE, BRANCH = "undo", "redo", "restore", "branch"


@dataclass(frozen=True, slots=True)
class FromGeneration:
    """Begin with a generation, by its label."""

    label: str


@dataclass(frozen=True, slots=True)
class FromDraft:
    """Begin with another draft at a version; by default its last."""

    id: UUID
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An edit is in the log; ``again`` when it was there before, sent under the same key."""

    entry: Entry
    again: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict, and who last changed that; ``None`` where nobody has since the beginning."""

    conflict: Conflict
    touch: Touch | None


@dataclass(frozen=True, slots=True)
class Conflicting:
    """An edit found something else than it expects, and was not made."""

    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason against an edit, and who last changed what stands in its way.

    ``shown`` is what people call the block or grid that it is about.
    """

    refusal: Refusal
    shown: str | Message
    touch: Touch | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An edit is not allowed, and was not made."""

    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class NotEdited:
    """The draft's state, in which it is not edited."""

    state: str


Outcome = Written | Conflicting | Refused | NotEdited


def create_draft(
    session: Session, jurisdiction: str, name: str, note: str, source: FromGeneration | FromDraft
) -> UUID:
    """Branch a draft from a generation or from another draft, and return its key.

    Parameters
    ----------
    session
        Of a planner.
    jurisdiction
        Slug.
    name, note
        What it is called, and what there is to say about it.
    source
        What it begins with.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction, or nothing to begin with.
    """
    home = jurisdiction_key(session, jurisdiction)
    new = NewDraft(uuid4(), home, name, note)
    if isinstance(source, FromGeneration):
        return _branch_from_generation(session, new, source)
    return _branch_from_draft(session, new, source)


def store_state(session: Session, new: NewDraft, begins: PlanState) -> UUID:
    """Store a draft that begins with a state, locks and all, and return its key."""
    plans.store_draft(session, new, begins)
    locks: Changes = {
        subject: dict.fromkeys(sorted(begins.values[subject]), (False, True))
        for subject in ("lock", "grid_lock")
        if begins.values[subject]
    }
    if locks:
        plan_log.add_entry(session, new.id, NewEntry(uuid4(), BRANCH, locks, {}))
    return new.id


def _branch_from_generation(session: Session, new: NewDraft, source: FromGeneration) -> UUID:
    generation = plans.generation_key(session, new.jurisdiction_id, source.label)
    if generation is None:
        raise NotFoundError(kind=msg("generation"), name=source.label)
    cells, owners, grids = cells_of_generation(session, new.jurisdiction_id, generation)
    return store_state(
        session, replace(new, base_id=generation), PlanState.of(cells, owners, grids)
    )


def _branch_from_draft(session: Session, new: NewDraft, source: FromDraft) -> UUID:
    parent = draft_of(session, source.id)
    if parent.jurisdiction_id != new.jurisdiction_id:
        raise NotFoundError(kind=msg("draft"), name=str(source.id))
    begins = state_of(session, source.id, source.version)
    branch = replace(new, base_id=parent.base_id, parent=parent.id, parent_version=begins.version)
    return store_state(session, branch, begins)


def draft_of(session: Session, draft_id: UUID) -> Draft:
    """Return a draft.

    Raises
    ------
    NotFoundError
        When there is none that the asker may read.
    """
    found = plans.read_draft(session, draft_id)
    if found is None:
        raise NotFoundError(kind=msg("draft"), name=str(draft_id))
    return found


def held_draft(session: Session, draft_id: UUID) -> Draft:
    """Return a draft that the asker works on, as it is when nobody else changes it any more.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    """
    held = plans.hold_draft(session, draft_id)
    draft = draft_of(session, draft_id)
    if not held:
        raise NotPermittedError
    return draft


def state_of(session: Session, draft_id: UUID, version: int | None = None) -> PlanState:
    """Return a draft's state at a version; by default the last one.

    Raises
    ------
    NotFoundError
        When there is no such draft that the asker may read.
    InvalidFieldError
        When it has no such version.
    """
    draft = draft_of(session, draft_id)
    state = plan_log.read_state(session, draft_id, version)
    if version is not None and state.version != version:
        raise InvalidFieldError(
            field="version",
            reason=msg("The draft has versions 0 to %(last)s.", last=draft.version),
        )
    return state


def rename(session: Session, draft_id: UUID, given: dict[str, str]) -> NotEdited | None:
    """Change a draft's ``name`` or ``note``: what is reviewed keeps the name it was reviewed by.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    """
    state = held_draft(session, draft_id).state
    if state not in EDITED:
        return NotEdited(state)
    if given:
        plans.rename_draft(session, draft_id, **given)
    return None


def allowed(session: Session, draft: Draft) -> list[str]:
    """Return what the asker may do with a draft in its present state."""
    if not plans.may_plan(session, draft.id):
        return []
    own = plans.asking_account(session) in plans.authors_of(session, draft.id)
    found = [
        what for what, (states, whose) in _MAY.items() if draft.state in states and own in whose
    ]
    in_force = draft.starts is not None and draft.starts <= clock(session)
    return [what for what in found if what != "withdraw" or not in_force]


_ANYBODY, _AUTHORS, _OTHERS = (True, False), (True,), (False,)
_MAY: dict[str, tuple[tuple[str, ...], tuple[bool, ...]]] = {
    "edit": (EDITED, _ANYBODY),
    "comment": (PLAN_STATES, _ANYBODY),
    "share": (PLAN_STATES, _ANYBODY),
    "submit": (EDITED, _ANYBODY),
    "recall": (("submitted",), _AUTHORS),
    "return": (("submitted", "approved"), _OTHERS),
    "approve": (("submitted",), _OTHERS),
    "publish": (("approved",), _ANYBODY),
    "withdraw": (("published",), _ANYBODY),
    "archive": (EDITED, _ANYBODY),
}
"""What planners may do, in which states, and whether those who had a hand in it or the others."""


def edit(session: Session, draft_id: UUID, entry: NewEntry) -> Outcome:
    """Make an edit, unless it is in conflict or refused.

    An edit that is sent again under its key is not made again.

    Parameters
    ----------
    session
        Of a planner.
    draft_id
        Key.
    entry
        The edit.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    KeyReusedError
        When the key was another edit's.
    """
    entry = replace(entry, changes=_effective(entry.changes))
    draft, with_key = _hold(session, draft_id, entry.key)
    if with_key is None:
        return _write(session, draft, entry)
    if (with_key.verb, with_key.changes) != (entry.verb, entry.changes):
        raise KeyReusedError(key=str(entry.key))
    return Written(with_key, again=True)


def undo(session: Session, draft_id: UUID, key: UUID, seq: int | None = None) -> Outcome:
    """Take back an entry; by default the asker's own last edit that stands.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`edit`.
    """
    return _take_back(session, draft_id, key, UNDO, seq)


def redo(session: Session, draft_id: UUID, key: UUID, seq: int | None = None) -> Outcome:
    """Do again what was taken back; by default what the asker took back last.

    Parameters
    ----------
    session, draft_id, key
        As of :func:`undo`.
    seq
        The number of the edit that was taken back.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`edit`.
    """
    return _take_back(session, draft_id, key, REDO, seq)


def restore(session: Session, draft_id: UUID, key: UUID, version: int) -> Outcome:
    """Bring a draft back to what it was at a version; the log goes on.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`edit`.
    InvalidFieldError
        When it has no such version.
    """
    draft, with_key = _hold(session, draft_id, key)
    if with_key is not None:
        return _again(with_key, RESTORE, {"version": version})
    then = state_of(session, draft_id, version)
    changes = difference(plan_log.read_state(session, draft_id), then)
    return _write(session, draft, NewEntry(key, RESTORE, changes, {"version": version}))


def free_code(session: Session, draft: Draft, community: str) -> str:
    """Return the code for the next grid of a community, one that no generation has ever given.

    Raises
    ------
    NotFoundError
        When the draft has no such community.
    InvalidFieldError
        When all of its codes were given.
    """
    state = plan_log.read_state(session, draft.id)
    if all(cell.community != community for cell in state.cells.values()):
        raise NotFoundError(kind=msg("community"), name=community)
    code = next_code(community, state, plans.codes_used(session, draft.jurisdiction_id))
    if code is None:
        raise InvalidFieldError(
            field="community", reason=msg("All 999 codes of this community have been given.")
        )
    return code


def _hold(session: Session, draft_id: UUID, key: UUID) -> tuple[Draft, Entry | None]:
    """Let nobody else write in the draft; return it, and what was sent under the key before."""
    return held_draft(session, draft_id), plan_log.entry_of_key(session, draft_id, key)


def _again(entry: Entry, verb: str, detail: dict[str, int]) -> Written:
    if entry.verb != verb or any(entry.detail.get(name) != one for name, one in detail.items()):
        raise KeyReusedError(key=str(entry.key))
    return Written(entry, again=True)


def _effective(changes: Changes) -> Changes:
    """Leave out what is said to become what it was."""
    told = {
        subject: {key: (was, becomes) for key, (was, becomes) in keys.items() if was != becomes}
        for subject, keys in changes.items()
    }
    return {subject: keys for subject, keys in told.items() if keys}


def _write(session: Session, draft: Draft, entry: NewEntry) -> Outcome:
    """Write an entry in a draft that is held, unless something speaks against it."""
    if draft.state not in EDITED:
        return NotEdited(draft.state)
    if not entry.changes:
        return _not_now("nothing_changes")
    state = plan_log.read_state(session, draft.id)
    found = conflicts(state, entry.changes)
    if found:
        return _conflicting(session, draft.id, found)
    against = _against(session, draft, state, entry.changes)
    if against:
        return _refused(session, draft.id, state, entry.changes, against)
    return Written(plan_log.add_entry(session, draft.id, entry))


def _against(session: Session, draft: Draft, state: PlanState, changes: Changes) -> list[Refusal]:
    found = refusals(state, changes)
    if not found and "grid" in changes:
        used = plans.codes_used(session, draft.jurisdiction_id)
        found.extend(code_refusals(changed(state, changes), changes, used))
    return list(dict.fromkeys(found))


def _conflicting(session: Session, draft_id: UUID, found: list[Conflict]) -> Conflicting:
    touches = plan_log.last_touches(session, draft_id, [(one.subject, one.key) for one in found])
    return Conflicting(tuple(Clash(one, touches.get((one.subject, one.key))) for one in found))


def _not_now(reason: str, seq: int | None = None) -> Refused:
    key = "" if seq is None else str(seq)
    return Refused((Objection(Refusal(reason, key), key),))


def _refused(
    session: Session, draft_id: UUID, state: PlanState, changes: Changes, found: list[Refusal]
) -> Refused:
    things = {one: _in_the_way(state, one) for one in found}
    touches = plan_log.last_touches(session, draft_id, (one for one in things.values() if one))
    called: dict[str, str | Message] = {key: grid.called for key, grid in state.grids.items()}
    for key, (_, grid) in changes.get("grid", {}).items():
        called.setdefault(key, grid.called if grid else key)
    return Refused(
        tuple(
            Objection(one, called.get(one.key, one.key), touches.get(thing) if thing else None)
            for one, thing in things.items()
        )
    )


def _in_the_way(state: PlanState, refusal: Refusal) -> tuple[str, str] | None:
    """Return the subject and key whose last change is behind a refusal."""
    reason, key = refusal
    if reason == "grid_locked":
        return "grid_lock", key
    if reason == "cell_locked":
        own = state.value("lock", key)
        return ("lock", key) if own else ("grid_lock", state.owner(key) or "")
    return {"no_such_grid": ("grid", key), "no_such_cell": ("shape", key)}.get(reason)


def _take_back(session: Session, draft_id: UUID, key: UUID, verb: str, seq: int | None) -> Outcome:
    draft, with_key = _hold(session, draft_id, key)
    if with_key is not None:
        return _again(with_key, verb, {} if seq is None else {"seq": seq})
    log = plan_log.read_lines(session, draft_id)
    target = _target(log, plans.asking_account(session), verb, seq)
    if isinstance(target, str):
        return _not_now(target, seq)
    entry = plan_log.entry_at(session, draft_id, target)
    if entry is None:
        return _not_now("no_such_entry", target)
    detail = {"seq": entry.undoes if verb == REDO else target}
    changes = inverted(entry.changes)
    return _write(session, draft, NewEntry(key, verb, changes, detail, undoes=target))


def _target(log: list[Line], account_id: int | None, verb: str, seq: int | None) -> int | str:
    """Return the number of the entry to take back, or why there is none."""
    if seq is None:
        found = (next_undo if verb == UNDO else next_redo)(log, account_id)
        return found if found is not None else f"nothing_to_{verb}"
    gone = undone(log)
    if all(line.seq != seq for line in log):
        return "no_such_entry"
    if verb == UNDO:
        return "already_undone" if seq in gone else seq
    return gone.get(seq, "not_undone")
