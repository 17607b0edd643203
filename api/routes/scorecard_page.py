"""The page of a scorecard: four principles, a table by grid, and a map beside it."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from api.deps import SessionDep, VisitorDep
from api.i18n import language_of, translate
from api.map_parts import part_names
from api.rendering import local, page
from api.routes.personal import staff_page
from api.scorecard_report import map_of
from api.scorecard_shape import compared_out
from api.scorecard_tables import BY_GRID, Part, Row, columns, parts_of, rows_of
from geo.core.scorecard import Measure
from geo.errors import NotFoundError
from geo.flows.scorecards import (
    Scored,
    SideBySide,
    compare_draft,
    label_in_force,
    score_draft,
    score_generation,
)
from geo.messages import msg
from geo.store.engine import Session
from geo.store.history import generation_entries
from geo.store.overview import JurisdictionEntry, jurisdictions, overview
from geo.store.plans import list_drafts
from maps.neighbourhoods import neighbourhoods
from maps.scorecard_map import scorecard_svg

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FIELDS = ("plan", "generation", "place", "with", "measure", "spot", "part", "sort", "order", "lang")
MAP_SIZE = (760.0, 640.0)
MOST_PLACES = 100
ALL = "all"
"""The map of how many measures a grid misses, instead of one of them."""


class Wanted(NamedTuple):
    """What the page is asked to show: the fields of its address."""

    fields: dict[str, str]

    def url(self, anchor: str = "", **changes: object) -> str:
        """Return the address of the page with some fields changed; ``None`` leaves one out."""
        told = {name: one for name, one in {**self.fields, **changes}.items() if one is not None}
        told.pop("lang", None)
        return f"/scorecard?{urlencode(told)}{f'#{anchor}' if anchor else ''}"

    def number(self, name: str, count: int) -> int | None:
        """Return a number below a count; ``None`` where the field is none."""
        told = self.fields.get(name, "")
        known = told.isascii() and told.isdecimal() and int(told) < count
        return int(told) if known else None


@router.get("/scorecard")
def get_page(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the scorecard of the generation in force, of another one, or of a draft."""
    known = jurisdictions(session)
    given = request.query_params
    wanted = Wanted({name: given[name] for name in FIELDS if given.get(name)})
    scored, compared = _asked_for(session, wanted, known)
    city = overview(session, scored.subject.jurisdiction) if scored else None
    if scored is None or city is None:
        return page(request, "empty.html")
    language = language_of(request)
    parts = parts_of(scored, language)
    rows = rows_of(scored, parts, language)
    return staff_page(
        request,
        "scorecard.html",
        visitor,
        area=city,
        areas=[(one.slug, local(language, one)) for one in known],
        columns=columns(language),
        compared=compared,
        comparisons=_comparisons(compared, language),
        drafts=list_drafts(session, city.slug),
        generations=generation_entries(session, city.slug)[::-1],
        names={row.grid.key: row.name for row in rows},
        now=datetime.now(UTC),
        parts=parts,
        report_url=_report_url(scored),
        rows=_sorted(rows, wanted),
        subject=scored.subject,
        wanted=wanted,
        **_map(scored, parts, rows, wanted, language),
    )


def _asked_for(
    session: Session, wanted: Wanted, known: list[JurisdictionEntry]
) -> tuple[Scored | None, SideBySide | None]:
    """Return the scorecard that is asked for, and of a draft what it is beside another plan."""
    if "plan" in wanted.fields:
        draft_id = _key(wanted.fields["plan"])
        other = wanted.fields.get("with") or _base_of(session, draft_id)
        if other is None:
            return score_draft(session, draft_id), None
        compared = compare_draft(session, draft_id, other)
        return compared.after, compared
    if "generation" in wanted.fields:
        return score_generation(session, wanted.fields["generation"]), None
    now = datetime.now(UTC)
    places = [one.slug for one in known]
    asked = wanted.fields.get("place")
    for slug in [asked] if asked in places else places:
        label = label_in_force(session, slug, now)
        if label is not None:
            return score_generation(session, label), None
    return None, None


