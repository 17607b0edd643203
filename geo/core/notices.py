"""What documents of a plan say: the notice on a door (网格调整告知书), the filing table (备案表).

The documents are in Chinese: they are for residents and for the district's files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from geo.core.drafts import PlannedGrid
    from geo.core.effects import Effects, MovedBuilding, MovedHome
    from geo.core.ground import Ground

CHANGES = {
    "added": "新增",
    "retired": "撤销",
    "redrawn": "调整",
    "renamed": "信息变更",
    "same": "不变",
}
KINDS = {"general": "综合网格", "dedicated": "专属网格"}
ROLES = {"grid_worker": "网格员", "committee_member": "社区工作者"}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What documents of a plan say besides what it does.

    Parameters
    ----------
    jurisdiction
        Name of the jurisdiction.
    plan
        Name of the plan.
    before
        Label of the generation that it follows.
    starts
        The day on which it comes into force, where that is known.
    issued
        The day of the document.
    communities
        Names of communities by code.
    buildings
        Names of buildings by code.
    compounds
        Names of compounds by code.
    stations
        Addresses and numbers of stations by code.
    states
        What states of cases are called.
    draft
        Whether the plan is a draft still.
    remarks
        What stands at the foot of every page: that a jurisdiction is made up, the review number
        of its maps (审图号).
    """

    jurisdiction: str
    plan: str
    before: str
    starts: date | None
    issued: date
    communities: Mapping[str, str] = field(default_factory=dict)
    buildings: Mapping[str, str] = field(default_factory=dict)
    compounds: Mapping[str, str] = field(default_factory=dict)
    stations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    draft: bool = True
    remarks: tuple[str, ...] = ()


class Office(NamedTuple):
    """A grid as residents are told of it."""

    name: str
    code: str
    branch: str
    phone: str


class Part(NamedTuple):
    """Units of a building that pass from one grid to another.

    Parameters
    ----------
    units
        What they are called; ``全部住户`` where it is the whole building.
    households
        How many.
    before, after
        The grids; ``None`` where there is none.
    workers
        Who answers in the new grid or for the building, with their role.
    """

    units: str
    households: int
    before: Office | None
    after: Office | None
    workers: tuple[str, ...]


class Notice(NamedTuple):
    """The notice of one building.

    Parameters
    ----------
    community
        Name of its community.
    building
        Its name, with its compound's.
    code, address
        Code and address.
    parts
        What changes for whom.
    station
        Name, address and number of the nearest station on foot; empty where there is none.
    """

    community: str
    building: str
    code: str
    address: str
    parts: tuple[Part, ...]
    station: tuple[str, str, str]


def notices(
    found: Effects, ground: Ground, occasion: Occasion, community: str | None = None
) -> list[Notice]:
    """Return the notices of all buildings of which units change their grid, by code.

    Parameters
    ----------
    found
        What the plan does.
    ground
        Buildings, stations, workers.
    occasion
        Names and dates.
    community
        Code of the community of which the buildings are; by default of any.
    """
    return [
        _notice(one, found, ground, occasion)
        for one in found.buildings
        if community in {None, _community(one, found)}
    ]


def day_said(day: date | None) -> str:
    """Return a day as documents say it.

    Examples
    --------
    >>> from datetime import date
    >>> day_said(date(2026, 12, 1))
    '2026年12月1日'
    >>> day_said(None)
    '正式发布之日'
    """
    return f"{day.year}年{day.month}月{day.day}日" if day else "正式发布之日"


def _notice(one: MovedBuilding, found: Effects, ground: Ground, occasion: Occasion) -> Notice:
    row = one.building
    code = ground.buildings.codes[row]
    compound = occasion.compounds.get(ground.buildings.compounds[row], "")
    community = _community(one, found)
    return Notice(
        occasion.communities.get(community, community),
        f"{compound}{occasion.buildings.get(code) or code}",
        code,
        ground.buildings.addresses[row],
        tuple(_parts(one, found, ground)),
        _station(row, ground, occasion),
    )


def _community(one: MovedBuilding, found: Effects) -> str:
    grids = (_planned(found, home) for home in one.homes)
    return next((grid.community for grid in grids if grid is not None), "")


def _planned(found: Effects, moved: MovedHome) -> PlannedGrid | None:
    return found.after.grids.get(moved.after or "") or found.before.grids.get(moved.before or "")


def _parts(one: MovedBuilding, found: Effects, ground: Ground) -> Iterator[Part]:
    def way(moved: MovedHome) -> tuple[str, str]:
        return moved.before or "", moved.after or ""

    parts = [(ways, list(homes)) for ways, homes in groupby(sorted(one.homes, key=way), key=way)]
    for (before, after), homes in parts:
        whole = one.whole and len(parts) == 1
        names = "、".join(home.home.name or f"{home.home.number}单元" for home in homes)
        yield Part(
            "全部住户" if whole else names,
            sum(home.home.households for home in homes),
            _office(found.before.grids.get(before)),
            _office(found.after.grids.get(after)),
            _workers(one.building, after, [home.home.key for home in homes], ground),
        )


def _office(grid: PlannedGrid | None) -> Office | None:
    return Office(grid.name, grid.code, grid.branch_name, grid.branch_phone) if grid else None


def _workers(building: int, grid: str, units: Sequence[int], ground: Ground) -> tuple[str, ...]:
    return tuple(
        f"{one.name}（{ROLES.get(one.role, one.role)}）"
        for one in ground.workers
        if grid in one.grids or building in one.buildings or not set(units).isdisjoint(one.units)
    )


def _station(row: int, ground: Ground, occasion: Occasion) -> tuple[str, str, str]:
    station = int(ground.walk_station[row])
    if station < 0:
        return "", "", ""
    address, phone = occasion.stations.get(ground.stations.codes[station], ("", ""))
    return ground.stations.names[station], address, phone


__all__ = [
    "CHANGES",
    "KINDS",
    "ROLES",
    "Notice",
    "Occasion",
    "Office",
    "Part",
    "day_said",
    "notices",
]
