"""The gallery of maps (地图目录): which there are for whom, and how each is asked for."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from geo.core.coverage_figures import MEASURES
from geo.messages import Message, msg


class MapCard(NamedTuple):
    """A map of the gallery.

    Parameters
    ----------
    kind
        ``coverage`` or ``hotspots``: its address under ``/maps``.
    name, sentence
        What it is called, and what it answers.
    fields
        What its address asks for, besides what the gallery is filtered by.
    staff
        Whether it is for those alone who plan, staff or dispatch.
    follows
        Filters of the gallery that it follows; one that follows ``against`` needs it.
    """

    kind: str
    name: Message
    sentence: Message
    fields: dict[str, str]
    staff: bool = False
    follows: tuple[str, ...] = ()


GENERATION = ("generation",)
COMPARED = ("generation", "against")
COUNTED = ("from", "to", "duty", "state", "by")

COVERAGE_SENTENCES: dict[str, Message] = {
    "households": msg("Which grids are too large or too small for what is right for a grid?"),
    "per_worker": msg("How many households does each grid worker look after?"),
    "units_answered": msg("In which grids has every stairwell a named person?"),
    "households_answered": msg("In which grids has every household a named person?"),
    "walk_10": msg("How many households have a station within 5, 10 and 15 minutes on foot?"),
    "pairing": msg("How many work units are paired with each community?"),
    "principles": msg("How well do grids keep the four principles they are drawn by?"),
    "unanswered": msg("For which buildings does nobody answer?"),
}

CARDS: tuple[MapCard, ...] = (
    *(
        MapCard(
            "coverage",
            MEASURES[key].name,
            sentence,
            {"measure": key},
            staff=not MEASURES[key].public,
            follows=GENERATION,
        )
        for key, sentence in COVERAGE_SENTENCES.items()
    ),
    MapCard(
        "coverage",
        msg("Two generations side by side"),
        msg("What was it like before grids were drawn anew?"),
        {"compare": "beside"},
        staff=True,
        follows=COMPARED,
    ),
    MapCard(
        "coverage",
        msg("What a generation changes"),
        msg("Which grids gain, which lose, and which ground changes hands?"),
        {"compare": "difference"},
        staff=True,
        follows=COMPARED,
    ),
    MapCard(
        "hotspots",
        msg("Issues and hot spots for the public"),
        msg("How many issues were there where, in periods that are over?"),
        {"audience": "public"},
    ),
    MapCard(
        "hotspots",
        msg("Hot and cold spots"),
        msg("Where do more issues gather than chance would bring together?"),
        {"audience": "staff", "statistic": "gi"},
        staff=True,
        follows=COUNTED,
    ),
    MapCard(
        "hotspots",
        msg("Hot spots by households"),
        msg("Where are there more issues than the number of households explains?"),
        {"audience": "staff", "statistic": "gi", "value": "per_100_households"},
        staff=True,
        follows=COUNTED,
    ),
    MapCard(
        "hotspots",
        msg("Emerging hot spots"),
        msg("Which hot spots are new, which stay, which fade?"),
        {"audience": "staff", "statistic": "emerging"},
        staff=True,
        follows=COUNTED,
    ),
    MapCard(
        "hotspots",
        msg("Density of issues"),
        msg("Where are issues close together, whatever the boundaries?"),
        {"audience": "staff", "statistic": "density"},
        staff=True,
        follows=("from", "to", "duty", "state"),
    ),
    MapCard(
        "hotspots",
        msg("Issues month by month"),
        msg("How many issues were there where, in which month?"),
        {"audience": "staff", "statistic": "count"},
        staff=True,
        follows=COUNTED,
    ),
)
"""In the order of the page."""


def earlier_label(labels: list[str], chosen: str | None) -> str | None:
    """Return the generation before another one; ``None`` where there is none.

    Parameters
    ----------
    labels
        Of all, the latest first.
    chosen
        One of them.

    Examples
    --------
    >>> earlier_label(["c", "b", "a"], "b")
    'a'
    >>> earlier_label([], None)
    """
    later = labels[: labels.index(chosen) + 1] if chosen in labels else labels
    return next(iter(labels[len(later) :]), None)


def card_url(card: MapCard, slug: str, filters: dict[str, list[str]], page: str = "") -> str:
    """Return the address of a map as the gallery is filtered.

    Parameters
    ----------
    card
        Which map.
    slug
        Of the jurisdiction.
    filters
        What the gallery is filtered by.
    page
        What stands after the map's own address: ``/thumbnail.svg``, or nothing for its page.

    Examples
    --------
    >>> card_url(CARDS[0], "a", {"duty": ["D1"], "generation": ["2"]})
    '/maps/coverage?place=a&measure=households&generation=2'
    >>> card_url(CARDS[0], "a", {})
    '/maps/coverage?place=a&measure=households'
    """
    told = {name: filters[name] for name in card.follows if filters.get(name)}
    query = urlencode({"place": slug, **card.fields, **told}, doseq=True)
    return f"/maps/{card.kind}{page}?{query}"


__all__ = ["CARDS", "MapCard", "card_url", "earlier_label"]
