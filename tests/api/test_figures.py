"""Figures of the demonstration city: as answers, on the page, in the workbook, for every role."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import text

from geo.core.figures import COUNTS, GROUPINGS
from geo.flows.figures import Asked, count
from geo.flows.registry import Registry
from geo.store.engine import owner_session
from tests.people import add_account
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

    from geo.flows.figures import Basis

CITY = "jinggangshan"
YEAR = {"since": "2026-01-01T00:00:00+08:00", "until": "2027-01-01T00:00:00+08:00"}
OLD, NEW = "jinggangshan-2024", "jinggangshan-2026"
COMMUNITY, DEPARTMENT = "360881002002", "CG"
ROLES = {
    "auditor": None,
    "planner": None,
    "community_staff": COMMUNITY,
    "department_handler": DEPARTMENT,
}


@pytest.fixture(scope="module")
def client_of(shared_demo_database_url: str) -> Iterator[Callable[[str | None], TestClient]]:
    """Clients of the service by role."""
    url = shared_demo_database_url
    with owner_session(url) as opened:
        made = {role: add_account(opened, role, role, CITY, place) for role, place in ROLES.items()}
    headers = {role: session_headers(url, key) for role, key in made.items()}
    with started(url) as app:
        yield lambda role: visiting(app, headers[role] if role else None)


@pytest.fixture(scope="module")
def figures(client_of: Callable[[str | None], TestClient]) -> Callable[..., Any]:
    """Ask for figures as somebody with a role."""

    def ask(role: str = "auditor", **given: str) -> Any:
        answer = client_of(role).get("/api/v1/figures", params={"jurisdiction": CITY, **given})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_the_years_table_comes_out_of_the_demonstration_city(
    figures: Callable[..., Any],
) -> None:
    found = figures(**YEAR)
    total = found["total"]
    assert (total["received"], total["closed"], total["in_hand"]) == (73, 69, 4)
    assert found["said"] == "This year: 73 received, 69 closed, 4 in hand"
    assert total["on_time"] + total["late"] == 69
    assert 80 < total["on_time_pct"] < 100
    assert all(hours > 0 for hours in total["median_hours"].values())
    assert found["counted"]["as"] == "then"
    assert found["counted"]["generations"] == [NEW]


@pytest.mark.parametrize(
    "basis",
    [("then", None), ("now", None), ("generation", OLD), ("generation", NEW)],
    ids=["then", "now", "old", "new"],
)
def test_rows_add_up_by_whatever_grids(
    shared_demo_database_url: str, basis: tuple[Basis, str | None]
) -> None:
    registry = Registry(shared_demo_database_url)
    registry.refresh()
    with owner_session(shared_demo_database_url) as opened:
        asked = Asked(CITY, datetime(2025, 12, 1, tzinfo=UTC), None, *basis)
        counted = count(opened, registry, asked)
    total = counted.total.counts
    for by in GROUPINGS:
        found = counted.table(by)
        assert found.total.counts == total
        for name in COUNTS:
            assert sum(row.counts[name] for row in found.rows.values()) == total[name]
    assert total["received"] == total["closed"] + total["in_hand"] + total["ended_otherwise"] > 73
    assert total["closed"] == sum(
        total[name] for name in ("on_time", "late", "not_recorded", "no_deadline")
    )


def by_grid(found: Any) -> Counter[tuple[str | None, str | None]]:
    """Return how many were received in each grid of each generation."""
    counted: Counter[tuple[str | None, str | None]] = Counter()
    for one in found["rows"]:
        row = one["row"] or {"code": None, "generation": None}
        counted[row["generation"], row["code"]] += one["received"]
    return +counted


SLOWLY = {
    "then": """
        SELECT generation.label, version.code, count(*) FROM issue
        JOIN jurisdiction ON jurisdiction.id = issue.jurisdiction_id
        JOIN generation ON generation.jurisdiction_id = jurisdiction.id
                       AND generation.validity @> issue.occurred_at
        JOIN grid_version AS version ON version.generation_id = generation.id
                                    AND version.grid_id = issue.reported_grid_id
        WHERE slug = 'jinggangshan' AND received_at >= '2025-11-01T00:00:00+08'
        GROUP BY 1, 2""",
    "recast": """
        SELECT generation.label, version.code, count(*) FROM issue
        JOIN generation ON generation.label = 'jinggangshan-2024'
        LEFT JOIN unit_assignment AS own ON own.generation_id = generation.id
                                        AND own.unit_id = issue.unit_id
        JOIN grid_version AS version ON version.generation_id = generation.id
         AND version.grid_id = COALESCE(own.grid_id,
             grid_at(generation.id, ST_X(location), ST_Y(location)))
        WHERE issue.jurisdiction_id = generation.jurisdiction_id
          AND received_at >= '2025-11-01T00:00:00+08'
        GROUP BY 1, 2""",
}


@pytest.mark.parametrize(
    ("way", "given"), [("then", {"as": "then"}), ("recast", {"generation": OLD})]
)
def test_they_are_counted_by_the_grids_that_are_named(
    figures: Callable[..., Any], shared_demo_database_url: str, way: str, given: dict[str, str]
) -> None:
    """As the database finds by itself, issue by issue."""
    found = figures(since="2025-11-01T00:00:00+08:00", **given)
    with owner_session(shared_demo_database_url) as opened:
        slow = {(label, code): count for label, code, count in opened.execute(text(SLOWLY[way]))}
    counted = by_grid(found)
    assert counted.pop((None, None), 0) == found["unplaced"]
    assert counted == slow
    assert {label for label, _ in counted} <= set(found["counted"]["generations"])
    assert all(label in found["counted"]["said"] for label in found["counted"]["generations"])


def test_everybody_counts_what_they_may_see(figures: Callable[..., Any]) -> None:
    whole = figures(by="community", **YEAR)
    assert figures("planner", by="community", **YEAR)["total"] == whole["total"]
    own = next(one for one in whole["rows"] if one["row"]["code"] == COMMUNITY)
    staff = figures("community_staff", by="community", **YEAR)
    assert [one["row"]["code"] for one in staff["rows"]] == [COMMUNITY]
    assert staff["total"]["received"] == own["received"] > 0
    department = figures("department_handler", by="department", **YEAR)
    assert [one["row"]["code"] for one in department["rows"]] == [DEPARTMENT]


def test_private_duties_count_without_a_word(figures: Callable[..., Any]) -> None:
    found = figures(by="duty", **YEAR)
    private = [one for one in found["rows"] if one["row"] and one["row"]["private"]]
    assert sum(one["received"] for one in private) > 3
    assert "text" not in str(sorted(found["rows"][0]))


def test_what_cannot_be_counted_is_said(client_of: Callable[[str | None], TestClient]) -> None:
    client = client_of("auditor")

    def status(**given: str) -> tuple[int, str]:
        answer = client.get("/api/v1/figures", params={"jurisdiction": CITY, **given})
        return answer.status_code, answer.json()["detail"]

    assert status(**{"as": "now"}, generation=NEW)[0] == 422
    assert status(jurisdiction="nowhere")[0] == 404
    assert status(generation="qianjin-2026")[0] == 404
    assert status(since=YEAR["until"], until=YEAR["since"])[0] == 422
    assert client_of(None).get("/api/v1/figures", params={"jurisdiction": CITY}).status_code == 401


def test_the_workbook_holds_all_tables_and_says_how(
    client_of: Callable[[str | None], TestClient],
) -> None:
    given = {"jurisdiction": CITY, "generation": OLD, **YEAR}
    answer = client_of("auditor").get("/api/v1/figures.xlsx", params=given)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.content))
    about, *tables = book.worksheets
    told = " ".join(str(cell.value) for row in about.iter_rows() for cell in row if cell.value)
    assert OLD in told
    assert "2026-12-31" in told
    assert len(tables) == len(GROUPINGS)
    for page in tables:
        assert OLD in str(page["A3"].value)
        heads = [cell.value for cell in page[5]]
        received = heads.index("Cases received")
        *rows, total = page.iter_rows(min_row=6, values_only=True)
        assert sum(row[received] for row in rows) == total[received] == 73
        assert rows


def test_the_page_begins_with_the_sentence(
    client_of: Callable[[str | None], TestClient],
) -> None:
    client = client_of("planner")
    found = client.get("/figures", params={"from": "2026-01-01", "to": "2026-12-31"})
    assert found.status_code == 200
    assert "73 received, 69 closed, 4 in hand" in found.text
    assert f"when each case occurred: {NEW}." in found.text
    recast = client.get("/figures", params={"count": OLD, "by": "month", "from": "2025-12-01"})
    assert f"Recast on generation {OLD}" in recast.text
    assert client.get("/figures?from=yesterday").status_code == 422
    assert client.get("/figures?count=nothing").status_code == 404
    assert client_of(None).get("/figures").status_code in {303, 307, 401}
