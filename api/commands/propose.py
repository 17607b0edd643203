"""``hongge propose``: grids redrawn by machine, of the generation in force or of a bare graph."""

from __future__ import annotations

import gc
import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.speech import FOUND_OR_REFUSED, fail, said, say, warn
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from geo.core.proposing_values import Proposal
    from geo.flows.propose import Ready
    from geo.flows.searching_apart import Found, Searcher

CHOICES = ("fewest_moved", "balanced", "compact")
LABELS = {
    "fewest_moved": msg("Fewest moved"),
    "balanced": msg("Balanced"),
    "compact": msg("Most compact"),
}
"""What people call the plans; the option's values stay as they are."""

KIND_SECONDS = {"repair": 12.0, "split": 12.0, "add": 15.0, "count": 30.0, "new": 30.0}
"""Limits for slow machines; a search ends much sooner by itself."""

_FILE = click.Path(dir_okay=False, path_type=Path)
_INPUT = click.Path(dir_okay=False, exists=True, path_type=Path)

_OPTIONS = (
    click.option(
        "--repair", is_flag=True, help=said(msg("Bring grids into bounds, moving few households."))
    ),
    click.option("--new", is_flag=True, help=said(msg("Draw all grids afresh."))),
    click.option("--split", metavar="GRID", help=said(msg("Split this grid in two."))),
    click.option("--add", is_flag=True, help=said(msg("Add a grid to the community."))),
    click.option(
        "--k", type=click.IntRange(1), help=said(msg("How many grids, or parts of a graph."))
    ),
    click.option(
        "--jurisdiction", help=said(msg("The jurisdiction's short name; by default all."))
    ),
    click.option("--community", metavar="CODE", help=said(msg("Only this community."))),
    click.option(
        "--prefer-roads",
        is_flag=True,
        help=said(msg("Follow roads, rivers and railways wherever that can be.")),
    ),
    click.option(
        "--choice",
        type=click.Choice(CHOICES),
        help=said(
            msg(
                "Which of the three plans is written; default: fewest_moved, or compact"
                " for a new plan."
            )
        ),
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help=said(msg("The same seed gives the same plans.")),
    ),
    click.option(
        "--seconds",
        type=click.FloatRange(0.1),
        help=said(msg("How long to search at most.")),
    ),
    click.option(
        "--graph",
        type=_INPUT,
        help=said(
            msg("Divide this graph instead: networkx adjacency JSON; no database is needed.")
        ),
    ),
    click.option("--weight", help=said(msg("The nodes' attribute that parts are balanced by."))),
    click.option("--lower", type=float, help=said(msg("Least weight of a part."))),
    click.option("--upper", type=float, help=said(msg("Most weight of a part."))),
    click.option(
        "--length",
        help=said(
            msg(
                "The edges' attribute whose sum over the cut is to be small; default: their number."
            )
        ),
    ),
    click.option("--start", type=_INPUT, help=said(msg("A plan of the graph to begin with."))),
    click.option(
        "-o",
        "--output",
        type=_FILE,
        required=True,
        help=said(msg("Where to write: .csv, .geojson or .gpkg; .json for a graph.")),
    ),
)


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(
    name="propose",
    help=said(
        msg(
            "Redraw grids: say whether that can be, search for three plans, and write one of them."
            " Nothing in the database is changed."
        )
    ),
)
@_with_options
def command(**chosen: Any) -> None:
    """Redraw the generation in force, or divide a bare graph."""
    kinds = [kind for kind in ("repair", "new", "split", "add", "graph") if chosen[kind]]
    if not kinds and chosen["k"] is not None:
        kinds = ["count"]
    if len(kinds) != 1:
        raise click.UsageError(
            said(msg("Choose one of --repair, --new, --split, --add, --k or --graph."))
        )
    folder = chosen["output"].parent
    if not folder.is_dir():
        raise click.UsageError(said(msg("There is no folder “%(folder)s”.", folder=folder)))
    if kinds == ["graph"]:
        _divide(chosen)
        return
    if chosen["k"] is not None and kinds[0] in {"repair", "split", "add"}:
        raise click.UsageError(said(msg("--k goes with --new, --graph or alone.")))
    if (kinds[0] in {"add", "count"} or chosen["k"] is not None) and not chosen["community"]:
        raise click.UsageError(said(msg("Name the community with --community.")))
    _redraw(kinds[0], chosen)


