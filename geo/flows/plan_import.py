"""Importing a plan (导入方案) that somebody drew elsewhere.

The file, of polygons or of blocks and grids, is compared with a generation. What is wrong in it is
told by row and column; nothing is taken unless all of it can be. Repairs are offered with what they
change, and made when asked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from geo.core.cell_figures import figures
from geo.core.drafts import difference
from geo.core.imported import moved_cells
from geo.errors import FileRefusedError, PlanImportRefusedError
from geo.files.uploads import TABLES, store_upload
from geo.flows.plan_import_base import ERROR_M, VERB, Base, Imported, Wanted
from geo.flows.plan_import_polygons import by_polygons
from geo.flows.plan_import_table import by_table
from geo.flows.plans import Written, edit, store_state
from geo.store import plans
from geo.store.plan_log import NewEntry
from geo.store.plans import NewDraft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session


def import_plan(session: Session, wanted: Wanted, key: UUID, *, dry_run: bool) -> Imported:
    """Import a plan as a draft, if nothing of it is refused.

    Parameters
    ----------
    session
        Of a planner.
    wanted
        What to import, and how.
    key
        The sender's own: sent again under it, the plan is not imported again.
    dry_run
        Only tell what would come of it.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction or generation.
    NotPermittedError
        When the asker is no planner there.
    FileRefusedError, UnknownDatumError, DatumRefusedError
        When the file can't be read at all, or its coordinates can't be what they are said to be.
    PlanImportRefusedError
        When the draft can't be written.
    """
    base = Base.of(session, wanted, key)
    with _kept(wanted) as path:
        table = path.suffix in TABLES
        drawn = by_table(base, wanted, path) if table else by_polygons(base, wanted, path)
    told = _with_households(base, drawn)
    if dry_run or told.refused:
        return told
    return replace(told, draft=_store(session, base, wanted, key, told))


@contextmanager
def _kept(wanted: Wanted) -> Iterator[Path]:
    with TemporaryDirectory(prefix="hongge-plan-") as folder:
        path = store_upload(wanted.content, wanted.file_name, Path(folder))
        try:
            yield path
        except FileRefusedError as error:
            error.call_file(str(path), wanted.file_name)
            raise


def _with_households(base: Base, told: Imported) -> Imported:
    """Tell which cells change their grid, and how many households live in each."""
    counts = []
    for state in (told.before, told.after):
        found = figures(state, base.ground)
        counts.append(dict(zip(found.cells, found.totals.households.tolist(), strict=True)))
    moved = tuple(moved_cells(told.before, told.after))
    return replace(told, moved=moved, households=(counts[0], counts[1]))


def _store(session: Session, base: Base, wanted: Wanted, key: UUID, told: Imported) -> UUID:
    """Make the draft: the generation as it is, and the plan as its first entry."""
    if plans.read_draft(session, base.draft) is not None:
        return base.draft
    new = NewDraft(base.draft, base.home, wanted.name, wanted.note, base_id=base.generation)
    store_state(session, new, base.state)
    changes = difference(base.state, told.after)
    if changes:
        detail = {
            "file": wanted.file_name,
            "how": wanted.how,
            "error_m": wanted.error_m,
            "repaired": len(told.mended) if wanted.repair else 0,
        }
        outcome = edit(session, base.draft, NewEntry(key, VERB, changes, detail))
        if not isinstance(outcome, Written):
            raise PlanImportRefusedError(file=wanted.file_name)
    return base.draft


__all__ = ["ERROR_M", "Imported", "Wanted", "import_plan"]
