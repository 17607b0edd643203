"""What an edit of a draft came to, as an answer: the entry, or whom it is in conflict with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from api.answering import as_json
from api.errors import problem
from api.i18n import language_of, translate
from api.plan_figures import cell_figures_out
from api.plan_shape import entry_out, person_out, value_out
from geo.core.plan_log import undone
from geo.flows.plan_figures import figures_of
from geo.flows.plans import Conflicting, NotEdited, Refused, Written
from geo.messages import msg
from geo.store import plan_log, plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from starlette.requests import Request
    from starlette.responses import Response

    from geo.flows.plans import Clash, Outcome
    from geo.messages import Message
    from geo.store.engine import Session
    from geo.store.plan_log import Entry, Touch
    from geo.store.plans import Person

SHAPES: dict[str, Message] = {
    "line_crosses_itself": msg("The line has no length, or it crosses itself."),
    "line_does_not_cross": msg(
        "The line has to cross a block from border to border: %(key)s stays in one piece."
    ),
    "line_crosses_nothing": msg("The line has to cross a block from border to border."),
    "line_does_not_divide": msg("The line does not divide grid %(key)s in two."),
    "piece_too_thin": msg("A piece of block %(key)s would be narrower than ten centimetres."),
    "not_on_a_border": msg("There is no border of a block here."),
    "on_an_outline": msg("The outline of a community stays where it is: %(key)s lies on it."),
    "leaves_community": msg("A border can't be dragged out of its community."),
    "over_another_cell": msg("Block %(key)s is in the way."),
    "cell_folds": msg("The outline of block %(key)s would touch or cross itself."),
    "cell_vanishes": msg("Nothing would be left of block %(key)s."),
    "cannot_be_split": msg("No way was found to split grid %(key)s in two."),
    "codes_given": msg("All 999 codes of the community of grid %(key)s have been given."),
}
"""Why an edit that changes shapes is refused."""

REASONS: dict[str, Message] = {
    "cell_locked": msg("Block %(key)s is locked."),
    "grid_locked": msg("Grid %(key)s is locked."),
    "no_such_cell": msg("There is no block %(key)s any more."),
    "no_such_grid": msg("There is no grid %(key)s any more."),
    "other_community": msg("Block %(key)s is in another community than the grid."),
    "grid_has_cells": msg("Grid %(key)s still has blocks."),
    "no_such_community": msg("The code of grid %(key)s is of no community of this draft."),
    "code_taken": msg("Another grid of this draft has the code of grid %(key)s."),
    "code_retired": msg("The code of grid %(key)s was another grid's: it is not used again."),
    "nothing_changes": msg("This changes nothing."),
    "nothing_to_undo": msg("You have nothing left to take back."),
    "nothing_to_redo": msg("There is nothing to do again."),
    "no_such_entry": msg("There is no entry %(key)s in the log."),
    "already_undone": msg("Entry %(key)s has been taken back already."),
    "not_undone": msg("Entry %(key)s has not been taken back."),
    **SHAPES,
}
"""Why an edit is refused, in words for people."""

IN_CONFLICT = msg("Somebody has changed this in the meantime.")
IN_CONFLICT_WITH = msg("%(name)s has changed this in the meantime.")
NOT_EDITED: dict[str, Message] = {
    "submitted": msg("The draft has been submitted: it is not edited during its review."),
    "approved": msg("The draft has been approved: it is not edited any more."),
    "published": msg("The draft has been published: it is not edited any more."),
    "archived": msg("The draft has been archived: it is not edited any more."),
}


def answer(request: Request, session: Session, draft_id: UUID, outcome: Outcome) -> Response:
    """Answer with what an edit came to.

    201 with its entry, 200 when it was sent before; 409 of type ``plan-conflict``,
    ``plan-refused`` or ``plan-state`` when it was not made.
    """
    if isinstance(outcome, Written):
        status = HTTPStatus.OK if outcome.again else HTTPStatus.CREATED
        (told,) = entries_out(session, draft_id, [outcome.entry])
        return as_json({"entry": told}, status)
    if isinstance(outcome, NotEdited):
        more: dict[str, Any] = {"type": "plan-state", "state": outcome.state}
        return problem(request, HTTPStatus.CONFLICT, NOT_EDITED[outcome.state], more=more)
    people = plans.people_of(session, [draft_id])
    if isinstance(outcome, Conflicting):
        return _in_conflict(request, outcome, people)
    return _refused(request, outcome, people)


def entries_out(session: Session, draft_id: UUID, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries of a log with names, and with what takes each back."""
    people = plans.people_of(session, [draft_id])
    after = min((one.seq for one in entries), default=0)
    gone = undone(plan_log.read_lines(session, draft_id, after))
    told = [entry_out(one, people, gone.get(one.seq)) for one in entries]
    made = {cell for one in entries for cell in new_cells(one)}
    draft = plans.read_draft(session, draft_id) if made else None
    if draft is not None:
        known = cell_figures_out(figures_of(session, draft).cells, made)
        for one in told:
            cells = one["changes"].get("shape", {})
            one["figures"] = {key: known[key] for key in cells if key in known}
    return told


def new_cells(entry: Entry) -> list[str]:
    """Return the keys of the cells that an entry makes, or draws anew."""
    shapes = entry.changes.get("shape", {})
    return [key for key, (_, becomes) in shapes.items() if becomes is not None]


def _in_conflict(request: Request, outcome: Conflicting, people: Mapping[int, Person]) -> Response:
    told = [_clash_out(one, people) for one in outcome.clashes]
    name = next((one["by"]["name"] for one in told if one["by"]), None)
    detail = msg(IN_CONFLICT_WITH.template, name=name) if name else IN_CONFLICT
    more = {"type": "plan-conflict", "conflicts": told}
    return problem(request, HTTPStatus.CONFLICT, detail, more=more)


def _clash_out(clash: Clash, people: Mapping[int, Person]) -> dict[str, Any]:
    subject, key, *values = clash.conflict
    expected, found, wanted = (value_out(one) for one in values)
    return {
        "subject": subject,
        "key": key,
        "expected": expected,
        "found": found,
        "wanted": wanted,
        **_touch_out(clash.touch, people),
    }


def _touch_out(touch: Touch | None, people: Mapping[int, Person]) -> dict[str, Any]:
    return {
        "by": person_out(touch.account_id, people) if touch else None,
        "at": touch.at.isoformat() if touch else None,
        "seq": touch.seq if touch else None,
    }


def _refused(request: Request, outcome: Refused, people: Mapping[int, Person]) -> Response:
    language = language_of(request)
    texts = [msg(REASONS[one.refusal.reason].template, key=one.shown) for one in outcome.objections]
    told = [
        {
            "reason": one.refusal.reason,
            "key": one.refusal.key,
            "text": translate(text, language),
            **_touch_out(one.touch, people),
        }
        for one, text in zip(outcome.objections, texts, strict=True)
    ]
    more = {"type": "plan-refused", "refusals": told}
    return problem(request, HTTPStatus.CONFLICT, texts[0], more=more)
