"""Tests of the space use of stations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.facilities import ROOM_ZONES
from geo.core.space import space_use

ROOMS = st.lists(st.tuples(st.sampled_from(ROOM_ZONES), st.floats(0.5, 500.0)), max_size=12)


@given(ROOMS)
def test_shares_of_zones_come_to_the_whole(rooms: list[tuple[str, float]]) -> None:
    """Every room is in one zone, and the zones are all there is."""
    used = space_use(rooms)
    assert sum(one.rooms for one in used.by_zone) == len(rooms)
    assert sum(one.area_m2 for one in used.by_zone) == pytest.approx(used.area_m2)
    if rooms:
        assert sum(one.share_pct for one in used.by_zone) == pytest.approx(100.0)


@given(ROOMS, st.floats(1.0, 100.0))
def test_a_room_for_residents_never_lowers_the_share(
    rooms: list[tuple[str, float]], area_m2: float
) -> None:
    """More space for residents and the same office: the share rises, or is full already."""
    before = space_use(rooms).service_share_pct
    after = space_use([*rooms, ("deliberation", area_m2)]).service_share_pct
    assert after is not None
    assert before is None or after >= before - 1e-9


def test_corridors_weigh_on_neither_side() -> None:
    """A corridor changes the shares of zones, and not how much of the rooms is for residents."""
    rooms = [("office", 30.0), ("public_service", 70.0)]
    assert space_use([*rooms, ("ancillary", 900.0)]).service_share_pct == pytest.approx(70.0)


@pytest.mark.parametrize("rooms", [[], [("ancillary", 12.0)]])
def test_without_rooms_to_compare_there_is_no_share(rooms: list[tuple[str, float]]) -> None:
    """No rooms, or corridors alone: the share is not known, and not nought."""
    assert space_use(rooms).service_share_pct is None


def test_an_unknown_zone_is_refused() -> None:
    """A zone that is none is no room for anybody."""
    with pytest.raises(ValueError, match="garden"):
        space_use([("garden", 10.0)])
