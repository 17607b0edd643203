"""Taking in an issue by one call: what is compared, sent again and numbered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import func, select

from geo.errors import NotPermittedError, StoreUnavailableError
from geo.flows import report as reporting
from geo.flows.locate import read_position
from geo.flows.publish import publish
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.store.asking import SERVICE
from geo.store.engine import direct, owner_session, plain_url
from geo.store.intake import take_in
from geo.store.models import Issue, Jurisdiction
from geo.store.publishing import Plan
from tests import town

if TYPE_CHECKING:
    from uuid import UUID

GIVEN = Report("x", duty=town.DUTY, position=read_position(*town.spot(0.5, 1.5)))


@pytest.fixture(scope="module")
def grids(database_url: str) -> dict[str, UUID]:
    with owner_session(database_url) as opened:
        return town.build(opened)


@pytest.fixture
def registry(database_url: str, grids: dict[str, UUID]) -> Registry:
    """Generations that nothing keeps up to date."""
    assert grids
    known = Registry(database_url)
    known.refresh()
    return known


def stored(url: str) -> int:
    with owner_session(url) as opened:
        return opened.scalars(select(func.count()).select_from(Issue)).one()


def test_what_is_stored_when_the_connection_breaks_is_not_stored_again(
    registry: Registry, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    def losing(*given: Any) -> dict[str, Any]:
        found = take_in(*given)
        if not lost:
            lost.append(found["number"])
            raise StoreUnavailableError(reason="the connection broke")
        return found

    monkeypatch.setattr(reporting, "take_in", losing)
    before = stored(database_url)
    told = report(registry, GIVEN, url=database_url)
    assert [told["number"]] == lost
    assert [one["level"] for one in told["routing"]["responsible"]] == []
    assert stored(database_url) == before + 1


def test_a_generation_that_a_process_has_not_heard_of_decides(
    registry: Registry, database_url: str, grids: dict[str, UUID]
) -> None:
    label = "report-upright"
    publish(town.SLUG, Plan(label, town.drawn(town.UPRIGHT, grids), "tests"), database_url)
    assert registry.current()[0].period.label == town.SECOND_LABEL
    told = report(registry, GIVEN, url=database_url)
    assert told["routing"]["generation"] == label
    assert told["routing"]["grid"]["code"] == town.A1


def test_connections_that_broke_while_idle_are_not_felt(
    registry: Registry, database_url: str
) -> None:
    report(registry, GIVEN, url=database_url)
    with psycopg.connect(plain_url(database_url)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    before = stored_patiently(database_url)
    report(registry, GIVEN, url=database_url)
    assert stored_patiently(database_url) == before + 1


def stored_patiently(url: str) -> int:
    """Return how many issues there are; the owner's idle connections broke, too."""
    with psycopg.connect(plain_url(url)) as connection:
        row = connection.execute("SELECT count(*) FROM issue").fetchone()
        return row[0] if row else 0


def test_many_at_once_get_a_number_each_from_the_first_on(database_url: str) -> None:
    with owner_session(database_url) as opened:
        home = opened.scalars(select(Jurisdiction.id)).one()

    def number(_: int) -> str:
        with direct(database_url) as connection:
            told = connection.execute("SELECT next_issue_number(%s, 2031)", (home,)).fetchone()
            return told[0] if told else ""

    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(number, range(24)))
    assert sorted(given) == [f"2031-{one:06}" for one in range(1, 25)]


def test_the_service_itself_reports_nothing(registry: Registry, database_url: str) -> None:
    with pytest.raises(NotPermittedError):
        report(registry, GIVEN, url=database_url, asker=SERVICE)
