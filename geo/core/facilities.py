"""What a station (驿站) has: rooms and services, and the chips by which people look for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOM_ZONES = ("deliberation", "public_service", "warm_service", "office", "ancillary")
"""What a room is for: 议事, 公共服务, 暖心服务, 办公, and corridors, stores and the like (辅助)."""

SERVICE_WAYS = ("appointment", "errand")
"""Booked for a time (预约办理), or done by a helper on somebody's behalf (帮办代办)."""

OPEN_NOW = "open_now"
"""The chip that asks for the time of day, and for nothing that a station has."""


class Chip(NamedTuple):
    """One thing to look for: any of these zones or facilities, or a service at the one window.

    Parameters
    ----------
    name
        What the chip says.
    zones, facilities
        Codes; a station that has any of them has it.
    one_window
        Whether a service done at the one window (一窗通办) has it as well.
    """

    name: Message
    zones: frozenset[str] = frozenset()
    facilities: frozenset[str] = frozenset()
    one_window: bool = False


CHIPS: dict[str, Chip] = {
    OPEN_NOW: Chip(msg("Open now")),
    "charging": Chip(msg("Charging"), facilities=frozenset({"charging", "battery_swap"})),
    "rest": Chip(msg("Rest"), zones=frozenset({"rest"})),
    "hot_food": Chip(msg("Warm up food"), facilities=frozenset({"microwave"})),
    "water": Chip(msg("Drinking water"), facilities=frozenset({"drinking_water"})),
    "children": Chip(msg("Children's room"), zones=frozenset({"children"})),
    "mediation": Chip(msg("Mediation room"), zones=frozenset({"mediation"})),
    "one_window": Chip(
        msg("One-window service"), zones=frozenset({"service_desk"}), one_window=True
    ),
}
"""The chips by code, in the order in which they are shown."""

FACILITY_CHIPS = tuple(code for code in CHIPS if code != OPEN_NOW)
"""The chips that ask for something that a station has."""


def chips_of(
    zones: Collection[str], facilities: Collection[str], *, one_window: bool = False
) -> frozenset[str]:
    """Return the chips that a station answers to, open or not.

    Parameters
    ----------
    zones, facilities
        The station's, as codes.
    one_window
        Whether it offers a service at the one window.

    Examples
    --------
    >>> sorted(chips_of(["rest"], ["microwave", "wifi"]))
    ['hot_food', 'rest']
    >>> sorted(chips_of([], [], one_window=True))
    ['one_window']
    >>> chips_of([], [])
    frozenset()
    """
    return frozenset(
        code
        for code in FACILITY_CHIPS
        if not CHIPS[code].zones.isdisjoint(zones)
        or not CHIPS[code].facilities.isdisjoint(facilities)
        or (CHIPS[code].one_window and one_window)
    )


def unknown_chips(asked: Iterable[str]) -> tuple[str, ...]:
    """Return which of some codes are no chip that asks for something that a station has.

    Examples
    --------
    >>> unknown_chips(["rest", "sauna"]), unknown_chips([])
    (('sauna',), ())
    """
    return tuple(code for code in asked if code not in FACILITY_CHIPS)
