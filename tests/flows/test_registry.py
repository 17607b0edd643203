"""A process that runs before there is anything to know."""

from __future__ import annotations

import time

import pytest

from geo.flows.locate import locate, read_position
from geo.flows.registry import Registry
from geo.store.engine import owner_session
from tests import town

PATIENCE_S = 60


def test_a_city_loaded_under_a_running_process_is_taken_up(database_url: str) -> None:
    position = read_position(*town.spot(0.5, 1.5))
    running = Registry(database_url)
    running.start()
    try:
        assert running.current() == ()
        assert locate(running, position).method == "outside"
        with owner_session(database_url) as opened:
            town.build(opened)
        deadline = time.monotonic() + PATIENCE_S
        while not running.current():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert locate(running, position).method == "inside"
    finally:
        running.stop()


def test_a_generation_that_is_not_there(database_url: str) -> None:
    with pytest.raises(LookupError):
        Registry(database_url).index(10**9)
