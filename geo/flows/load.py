"""Loading a jurisdiction's folder: all of it in one transaction, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from geo.core.crs import is_offset
from geo.errors import DatumRefusedError
from geo.files.folder import ROADS, Folder, read_folder
from geo.files.problems import Place, RowProblem
from geo.files.references import check_references
from geo.flows.fit_folder import Fitted, fit
from geo.flows.roads import survey_lines
from geo.flows.store_folder import store_folder
from geo.messages import Message, msg
from geo.settings import settings
from geo.store import loading
from geo.store.engine import owner_session
from geo.store.loading import LoadRefusedByRuleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from geo.files.manifest import Manifest
    from geo.flows.roads import RoadReport

MANIFEST_LAYER = "manifest"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a folder.

    Parameters
    ----------
    slug
        The jurisdiction; empty where the manifest could not be read.
    taken
        How many rows of each layer were stored; empty when anything was refused.
    repaired, refused, warnings
        What was mended, what stands in the way, and what is odd, row by row.
    walking
        The walking network of what was stored; ``None`` without roads that may be walked.
    """

    slug: str
    taken: dict[str, int] = field(default_factory=dict)
    repaired: tuple[RowProblem, ...] = ()
    refused: tuple[RowProblem, ...] = ()
    warnings: tuple[RowProblem, ...] = ()
    walking: RoadReport | None = None

    @property
    def stored(self) -> bool:
        """Whether the folder is in the store."""
        return not self.refused


def load(
    path: Path,
    *,
    url: str | None = None,
    replace: bool = False,
    progress: Callable[[Message], None] | None = None,
) -> LoadReport:
    """Load a jurisdiction's folder.

    Parameters
    ----------
    path
        The folder.
    url
        The database; ours when none is given.
    replace
        Whether a jurisdiction of the same name is replaced, with all that was made in it.
    progress
        Is told what happens, as it happens.

    Returns
    -------
    LoadReport
        With everything that was taken, repaired and refused. Nothing is stored when anything is
        refused.

    Raises
    ------
    DatumRefusedError
        When the folder is in a datum that the settings refuse.
    StoreUnavailableError
        When the database can't be reached.
    """
    tell = progress or (lambda _message: None)
    prepared = _prepare(path, tell)
    if prepared.folder.problems or prepared.fitted is None:
        return _report(prepared.folder)
    try:
        with loading.refusing_by_rule(), owner_session(url) as session:
            return _store(session, prepared, replace=replace, tell=tell)
    except LoadRefusedByRuleError as error:
        prepared.folder.problems.append(RowProblem(Place("database", path.name), error.message))
        return _report(prepared.folder)


@dataclass(slots=True)
class _Prepared:
    folder: Folder
    fitted: Fitted | None


def _prepare(path: Path, tell: Callable[[Message], None]) -> _Prepared:
    tell(msg("Reading %(folder)s …", folder=path))
    folder = read_folder(path)
    manifest = folder.manifest
    if manifest is None:
        return _Prepared(folder, None)
    if settings().refuse_offset_datums and is_offset(manifest.crs):
        raise DatumRefusedError(datum=manifest.crs.name)
    check_references(folder)
    tell(msg("Fitting areas together …"))
    return _Prepared(folder, fit(folder, manifest))


def _store(
    session: Session, prepared: _Prepared, *, replace: bool, tell: Callable[[Message], None]
) -> LoadReport:
    folder, fitted = prepared.folder, prepared.fitted
    manifest = folder.manifest
    if manifest is None or fitted is None:
        return _report(folder)
    loading.lock_loading(session)
    there = loading.jurisdiction_exists(session, manifest.slug)
    if there and not replace:
        _refuse(folder, "jurisdiction.slug", _there_already(manifest))
    _refuse_what_others_have(session, folder, manifest)
    if folder.problems:
        return _report(folder)
    if there:
        issues, booked = loading.count_made(session, manifest.slug)
        tell(
            msg(
                "Deleting the present %(slug)s; issues: %(issues)s, bookings to come: %(booked)s …",
                slug=manifest.slug,
                issues=issues,
                booked=booked,
            )
        )
        loading.delete_jurisdiction(session, manifest.slug)
    tell(msg("Storing …"))
    taken = store_folder(session, folder, manifest, fitted)
    return _report(folder, taken, _walking(folder, fitted))


def _walking(folder: Folder, fitted: Fitted) -> RoadReport | None:
    """Survey the roads, in the metric zone that the jurisdiction is measured in."""
    layer = folder.layers[ROADS]
    walked = [row for row in layer.rows if row.walkable]
    if not walked:
        return None
    lines = np.array([row.geom for row in walked], dtype=object)
    names = [row.name for row in walked]
    return replace(survey_lines(layer.file, lines, names, fitted.srid), osm=folder.osm)


def _there_already(manifest: Manifest) -> Message:
    return msg(
        "“%(slug)s” is loaded already. --replace deletes it with all that was made in it (issues,"
        " bookings, rotas, closures, drafts of plans) and loads anew.",
        slug=manifest.slug,
    )


def _refuse(folder: Folder, key: str, message: Message) -> None:
    place = Place(MANIFEST_LAYER, "manifest.toml", None, key)
    folder.problems.append(RowProblem(place, message))


def _refuse_what_others_have(session: Session, folder: Folder, manifest: Manifest) -> None:
    """Codes and labels are unique among all jurisdictions."""
    slug = manifest.slug
    labels = loading.taken_labels(session, slug, [one.label for one in manifest.generations])
    for at, entry in enumerate(manifest.generations, 1):
        if entry.label in labels:
            message = msg("Another jurisdiction has a generation “%(label)s”.", label=entry.label)
            _refuse(folder, f"generations[{at}].label", message)
    rows = [row for layer in folder.grids for row in layer.rows]
    codes = loading.taken_codes(session, slug, [row.code for row in rows])
    identities = [row.uid for row in rows if row.uid is not None]
    taken = loading.taken_identities(session, slug, identities)
    for layer in folder.grids:
        for row in layer.rows:
            if row.code in codes:
                message = msg("“%(slug)s” has a grid of this code.", slug=codes[row.code])
                folder.problems.append(RowProblem(layer.place(row, "code"), message))
            elif row.uid in taken:
                message = msg("Another jurisdiction has a grid of this UUID.")
                folder.problems.append(RowProblem(layer.place(row, "uid"), message))


def _report(
    folder: Folder, taken: dict[str, int] | None = None, walking: RoadReport | None = None
) -> LoadReport:
    return LoadReport(
        slug=folder.manifest.slug if folder.manifest else "",
        taken=taken or {},
        repaired=tuple(folder.repaired),
        refused=tuple(folder.problems),
        warnings=tuple(folder.warnings),
        walking=walking,
    )