def _key(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFoundError(kind=msg("draft"), name=given) from None


def _base_of(session: Session, draft_id: UUID) -> str | None:
    """Return what a draft is compared with when nothing is said: what it began with."""
    found = next((one for one in list_drafts(session) if one.id == draft_id), None)
    return f"generation:{found.base_label}" if found and found.base_label else None


def _comparisons(compared: SideBySide | None, language: str) -> dict[str, dict[str, Any]]:
    """Return what every measure was before, by its key."""
    if compared is None:
        return {}
    return {
        one.after.rule.key: compared_out(one, compared.after.thresholds, language)
        for one in compared.comparison.measures
    }


def _report_url(scored: Scored) -> str:
    kind = "plans" if scored.subject.kind == "draft" else "generations"
    return f"/api/v1/{kind}/{scored.subject.key}/scorecard"


def _sorted(rows: list[Row], wanted: Wanted) -> list[Row]:
    """Return the table by grid in the order that is asked for; what has no value is last."""
    by, down = wanted.fields.get("sort", "code"), wanted.fields.get("order") == "down"
    if by == "missed":
        return sorted(rows, key=lambda row: (len(row.missed), row.grid.code), reverse=down)
    if by not in BY_GRID:
        return rows[::-1] if down else rows
    at = BY_GRID.index(by)
    known = [row for row in rows if row.figures[at]["value"] is not None]
    known.sort(key=lambda row: row.figures[at]["value"], reverse=down)
    return known + [row for row in rows if row.figures[at]["value"] is None]


def _map(
    scored: Scored, parts: tuple[Part, ...], rows: list[Row], wanted: Wanted, language: str
) -> dict[str, Any]:
    """Return the map, and the measure and the places that it shows."""
    measure = _chosen(scored, wanted)
    places = measure.places[:MOST_PLACES] if measure else ()
    spot = wanted.number("spot", len(places))
    together = neighbourhoods(scored.ground)
    part = wanted.number("part", len(together)) or 0
    width, height = MAP_SIZE
    shown: dict[str, Any] = {
        "communities": together[part] if together else (),
        "focus": spot,
        "height": height,
        "places": places,
        "width": width,
    }
    told = next(
        (
            one
            for each in parts
            for one in each.measures
            if measure and one["key"] == measure.rule.key
        ),
        None,
    )
    if told:
        shown |= _by_measure(told, rows)
        shown["name"] = translate(
            msg("Map of the grids: %(measure)s", measure=told["name"]), language
        )
    drawn = scorecard_svg(scored.plan, scored.ground, map_of(scored, rows, language, **shown))
    return {
        "chosen": told,
        "drawing": Markup(drawn),  # noqa: S704 - the drawing escapes what it is given
        "most_places": MOST_PLACES,
        "neighbourhoods": part_names(scored.ground, together, language),
        "part": part,
        "spots": told["places"][:MOST_PLACES] if told else [],
        "spot": spot,
    }


def _chosen(scored: Scored, wanted: Wanted) -> Measure | None:
    """Return the measure that the map shows: by default the first that misses its threshold."""
    asked = wanted.fields.get("measure")
    if asked == ALL:
        return None
    measures = scored.card.measures
    named = next((one for one in measures if one.rule.key == asked), None)
    return named or next((one for one in measures if one.verdict == "missed" and one.places), None)


def _by_measure(told: dict[str, Any], rows: list[Row]) -> dict[str, Any]:
    classes = {True: "met", False: "missed", None: "unknown"}
    figures = {row.grid.key: told["grids"][row.grid.key] for row in rows}
    return {
        "classes": {key: classes[one["met"]] for key, one in figures.items()},
        "labels": {
            row.grid.key: "\n".join(_label(row, figures[row.grid.key]["shown"])) for row in rows
        },
    }


def _label(row: Row, figure: str) -> tuple[str, ...]:
    number = row.grid.code[-3:]
    return (number,) if figure == "–" else (number, figure)
