"""Asking for the stations near a position, and the answer."""

from typing import Literal

from pydantic import Field

from api.schemas.locating import DATUM, Asked, NamedOut, Out
from api.schemas.values import Code, Instant
from geo.core.facilities import FACILITY_CHIPS
from geo.flows.stations import MOST, USUAL_LIMIT


class NearestQuery(Asked):
    """A position, and what the station is to be like."""

    lon: float = Field(description="Longitude, or easting of a projected system.")
    lat: float = Field(description="Latitude, or northing of a projected system.")
    datum: Code = Field(default="wgs84", description=DATUM)
    at: Instant | None = Field(default=None, description="As of then; by default now.")
    facility: list[Code] = Field(
        default_factory=list,
        description=f"All of these are wanted; again and again: {', '.join(FACILITY_CHIPS)}.",
    )
    open_now: bool = Field(default=False, description="Only those that are open at that time.")
    limit: int = Field(default=USUAL_LIMIT, ge=1, le=MOST, description="How many at most.")
    jurisdiction: Code | None = Field(
        default=None, description="Slug; else every one that is near."
    )


class NearestStationOut(Out):
    """A red station (红色驿站) or workstation (工作站) as everybody may know it."""

    code: str
    name: str
    name_en: str
    kind: str = Field(description="`red_station` or `workstation`.")
    address: str
    phone: str | None
    zones: list[str]
    facilities: list[str]
    lon: float
    lat: float
    community: NamedOut
    jurisdiction: NamedOut = Field(description="Its `code` is the slug.")


class OpenOut(Out):
    """Whether a station is open; what nobody has said is not known, and counts as closed."""

    now: bool
    known: bool
    reason: Literal["open", "closed", "holiday", "closure", "not_known"]
    until: str | None = Field(description="When that changes, in the place's time; or it doesn't.")
    next: str | None = Field(description="When it opens next, in the place's time.")
    text: str = Field(description="The same in a sentence, in the language of the request.")


class LineOut(Out):
    """A way, as GeoJSON (RFC 7946)."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class NearStationOut(Out):
    """A station seen from the position."""

    station: NearestStationOut
    walk_m: float | None = Field(description="On foot; null where no way leads.")
    walk_min: int | None = Field(description="At 80 m a minute, unless set otherwise; rounded up.")
    straight_m: float = Field(description="As the crow flies.")
    reachable: bool
    unreachable: Literal["off_network", "no_way"] | None = Field(
        description="Why not: position or station lie over 500 m from every road, or no way leads"
        " from one to the other."
    )
    open: OpenOut
    staffed: bool | None = Field(
        description="By the published rota; null where none is published for that day."
    )
    route: LineOut | None = Field(description="From the position to the station.")
