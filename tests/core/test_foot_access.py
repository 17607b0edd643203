"""Who may walk where, by tags: what applies to walkers overrules what applies to everybody."""

from __future__ import annotations

import pytest

from geo.core.foot_access import closed_by, verdict

WALKED = [
    "highway=footway",
    "highway=path",
    "highway=pedestrian",
    "highway=steps",
    "highway=living_street",
    "highway=residential",
    "highway=service",
    "highway=track",
    "highway=primary",
    "highway=tertiary_link",
    "railway=platform",
    "highway=residential oneway=yes",
    "highway=residential oneway=-1 junction=roundabout",
    "highway=steps conveying=forward",
    "highway=track vehicle=no motor_vehicle=private bicycle=no",
    "highway=service access=destination",
    "highway=service access=customers",
    "highway=footway access=permissive",
    "highway=track access=no foot=yes",
    "highway=service access=private foot=destination",
    "highway=path access=forestry foot=designated",
    "highway=residential access=private;destination",
    "highway=residential access=something",
    "highway=cycleway foot=designated",
    "highway=motorway foot=yes",
    "highway=primary motorroad=yes foot=yes",
    "highway=trunk sidewalk=both",
    "highway=trunk sidewalk:left=yes",
    "highway=primary sidewalk=no",
    "highway=primary sidewalk=separate",
]
NOT_WALKED = {
    "highway=motorway": "highway=motorway",
    "highway=motorway access=yes": "highway=motorway",
    "highway=motorway_link sidewalk=both": "highway=motorway_link",
    "highway=trunk": "highway=trunk",
    "highway=trunk sidewalk=separate": "highway=trunk",
    "highway=trunk motorroad=yes sidewalk=both": "motorroad=yes",
    "highway=primary motorroad=yes": "motorroad=yes",
    "highway=cycleway": "highway=cycleway",
    "highway=cycleway access=yes": "highway=cycleway",
    "highway=busway": "highway=busway",
    "highway=footway access=no": "access=no",
    "highway=service access=private": "access=private",
    "highway=track access=agricultural;forestry": "access=agricultural;forestry",
    "highway=path access=yes foot=no": "foot=no",
    "highway=path foot=private": "foot=private",
    "highway=primary foot=use_sidepath": "foot=use_sidepath",
    "railway=platform access=private": "access=private",
}
NO_ROADS = {
    "highway=construction construction=footway foot=yes": "highway=construction",
    "highway=proposed": "highway=proposed",
    "highway=raceway": "highway=raceway",
    "highway=rest_area": "highway=rest_area",
    "route=ferry foot=yes": "route=ferry",
}
OPEN_BARRIERS = [
    "barrier=gate",
    "barrier=bollard",
    "barrier=lift_gate vehicle=no",
    "barrier=stile",
    "barrier=turnstile",
    "barrier=kerb",
    "barrier=yes",
    "barrier=gate access=private foot=yes",
    "barrier=gate locked=yes access=yes",
    "barrier=gate locked=yes foot=permissive",
    "barrier=wall foot=yes",
    "entrance=yes access=private",
]
CLOSED_BARRIERS = {
    "barrier=wall": "barrier=wall",
    "barrier=fence access=unknown": "barrier=fence",
    "barrier=hedge": "barrier=hedge",
    "barrier=gate access=no": "access=no",
    "barrier=gate access=private": "access=private",
    "barrier=bollard foot=no": "foot=no",
    "barrier=gate access=yes foot=private": "foot=private",
    "barrier=gate locked=yes": "locked=yes",
}


def tags_of(text: str) -> dict[str, str]:
    return dict(one.split("=", 1) for one in text.split())


@pytest.mark.parametrize("text", WALKED)
def test_a_way_that_may_be_walked(text: str) -> None:
    told = verdict(tags_of(text))
    assert told is not None
    assert told.walkable
    assert told.kind == tags_of(text).get("highway", "platform")
    assert told.because == ""


@pytest.mark.parametrize(("text", "because"), NOT_WALKED.items())
def test_a_road_that_may_not_be_walked_says_why(text: str, because: str) -> None:
    told = verdict(tags_of(text))
    assert told is not None
    assert told.kind == tags_of(text).get("highway", "platform")
    assert (told.walkable, told.because) == (False, because)


@pytest.mark.parametrize(("text", "because"), NO_ROADS.items())
def test_what_is_no_road_says_why(text: str, because: str) -> None:
    told = verdict(tags_of(text))
    assert told is not None
    assert told == (None, False, because)


def test_other_ways_are_nothing_to_speak_of() -> None:
    assert verdict(tags_of("building=yes")) is None
    assert verdict(tags_of("railway=rail")) is None


@pytest.mark.parametrize("text", OPEN_BARRIERS)
def test_a_barrier_that_walkers_pass(text: str) -> None:
    assert closed_by(tags_of(text)) == ""


@pytest.mark.parametrize(("text", "because"), CLOSED_BARRIERS.items())
def test_a_barrier_that_stops_walkers_says_why(text: str, because: str) -> None:
    assert closed_by(tags_of(text)) == because
