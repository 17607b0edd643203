"""What a plan to be imported is, what it is compared with, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

from geo.core.drafts import PlanState
from geo.core.imported import Register, RowRefusal
from geo.errors import NotFoundError, NotPermittedError
from geo.flows.grounds import ground_of
from geo.flows.plan_cells import cells_of_generation
from geo.messages import msg
from geo.store import plans
from geo.store.plan_areas import community_areas, is_planner_of, past_grids
from geo.store.publishing import jurisdiction_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from geo.core.cells import Areas
    from geo.core.coverage_repair import Mended
    from geo.core.findings import Finding
    from geo.core.ground import Ground
    from geo.core.imported import MovedCell
    from geo.messages import Message

VERB = "import"
ERROR_M = 1.0
"""Positional error that is assumed of boundaries, unless somebody states another."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plan to be imported.

    Parameters
    ----------
    jurisdiction, generation
        Slug, and the label of the generation that it is compared with.
    name, note
        Of the draft.
    file_name, content
        The file: polygons in any format that is read, or a table of block and grid.
    layer
        Layer of polygons, or sheet of a workbook.
    id_column, block_column
        Columns of grids and, in tables, of blocks; by default those of usual names.
    datum
        What coordinates are in, whatever the file says.
    how
        Boundaries that pass through blocks ``cut`` these, or ``snap`` to them: a block goes to
        whoever has most of its area.
    error_m
        Positional error of the boundaries, in metres.
    repair
        Whether overlaps and gaps are repaired.
    """

    jurisdiction: str
    generation: str
    name: str
    file_name: str
    content: bytes
    note: str = ""
    layer: str | None = None
    id_column: str | None = None
    block_column: str | None = None
    datum: str | None = None
    how: Literal["cut", "snap"] = "cut"
    error_m: float = ERROR_M
    repair: bool = False


@dataclass(frozen=True, slots=True)
class MendedGrid:
    """What repairing changes, or would change, of one grid."""

    told: str
    mended: Mended


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a plan's import, or would come of it.

    Parameters
    ----------
    before, after
        States of the draft: the generation, and the plan.
    refused
        What in the file can't be taken; then there is no draft.
    remarks
        What somebody should know.
    findings
        What was found in the polygons, each with its sentence.
    mended
        What repairing changes, or would.
    moved
        Cells whose grid is another one.
    households
        Of every cell of ``before`` and of ``after``, by key.
    untouched
        Communities of which the file has no grid: they stay as they are.
    draft
        Its key, once it is made.
    """

    before: PlanState
    after: PlanState
    refused: tuple[RowRefusal, ...] = ()
    remarks: tuple[Message, ...] = ()
    findings: tuple[tuple[Finding, Message], ...] = ()
    mended: tuple[MendedGrid, ...] = ()
    moved: tuple[MovedCell, ...] = ()
    households: tuple[Mapping[str, int], Mapping[str, int]] = field(default=({}, {}))
    untouched: tuple[str, ...] = ()
    draft: UUID | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """What a plan is compared with.

    Parameters
    ----------
    home, generation
        Keys of the jurisdiction and of the generation.
    state
        The generation as a draft.
    communities
        Their outlines.
    register
        What grids are known by.
    ground
        Of the jurisdiction.
    draft
        The key that the draft will have.
    """

    home: int
    generation: int
    state: PlanState
    communities: Areas
    register: Register
    ground: Ground
    draft: UUID

    @classmethod
    def of(cls, session: Session, wanted: Wanted, key: UUID) -> Base:
        """Read it.

        Raises
        ------
        NotFoundError
            When there is no such jurisdiction or generation.
        NotPermittedError
            When the asker is no planner there.
        """
        home = jurisdiction_key(session, wanted.jurisdiction)
        if not is_planner_of(session, home):
            raise NotPermittedError
        generation = plans.generation_key(session, home, wanted.generation)
        if generation is None:
            raise NotFoundError(kind=msg("generation"), name=wanted.generation)
        state = PlanState.of(*cells_of_generation(session, home, generation))
        ground = ground_of(session, home)
        draft = uuid5(key, VERB)
        names = {one.code: (one.name, one.name_en) for one in ground.communities}
        used = plans.codes_used(session, home)
        register = Register(state.grids, used, past_grids(session, home), names, draft)
        areas = community_areas(session, home)
        return cls(home, generation, state, areas, register, ground, draft)
