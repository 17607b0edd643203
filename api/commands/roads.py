"""``hongge roads``: what a walking network is made of, and which of it hangs together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.speech import DONE, FOUND_OR_REFUSED, said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from geo.flows.roads import RoadReport

JSON_FORMAT = 1
MAX_LINES = 40
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    name="roads",
    help=said(
        msg(
            "Survey the walking network of FILE, an OpenStreetMap file (.osm.pbf, .osm) or a roads"
            " layer (.geojson, .gpkg, .shp), or of a jurisdiction that is loaded: size, the"
            " components that no road connects, and of a jurisdiction the stations from which no"
            " way leads to the largest of them. Exit status 0, 1 when nothing may be walked or the"
            " file has faults, 2 when called wrongly."
        )
    ),
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--jurisdiction", metavar="SLUG", help=said(msg("The roads of this jurisdiction, as loaded."))
)
@click.option(
    "--datum",
    help=said(
        msg("What the coordinates are in, whatever the file says: wgs84, gcj02, EPSG:4547 …")
    ),
)
@click.option("--json", "as_json", is_flag=True, help=said(msg("Print the report as JSON.")))
@click.option(
    "--geojson",
    "out",
    type=_FILE,
    help=said(msg("Write the components into this GeoJSON file, to look at them on a map.")),
)
def command(
    file: Path | None,
    jurisdiction: str | None,
    datum: str | None,
    *,
    as_json: bool,
    out: Path | None,
) -> None:
    """Survey roads, print what was found, write the components when asked."""
    if (file is None) == (jurisdiction is None):
        raise click.UsageError(said(msg("Name either a file or a jurisdiction.")))
    if datum is not None and file is None:
        raise click.UsageError(said(msg("--datum goes with a file.")))
    from geo.files.refusals import refuse_inputs  # noqa: PLC0415 - only when roads are surveyed

    if out is not None:
        refuse_inputs(out, file)
    report = _survey(file, jurisdiction, datum)
    if as_json:
        _print_json(report)
    else:
        _print(report)
    if out is not None:
        _write(report, out)
    raise SystemExit(DONE if report.walkable and not report.problems else FOUND_OR_REFUSED)


def _survey(file: Path | None, jurisdiction: str | None, datum: str | None) -> RoadReport:
    from geo.flows.roads import survey_file, survey_jurisdiction  # noqa: PLC0415 - heavy

    if file is not None:
        return survey_file(file, datum)
    from geo.store.engine import database_url  # noqa: PLC0415 - only where it is needed

    return survey_jurisdiction(str(jurisdiction), database_url())


def _print(report: RoadReport) -> None:
    from api.commands.road_words import component, cut_off, summary  # noqa: PLC0415 - with the report

    for problem in report.problems:
        say(problem.sentence())
    for message in summary(report):
        say(message)
    further = range(1, len(report.found.components))
    if further:
        say(msg("Components beside the largest, by size:"))
    for row in further[:MAX_LINES]:
        click.echo(f"  {said(component(report, row))}")
    if len(further) > MAX_LINES:
        rest = len(further) - MAX_LINES
        click.echo("  " + said(msg("… and %(count)s more; --json lists all.", count=rest)))
    if report.cut_off:
        say(msg("Stations from which no way leads to the largest component:"))
    for one in report.cut_off:
        click.echo(f"  {said(cut_off(one))}")


def _print_json(report: RoadReport) -> None:
    import orjson  # noqa: PLC0415 - for this answer alone

    from api.commands.road_words import as_json  # noqa: PLC0415 - with the report

    document = {"format": JSON_FORMAT, **as_json(report)}
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


def _write(report: RoadReport, out: Path) -> None:
    from geo.flows.roads import write_components  # noqa: PLC0415 - as in _survey

    write_components(report, out)
    warn(msg("The components are in %(path)s.", path=out))
