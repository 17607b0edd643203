"""What commands say of a walking network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.commands.speech import language, said
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from geo.core.road_survey import RoadComponent
    from geo.files.osm_roads import OsmRoads
    from geo.flows.roads import CutOffStation, RoadReport

METRES_PER_KM = 1000.0


def summary(report: RoadReport) -> Iterator[Message]:
    """Say how large a network is, what of it hangs together, and what became of other ways."""
    found = report.found
    yield msg(
        "%(source)s: %(length)s km that may be walked, in %(pieces)s pieces between %(nodes)s"
        " nodes.",
        source=report.source,
        length=f"{found.length_m / METRES_PER_KM:,.1f}",
        pieces=f"{len(found.network.ends):,}",
        nodes=f"{found.nodes:,}",
    )
    yield msg(
        "Connected components: %(count)s. The largest has %(share)s %% of the nodes.",
        count=len(found.components),
        share=f"{100 * found.largest_share:.2f}",
    )
    joined = found.loose_ends_joined
    yield msg("Loose ends joined to the road beside them: %(count)s.", count=joined)
    if report.osm is not None:
        yield from _of_osm(report.osm)


def _of_osm(osm: OsmRoads) -> Iterator[Message]:
    counted = (
        (osm.not_walked, msg("Roads that may not be walked: %(tags)s.")),
        (osm.left_out, msg("Ways left out, for they are no roads: %(tags)s.")),
        (osm.barriers, msg("Barriers at which a way is cut: %(tags)s.")),
    )
    for tags, message in counted:
        if tags:
            yield Message(message.template, {"tags": _tags(tags)})
    numbers = (
        (osm.outside, msg("Ways outside of the jurisdiction and its surroundings: %(count)s.")),
        (osm.incomplete, msg("Ways of which the file lacks nodes: %(count)s.")),
        (osm.without_length, msg("Ways without length: %(count)s.")),
    )
    for number, message in numbers:
        if number:
            yield Message(message.template, {"count": number})


def _tags(counted: Counter[str]) -> str:
    return ", ".join(f"{tag} ({count})" for tag, count in counted.most_common())


def component(report: RoadReport, row: int) -> Message:
    """Say where a component is and how large."""
    one = report.found.components[row]
    lon, lat = report.places[row]
    said_of = {
        "number": row + 1,
        "nodes": f"{one.nodes:,}",
        "length": f"{one.length_m:,.0f}",
        "lon": f"{lon:.6f}",
        "lat": f"{lat:.6f}",
    }
    if not one.name:
        return msg("%(number)s. %(nodes)s nodes, %(length)s m, at %(lon)s, %(lat)s", **said_of)
    return msg(
        "%(number)s. %(nodes)s nodes, %(length)s m, at %(lon)s, %(lat)s (%(name)s)",
        name=one.name,
        **said_of,
    )


def cut_off(one: CutOffStation) -> Message:
    """Say of a station where it is, and on which component."""
    station = one.station
    said_of = {
        "code": station.code,
        "name": (station.name_en if language() == "en" else "") or station.name,
        "lon": f"{station.lon:.6f}",
        "lat": f"{station.lat:.6f}",
    }
    if one.component < 0:
        return msg("%(code)s %(name)s, at %(lon)s, %(lat)s: no road is near", **said_of)
    return msg(
        "%(code)s %(name)s, at %(lon)s, %(lat)s: on component %(number)s",
        number=one.component + 1,
        **said_of,
    )


def as_json(report: RoadReport) -> dict[str, Any]:
    """Return a report as JSON values."""
    found, osm = report.found, report.osm
    return {
        "source": report.source,
        "pieces": len(found.network.ends),
        "nodes": found.nodes,
        "length_m": round(found.length_m, 1),
        "largest_share": round(found.largest_share, 6),
        "loose_ends_joined": found.loose_ends_joined,
        "components": [
            _component_json(one, report.places[row].tolist())
            for row, one in enumerate(found.components)
        ],
        "stations_cut_off": [
            {**one.station._asdict(), "component": None if one.component < 0 else one.component + 1}
            for one in report.cut_off
        ],
        "osm": osm and _osm_json(osm),
        "problems": [
            {"row": one.row, "field": one.field, "message": said(one.message)}
            for one in report.problems
        ],
    }


def _component_json(one: RoadComponent, place: list[float]) -> dict[str, Any]:
    return {
        "nodes": one.nodes,
        "pieces": one.pieces,
        "length_m": round(one.length_m, 1),
        "lon": round(place[0], 7),
        "lat": round(place[1], 7),
        "name": one.name,
    }


def _osm_json(osm: OsmRoads) -> dict[str, Any]:
    return {
        "roads": len(osm.roads),
        "not_walked": dict(osm.not_walked.most_common()),
        "left_out": dict(osm.left_out.most_common()),
        "barriers": dict(osm.barriers.most_common()),
        "outside": osm.outside,
        "incomplete": osm.incomplete,
        "without_length": osm.without_length,
    }
