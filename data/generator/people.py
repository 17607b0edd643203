"""Team members and the chain: 包片 area, 包栋 building, 包单元 unit, 包户 household.

No real person is meant: each name is a surname, 某 and a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.generator import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.generator.city import City
    from data.generator.plan import Named

COMMITTEE = 8
UNIT_MEMBERS = 3
WORKERS_A_GRID = 2
OWNERS_A_COMPOUND = 2
STAIRWELLS_A_VOLUNTEER = 2
HOUSES_A_VOLUNTEER = 6
HOUSEHOLDS_A_MEMBER = (2, 5)


@dataclass
class Member:
    """A member of a community's team."""

    community: int
    role: str
    name: str
    code: str
    phone: str
    paired_unit: int | None = None


@dataclass(frozen=True)
class Link:
    """One responsibility: the member's row, the level, and the target as the file names it."""

    member: int
    level: str
    grid: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""


@dataclass
class Team:
    """Everyone, their units, and all their responsibilities."""

    members: list[Member] = field(default_factory=list)
    paired_units: list[tuple[str, int, Named]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    unanswered: set[int] = field(default_factory=set)


class _Roster:
    """Enrols members one after another, numbered inside their community."""

    def __init__(self, city: City) -> None:
        self.city, self.team = city, Team()
        self.rng = city.chance(30)
        self.counts = [0] * len(city.communities)

    def enrol(self, community: int, role: str, paired_unit: int | None = None) -> int:
        """Add a member and return the row."""
        self.counts[community] += 1
        number = len(self.team.members) + 1
        code = f"{self.city.short_code(community)}-M{self.counts[community]:04d}"
        phone = names.phone(number) if self.rng.random() < 0.9 else ""  # noqa: PLR2004 - share
        member = Member(community, role, names.person(number, self.rng), code, phone, paired_unit)
        self.team.members.append(member)
        return number - 1

    def link(self, member: int, level: str, **target: str) -> None:
        """Add a responsibility."""
        self.team.links.append(Link(member, level, **target))


def make_team(city: City) -> Team:
    """Enrol the whole team and share out the responsibilities."""
    roster = _Roster(city)
    roster.team.unanswered = _unanswered(city)
    _paired_units(roster)
    _areas(roster)
    _buildings(roster)
    _stairwells(roster)
    _households(roster)
    return roster.team


def _unanswered(city: City) -> set[int]:
    """Return the buildings of the newest compounds, which nobody has been given yet."""
    rng = city.chance(31)
    chosen: set[int] = set()
    rows = [r for r, compound in enumerate(city.compounds) if compound.kind == "residential"]
    for row in rng.permutation(rows)[: city.plan.unanswered]:
        chosen |= {r for r, building in enumerate(city.buildings) if building.compound == row}
    houses = [r for r, building in enumerate(city.buildings) if building.kind == "house"]
    chosen |= {int(row) for row in rng.permutation(houses)[: 6 * city.plan.unanswered]}
    return chosen


def _lived_in(city: City, community: int) -> list[int]:
    return [
        row
        for row, building in enumerate(city.buildings)
        if building.units and city.blocks[building.block].community == community
    ]


def _paired_units(roster: _Roster) -> None:
    spare = names.paired_unit_names(roster.city.chance(32))
    count = len(roster.city.communities)
    for number in range(roster.city.plan.paired_units):
        community = number % count
        code = f"GJ{number + 1:03d}"
        roster.team.paired_units.append((code, community, next(spare)))


def _areas(roster: _Roster) -> None:
    """Give each grid a committee member and members of one or two paired units."""
    city = roster.city
    for community in range(len(city.communities)):
        committee = [roster.enrol(community, "committee_member") for _ in range(COMMITTEE)]
        partners = [
            roster.enrol(community, "paired_unit_member", row)
            for row, (_, own, _) in enumerate(roster.team.paired_units)
            if own == community
            for _ in range(UNIT_MEMBERS)
        ]
        grids = [grid for grid in city.grids if grid.community == community]
        for number, grid in enumerate(grids):
            roster.link(committee[number % len(committee)], "area", grid=grid.code)
        for number, partner in enumerate(partners):
            roster.link(partner, "area", grid=grids[number % len(grids)].code)


def _buildings(roster: _Roster) -> None:
    """Give each grid's buildings to its workers, and compounds to their owners' committees too."""
    city = roster.city
    grid_of = {row: number for number, grid in enumerate(city.grids) for row in grid.blocks}
    workers = [
        [roster.enrol(grid.community, "grid_worker") for _ in range(WORKERS_A_GRID)]
        for grid in city.grids
    ]
    owners = {
        row: [
            roster.enrol(compound.community, "owners_committee_member")
            for _ in range(OWNERS_A_COMPOUND)
        ]
        for row, compound in enumerate(city.compounds)
        if compound.kind == "residential"
    }
    for row, building in enumerate(city.buildings):
        if row in roster.team.unanswered or not building.units:
            continue
        pair = workers[grid_of[building.block]]
        roster.link(pair[row % len(pair)], "building", building=building.code)
        if building.compound in owners:
            pair = owners[building.compound]
            roster.link(pair[row % len(pair)], "building", building=building.code)


def _stairwells(roster: _Roster) -> None:
    """Give stairwells and houses to volunteers, a few neighbouring ones each."""
    city = roster.city
    for community in range(len(city.communities)):
        rows = [row for row in _lived_in(city, community) if row not in roster.team.unanswered]
        for houses, share in ((False, STAIRWELLS_A_VOLUNTEER), (True, HOUSES_A_VOLUNTEER)):
            units = [
                (city.buildings[row].code, unit)
                for row in rows
                if (city.buildings[row].kind == "house") == houses
                for unit in range(1, city.buildings[row].units + 1)
            ]
            for number, (building, unit) in enumerate(units):
                if number % share == 0:
                    volunteer = roster.enrol(community, "volunteer")
                roster.link(volunteer, "unit", building=building, unit=str(unit))


def _households(roster: _Roster) -> None:
    """Fill the team up with party members, each with a few households near each other."""
    city = roster.city
    homes = _answered_homes(roster)
    open_places = max(0, city.plan.members - len(roster.team.members))
    sizes = np.array([len(home) for home in homes], dtype=float)
    shares = np.floor(sizes / sizes.sum() * open_places).astype(int)
    shares[: open_places - shares.sum()] += 1
    for community, (own, count) in enumerate(zip(homes, shares, strict=True)):
        starts = np.sort(roster.rng.permutation(len(own) // HOUSEHOLDS_A_MEMBER[1])[:count])
        for place in range(count):
            member = roster.enrol(community, "party_member")
            if place < len(starts):
                first = int(starts[place]) * HOUSEHOLDS_A_MEMBER[1]
                for home in own[first : first + int(roster.rng.integers(*HOUSEHOLDS_A_MEMBER))]:
                    roster.link(member, "household", building=home[0], unit=home[1], room=home[2])


def _answered_homes(roster: _Roster) -> list[list[tuple[str, str, str]]]:
    city = roster.city
    homes: list[list[tuple[str, str, str]]] = [[] for _ in city.communities]
    for household in city.households:
        building = city.buildings[household.building]
        if household.building not in roster.team.unanswered:
            community = city.blocks[building.block].community
            homes[community].append((building.code, str(household.unit), household.room))
    return homes


def links_of(team: Team) -> Iterator[tuple[Member, Link]]:
    """Yield every responsibility with its member."""
    for link in team.links:
        yield team.members[link.member], link
