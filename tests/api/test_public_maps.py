"""Somebody who asks the public's map of hot spots for all that its address can ask for."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from geo.flows.releases import release_due
from geo.settings import settings
from geo.store import models
from geo.store.engine import owner_session
from tests import town
from tests.reported import PLACES, configure, issue, issues, people
from tests.visitors import started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

LEAST = 8
PERIOD = "2024"
OVERLAPPING = (
    "from=2024-01-01&to=2024-06-30",
    "from=2024-01-02&to=2024-12-31",
    "from=2024-01-01&to=2024-12-31&state=open",
    "state=closed",
    f"duty={town.DUTY}",
    f"duty={town.PRIVATE_DUTY}",
    "by=grid",
    "by=square&side_m=60",
    "by=hexagon&side_m=40",
    "statistic=count",
    "statistic=density&bandwidth_m=10",
    "statistic=emerging",
    "value=per_100_households",
    "order=1",
    "audience=public&by=grid",
)


@pytest.fixture(scope="module")
def resident(database_url: str) -> Iterator[TestClient]:
    """Somebody without an account, at a town whose years have been released."""
    with pytest.MonkeyPatch.context() as patch:
        configure(patch, geography="square", period="year")
        with owner_session(database_url) as opened:
            town.build(opened)
        with owner_session(database_url) as opened:
            people(opened)
            issues(opened)
        assert "2024" in release_due(database_url)[town.SLUG]
        with started(database_url) as app:
            yield visiting(app)
    settings.cache_clear()


def rows(client: TestClient, query: str) -> list[tuple[Any, ...]]:
    """Return all that a workbook of the public's map tells."""
    found = client.get(f"/maps/hotspots.xlsx?place={town.SLUG}&{query}")
    assert found.status_code == 200, found.text
    book = load_workbook(BytesIO(found.content))
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


def test_no_number_below_the_least_is_told(resident: TestClient) -> None:
    told = rows(resident, f"period={PERIOD}")
    numbers = [one for row in told for one in row if isinstance(one, int | float)]
    assert len(numbers) > 3
    assert min(numbers) >= LEAST


@pytest.mark.parametrize("query", OVERLAPPING)
def test_nothing_else_can_be_asked_for(resident: TestClient, query: str) -> None:
    plain = rows(resident, f"period={PERIOD}")
    assert rows(resident, f"period={PERIOD}&{query}") == plain


@pytest.mark.parametrize("period", ["2024-Q1", "2024-H1", "2023", "2024-01"])
def test_other_periods_there_are_none(resident: TestClient, period: str) -> None:
    found = resident.get(f"/maps/hotspots.xlsx?place={town.SLUG}&period={period}")
    assert found.status_code in {404, 422}


@pytest.mark.parametrize("path", ["/maps/hotspots", "/maps/hotspots.xlsx", "/maps/hotspots.gpkg"])
def test_the_staffs_map_is_for_staff(resident: TestClient, path: str) -> None:
    found = resident.get(f"{path}?place={town.SLUG}&audience=staff")
    assert found.status_code in {303, 401, 403}


def test_an_issue_that_comes_late_is_not_seen(resident: TestClient, database_url: str) -> None:
    before = rows(resident, f"period={PERIOD}")
    with owner_session(database_url) as opened:
        home = opened.scalars(select(models.Jurisdiction.id)).one()
        duty = opened.scalars(select(models.Duty.id).filter_by(code=town.DUTY)).one()
        at = opened.scalars(select(models.Issue.received_at).limit(1)).one()
        for place in PLACES:
            opened.add(issue(home, f"late-{place}", duty, at, place))
    assert release_due(database_url) == {}
    assert rows(resident, f"period={PERIOD}") == before
