"""A scorecard as it is answered: in words and numbers of the reader's language."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import shapely

from api.i18n import translate
from api.scorecard_words import grid_shown, shown, threshold_shown
from geo.core.scorecard_terms import PRINCIPLES, limit

if TYPE_CHECKING:
    from geo.core.plan_comparison import Compared
    from geo.core.scorecard import Measure, Place, ScoredGrid
    from geo.core.scorecard_terms import Limit, Thresholds
    from geo.flows.scorecards import Scored, SideBySide, Subject

DECIMALS_DEG = 1e-7


def card_out(scored: Scored, language: str) -> dict[str, Any]:
    """Return a scorecard as it is answered."""
    return {
        "subject": subject_out(scored.subject),
        "principles": [
            {"key": key, "name": translate(name, language)} for key, name in PRINCIPLES.items()
        ],
        "grids": [grid_out(grid) for grid in scored.card.grids],
        "measures": [measure_out(one, scored.thresholds, language) for one in scored.card.measures],
    }


def subject_out(subject: Subject) -> dict[str, Any]:
    """Return what was scored."""
    return {
        "kind": subject.kind,
        "key": subject.key,
        "name": subject.name,
        "version": subject.version,
        "jurisdiction": subject.jurisdiction,
    }


def grid_out(grid: ScoredGrid) -> dict[str, Any]:
    """Return a grid with what it comes to."""
    return {
        "id": grid.key,
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
        "kind": grid.kind,
        "community": grid.community,
        "households": grid.households,
        "people": grid.people,
        "buildings": grid.buildings,
        "issues": grid.issues,
        "area_m2": round(grid.area_m2, 1),
    }


def measure_out(one: Measure, thresholds: Thresholds, language: str) -> dict[str, Any]:
    """Return a measure with its places, and its value by grid."""
    rule = one.rule
    missed = set(one.missed_by)
    return {
        **_figure(one, thresholds, language),
        "definition": translate(rule.definition, language),
        "source": translate(rule.source, language),
        "unit": rule.unit,
        "grid_unit": rule.grid_unit,
        "grid_threshold": _threshold(rule.grid_least, rule.grid_most, thresholds),
        "grid_threshold_shown": threshold_shown(
            rule.grid_least, rule.grid_most, rule.grid_unit, thresholds, language
        ),
        "grids": {
            key: {
                "value": _number(value),
                "shown": grid_shown(rule, value, language),
                "met": None if value is None else key not in missed,
            }
            for key, value in one.by_grid.items()
        },
        "places": [place_out(place, language) for place in one.places],
    }


def _figure(one: Measure, thresholds: Thresholds, language: str) -> dict[str, Any]:
    rule = one.rule
    return {
        "key": rule.key,
        "principle": rule.principle,
        "name": translate(rule.name, language),
        "value": _number(one.value),
        "shown": shown(one.value, rule.unit, language),
        "threshold": _threshold(rule.least, rule.most, thresholds),
        "threshold_shown": threshold_shown(rule.least, rule.most, rule.unit, thresholds, language),
        "met": None if one.verdict == "unknown" else one.verdict == "met",
    }


def place_out(place: Place, language: str) -> dict[str, Any]:
    """Return a place to go to."""
    return {
        "text": translate(place.text, language),
        "grids": list(place.grids),
        "lon": round(place.lon, 7),
        "lat": round(place.lat, 7),
        "amount": _number(place.amount),
        "shape": json.loads(shapely.to_geojson(shapely.set_precision(place.shape, DECIMALS_DEG))),
    }


def comparison_out(found: SideBySide, language: str) -> dict[str, Any]:
    """Return what becomes of a plan in another one."""
    households, names = found.comparison.households, _grids_named(found)
    return {
        "before": subject_out(found.before.subject),
        "after": subject_out(found.after.subject),
        "households": households.households,
        "moved_households": households.moved_households,
        "cells": found.comparison.cells,
        "moved_cells": found.comparison.moved_cells,
        "grids_touched": [names[key] for key in households.touched],
        "crosswalk": [
            {
                "before": names[one.before] if one.before else None,
                "after": names[one.after] if one.after else None,
                "buildings": one.rows,
                "households": one.households,
            }
            for one in households.passages
        ],
        "variation_of_information": households.variation_of_information,
        "rand_index": households.rand_index,
        "measures": [
            compared_out(one, found.after.thresholds, language) for one in found.comparison.measures
        ],
    }


def compared_out(one: Compared, thresholds: Thresholds, language: str) -> dict[str, Any]:
    """Return a measure of two plans."""
    return {
        **_figure(one.after, thresholds, language),
        "before": _number(one.before.value),
        "before_shown": shown(one.before.value, one.before.rule.unit, language),
        "before_met": None if one.before.verdict == "unknown" else one.before.verdict == "met",
        "change": one.change,
    }


def _grids_named(found: SideBySide) -> dict[str, dict[str, str]]:
    return {
        grid.key: {"id": grid.key, "code": grid.code, "name": grid.name, "name_en": grid.name_en}
        for scored in (found.before, found.after)
        for grid in scored.card.grids
    }


def _threshold(least: Limit, most: Limit, thresholds: Thresholds) -> dict[str, float | None]:
    return {"least": limit(least, thresholds), "most": limit(most, thresholds)}


def _number(value: float | None) -> float | None:
    """Return a number that JSON has: what is infinite is told in words alone."""
    return None if value is None or math.isinf(value) else round(value, 6)


__all__ = ["card_out", "comparison_out", "measure_out", "place_out", "subject_out"]
