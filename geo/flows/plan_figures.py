"""What lies in the cells of a draft: figures for editors, who add them up as cells change hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.core.cell_figures import figures
from geo.flows.grounds import ground_of
from geo.store.plan_ground import leave_to_weigh
from geo.store.plan_log import read_state

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.core.cell_figures import CellFigures
    from geo.core.drafts import PlanState
    from geo.core.ground import Ground
    from geo.store.plans import Draft


@dataclass(frozen=True, slots=True, eq=False)
class DraftFigures:
    """What lies in the cells of a draft.

    Parameters
    ----------
    state
        The draft.
    ground
        Of its jurisdiction, as whoever asks may see it.
    cells
        Row by row.
    one_by_one
        Whether whoever asks may see buildings one by one, and not only sums by cell: whoever
        works there may, the holder of a link may not.
    """

    state: PlanState
    ground: Ground
    cells: CellFigures
    one_by_one: bool


def figures_of(session: Session, draft: Draft, version: int | None = None) -> DraftFigures:
    """Return what lies in the cells of a draft at a version; by default the last.

    Parameters
    ----------
    session
        Of whoever asks: decides which issues there are, and whether people are named.
    draft
        That they may read.
    version
        How many entries of its log count.
    """
    state = read_state(session, draft.id, version)
    ground = ground_of(session, draft.jurisdiction_id)
    leave = leave_to_weigh(session, draft.jurisdiction_id)
    return DraftFigures(state, ground, figures(state, ground), leave.names)
