"""``/api/v1/plans/{plan_id}``: edits that change shapes: cutting, dragging borders, splitting."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import SessionDep
from api.plan_answers import answer
from api.routes.plans import EDITING
from api.schemas.plan_geometry import BorderIn, CutIn, SplitIn
from geo.flows.plan_shapes import Move, Split, cut_cells, drag_border, split_grid

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])


@router.post("/{plan_id}/cut", summary="Cut cells along a line", **EDITING)
def post_cut(plan_id: UUID, given: CutIn, request: Request, session: SessionDep) -> Response:
    """Cut blocks from border to border; the pieces have the block's grid."""
    outcome = cut_cells(session, plan_id, given.key, given.line, given.cells)
    return answer(request, session, plan_id, outcome)


@router.post("/{plan_id}/border", summary="Drag a border", **EDITING)
def post_border(plan_id: UUID, given: BorderIn, request: Request, session: SessionDep) -> Response:
    """Drag vertices of borders, or points between them; all cells that meet there move."""
    moves = [Move(move.start, move.end) for move in given.moves]
    return answer(request, session, plan_id, drag_border(session, plan_id, given.key, moves))


@router.post("/{plan_id}/split", summary="Split a grid in two", **EDITING)
def post_split(plan_id: UUID, given: SplitIn, request: Request, session: SessionDep) -> Response:
    """Split a grid along a line, or in two halves as is proposed.

    The part with more households keeps the grid's code; the other is a new grid.
    """
    split = Split(given.grid, given.line, given.name, given.name_en)
    return answer(request, session, plan_id, split_grid(session, plan_id, given.key, split))
