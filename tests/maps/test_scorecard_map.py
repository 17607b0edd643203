"""The map beside a scorecard, as SVG."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
import shapely

from geo.core.scorecard import Place, Thresholds, scorecard
from geo.core.scorecard_plan import plan_of_state
from geo.messages import msg
from maps.neighbourhoods import neighbourhoods
from maps.scorecard_map import MARKED, MapOf, scorecard_svg
from tests.chessboard import GRIDS, SIDE_M, A, B, Town, degrees, ground_of, square, state_of

SVG = "{http://www.w3.org/2000/svg}"
OWNERS = {(x, y): ("a1" if x == 0 else "a2") if x < 3 else "b1" for x in range(6) for y in range(3)}


def drawn(**how: Any) -> ET.Element:
    """Return the map of a town, with some of it told otherwise."""
    ground = ground_of(Town(roads=[[(0, 0), (600, 0)]]))
    plan = plan_of_state(state_of(OWNERS), ground)
    told: dict[str, Any] = {
        "classes": dict.fromkeys(GRIDS.values(), "met"),
        "labels": {key: name for name, key in GRIDS.items()},
        "places": (),
        "width": 600.0,
        "height": 600.0,
        "name": "map",
    }
    return ET.fromstring(scorecard_svg(plan, ground, MapOf(**(told | how))))  # noqa: S314 - ours


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in svg.iter() if name in one.get("class", "").split()]


def place(column: int, row: int) -> Place:
    shape = degrees(square(column, row))
    point = shape.centroid
    return Place("gaps", msg("x"), (), point.x, point.y, shape, 1.0)


def test_every_grid_with_ground_is_drawn_and_labelled() -> None:
    svg = drawn(classes={GRIDS["a1"]: "missed", GRIDS["a2"]: "met"})
    classes = sorted(one.get("class", "") for one in of_class(svg, "sc-grid"))
    assert classes == ["sc-grid met", "sc-grid missed", "sc-grid unknown"]
    assert len(of_class(svg, "sc-hatched")) == 1
    assert ["".join(one.itertext()) for one in of_class(svg, "sc-label")] == ["a1", "a2", "b1"]


def test_what_is_written_stays_text() -> None:
    """Names are other people's: they are no markup."""
    evil = '<script>"&'
    svg = drawn(
        name=evil,
        labels={GRIDS["a1"]: evil},
        titles={GRIDS["a1"]: evil},
        community_names={A: evil, B: evil},
    )
    assert not list(svg.iter(f"{SVG}script"))
    assert svg.get("aria-label") == evil
    assert {"".join(one.itertext()) for one in of_class(svg, "sc-name")} == {evil}


def test_places_are_numbered_and_one_is_looked_at_closely() -> None:
    places = (place(0, 0), place(5, 2))
    whole, close = drawn(places=places), drawn(places=places, focus=1)
    assert [one.text for one in of_class(whole, "sc-number")] == ["1", "2"]
    assert [one.text for one in of_class(close, "sc-number")] == ["2"]
    assert len(of_class(close, "sc-mark--chosen")) == 1
    assert not of_class(drawn(places=(place(0, 0),) * (MARKED + 1)), "sc-number")


def test_a_low_town_makes_a_low_map() -> None:
    _, _, width, height = map(float, drawn().get("viewBox", "").split())
    assert width == 600
    assert height == pytest.approx(300, abs=1)


def test_a_plan_without_anything_is_drawn_all_the_same() -> None:
    ground = ground_of(Town())
    plan = plan_of_state(state_of({}), ground)
    assert scorecard(plan, ground, Thresholds())["pieces"].value == 0
    told = MapOf({}, {}, (), 100.0, 100.0, "empty")
    assert "sc-grid" not in scorecard_svg(plan, ground, told)


def test_communities_far_apart_are_maps_of_their_own() -> None:
    ground = ground_of(Town())
    assert neighbourhoods(ground) == [(A, B)]
    near, far = ground.communities
    moved = type(far)(far.code, "", "", shapely.transform(far.area, lambda xy: xy + 50 * SIDE_M))
    ground = type(ground)(
        **{name: getattr(ground, name) for name in ground.__slots__}
        | {"communities": (near, moved)}
    )
    assert neighbourhoods(ground) == [(A,), (B,)]
