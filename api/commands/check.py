"""``hongge check``: what is wrong in a file of polygons."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.measures import Metres
from api.commands.speech import DONE, FOUND_OR_REFUSED, language, said, say, warn
from api.i18n import html_tag
from geo.messages import Message, msg

if TYPE_CHECKING:
    from geo.core.findings import Finding
    from geo.files.polygons import Problem
    from geo.flows.check import Check

JSON_FORMAT = 1
MAX_LINES = 40
"""Of one kind in the text; a file of six thousand blocks may have as many faults."""

SQUARE_KILOMETRE_M2 = 1_000_000.0
WIDE_KINDS = frozenset({"overlap", "gap", "sliver"})
VENDOR_FOLDER = Path(__file__).resolve().parent.parent / "static" / "vendor"

KIND_TITLES: dict[str, Message] = {
    "invalid": msg("Invalid outlines"),
    "empty": msg("Polygons without area"),
    "duplicate": msg("Duplicates"),
    "nested": msg("Polygons on other polygons"),
    "overlap": msg("Overlaps"),
    "gap": msg("Gaps"),
    "multipart": msg("Polygons in pieces"),
    "sliver": msg("Slivers"),
    "enclave": msg("Enclaves"),
    "hole": msg("Holes of the outer shape"),
}
STRIPS_TITLE = msg("Open strips wider than a gap")


@click.command(
    name="check",
    help=said(
        msg(
            "Check the polygons of FILE as a coverage: overlaps, gaps, duplicate and nested"
            " polygons, invalid outlines, pieces and slivers. Exit status 0 without errors, 1"
            " with, 2 when called wrongly. Enclaves and real holes are told as information."
        )
    ),
)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--gap-width-m",
    type=Metres(),
    help=said(
        msg(
            "Width in metres up to which uncovered ground is a gap; without it 10 m, and enclosed"
            " spaces are judged by the size of the polygons as well."
        )
    ),
)
@click.option("--layer", help=said(msg("Which layer of the file.")))
@click.option("--id", "id_column", help=said(msg("The column that identifies the polygons.")))
@click.option(
    "--datum",
    help=said(
        msg("What the coordinates are in, whatever the file says: wgs84, gcj02, EPSG:4547 …")
    ),
)
@click.option(
    "--allow-multipart",
    is_flag=True,
    help=said(msg("Take polygons of several pieces as information, not as errors.")),
)
@click.option("--json", "as_json", is_flag=True, help=said(msg("Print the findings as JSON.")))
@click.option(
    "--map",
    "map_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=said(msg("Draw the findings on a map that needs no network, into this HTML file.")),
)
def command(file: Path, map_file: Path | None, *, as_json: bool, **options: Any) -> None:
    """Check a file, print what was found, draw it when asked."""
    from geo.files.refusals import refuse_inputs  # noqa: PLC0415 - only when something is checked
    from geo.flows.check import check_file  # noqa: PLC0415 - the same, with shapely

    if map_file is not None:
        refuse_inputs(map_file, file)
    check = check_file(file, **options)
    if as_json:
        click.echo(_json(check))
    else:
        _print(check)
    if map_file is not None:
        _draw(check, map_file)
    raise SystemExit(FOUND_OR_REFUSED if check.errors else DONE)


def _print(check: Check) -> None:
    values = {"file": check.file, "count": len(check.ids), "datum": check.datum}
    if check.id_column is None:
        say(msg("%(file)s: %(count)s polygons in %(datum)s, told by their row.", **values))
    else:
        values["column"] = check.id_column
        say(msg("%(file)s: %(count)s polygons in %(datum)s, told by “%(column)s”.", **values))
    _print_problems(check)
    for (_, title), group in groupby(check.findings, key=lambda one: (one.severity, title_of(one))):
        _print_group(check, title, list(group))
    click.echo()
    say(summary(check))


def _print_problems(check: Check) -> None:
    if check.problems:
        click.echo()
        say(msg("Rows of the file (%(count)s)", count=len(check.problems)))
    for problem in check.problems[:MAX_LINES]:
        click.echo(f"  {said(problem.message)}")
    _print_rest(len(check.problems))


def _print_group(check: Check, title: Message, group: list[Finding]) -> None:
    click.echo()
    heading = msg("%(title)s (%(count)s)", title=title, count=len(group))
    if group[0].severity == "information":
        heading = msg("For information: %(title)s (%(count)s)", title=title, count=len(group))
    say(heading)
    for finding in group[:MAX_LINES]:
        measures = " · ".join(said(one) for one in measures_of(finding))
        click.echo(f"  {said(check.sentence(finding))}  {measures}".rstrip())
    _print_rest(len(group))


def _print_rest(count: int) -> None:
    if count > MAX_LINES:
        click.echo(
            "  " + said(msg("… and %(count)s more; --json lists all.", count=count - MAX_LINES))
        )


def title_of(finding: Finding) -> Message:
    """Return the heading that a finding stands under."""
    strip = finding.kind == "gap" and finding.severity == "information"
    return STRIPS_TITLE if strip else KIND_TITLES[finding.kind]


def summary(check: Check) -> Message:
    """Say how many errors and remarks there are."""
    if check.errors:
        return msg(
            "Errors: %(errors)s. For information: %(remarks)s.",
            errors=check.errors,
            remarks=check.remarks,
        )
    return msg("No errors. For information: %(remarks)s.", remarks=check.remarks)


def measures_of(finding: Finding) -> list[Message]:
    """Say a finding's size and place, as far as it has them."""
    if finding.geometry is None:
        return []
    point = finding.geometry.representative_point()
    place = msg("at %(lon)s, %(lat)s", lon=f"{point.x:.6f}", lat=f"{point.y:.6f}")
    return [*_sizes(finding), place]


