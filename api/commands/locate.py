"""``hongge locate``: one position, its grid."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from api.commands.speech import language, said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from geo.flows.locate import LocateAnswer
    from geo.messages import Message
    from geo.store.generations import StoredGrid


@click.command(
    help=said(
        msg(
            "Say which grid a position belongs to. LON and LAT are degrees, or easting and northing"
            " of a projected system."
        )
    ),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option(
    "--datum",
    default="wgs84",
    show_default=True,
    help=said(msg("wgs84, cgcs2000, gcj02, bd09 or an EPSG code.")),
)
@click.option(
    "--accuracy-m",
    type=float,
    help=said(msg("Radius in metres of the circle the position is in.")),
)
@click.option(
    "--at",
    metavar="TIME",
    help=said(msg("Answer by the generation in force then: ISO 8601 with its offset from UTC.")),
)
@click.option("--json", "as_json", is_flag=True, help=said(msg("Print JSON.")))
def command(  # noqa: PLR0913 - one parameter an option
    lon: float, lat: float, datum: str, accuracy_m: float | None, at: str | None, *, as_json: bool
) -> None:
    """Ask the database's generations once, and print the answer."""
    from geo.flows.locate import locate, read_position  # noqa: PLC0415 - heavy
    from geo.flows.registry import Registry  # noqa: PLC0415 - heavy

    instant = _instant(at) if at else None
    position = read_position(lon, lat, datum, accuracy_m)
    answer = locate(Registry(), position, instant)
    if as_json:
        from api.located import render  # noqa: PLC0415 - only here

        click.echo(render(answer, language()))
        return
    for line in _lines(answer):
        say(line)
    for notice in answer.notices if answer.period else ():
        warn(notice.message)


def _instant(text: str) -> datetime:
    """Read a time, or end with status 2."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        example = "2026-03-09T08:00:00+08:00"
        wrong = msg(
            "This is no ISO 8601 time with an offset, such as %(example)s.", example=example
        )
        raise click.BadParameter(said(wrong), param_hint="--at")
    return instant


def _lines(answer: LocateAnswer) -> list[Message]:
    if answer.period is None:
        return [notice.message for notice in answer.notices]
    generation = msg("Generation: %(label)s", label=answer.period.label)
    if answer.grid is None:
        lines = [msg("Outside every grid.")]
        if answer.nearest is not None:
            lines.append(
                msg(
                    "Nearest grid: %(code)s %(name)s, %(distance_m)s m away",
                    code=answer.nearest.code,
                    name=_name(answer.nearest),
                    distance_m=round(answer.distance_m or 0),
                )
            )
        return [*lines, generation]
    return [*_grid_lines(answer, answer.grid), generation, *_candidates(answer)]


def _grid_lines(answer: LocateAnswer, grid: StoredGrid) -> list[Message]:
    lines = [
        msg("Grid: %(code)s %(name)s", code=grid.code, name=_name(grid)),
        msg("Community: %(name)s", name=_name(grid.community)),
        msg("Street: %(name)s", name=_name(grid.street)),
    ]
    if grid.branch is not None:
        lines.append(msg("Party branch: %(name)s", name=_name(grid.branch)))
    methods = {
        "inside": msg("The position lies inside the grid."),
        "edge": msg("The position lies on an edge of the grid."),
        "nearest": msg(
            "The position lies in no grid; this is the nearest, %(distance_m)s m away.",
            distance_m=round(answer.distance_m or 0, 1),
        ),
    }
    return [*lines, methods[answer.method]]


def _candidates(answer: LocateAnswer) -> list[Message]:
    if len(answer.candidates) < 2:  # noqa: PLR2004 - a choice needs two
        return []
    return [
        msg(
            "Candidate: %(code)s %(share_pct)s %%",
            code=one.grid.code,
            share_pct=round(100 * one.share, 1),
        )
        for one in answer.candidates
    ]


def _name(named: object) -> str:
    attribute = "name_en" if language() == "en" else "name"
    return str(getattr(named, attribute) or getattr(named, "name", ""))
