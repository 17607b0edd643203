"""``hongge assign``: the grid of every point in a file."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.measures import Metres
from api.commands.speech import said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.flows.assign import Area, Tally

EVERY_S, EVERY_S_UNWATCHED = 0.5, 10.0
"""A terminal sees progress at once, a log file now and then."""

_FILE = click.Path(dir_okay=False, path_type=Path)


def _read_time(_ctx: click.Context, _option: click.Parameter, value: str | None) -> datetime:
    """Read an ISO 8601 time with offset; now when there is none."""
    try:
        at = datetime.fromisoformat(value) if value else datetime.now(UTC)
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - without offset, thus refused below
    if at.tzinfo is None:
        text = said(msg("a time is like 2026-03-01T09:00:00+08:00, with its offset from UTC"))
        raise click.BadParameter(text)
    return at


_OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=_FILE,
        required=True,
        help=said(msg("Where to write: .csv, .parquet or .gpkg, whatever the input is.")),
    ),
    click.option(
        "--polygons",
        type=click.Path(exists=True, path_type=Path),
        help=said(msg("Assign to the polygons of this file; no database is needed.")),
    ),
    click.option("--polygon-id", help=said(msg("The column that names the polygons."))),
    click.option("--polygon-layer", help=said(msg("The layer of polygons, if there are several."))),
    click.option(
        "--polygon-datum",
        help=said(msg("Datum or EPSG code of the polygons, when their file doesn't say it.")),
    ),
    click.option(
        "--at",
        callback=_read_time,
        help=said(msg("Assign to the grids in force at this time (ISO 8601); default: now.")),
    ),
    click.option("--lon", help=said(msg("The column of longitudes, or of eastings."))),
    click.option("--lat", help=said(msg("The column of latitudes, or of northings."))),
    click.option("--wkt", help=said(msg("The column of positions in WKT."))),
    click.option(
        "--datum",
        help=said(
            msg(
                "Datum of the points: wgs84, cgcs2000, gcj02, bd09 or an EPSG code; default: as"
                " their file says, or wgs84."
            )
        ),
    ),
    click.option("--layer", help=said(msg("The layer of points, if there are several."))),
    click.option(
        "--encoding", help=said(msg("Of a text file that is neither UTF-8 nor GB 18030."))
    ),
    click.option(
        "--prefix", default="", help=said(msg("Put this before the names of added columns."))
    ),
    click.option(
        "--nearest-max-m",
        type=Metres(),
        default=30.0,
        envvar="HONGGE_NEAREST_MAX_M",
        show_default=True,
        help=said(msg("Up to so many metres outside, a point goes to the nearest polygon.")),
    ),
)


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(
    name="assign",
    help=said(
        msg(
            "Give every point of POINTS (CSV, GeoParquet, GeoPackage) its grid. Every row is"
            " written back as it was, with grid, method and distance_m."
        )
    ),
)
@click.argument("points", type=_FILE)
@_with_options
def command(points: Path, **chosen: Any) -> None:
    """Assign, and say what became of the points."""
    # Arrow's other allocators keep what they once had; the system's gives it back.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from geo.files.points import Columns  # noqa: PLC0415 - arrays, and only when it runs
    from geo.flows.assign import Job, PointFile, assign  # noqa: PLC0415 - the same

    columns = Columns(chosen["lon"], chosen["lat"], chosen["wkt"])
    file = PointFile(points, columns, chosen["datum"], chosen["layer"], chosen["encoding"])
    tally = assign(
        Job(file, chosen["output"], chosen["prefix"], chosen["polygons"]),
        _areas(chosen),
        nearest_max_m=chosen["nearest_max_m"],
        said=said,
        progress=_Progress(),
    )
    _report(tally, chosen["output"])


def _areas(chosen: dict[str, Any]) -> list[Area]:
    """Read the polygons, or the grids of the database."""
    from geo.flows.assign import (  # noqa: PLC0415 - as in the command
        PolygonFile,
        area_of_file,
        areas_of_store,
    )

    if chosen["polygons"] is None:
        from geo.store.engine import database_url  # noqa: PLC0415 - only with a database

        areas = areas_of_store(database_url(), chosen["at"])
        if not areas:
            warn(msg("No generation of grids was in force at that time."))
        return areas
    area, messages = area_of_file(
        PolygonFile(
            chosen["polygons"],
            chosen["polygon_id"],
            chosen["polygon_layer"],
            chosen["polygon_datum"],
        )
    )
    for message in messages:
        warn(message)
    return [area]


class _Progress:
    """Says now and then how far the work is, on the error stream."""

    def __init__(self) -> None:
        self.watched = sys.stderr.isatty()
        self.every_s = EVERY_S if self.watched else EVERY_S_UNWATCHED
        self.last = time.monotonic()

    def __call__(self, done: int, count: int | None) -> None:
        """Hear of rows done, and of rows in all where known."""
        now = time.monotonic()
        if now - self.last < self.every_s:
            return
        self.last = now
        if count:
            share_pct = 100 * done // count
            message = msg("%(done)s rows, %(share_pct)s %%", done=done, share_pct=share_pct)
        else:
            message = msg("%(done)s rows", done=done)
        click.echo(said(message), err=True, nl=not self.watched)
        if self.watched:
            click.echo("\r", err=True, nl=False)


def _report(tally: Tally, output: Path) -> None:
    for message in tally.warnings:
        warn(message)
    inside, edge, nearest, outside, invalid = (int(one) for one in tally.counts)
    say(
        msg(
            "%(rows)s rows in %(file)s: %(inside)s inside, %(edge)s on an edge, %(nearest)s"
            " nearest, %(outside)s outside, %(invalid)s invalid.",
            rows=tally.rows,
            file=output.name,
            inside=inside,
            edge=edge,
            nearest=nearest,
            outside=outside,
            invalid=invalid,
        )
    )
