"""Issues of three years: a background by population, and clusters known as truth."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.generator.households import count_households
from data.generator.stage_times import record_stages

if TYPE_CHECKING:
    from data.generator.city import City
    from data.generator.plan import Cluster

BEIJING = timezone(timedelta(hours=8))
FOLDER = Path(__file__).parent
HOUR_SHARES = np.array(
    [1, 1, 1, 1, 1, 2, 4, 8, 12, 13, 11, 9, 7, 7, 9, 11, 11, 10, 9, 8, 7, 5, 3, 2.0]
)
NEAR_HOME_M = 16.0
AT_HOME_SHARE = 0.22
INDOORS = ("D27", "D28", "D54", "D55", "D64", "D65", "D66", "D67", "D68", "D70", "D72")


@dataclass
class Issue:
    """An issue as the register keeps it; the position in metres of the zone."""

    occurred_at: datetime
    received_at: datetime
    closed_at: datetime | None
    duty: dict[str, str]
    text: str
    at: shapely.Point
    accuracy_m: int | None = None
    building: int | None = None
    unit: int | None = None
    state: str = "closed"
    number: str = ""
    times: dict[str, datetime] = field(default_factory=dict)


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the generator's own tables."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def duties_of(city: City) -> list[dict[str, str]]:
    """Return the duties of the jurisdiction; a tiny one has taken on only some."""
    needed = {code for cluster in city.plan.clusters for code in cluster.duties}
    rows = enumerate(read_table("duties.csv"))
    return [duty for row, duty in rows if row % city.plan.duty_step == 0 or duty["code"] in needed]


class _Desk:
    """Writes issues down as they come in."""

    def __init__(self, city: City) -> None:
        self.city, self.rng = city, city.chance(40)
        self.duties = duties_of(city)
        self.by_code = {duty["code"]: duty for duty in self.duties}
        weights = np.array([float(duty["weight"]) for duty in self.duties])
        self.shares = weights / weights.sum()
        people = np.array([count_households(b) + 2.0 for b in city.buildings])
        self.people = people / people.sum()
        self.outside = shapely.union_all([block.shape for block in city.blocks])
        shapely.prepare(self.outside)
        named = [road for road in city.roads if road.name[0]]
        self.roads, self.tree = named, shapely.STRtree([road.line for road in named])

    def background(self, first: date, last: date) -> Issue:
        """Return an issue near somebody's home."""
        duty = self.duties[int(self.rng.choice(len(self.duties), p=self.shares))]
        row = int(self.rng.choice(len(self.people), p=self.people))
        building = self.city.buildings[row]
        issue = self.write_down(duty, building.shape.centroid, NEAR_HOME_M, first, last)
        if building.units and duty["code"] in INDOORS:
            issue.building, issue.unit = row, int(self.rng.integers(1, building.units + 1))
            issue.at, issue.accuracy_m = shapely.point_on_surface(building.shape), None
        return issue

    def write_down(
        self, duty: dict[str, str], centre: shapely.Point, spread_m: float, first: date, last: date
    ) -> Issue:
        """Return an issue of a duty around a place in a period."""
        point = self.around(centre, spread_m)
        occurred = self.moment(first, last)
        received = occurred + timedelta(minutes=int(self.rng.integers(1, 90)))
        days = float(self.rng.gamma(2.0, 1.6))
        closed = received + timedelta(
            hours=round(2 + days * 24), minutes=int(self.rng.integers(60))
        )
        accuracy = int(self.rng.choice([5, 8, 10, 15, 20, 30])) if self.rng.random() < 0.7 else None  # noqa: PLR2004 - share
        texts = duty["texts"].split("|")
        text = f"{self.place(point)}{texts[int(self.rng.integers(len(texts)))]}。"
        return Issue(occurred, received, closed, duty, text, point, accuracy)

    def around(self, centre: shapely.Point, spread_m: float) -> shapely.Point:
        """Return a point near the centre, normally spread, inside the jurisdiction."""
        while True:
            dx, dy = self.rng.normal(0, spread_m, 2)
            point = shapely.Point(centre.x + dx, centre.y + dy)
            if self.outside.contains(point):
                return point

    def moment(self, first: date, last: date) -> datetime:
        """Return a moment of the period, more often by day than by night."""
        day = first + timedelta(days=int(self.rng.integers((last - first).days + 1)))
        hour = int(self.rng.choice(24, p=HOUR_SHARES / HOUR_SHARES.sum()))
        minute = int(self.rng.integers(60))
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING)

    def place(self, point: shapely.Point) -> str:
        """Return the name of the road that people would give."""
        road = self.roads[int(self.tree.nearest(point))]
        return f"{road.name[0]}附近，"


def make_issues(city: City) -> list[Issue]:
    """Return all issues, numbered year by year in the order in which they occurred."""
    desk = _Desk(city)
    found = []
    for year, count in city.plan.background_issues:
        found += [desk.background(date(year, 1, 1), date(year, 12, 31)) for _ in range(count)]
    for cluster in city.plan.clusters:
        found += _gathered(desk, cluster)
    found += _this_year(desk)
    issues = _numbered(found)
    record_stages(issues, city.chance(41))
    return issues


def cluster_centre(city: City, cluster: Cluster) -> shapely.Point:
    """Return the middle of a cluster in the plane."""
    east, north = (round(value, 1) for value in city.origins[cluster.area])
    return shapely.Point(cluster.at[0] + east, cluster.at[1] + north)


def _gathered(desk: _Desk, cluster: Cluster) -> list[Issue]:
    centre = cluster_centre(desk.city, cluster)
    first, last = date.fromisoformat(cluster.first), date.fromisoformat(cluster.last)
    duties = [desk.by_code[code] for code in cluster.duties]
    return [
        desk.write_down(
            duties[int(desk.rng.integers(len(duties)))], centre, cluster.spread_m, first, last
        )
        for _ in range(cluster.issues)
    ]


def _this_year(desk: _Desk) -> list[Issue]:
    """Return this year's issues: all closed but the last few, which are in hand."""
    plan = desk.city.plan
    year, open_count = plan.current_year, len(plan.in_hand)
    closed = [
        desk.background(date(year, 1, 2), date(year, 9, 30))
        for _ in range(plan.current_year_issues - open_count)
    ]
    in_hand = []
    for number, state in enumerate(plan.in_hand):
        day = date(year, 10, 19) + timedelta(days=3 * number)
        issue = desk.background(day, day)
        issue.state, issue.closed_at = state, None
        in_hand.append(issue)
    return closed + in_hand


def _numbered(issues: list[Issue]) -> list[Issue]:
    issues.sort(key=lambda issue: (issue.occurred_at, issue.text, issue.at.x))
    counts: dict[int, int] = {}
    for issue in issues:
        year = issue.occurred_at.year
        counts[year] = counts.get(year, 0) + 1
        issue.number = f"{year}-{counts[year]:06d}"
    return issues
