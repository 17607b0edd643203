"""Pages for staff tell times, and filter by days, as the clocks of each jurisdiction have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.cookies import SESSION
from api.rendering import local_time
from geo.store import audit
from geo.store.asking import RESIDENT
from geo.store.engine import owner_session, session
from geo.store.zones import DayBegins, read_zones
from tests.people import add_account, asker_of
from tests.store import two_towns
from tests.store.two_towns import VILLAGE
from tests.town import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOWNS, VILLAGES = "Asia/Shanghai", "America/New_York"
OCCURRED = SECOND + timedelta(days=1)
NUMBERS = {"A": "2026-000065", "V": "2026-000086"}
PREPARED = (
    "UPDATE jurisdiction SET timezone = :zone WHERE slug = :slug",
    """
    INSERT INTO account_session (token_sha256, account_id, csrf_token, expires_at, address, agent,
                                 created_at)
    SELECT sha256(convert_to(name, 'UTF8')), id, 'csrf-' || name, now() + interval '1 day', '', '',
           :at
    FROM account
    """,
)
VALUES = {"zone": VILLAGES, "slug": VILLAGE, "at": OCCURRED}


@pytest.fixture(scope="module")
def accounts(database_url: str) -> dict[str, int]:
    """The town in one time zone and the village in another, and keys of accounts."""
    keys = two_towns.build(database_url)
    with owner_session(database_url) as opened:
        keys["both"] = add_account(opened, "both", "auditor", None)
        for statement in PREPARED:
            used = {name: value for name, value in VALUES.items() if f":{name}" in statement}
            opened.execute(text(statement), used)
    return keys


@pytest.fixture(scope="module")
def open_as(database_url: str, accounts: dict[str, int]) -> Iterator[Callable[..., Any]]:
    """Return the text of a page as somebody sees it."""
    assert accounts
    with TestClient(create_app(database_url), headers={"Accept-Language": "en"}) as client:

        def asked(who: str, path: str, **params: str) -> str:
            client.cookies.clear()
            client.cookies.set(SESSION, who)
            answer = client.get(path, params=params, headers={"Accept": "text/html"})
            assert answer.status_code == 200, answer.text
            return answer.text

        yield asked


def test_cases_of_two_zones_are_told_each_in_its_own(open_as: Callable[..., str]) -> None:
    told = open_as("both", "/cases")
    assert "2 Jan 2026, 08:00" in told
    assert "1 Jan 2026, 19:00" in told


@pytest.mark.parametrize(("day", "seen", "unseen"), [(1, "V", "A"), (2, "A", "V")])
def test_a_day_of_cases_is_the_day_of_each_zone(
    open_as: Callable[..., str], day: int, seen: str, unseen: str
) -> None:
    chosen = f"2026-01-0{day}"
    told = open_as("both", "/cases", since=chosen, until=chosen)
    assert NUMBERS[seen] in told
    assert NUMBERS[unseen] not in told


def test_a_case_has_its_own_zone_for_whoever_reads_it(
    open_as: Callable[..., str], database_url: str
) -> None:
    with owner_session(database_url) as opened:
        key = opened.execute(text("SELECT id FROM issue WHERE text = 'V'")).scalar_one()
    assert "1 Jan 2026, 19:00" in open_as("both", f"/cases/{key}")


def test_the_reader_s_zone_is_that_of_work_else_of_the_first_jurisdiction(
    database_url: str, accounts: dict[str, int]
) -> None:
    expected = {"grid_worker": TOWNS, "stranger": VILLAGES, "both": TOWNS}
    for who, zone in expected.items():
        with session(database_url, asker_of(accounts[who])) as opened:
            assert read_zones(opened).reader.key == zone
    with session(database_url, RESIDENT) as opened:
        assert read_zones(opened).reader.key == TOWNS


def test_one_s_own_account_is_told_in_the_zone_of_one_s_work(open_as: Callable[..., str]) -> None:
    assert "1 Jan 2026, 19:00" in open_as("stranger", "/account")
    assert "2 Jan 2026, 08:00" in open_as("auditor", "/account")


def test_entries_of_the_trail_have_the_zone_of_their_jurisdiction(
    open_as: Callable[..., str], database_url: str, accounts: dict[str, int]
) -> None:
    with session(database_url, asker_of(accounts["both"])) as opened:
        [latest] = audit.list_entries(
            opened, audit.WantedEntries(jurisdiction=VILLAGE, table="jurisdiction", limit=1)
        )
    told = open_as("both", "/audit", jurisdiction=VILLAGE, table="jurisdiction")
    assert local_time("en", latest["at"], VILLAGES) in told
    assert local_time("en", latest["at"], TOWNS) not in told


def test_days_of_the_trail_are_those_of_each_zone(
    database_url: str, accounts: dict[str, int]
) -> None:
    begun, ahead = datetime(2020, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
    only_village = DayBegins({TOWNS: ahead, VILLAGES: begun}, ahead)
    only_nobody_s = DayBegins({TOWNS: ahead, VILLAGES: ahead + (ahead - begun) / 99}, begun)
    with session(database_url, asker_of(accounts["both"])) as opened:
        homes = [
            {one["jurisdiction"] for one in audit.list_entries(opened, wanted)}
            for wanted in (
                audit.WantedEntries(since=only_village, limit=None),
                audit.WantedEntries(since=only_nobody_s, limit=None),
            )
        ]
    assert homes[0] == {VILLAGE}
    assert homes[1] <= {None}
