"""Catchments as answers, pages and workbooks show them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from api.i18n import translate
from api.rendering import local
from geo.core.best_site import STEPS_PER_M
from geo.core.crs import WGS84_SRID, transform
from geo.core.few import few, told_sum
from geo.files.workbooks import Cell, Sheet, workbook
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.core.few import ToldSum
    from geo.flows.catchments import Found, Served, Walked
    from geo.messages import Message
    from geo.store.generations import StoredGrid
    from geo.store.overview import Overview

HUNDRED = 100.0
LEAST_PCT = 0.1
SQUARE_KM = 1e6

NOTES: tuple[Message, ...] = (
    msg(
        "Walks are measured along the ways that people may walk, from each building to the nearest"
        " station: households count by their own walk, and not by where the area is drawn."
    ),
    msg(
        "The area is what one reaches in time along the ways and beside them; every longer walk"
        " includes the shorter ones."
    ),
    msg("Households without any way to a station are told apart, and are never counted as inside."),
)


def catchments_out(found: Served) -> dict[str, Any]:
    """Return catchments as a FeatureCollection in WGS 84, the largest first: it is drawn below."""
    total = found.homes.inside.sum(axis=0).tolist()
    features = [
        {
            "type": "Feature",
            "properties": {
                "minutes": minutes,
                "walk_m": area.limit_m,
                "area_km2": round(area.area.area / SQUARE_KM, 4),
                "households": households,
            },
            "geometry": shapely.geometry.mapping(outline),
        }
        for minutes, area, outline, households in zip(
            found.minutes, found.areas, found.outlines, total, strict=True
        )
    ]
    return {"type": "FeatureCollection", "features": features[::-1]}


def figures_out(found: Served, language: str) -> dict[str, Any]:
    """Return the households by grid."""
    whole = range(len(found.homes.households))
    return {
        **_basis(found.walked),
        "minutes": list(found.minutes),
        "said": summary_said(found, language),
        "rows": [{"grid": _named(grid), **within_of(found, [row])} for row, grid in rows_of(found)],
        "total": within_of(found, list(whole)),
    }


def rows_of(found: Served) -> Iterator[tuple[int, StoredGrid | None]]:
    """Yield rows and their grids; those in none come last, if there are any."""
    yield from enumerate(found.walked.grids)
    if found.homes.households[-1]:
        yield len(found.walked.grids), None


def within_of(found: Served, rows: list[int]) -> dict[str, Any]:
    """Return the households of some rows together."""
    homes = found.homes
    households = int(homes.households[rows].sum())
    inside, outside = homes.inside[rows].sum(axis=0), homes.outside[rows].sum(axis=0)
    keys = [str(one) for one in found.minutes]
    return {
        "households": households,
        "inside": dict(zip(keys, inside.tolist(), strict=True)),
        "inside_pct": {
            key: share_pct(one, households) if households else None
            for key, one in zip(keys, inside.tolist(), strict=True)
        },
        "outside": dict(zip(keys, outside.tolist(), strict=True)),
        "unreachable": int(homes.unreachable[rows].sum()),
    }


def share_pct(part: int, whole: int) -> float:
    """Return a share in percent with one decimal: 100 only for all, 0 only for none.

    Examples
    --------
    >>> share_pct(24990, 24991), share_pct(1, 24991), share_pct(3, 3), share_pct(0, 3)
    (99.9, 0.1, 100.0, 0.0)
    """
    if part in {0, whole}:
        return HUNDRED * part / whole
    return min(max(round(HUNDRED * part / whole, 1), LEAST_PCT), HUNDRED - LEAST_PCT)


def summary_said(found: Served, language: str) -> str:
    """Return the sentence of how many households have a station near."""
    homes = found.homes
    say = partial(translate, language=language)
    households = int(homes.households.sum())
    parts = [
        say(
            msg(
                "%(minutes)s min: %(inside)s (%(share)s %%)",
                minutes=minutes,
                inside=inside,
                share=share_pct(inside, households) if households else 0,
            )
        )
        for minutes, inside in zip(found.minutes, homes.inside.sum(axis=0).tolist(), strict=True)
    ]
    return say(
        msg(
            "Of %(households)s households, so many have a station near: %(parts)s. Without any way"
            " to one: %(unreachable)s.",
            households=households,
            parts="; ".join(parts),
            unreachable=int(homes.unreachable.sum()),
        )
    )


def _basis(walked: Walked) -> dict[str, Any]:
    return {
        "jurisdiction": walked.slug,
        "generation": walked.period.label if walked.period else None,
        "stations": len(walked.ground.stations.codes),
        "m_per_min": settings().walk_m_per_min,
    }


def _named(grid: StoredGrid | None) -> dict[str, str] | None:
    if grid is None:
        return None
    return {"code": grid.code, "name": grid.name, "name_en": grid.name_en}


def site_out(found: Found, language: str) -> dict[str, Any]:
    """Return the best sites, and what they change."""
    search = found.search
    gained, saved = _totals(found)
    return {
        **_basis(found.walked),
        "objective": search.objective,
        "minutes": search.minutes,
        "k": search.sites,
        "community": search.community,
        "candidates": len(found.candidates),
        "proven": found.chosen.proven,
        "gap_pct": round(found.chosen.gap_pct, 1),
        "said": site_said(found, language),
        "sites": sites_of(found),
        "runners_up": runners_up_of(found),
        "gained": int(gained.value),
        "saved_household_m": round(saved.value),
        "at_least": gained.at_least or saved.at_least,
        "reached_newly": int((found.before.unreachable - found.after.unreachable).sum()),
        "rows": site_rows(found),
    }


def sites_of(found: Found) -> list[dict[str, Any]]:
    """Return the buildings that were chosen."""
    buildings = found.walked.ground.buildings
    told = []
    for row, households in zip(found.rows, found.alone, strict=True):
        alone = told_sum(households, households, found.readable, settings().public_min)
        use, (lon, lat) = found.walked.uses[row], buildings.sites[row].tolist()
        told.append(
            {
                "code": use.code,
                "name": use.name,
                "name_en": "",
                "address": use.address,
                "kind": use.kind,
                "lon": round(lon, 7),
                "lat": round(lat, 7),
                "households": int(alone.value),
                "at_least": alone.at_least,
            }
        )
    return told


def runners_up_of(found: Found) -> list[dict[str, Any]]:
    """Return the next best buildings."""
    scale = STEPS_PER_M if found.search.objective == "median" else 1
    return [
        {
            "code": use.code,
            "address": use.address,
            "gain": gain.value / scale,
            "at_least": gain.at_least,
        }
        for one in found.runners_up
        for use in [found.walked.uses[one.row]]
        for gain in [told_sum(one.gains, one.households, found.readable, settings().public_min)]
    ]


def site_rows(found: Found) -> list[dict[str, Any]]:
    """Return what grids gain that gain something.

    Who may not read a grid's households is told of few only that they are few.
    """
    grids, least = [*found.walked.grids, None], settings().public_min
    few_gained, few_nearer = (
        few(counts, found.readable, least) for counts in (found.gained, found.nearer)
    )
    return [
        {
            "grid": _named(grids[row]),
            "households": int(found.before.households[row]),
            "inside_before": int(found.before.inside[row, 0]),
            "inside_after": None if few_gained[row] else int(found.after.inside[row, 0]),
            "gained": None if few_gained[row] else int(found.gained[row]),
            "saved_household_m": None if few_nearer[row] else round(float(found.saved_m[row])),
            "fewer_than": least if few_gained[row] or few_nearer[row] else None,
        }
        for row in np.flatnonzero((found.gained > 0) | (found.saved_m > HALF_M)).tolist()
    ]


HALF_M = 0.5


def _totals(found: Found) -> tuple[ToldSum, ToldSum]:
    """Return the households that are gained, and the metres that are walked less."""
    least = settings().public_min
    return (
        told_sum(found.gained, found.gained, found.readable, least),
        told_sum(found.saved_m, found.nearer, found.readable, least),
    )


def site_said(found: Found, language: str) -> str:
    """Return the sentence of what the best sites bring."""
    return translate(_site_said(found), language)


def _site_said(found: Found) -> Message:
    if not len(found.candidates):
        return msg("No building comes into question here.")
    if not found.rows:
        return msg(
            "No site would bring anybody nearer by this measure: %(inside)s of %(households)s"
            " households are within %(minutes)s min already.",
            inside=int(found.before.inside.sum()),
            households=int(found.before.households.sum()),
            minutes=found.search.minutes,
        )
    gained, saved = _totals(found)
    told: dict[str, Any] = {
        "gained": int(gained.value),
        "minutes": found.search.minutes,
        "saved": round(saved.value / 1000),
        "candidates": len(found.candidates),
    }
    if gained.at_least or saved.at_least:
        return _least_said(found, told)
    if found.chosen.proven:
        return msg(
            "%(gained)s more households within %(minutes)s min; all households together walk"
            " %(saved)s km less each time. No other choice of %(candidates)s buildings is better.",
            **told,
        )
    return msg(
        "%(gained)s more households within %(minutes)s min; all households together walk %(saved)s"
        " km less each time. Another choice of %(candidates)s buildings may be better by"
        " %(gap)s %% at most.",
        gap=round(found.chosen.gap_pct, 1),
        **told,
    )


def _least_said(found: Found, told: dict[str, Any]) -> Message:
    """Return the sentence for who is not told of few households."""
    if found.chosen.proven:
        return msg(
            "At least %(gained)s more households within %(minutes)s min; all households together"
            " walk at least %(saved)s km less each time. No other choice of %(candidates)s"
            " buildings is better.",
            **told,
        )
    return msg(
        "At least %(gained)s more households within %(minutes)s min; all households together walk"
        " at least %(saved)s km less each time. Another choice of %(candidates)s buildings may be"
        " better by %(gap)s %% at most.",
        gap=round(found.chosen.gap_pct, 1),
        **told,
    )


def site_places(found: Found) -> list[tuple[float, float]]:
    """Return where the chosen buildings are, in metres."""
    sites = found.walked.ground.buildings.sites[list(found.rows)].reshape(-1, 2)
    x, y = transform(sites[:, 0], sites[:, 1], WGS84_SRID, found.walked.ground.srid)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def catchments_xlsx(found: Served, city: Overview, language: str) -> bytes:
    """Return the households by grid as a workbook, with a sheet that says how they were counted."""
    say = partial(translate, language=language)
    title = f"{local(language, city)} · {say(msg('Catchments'))}"
    heading = [title, summary_said(found, language)]
    keys = [str(one) for one in found.minutes]
    head = [say(msg("Code")), say(msg("Grid")), say(msg("Households"))]
    for key in keys:
        head += [
            say(msg("Within %(minutes)s min", minutes=key)),
            say(msg("Share within %(minutes)s min", minutes=key)),
            say(msg("Longer than %(minutes)s min", minutes=key)),
        ]
    head.append(say(msg("No way to a station")))
    lines = [
        _cells(
            grid.code if grid else "",
            local(language, grid) if grid else say(msg("In no grid")),
            within_of(found, [row]),
            keys,
        )
        for row, grid in rows_of(found)
    ]
    whole = within_of(found, list(range(len(found.homes.households))))
    lines.append(_cells(say(msg("Total")), "", whole, keys))
    table = Sheet(say(msg("By grid")), heading, head, lines, kept=2, total=True)
    return workbook([_about(found, city, heading, language), table], title)


def _cells(code: str, name: str, told: dict[str, Any], keys: list[str]) -> list[Cell]:
    cells = [Cell(code), Cell(name), Cell(told["households"], "#,##0")]
    for key in keys:
        share = told["inside_pct"][key]
        cells += [
            Cell(told["inside"][key], "#,##0"),
            Cell(None if share is None else share / HUNDRED, "0.0%"),
            Cell(told["outside"][key], "#,##0"),
        ]
    return [*cells, Cell(told["unreachable"], "#,##0")]


def _about(found: Served, city: Overview, heading: list[str], language: str) -> Sheet:
    say = partial(translate, language=language)
    walked = found.walked
    facts = [
        (msg("Jurisdiction"), local(language, city)),
        (msg("Generation"), walked.period.label if walked.period else "–"),
        (msg("Stations"), str(len(walked.ground.stations.codes))),
        (msg("Walks, min"), ", ".join(str(one) for one in found.minutes)),
        (msg("Speed of walking, m/min"), f"{found.m_per_min:g}"),
        (msg("Width beside ways, m"), f"{found.width_m:g}"),
        *((msg("How it was counted"), say(one)) for one in NOTES),
    ]
    rows = [[Cell(say(name)), Cell(value)] for name, value in facts]
    notes = [*heading, local(language, city, "notice")] if city.synthetic else heading
    return Sheet(say(msg("What was counted")), notes, [say(msg("Item")), say(msg("Meaning"))], rows)