def _redraw(kind: Any, chosen: dict[str, Any]) -> None:
    from geo.files.plan_out import FORMATS  # noqa: PLC0415 - only when it runs

    if chosen["output"].suffix.lower() not in FORMATS:
        raise click.UsageError(
            said(msg("A plan is written as %(formats)s.", formats=", ".join(FORMATS)))
        )
    from geo.flows.searching_apart import searching_apart  # noqa: PLC0415 - the same

    with uncollected(), searching_apart() as searcher:
        left_over = _searched(kind, chosen, searcher)
    if left_over:
        raise SystemExit(FOUND_OR_REFUSED)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile, nor later in what is there by then: nearly all of it stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _searched(kind: Any, chosen: dict[str, Any], searcher: Searcher) -> bool:
    """Read, search, write and tell; return whether anything is out of order in the plan."""
    from geo.files.plan_out import write_plan  # noqa: PLC0415 - while the searcher loads
    from geo.flows.plan_search import Request  # noqa: PLC0415 - the same
    from geo.flows.propose import ready, rows_of_plan, search  # noqa: PLC0415 - the same

    request = Request(
        kind,
        chosen["community"],
        chosen["split"],
        chosen["k"],
        chosen["prefer_roads"],
        nearest=True,
    )
    cities = ready(request, chosen["jurisdiction"], datetime.now(UTC))
    for made in cities:
        _tell_verdicts(made)
    label = chosen["choice"] or ("compact" if kind == "new" else "fewest_moved")
    choice = CHOICES.index(label)
    begun = time.monotonic()
    limit_s = chosen["seconds"] or KIND_SECONDS[kind]
    found_of = search(searcher, cities, chosen["seed"], limit_s, choice)
    seconds = time.monotonic() - begun
    found = [one.plans for city in found_of for one in city]
    for number in range(len(CHOICES)):
        _tell_plan([plans[number] for plans in found])
    _tell_bound([three[0] for three in found])
    if any(plan.hurried for plans in found for plan in plans):
        warn(msg("The time limit ended the search: another run may answer otherwise."))
    rows = []
    for made, of_city in zip(cities, found_of, strict=True):
        _tell_steps(made, of_city)
        rows.extend(rows_of_plan(made, [one.plans[choice] for one in of_city]))
    write_plan(chosen["output"], rows)
    say(
        msg(
            "%(label)s is written to %(file)s; the search took %(seconds)s s.",
            label=said(LABELS[label]),
            file=chosen["output"].name,
            seconds=f"{seconds:.1f}",
        )
    )
    return any(plans[choice].excess or plans[choice].in_pieces for plans in found)


def _tell_verdicts(made: Ready) -> None:
    for verdict in made.communities.verdicts:
        tell = say if verdict.possible else warn
        for sentence in (*verdict.arithmetic, *verdict.advice):
            tell(_of(verdict.community, sentence))


def _of(code: str, sentence: Message) -> Message:
    return msg("%(community)s: %(sentence)s", community=code, sentence=said(sentence))


