"""Contacts of households (住户联系人): somebody in about one household out of five.

No real person is meant: each name is a surname, 某 and a number, each phone begins with 000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.generator import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.generator.city import City

STEP = 50
SHARE = 0.2
SECOND_SHARE = 0.15
REMARK_SHARE = 0.08
REMARKS = ("独居老人", "行动不便", "有婴幼儿", "租住", "长期外出")
FIRST_NUMBER = 50_000
"""Numbers of residents begin above those of all teams."""


def contacts(city: City) -> Iterator[tuple[str, int, str, str, str, str]]:
    """Yield building code, unit, room, name, phone and remark of every contact."""
    rng = city.chance(STEP)
    number = FIRST_NUMBER
    for home in city.households:
        if home.people == 0 or rng.random() >= SHARE:
            continue
        for _ in range(2 if home.people > 1 and rng.random() < SECOND_SHARE else 1):
            number += 1
            remark = str(rng.choice(REMARKS)) if rng.random() < REMARK_SHARE else ""
            name, phone = names.person(number, rng), names.phone(number)
            yield city.buildings[home.building].code, home.unit, home.room, name, phone, remark
