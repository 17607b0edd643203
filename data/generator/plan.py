"""What a town is made from: the hand-drawn part of a demonstration jurisdiction.

Positions are metres east and north of the area's centre.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float]
Named = tuple[str, str]


@dataclass(frozen=True)
class MainRoad:
    """A road drawn by hand: its bends, and the class that decides its width."""

    name: Named
    bends: tuple[Point, ...]
    kind: str = "primary"
    closed: bool = False


@dataclass(frozen=True)
class River:
    """A river, by its middle line, or a lake (``closed``), by its shore."""

    name: Named
    bends: tuple[Point, ...]
    half_width_m: float = 0.0
    closed: bool = False


@dataclass(frozen=True)
class Seed:
    """A place that gives its surroundings a character: the nearest seed decides."""

    at: Point
    kind: str


@dataclass(frozen=True)
class Site:
    """A place with a name and a use of its own: a school, a hospital, a market."""

    at: Point
    kind: str
    name: Named
    area_m2: float
    dedicated: bool = False


@dataclass(frozen=True)
class CommunityPlan:
    """A community: its code, its name, and the superblock seeds that grow it."""

    code: str
    name: Named
    seeds: tuple[Point, ...]
    invented: bool = False


@dataclass(frozen=True)
class Area:
    """One urban area, drawn around its centre in WGS 84 (lon, lat)."""

    centre: Point
    outline: tuple[Point, ...]
    roads: tuple[MainRoad, ...]
    waters: tuple[River, ...]
    zones: tuple[Seed, ...]
    sites: tuple[Site, ...]
    communities: tuple[CommunityPlan, ...]
    side_roads: tuple[Named, ...]

    def scaled(self, factor: float) -> Area:
        """Return the area drawn larger; rivers keep their width."""

        def grow(points: tuple[Point, ...]) -> tuple[Point, ...]:
            return tuple((x * factor, y * factor) for x, y in points)

        return replace(
            self,
            outline=grow(self.outline),
            roads=tuple(replace(road, bends=grow(road.bends)) for road in self.roads),
            waters=tuple(replace(water, bends=grow(water.bends)) for water in self.waters),
            zones=tuple(replace(seed, at=grow((seed.at,))[0]) for seed in self.zones),
            sites=tuple(replace(site, at=grow((site.at,))[0]) for site in self.sites),
            communities=tuple(replace(c, seeds=grow(c.seeds)) for c in self.communities),
        )


@dataclass(frozen=True)
class Cluster:
    """Where issues of some duties gather: place, spread, period and number."""

    name: str
    area: int
    at: Point
    spread_m: float
    duties: tuple[str, ...]
    first: str
    last: str
    issues: int


@dataclass(frozen=True)
class Plan:
    """A whole demonstration jurisdiction, before chance has had its part."""

    slug: str
    division_code: str
    name: Named
    metric_srid: int
    seed: int
    streets: tuple[tuple[str, Named], ...]
    areas: tuple[Area, ...]
    grids: int
    splits: int
    red_stations: int
    workstations: int
    paired_units: int
    members: int
    background_issues: tuple[tuple[int, int], ...]
    clusters: tuple[Cluster, ...]
    current_year: int
    current_year_issues: int
    in_hand: tuple[str, ...]
    new_towers: int
    cleared: int
    unanswered: int
    notice: Named
    source: Named
    uneven_pair: tuple[int, int] | None = None
    duty_step: int = 1
