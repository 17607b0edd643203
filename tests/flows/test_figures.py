"""Figures of cases that went through the loop here: steps, clocks and grids as the database has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from geo.flows.act import Action, act
from geo.flows.figures import Asked, Counted, GridKey, count
from geo.flows.registry import Registry
from geo.store.engine import session
from tests import town
from tests.cases import Ahead, People, reported, settle

if TYPE_CHECKING:
    from geo.store.asking import Asker


@pytest.fixture(scope="module")
def people(database_url: str) -> People:
    """Let three cases go their ways: one returned and late, one reopened, one private."""
    with pytest.MonkeyPatch.context() as patch:
        ahead, people = Ahead(patch), settle(database_url)
        slow, again = reported(database_url), reported(database_url)
        reported(database_url, duty=town.PRIVATE_DUTY)

        def take(case: Any, asker: Asker, name: str, **more: Any) -> None:
            act(case, Action(name, **more), asker, database_url)

        def close(case: Any) -> None:
            take(case, people.road, "accept")
            take(case, people.road, "handle", note="换了灯")
            take(case, people.worker, "verify")
            take(case, people.worker, "feed_back", note="已修好")
            take(case, people.desk, "close")

        for case in (slow, again):
            take(case, people.worker, "sort")
            take(case, people.desk, "dispatch")
        close(again)
        take(again, people.desk, "reopen", reason="又坏了")
        take(slow, people.road, "return", reason="不归我们")
        ahead.hours = 24 * 60
        take(slow, people.desk, "dispatch")
        close(slow)
        take(again, people.worker, "transfer_grid", grid=town.B1, reason="在路对面")
    return people


def counted(url: str, asker: Asker, **asked: Any) -> Counted:
    registry = Registry(url)
    registry.refresh()
    with session(url, asker) as opened:
        return count(opened, registry, Asked(town.SLUG, **asked))


def test_what_happened_is_what_is_counted(database_url: str, people: People) -> None:
    found = counted(database_url, people.planner).total
    told = {name: number for name, number in found.counts.items() if number}
    assert told == {
        "received": 3,
        "closed": 1,
        "in_hand": 2,
        "late": 1,
        "reopened": 1,
        "returned": 1,
        "transfers": 1,
    }
    assert found.on_time_pct == 0.0
    assert found.measured == {"dispatch": 2, "accept": 2, "handle": 2, "feed_back": 2}
    slow_h = found.median_hours["dispatch"]
    assert slow_h is not None
    assert slow_h > 50


def test_a_transferred_case_counts_where_it_was_and_where_it_is(
    database_url: str, people: People
) -> None:
    def grids(**asked: Any) -> dict[Any, int]:
        found = counted(database_url, people.planner, **asked).table("grid")
        return {key: row.counts["received"] for key, row in found.rows.items()}

    now = town.SECOND_LABEL
    assert grids() == {GridKey(now, town.A1): 3}
    assert grids(basis="now") == {
        GridKey(now, town.A1): 2,
        GridKey(now, town.B1): 1,
        GridKey(now, town.A2): 0,
        GridKey(now, town.D): 0,
    }
    assert grids(basis="generation", generation=town.FIRST_LABEL) == {
        GridKey(town.FIRST_LABEL, town.A1): 3,
        GridKey(town.FIRST_LABEL, town.A2): 0,
        GridKey(town.FIRST_LABEL, town.B1): 0,
    }


def test_everybody_counts_their_own(database_url: str, people: People) -> None:
    received = {
        name: counted(database_url, getattr(people, name)).total.counts["received"]
        for name in ("worker", "other_worker", "other_staff", "desk", "water", "planner")
    }
    # Whoever has handled a case still sees it when it has gone elsewhere.
    assert received == {
        "worker": 3,
        "other_worker": 1,
        "other_staff": 1,
        "desk": 3,
        "water": 0,
        "planner": 3,
    }
