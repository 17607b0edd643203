"""Plans that come as files, and what comes of them."""

import base64
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In
from api.schemas.locating import Out
from api.schemas.values import Code, Name, Text
from geo.files.uploads import ENDINGS
from geo.flows.plan_import import ERROR_M, Wanted

LARGEST_ERROR_M = 50.0


class PlanImportIn(In):
    """A plan as a file."""

    key: UUID = Field(description="The sender's own: sent twice, it makes one draft.")
    jurisdiction: Code = Field(description="Slug.")
    generation: Code = Field(alias="from", description="Label of what it is compared with.")
    name: Code = Field(description="Of the draft.")
    note: Text = ""
    file_name: Name = Field(description=f"Its ending says what it is: {', '.join(ENDINGS)}.")
    content_base64: str
    layer: Name | None = Field(default=None, description="Layer, or sheet of a workbook.")
    id_column: Name | None = Field(default=None, description="Of grids; by default a usual name.")
    block_column: Name | None = Field(default=None, description="Of blocks, in tables.")
    datum: Name | None = Field(default=None, description="Of coordinates, whatever the file says.")
    how: Literal["cut", "snap"] = Field(
        default="cut",
        description="Boundaries through blocks `cut` them, or `snap`: the block goes to whoever has"
        " most of its area.",
    )
    tolerance_m: Annotated[float, Field(gt=0, le=LARGEST_ERROR_M, allow_inf_nan=False)] = Field(
        default=ERROR_M,
        description="Positional error of the boundaries: repairing joins vertices within three"
        " times, and closes gaps within ten times of it.",
    )
    repair: bool = Field(default=False, description="Whether overlaps and gaps are repaired.")
    dry_run: bool = Field(default=False, description="Only tell what would come of it.")

    def wanted(self) -> Wanted | None:
        """Return the plan; ``None`` when its content is not base64."""
        try:
            content = base64.b64decode(self.content_base64, validate=True)
        except ValueError:
            return None
        return Wanted(
            jurisdiction=self.jurisdiction,
            generation=self.generation,
            name=self.name,
            note=self.note,
            file_name=self.file_name,
            content=content,
            layer=self.layer or None,
            id_column=self.id_column or None,
            block_column=self.block_column or None,
            datum=self.datum or None,
            how=self.how,
            error_m=self.tolerance_m,
            repair=self.repair,
        )


class RefusedRowOut(Out):
    """Why something in the file can't be taken."""

    row: int | None = Field(description="As a spreadsheet counts; of features from 1.")
    field: str | None
    text: str


class FoundOut(Out):
    """Something found in the polygons."""

    kind: str
    severity: str
    text: str
    area_m2: float
    geometry: dict[str, Any] | None


class RepairedOut(Out):
    """What repairing changes of a grid, or would change."""

    grid: str
    before_m2: float
    after_m2: float
    changed_m2: float
    pieces: int
    was_invalid: bool


class GridChangeOut(Out):
    """A grid that comes, goes, or is another one."""

    id: str
    code: str
    name: str
    name_before: str | None
    households_before: int
    households_after: int
    blocks_gained: int
    blocks_lost: int


class MovedOut(Out):
    """A block, or a piece of one, whose grid is another one; grids by their codes."""

    cell: str
    block: str
    before: str | None = Field(alias="from")
    after: str | None = Field(alias="to")
    households: int


class DifferencesOut(Out):
    """How a plan differs from the generation that it is compared with."""

    added: list[GridChangeOut]
    gone: list[GridChangeOut]
    changed: list[GridChangeOut]
    same: int = Field(description="Grids that stay as they are.")
    moved: list[MovedOut]
    moved_blocks: int
    moved_households: int
    cut_blocks: int = Field(description="Blocks that the boundaries cut.")
    unassigned_blocks: int
    unassigned_households: int
    untouched: list[str] = Field(description="Communities of which the file has no grid.")


class PlanImportOut(Out):
    """What came of an import, or would."""

    draft: UUID | None
    refused: list[RefusedRowOut] = Field(description="Nothing is taken while there is any.")
    remarks: list[str]
    found: list[FoundOut]
    repaired: list[RepairedOut] = Field(description="What was repaired; empty unless asked for.")
    repairable: list[RepairedOut] = Field(description="What repairing would change.")
    differences: DifferencesOut | None