def _sizes(finding: Finding) -> list[Message]:
    sizes = []
    if finding.area_m2 > 0:
        sizes.append(area_of(finding))
    if finding.kind == "multipart":
        sizes = [msg("all but the largest %(area)s", area=sizes[0])]
    if finding.kind in WIDE_KINDS:
        sizes.append(msg("%(width)s m wide", width=_figure(finding.width_m)))
    if finding.pieces > 1 and finding.kind in WIDE_KINDS:
        sizes.append(msg("in %(pieces)s places", pieces=finding.pieces))
    return sizes


def area_of(finding: Finding) -> Message:
    """Say an area in the unit that suits it."""
    if finding.area_m2 >= SQUARE_KILOMETRE_M2:
        return msg("%(area)s km²", area=_figure(finding.area_m2 / SQUARE_KILOMETRE_M2))
    return msg("%(area)s m²", area=_figure(finding.area_m2))


def _figure(value: float) -> str:
    """Write a measure with three figures or so."""
    decimals = next((n for n, limit in ((0, 100), (1, 10), (2, 1)) if value >= limit), 3)
    return f"{value:,.{decimals}f}"


def _json(check: Check) -> str:
    import orjson  # noqa: PLC0415 - for this answer alone

    document = {
        "format": JSON_FORMAT,
        "file": check.file,
        "polygons": len(check.ids),
        "id_column": check.id_column,
        "datum": check.datum,
        "gap_width_m": check.gap_width_m,
        "errors": check.errors,
        "information": check.remarks,
        "problems": [_problem_json(one) for one in check.problems],
        "findings": [_finding_json(check, one) for one in check.findings],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _problem_json(problem: Problem) -> dict[str, Any]:
    from geo.flows.check import ERROR_PROBLEMS  # noqa: PLC0415 - as in command

    return {
        "kind": problem.kind,
        "severity": "error" if problem.kind in ERROR_PROBLEMS else "information",
        "row": problem.row,
        "field": problem.field,
        "message": said(problem.message),
    }


def _finding_json(check: Check, finding: Finding) -> dict[str, Any]:
    import orjson  # noqa: PLC0415 - as in _json
    import shapely  # noqa: PLC0415 - as in command

    geometry, point = finding.geometry, None
    if geometry is not None:
        point = geometry.representative_point()
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "rows": [row + 1 for row in finding.rows],
        "ids": [check.ids[row] for row in finding.rows],
        "message": said(check.sentence(finding)),
        "area_m2": round(finding.area_m2, 4),
        "width_m": round(finding.width_m, 4),
        "pieces": finding.pieces,
        "reason": finding.reason or None,
        "lon": point and point.x,
        "lat": point and point.y,
        "geometry": geometry and orjson.Fragment(shapely.to_geojson(geometry)),
    }


def _draw(check: Check, path: Path) -> None:
    from geo.files.refusals import UnwritableFileError  # noqa: PLC0415 - as in command
    from maps.findings import FindingsMap, MapFinding, MapWords, render  # noqa: PLC0415 - folium

    shown = [
        MapFinding(
            one.kind,
            one.severity == "error",
            said(title_of(one)),
            said(check.sentence(one)),
            " · ".join(said(measure) for measure in measures_of(one)),
            one.geometry,
        )
        for one in check.findings
    ]
    words = MapWords(
        language=html_tag(language()),
        title=said(msg("Coverage of %(file)s", file=check.file)),
        summary=said(summary(check)),
        list_name=said(msg("Findings")),
        map_name=said(msg("Map of the polygons and findings")),
        nothing=said(msg("Nothing was found: neither gap nor overlap.")),
        zoom_in=said(msg("Zoom in")),
        zoom_out=said(msg("Zoom out")),
        whole=said(msg("Show everything")),
    )
    labels = [str(one) for one in check.ids]
    page = render(FindingsMap(labels, check.polygons, shown), words, assets=VENDOR_FOLDER)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UnwritableFileError(file=path.name, reason=error.strerror) from error
    warn(msg("The map is in %(path)s.", path=path))
