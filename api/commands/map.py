"""``hongge map``: coverage and hot spot maps as pictures, pages, layers and workbooks."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.speech import said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.map_sheets import Reader
    from maps.sheets import MapSheet

FORMS = ("png", "svg", "html", "gpkg", "xlsx")
DAY = click.DateTime(["%Y-%m-%d"])
MEASURES = (
    *("households", "per_worker", "units_answered", "households_answered", "walk_5", "walk_10"),
    *("walk_15", "pairing", "principles", "unanswered"),
)


class _Metres(click.FloatRange):
    """A length; how long it may be depends on what the map is of."""

    name = "metres"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it as a number, which neither "nan" nor "inf" is."""
        found = super().convert(value, param, ctx)
        if not isfinite(found):
            self.fail(said(msg("This is not a number.")), param, ctx)
        return found


METRES = _Metres(0, min_open=True)


def _with(*options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def dressed(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return dressed


_common = _with(
    click.option(
        "--jurisdiction", metavar="SLUG", help=said(msg("Needed where several are loaded."))
    ),
    click.option(
        "--size",
        type=click.Choice(["A3", "A4"]),
        default="A3",
        show_default=True,
        help=said(msg("Of the paper, for pictures.")),
    ),
    click.option(
        "--dpi",
        type=click.IntRange(72, 600),
        default=300,
        show_default=True,
        help=said(msg("Points per inch of a PNG.")),
    ),
    click.option("--layer", metavar="KEY", help=said(msg("Which layer a picture shows."))),
    click.option(
        "--step",
        type=click.IntRange(1),
        help=said(msg("Which step of the layer a picture shows, such as its first month.")),
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help=said(msg("Where to write: .png, .svg, .html, .gpkg or .xlsx.")),
    ),
)


@click.group(help=said(msg("Draw maps of coverage and hot spots, for print and as files.")))
def command() -> None:
    """Draw maps."""


@command.command(help=said(msg("Grids by how well they are filled, of one generation or of two.")))
@click.option(
    "--measure", type=click.Choice(MEASURES), help=said(msg("What grids are coloured by."))
)
@click.option("--generation", metavar="LABEL", help=said(msg("By default that in force.")))
@click.option(
    "--against", metavar="LABEL", help=said(msg("An earlier generation to compare with."))
)
@click.option(
    "--compare",
    type=click.Choice(["beside", "difference"]),
    default="difference",
    show_default=True,
    help=said(msg("How two generations are compared.")),
)
@click.option(
    "--breaks",
    type=click.Choice(["thresholds", "fisher_jenks", "quantiles", "equal_interval"]),
    help=said(msg("How classes are broken.")),
)
@click.option(
    "--classes",
    type=click.IntRange(2, 6),
    default=5,
    show_default=True,
    help=said(msg("How many classes at most.")),
)
@_common
def coverage(**chosen: Any) -> None:
    """Draw a coverage map."""

    def make(reader: Reader, slug: str) -> MapSheet:
        from api.map_sheets import make_coverage_sheet  # noqa: PLC0415 - only when it runs
        from api.schemas.maps import CoverageMapQuery  # noqa: PLC0415 - the same

        names = ("measure", "generation", "against", "compare", "breaks", "classes")
        asked = CoverageMapQuery.model_validate({name: chosen[name] for name in names})
        return make_coverage_sheet(reader, slug, asked)

    _draw(make, chosen)


@command.command(help=said(msg("Where issues gather, and how sure that is.")))
@click.option(
    "--statistic",
    type=click.Choice(["gi", "density", "emerging", "count"]),
    default="gi",
    show_default=True,
    help=said(msg("Hot spots, kernel density, emerging hot spots, or counts.")),
)
@click.option(
    "--by",
    type=click.Choice(["grid", "hexagon", "square"]),
    default="hexagon",
    show_default=True,
    help=said(msg("What is counted by.")),
)
@click.option(
    "--value",
    type=click.Choice(["count", "per_100_households"]),
    default="count",
    show_default=True,
    help=said(msg("Issues, or issues per 100 households.")),
)
@click.option("--side-m", type=METRES, help=said(msg("Of cells, in metres.")))
@click.option("--order", type=click.IntRange(1), help=said(msg("How far a neighbourhood reaches.")))
@click.option("--bandwidth-m", type=METRES, help=said(msg("Of the kernel density, in metres.")))
@click.option(
    "--duty", multiple=True, metavar="CODE", help=said(msg("Only this duty; may be repeated."))
)
@click.option(
    "--state",
    type=click.Choice(["open", "closed", "all"]),
    default="all",
    show_default=True,
    help=said(msg("Which issues are counted.")),
)
@click.option("--from", "since", type=DAY, help=said(msg("First day on which they came in.")))
@click.option("--to", "until", type=DAY, help=said(msg("Last day on which they came in.")))
@_common
def hotspots(**chosen: Any) -> None:
    """Draw a map of hot spots."""

    def make(reader: Reader, slug: str) -> MapSheet:
        from api.map_sheets import make_hotspot_sheet  # noqa: PLC0415 - only when it runs
        from api.schemas.maps import HotspotMapQuery  # noqa: PLC0415 - the same

        names = ("statistic", "by", "value", "side_m", "order", "bandwidth_m", "state")
        days = {
            name: chosen[key].date()
            for name, key in (("from", "since"), ("to", "until"))
            if chosen[key]
        }
        told = {name: chosen[name] for name in names} | {"duty": list(chosen["duty"])} | days
        return make_hotspot_sheet(reader, slug, HotspotMapQuery.model_validate(told))

    _draw(make, chosen)


def _draw(make: Callable[[Reader, str], MapSheet], chosen: dict[str, Any]) -> None:
    """Make the sheet that was asked for, and write it."""
    output: Path = chosen["output"]
    form = output.suffix.lower().removeprefix(".")
    if form not in FORMS:
        endings = ", ".join(f".{one}" for one in FORMS)
        raise click.UsageError(said(msg("A map is written as %(formats)s.", formats=endings)))
    if not output.parent.is_dir():
        raise click.UsageError(said(msg("There is no folder “%(folder)s”.", folder=output.parent)))
    from api.commands.speech import language  # noqa: PLC0415 - only when it runs
    from api.commands.which import reading  # noqa: PLC0415 - the same
    from api.map_files import basemap_of, sheet_file  # noqa: PLC0415 - the same
    from maps.static_sheets import Print  # noqa: PLC0415 - the same

    warn(msg("Counting…"))
    with reading(chosen["jurisdiction"]) as (reader, slug):
        sheet = make(reader, slug)
        basemap = basemap_of(reader.session, slug, language())
    warn(msg("Drawing “%(title)s”…", title=sheet.title))
    step = None if chosen["step"] is None else chosen["step"] - 1
    how = Print(
        "svg" if form == "svg" else "png", chosen["size"], chosen["dpi"], chosen["layer"], step
    )
    output.write_bytes(sheet_file(sheet, form, basemap, language(), how))
    say(msg("Written to %(file)s.", file=output))


__all__ = ["command"]