def _tell_plan(plans: Sequence[Proposal]) -> None:
    cut_m = sum(plan.cut_m for plan in plans)
    grids = sum(plan.k for plan in plans)
    values = {
        "label": said(LABELS[plans[0].label]),
        "grids": grids,
        "excess": sum(plan.excess for plan in plans),
        "pieces": sum(len(plan.in_pieces) for plan in plans),
        "moved": sum(plan.moved_households for plan in plans),
        "cells": sum(plan.moved_cells for plan in plans),
        "cut_km": f"{cut_m / 1000:.2f}",
        "road_pct": f"{100 * sum(plan.cut_road_m for plan in plans) / cut_m:.1f}" if cut_m else "–",
        "compactness": f"{sum(plan.compactness * plan.k for plan in plans) / max(grids, 1):.3f}",
    }
    say(
        msg(
            "%(label)s: %(grids)s grids, %(excess)s households out of bounds, %(pieces)s grids in"
            " pieces, %(moved)s households in %(cells)s cells move; boundary inside communities"
            " %(cut_km)s km, %(road_pct)s %% of it on roads, rivers or railways; Polsby-Popper"
            " %(compactness)s.",
            **values,
        )
    )


def _tell_bound(plans: Sequence[Proposal]) -> None:
    """Tell how few households can move at best, where that is known; it holds for every plan."""
    bounds = [plan.moved_bound for plan in plans if plan.moved_bound is not None]
    if len(bounds) == len(plans):
        bound = sum(bounds)
        say(msg("No plan within the bounds moves fewer than %(bound)s households.", bound=bound))


def _tell_steps(made: Ready, found: Sequence[Found]) -> None:
    from geo.core.proposing_sentences import sentence  # noqa: PLC0415 - only when it runs

    for territory, one in zip(made.communities.territories, found, strict=True):
        names = made.names(territory)
        for step in one.steps:
            say(sentence(territory, step, names))


def _divide(chosen: dict[str, Any]) -> None:
    begun = time.monotonic()
    missing = [name for name in ("weight", "k", "lower", "upper") if chosen[name] is None]
    if missing:
        options = ", ".join(f"--{name}" for name in missing)
        raise click.UsageError(said(msg("A graph also needs %(options)s.", options=options)))
    from geo.core.graph_plans import Bare, Bounds, divide, impossible  # noqa: PLC0415 - heavy
    from geo.files.graphs import read_graph, read_parts  # noqa: PLC0415 - the same

    graph = read_graph(chosen["graph"], chosen["weight"], chosen["length"])
    start = read_parts(chosen["start"], graph.names) if chosen["start"] else None
    bare = Bare(graph.weight, graph.edges, graph.length)
    bounds = Bounds(chosen["k"], chosen["lower"], chosen["upper"])
    reasons = impossible(bare, bounds, graph.names)
    if reasons:
        for reason in reasons[:-1]:
            warn(reason)
        fail(reasons[-1])
    seconds = chosen["seconds"]
    left = None if seconds is None else max(0.1, seconds - (time.monotonic() - begun) - 0.1)
    plan = divide(bare, bounds, seed=chosen["seed"], seconds=left, start=start)
    took = round(time.monotonic() - begun, 3)
    document = {
        "assignment": dict(zip(graph.names, plan.part.tolist(), strict=True)),
        "cut": int(plan.cut) if plan.cut.is_integer() else plan.cut,
        "seconds": took,
        "bounds_ok": plan.bounds_ok,
        "connected": plan.connected,
        "hurried": plan.hurried,
        "seed": chosen["seed"],
    }
    chosen["output"].write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    say(
        msg(
            "%(k)s parts, cut %(cut)s, bounds kept: %(bounds)s, connected: %(connected)s, in"
            " %(seconds)s s.",
            k=chosen["k"],
            cut=document["cut"],
            bounds=said(_yes(plan.bounds_ok)),
            connected=said(_yes(plan.connected)),
            seconds=took,
        )
    )
    if plan.hurried:
        warn(msg("The time limit ended the search: another run may answer otherwise."))
    if not (plan.bounds_ok and plan.connected):
        fail(msg("No plan within the bounds was found."))


def _yes(value: bool) -> Message:
    return msg("yes") if value else msg("no")
