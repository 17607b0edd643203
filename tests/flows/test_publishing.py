"""Publishing generations: what moves, what stays, and what a process in memory knows of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from geo.errors import NotFoundError, PublicationRefusedError
from geo.flows.act import Action, act
from geo.flows.locate import locate, read_position
from geo.flows.publish import publish
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.flows.report_places import GivenPlace
from geo.settings import settings
from geo.store import publishing
from geo.store.engine import owner_session
from geo.store.generations import periods
from geo.store.issues import read_events
from geo.store.loading import LoadRefusedByRuleError
from geo.store.models import Issue
from geo.store.publishing import Plan, clock
from tests import town
from tests.people import asker_of, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import shapely

    from geo.store.asking import Asker

PATIENCE_S = 60
UPPER_LEFT = town.spot(0.5, 1.5)


@pytest.fixture(scope="module")
def grids(database_url: str) -> dict[str, UUID]:
    with owner_session(database_url) as opened:
        return town.build(opened)


@pytest.fixture(scope="module")
def dispatcher(database_url: str, grids: dict[str, UUID]) -> Asker:
    assert grids
    with owner_session(database_url) as opened:
        return asker_of(make_accounts(opened)["street_dispatcher"])


@pytest.fixture
def registry(database_url: str, grids: dict[str, UUID]) -> Iterator[Registry]:
    assert grids
    running = Registry(database_url)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def across(database_url: str, grids: dict[str, UUID]) -> str:
    """Label of a generation, just published, that divides A across."""
    return put(database_url, grids, town.ACROSS)


def put(
    url: str,
    grids: dict[str, UUID],
    plan: dict[str, shapely.MultiPolygon],
    starts: datetime | None = None,
) -> str:
    label = f"plan-{uuid4().hex[:8]}"
    publish(town.SLUG, Plan(label, town.drawn(plan, grids), "tests", starts), url)
    return label


def wait_for(registry: Registry, label: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while registry.current()[0].period.label != label:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def take_in(registry: Registry, url: str, **given: Any) -> dict[str, Any]:
    return report(registry, Report("x", duty=town.DUTY, **given), url=url)


def current_grid(url: str, issue: dict[str, Any]) -> UUID | None:
    with owner_session(url) as opened:
        return opened.get_one(Issue, UUID(issue["id"])).current_grid_id


def test_open_issues_follow_a_redraw_and_closed_ones_never_move(
    registry: Registry, database_url: str, grids: dict[str, UUID], across: str, dispatcher: Asker
) -> None:
    assert across
    position = read_position(*UPPER_LEFT)
    still_open, ended = (take_in(registry, database_url, position=position) for _ in range(2))
    by_unit = take_in(registry, database_url, place=GivenPlace(town.BUILDING, 1))
    act(UUID(ended["id"]), Action("cancel", "tests", reason="误报"), dispatcher, database_url)
    assert current_grid(database_url, still_open) == grids[town.A2]
    label = put(database_url, grids, town.UPRIGHT)
    assert current_grid(database_url, still_open) == grids[town.A1]
    assert current_grid(database_url, ended) == grids[town.A2]
    assert current_grid(database_url, by_unit) == grids[town.A1]
    with owner_session(database_url) as opened:
        event = read_events(opened, UUID(still_open["id"]))[-1]
        reported = opened.get_one(Issue, UUID(still_open["id"])).reported_grid_id
    assert (event["action"], event["detail"]["generation"]) == ("redraw", label)
    assert reported == grids[town.A2]


def test_what_somebody_put_elsewhere_stays_there(
    registry: Registry, database_url: str, grids: dict[str, UUID], across: str, dispatcher: Asker
) -> None:
    assert across
    outside = read_position(*town.spot(-5, 0.5))
    issue = take_in(registry, database_url, position=outside)
    act(UUID(issue["id"]), Action("route", "tests", grid=town.B1), dispatcher, database_url)
    put(database_url, grids, town.UPRIGHT)
    assert current_grid(database_url, issue) == grids[town.B1]


def test_an_issue_whose_grid_is_gone_moves_or_waits(
    registry: Registry, database_url: str, grids: dict[str, UUID], across: str, dispatcher: Asker
) -> None:
    assert across
    with_market = town.ACROSS | {town.D: town.MARKET}
    wait_for(registry, put(database_url, grids, with_market))
    inside = take_in(registry, database_url, position=read_position(*town.spot(3, 1)))
    placeless = take_in(registry, database_url)
    act(UUID(placeless["id"]), Action("route", "tests", grid=town.D), dispatcher, database_url)
    assert current_grid(database_url, inside) == grids[town.D]
    put(database_url, grids, town.ACROSS)
    assert current_grid(database_url, inside) == grids[town.B1]
    with owner_session(database_url) as opened:
        waiting = opened.get_one(Issue, UUID(placeless["id"]))
    assert (waiting.current_grid_id, waiting.state) == (None, "triage")


def test_a_generation_to_come_starts_by_the_clock(
    registry: Registry, database_url: str, grids: dict[str, UUID]
) -> None:
    began = time.monotonic()
    across = put(database_url, grids, town.ACROSS)
    lead_s = 3 + 5 * (time.monotonic() - began)
    wait_for(registry, across)
    position = read_position(*UPPER_LEFT)
    issue = take_in(registry, database_url, position=position)
    with owner_session(database_url) as opened:
        starts = clock(opened) + timedelta(seconds=lead_s)
    label = put(database_url, grids, town.UPRIGHT, starts)
    deadline = time.monotonic() + PATIENCE_S
    while registry.periods()[-1].label != label:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    before = locate(registry, position)
    assert before.period is not None
    assert before.grid is not None
    assert (before.period.label, before.grid.code) == (across, town.A2)
    assert current_grid(database_url, issue) == grids[town.A2]
    with pytest.raises(PublicationRefusedError):
        put(database_url, grids, town.ACROSS)
    time.sleep(max(0.0, (starts - datetime.now(UTC)).total_seconds()) + 0.05)
    after = locate(registry, position)
    assert after.period is not None
    assert after.grid is not None
    assert (after.period.label, after.grid.code) == (label, town.A1)
    deadline = time.monotonic() + PATIENCE_S
    while current_grid(database_url, issue) != grids[town.A1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_is_published_into_the_past(database_url: str, grids: dict[str, UUID]) -> None:
    with pytest.raises(PublicationRefusedError):
        put(database_url, grids, town.ACROSS, datetime(2026, 2, 1, tzinfo=UTC))
    with pytest.raises(NotFoundError):
        publish("nowhere", Plan("x", town.drawn(town.ACROSS, grids), "tests"), database_url)


def test_a_plan_that_breaks_a_rule_leaves_no_trace(
    database_url: str, grids: dict[str, UUID]
) -> None:
    with owner_session(database_url) as opened:
        before = periods(opened)
    overlapping = town.ACROSS | {town.A1: town.cells(0, 0, 2, 1.5)}
    with pytest.raises(LoadRefusedByRuleError, match="overlap"):
        put(database_url, grids, overlapping)
    with owner_session(database_url) as opened:
        assert periods(opened) == before


def test_one_generation_after_the_other_without_a_gap(
    database_url: str, grids: dict[str, UUID], across: str
) -> None:
    assert grids
    with owner_session(database_url) as opened:
        known = periods(opened)
    assert known[-1].label == across
    assert [one.ends for one in known[:-1]] == [one.starts for one in known[1:]]
    assert known[-1].ends is None


def test_only_some_past_generations_stay_in_memory(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, across: str
) -> None:
    wait_for(registry, across)
    monkeypatch.setattr(settings(), "past_generations", 1)
    first, second = registry.periods()[:2]
    for period in (first, second, first):
        found = registry.at(period.starts)
        assert [index.period.label for index in found] == [period.label]
    assert registry.at_hand(first.starts)
    assert not registry.at_hand(second.starts)
    assert registry.at(datetime(2000, 1, 1, tzinfo=UTC)) == ()


def test_publishing_waits_for_intake_and_intake_for_publishing(
    registry: Registry, database_url: str, grids: dict[str, UUID], across: str
) -> None:
    """An issue taken in while a plan is being published is stored under the new generation."""
    wait_for(registry, across)
    label = f"slow-{uuid4().hex[:8]}"
    with ThreadPoolExecutor(1) as pool:
        with owner_session(database_url) as opened:
            plan = Plan(label, town.drawn(town.UPRIGHT, grids), "tests")
            publishing.publish(opened, town.SLUG, plan)
            taken = pool.submit(
                take_in, registry, database_url, position=read_position(*UPPER_LEFT)
            )
            locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            deadline = time.monotonic() + PATIENCE_S
            while opened.scalar(text(locks)) == 0:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert not taken.done()
        routing = taken.result(timeout=PATIENCE_S)["routing"]
    assert (routing["generation"], routing["grid"]["code"]) == (label, town.A1)


def test_no_issue_is_stored_outside_its_generation(database_url: str) -> None:
    with owner_session(database_url) as opened:
        wrong = opened.scalar(
            select(func.count())
            .select_from(Issue)
            .where(
                text("""NOT EXISTS (
                    SELECT FROM generation WHERE generation.id = reported_generation_id
                    AND generation.validity @> issue.occurred_at)""")
            )
        )
    assert wrong == 0
