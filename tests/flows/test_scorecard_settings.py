"""What plans are held to, and the ground that a process keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.errors import SettingRefusedError
from geo.flows.grounds import ground_of
from geo.flows.scorecards import thresholds
from geo.settings import settings
from geo.store.asking import RESIDENT, SERVICE
from geo.store.engine import session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_thresholds_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONGGE_GRID_HOUSEHOLDS_MAX", "450")
    monkeypatch.setenv("HONGGE_SCORE_WALK_MEAN_MAX_M", "321")
    assert thresholds().households_max == 450
    assert thresholds().walk_mean_max_m == 321


def test_bounds_that_nothing_fits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONGGE_GRID_HOUSEHOLDS_MIN", "600")
    with pytest.raises(SettingRefusedError, match="HONGGE_GRID_HOUSEHOLDS_MIN"):
        settings()


def test_a_ground_is_kept_for_those_who_may_see_as_much(demo_database_url: str) -> None:
    """What the service has read is read again from memory, and given to nobody who may not."""
    with session(demo_database_url, SERVICE) as opened:
        first, again = ground_of(opened, 1), ground_of(opened, 1)
    assert first.buildings is again.buildings
    with session(demo_database_url, RESIDENT) as opened:
        seen = ground_of(opened, 1)
    assert first.buildings.households.sum() > 0
    assert seen.buildings.households.sum() == 0
    assert not seen.workers
