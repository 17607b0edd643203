"""``hongge load``: a jurisdiction's folder into the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.speech import DONE, FOUND_OR_REFUSED, said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.files.problems import RowProblem
    from geo.flows.load import LoadReport
    from geo.flows.roads import RoadReport


@click.command(
    name="load",
    help=said(
        msg(
            "Load a jurisdiction's FOLDER, a manifest with its layers, all or nothing; say what was"
            " taken, repaired and refused, row by row."
        )
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--replace",
    is_flag=True,
    help=said(
        msg(
            "First delete the jurisdiction of the same name with all that was made in it: issues,"
            " bookings, rotas, closures, drafts of plans."
        )
    ),
)
@click.option("--json", "as_json", is_flag=True, help=said(msg("Print the report as JSON.")))
def command(folder: Path, *, replace: bool, as_json: bool) -> None:
    """Load a folder and print what became of it."""
    from geo.flows.load import load  # noqa: PLC0415 - heavy, and only when something is loaded
    from geo.store.engine import database_url  # noqa: PLC0415 - the same
    from geo.store.migrate import upgrade  # noqa: PLC0415 - the same

    url = database_url()
    upgrade(url)
    report = load(folder, url=url, replace=replace, progress=warn)
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        _print(report)
    raise SystemExit(DONE if report.stored else FOUND_OR_REFUSED)


def _print(report: LoadReport) -> None:
    for problem in report.repaired:
        say(msg("repaired: %(what)s", what=problem.sentence()))
    for problem in report.warnings:
        say(msg("warning: %(what)s", what=problem.sentence()))
    for problem in report.refused:
        say(msg("refused: %(what)s", what=problem.sentence()))
    if not report.stored:
        say(msg("Nothing was loaded: %(count)s problems.", count=len(report.refused)))
        return
    for layer, count in report.taken.items():
        say(msg("taken: %(layer)s, %(count)s rows", layer=layer, count=count))
    if report.walking is not None:
        _print_walking(report.walking)
    say(msg("“%(slug)s” is loaded.", slug=report.slug))


def _print_walking(walking: RoadReport) -> None:
    from api.commands.road_words import summary  # noqa: PLC0415 - only when something was loaded

    for message in summary(walking):
        say(message)
    if len(walking.found.components) > 1:
        say(msg("“hongge roads” says where the smaller components are."))


def _as_json(report: LoadReport) -> dict[str, object]:
    from api.commands.road_words import as_json  # noqa: PLC0415 - as in _print_walking

    return {
        "jurisdiction": report.slug,
        "stored": report.stored,
        "taken": report.taken,
        "walking": report.walking and as_json(report.walking),
        "repaired": _listed(report.repaired),
        "warnings": _listed(report.warnings),
        "refused": _listed(report.refused),
    }


def _listed(problems: Sequence[RowProblem]) -> list[dict[str, object]]:
    return [
        {
            "layer": one.layer,
            "file": one.place.file,
            "row": one.row,
            "field": one.field,
            "message": said(one.message),
        }
        for one in problems
    ]
