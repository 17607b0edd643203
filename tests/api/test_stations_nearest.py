"""Asking over HTTP for the stations near a position."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime
from datetime import time as clock
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from api.app import create_app
from geo.core.crs import from_wgs84, transform
from geo.core.opening import KINDS
from geo.store.engine import owner_session
from geo.store.models import (
    CalendarDay,
    Closure,
    Community,
    Jurisdiction,
    Member,
    OpeningRule,
    Road,
    Shift,
    Station,
    StationService,
    Street,
)
from tests.town import SLUG, A, cells, spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

URL = "/api/v1/stations/nearest"
EAST = "east"
SRID = 4547
MONDAY_10 = "2026-03-09T10:00:00+08:00"
LUNCH = "2026-03-09T12:40:00+08:00"
NEW_YEAR = "2026-01-01T10:00:00+08:00"
MAKE_UP = "2026-03-15T10:00:00+08:00"


def station(code: str, column: float, row: float, community: int, **more: Any) -> Station:
    told = {
        "kind": "red_station",
        "name": f"驿站{code}",
        "name_en": f"Station {code}",
        "address": "大街 1",
        "host": "",
        "phone": None,
        "zones": [],
        "facilities": [],
    }
    geom = f"SRID=4326;{shapely.Point(spot(column, row)).wkt}"
    return Station(community_id=community, code=code, geom=geom, **{**told, **more})


def road(home: int, *corners: tuple[float, float]) -> Road:
    line = shapely.LineString([spot(*one) for one in corners])
    named = {"name": "路", "name_en": "Road", "kind": "residential", "walkable": True}
    return Road(jurisdiction_id=home, geom=f"SRID=4326;{line.wkt}", **named)


def rules(of: Station, kinds: str, *hours: tuple[int, int]) -> list[OpeningRule]:
    spans: list[tuple[clock | None, clock | None]] = [
        (clock(opens), clock(closes % 24)) for opens, closes in hours
    ]
    return [
        OpeningRule(station_id=of.id, day=kind, opens=opens, closes=closes)
        for kind in kinds.split()
        for opens, closes in spans or [(None, None)]
    ]


def build(opened: Session) -> None:
    """Put stations along one road, one beyond a river, and one in the next town."""
    opened.execute(delete(Station))
    home = opened.scalars(select(Jurisdiction.id).where(Jurisdiction.slug == SLUG)).one()
    community = opened.scalars(select(Community.id).where(Community.code == A)).one()
    street = road(home, (0, 1), (1, 1), (2, 1), (3, 1), (3, 0.1))
    island = road(home, (0, 1.6), (2, 1.6))
    opened.add_all([street, road(home, (1, 1), (1, 0)), island])
    near = station("near", 1, 0.4, community, facilities=["charging", "microwave"], phone="0796-1")
    far = station("far", 3, 1.05, community, zones=["rest", "service_desk"])
    over = station("over", 1.5, 1.65, community, facilities=["charging"])
    silent = station("silent", 2, 1.1, community)
    opened.add_all([near, far, over, silent])
    opened.flush()
    weekdays = "1 2 3 4 5"
    opened.add_all(
        [
            *rules(near, weekdays, (9, 12), (14, 18)),
            *rules(near, "6 7 holiday"),
            *rules(far, " ".join(KINDS), (0, 24)),
            *rules(over, "1 2 3 4 5 6 7", (8, 20)),
            Closure(
                station_id=far.id,
                starts_at=datetime(2026, 4, 1, tzinfo=UTC),
                ends_at=datetime(2026, 4, 2, tzinfo=UTC),
                reason="停电",
                reason_en="No power",
            ),
            CalendarDay(
                jurisdiction_id=home, day=datetime(2026, 3, 15, tzinfo=UTC), kind="workday", name=""
            ),
            StationService(
                station_id=near.id, code="w", name="办事", name_en="Papers", way="errand",
                one_window=True,
            ),
        ]
    )  # fmt: skip
    member = opened.scalars(select(Member).where(Member.community_id == community)).first()
    assert member is not None
    for begins, published in ((9, datetime(2026, 3, 1, tzinfo=UTC)), (14, None)):
        start = datetime.now(UTC).replace(year=2030, month=3, day=4, hour=begins, minute=0)
        opened.add(
            Shift(
                station_id=near.id,
                member_id=member.id,
                starts_at=start,
                ends_at=start.replace(hour=begins + 2),
                kind="ordinary",
                published_at=published,
            )
        )
    next_town(opened)


def next_town(opened: Session) -> None:
    """Add a jurisdiction to the east, with a road and a station of its own."""
    area = f"SRID=4326;{cells(4, 0, 6, 2).wkt}"
    told = {"synthetic": True, "notice": "", "notice_en": "", "source": "", "licence": ""}
    home = Jurisdiction(
        slug=EAST, division_code="999003", name="东镇", name_en="East", timezone="Asia/Urumqi",
        metric_srid=SRID, area=area, **told,
    )  # fmt: skip
    opened.add(home)
    opened.flush()
    street = Street(jurisdiction_id=home.id, code="999003001", name="s", name_en="s")
    opened.add(street)
    opened.flush()
    community = Community(
        street_id=street.id, code="999003001001", name="c", name_en="c", invented=True, area=area
    )
    opened.add_all([community, road(home.id, (4, 1), (6, 1))])
    opened.flush()
    theirs = station("theirs", 4.4, 1, community.id)
    opened.add(theirs)
    opened.flush()
    may = datetime(2026, 5, 1, tzinfo=UTC)
    opened.add(Closure(station_id=theirs.id, starts_at=may, reason="停水", reason_en="No water"))
    opened.add_all(rules(theirs, "1", (9, 12)))


@pytest.fixture(scope="module")
def client(database_url: str, grids: dict[str, UUID]) -> Iterator[TestClient]:
    assert grids
    with owner_session(database_url) as opened:
        build(opened)
    with TestClient(create_app(database_url), headers={"Accept-Language": "en"}) as made:
        yield made


def ask(client: TestClient, column: float, row: float, **more: object) -> list[dict[str, Any]]:
    lon, lat = spot(column, row)
    answer = client.get(URL, params={"lon": lon, "lat": lat, "limit": 9, **more})
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()
    return told


def codes(told: list[dict[str, Any]]) -> list[str]:
    return [one["station"]["code"] for one in told]


def metres(*corners: tuple[float, float]) -> float:
    """Return how long a way by the chessboard is."""
    lon, lat = np.array([spot(*one) for one in corners]).T
    x, y = transform(lon, lat, 4326, SRID)
    return float(np.hypot(np.diff(x), np.diff(y)).sum())


def line_m(route: dict[str, Any]) -> float:
    x, y = transform(*np.array(route["coordinates"]).T.copy(), 4326, SRID)
    return float(np.hypot(np.diff(x), np.diff(y)).sum())


def test_stations_come_by_their_walk_and_not_by_the_straight_line(client: TestClient) -> None:
    told = ask(client, 2.4, 0.9, jurisdiction=SLUG)
    assert codes(told) == ["silent", "far", "near", "over"]
    assert told[3]["straight_m"] < told[2]["straight_m"]
    assert [one["reachable"] for one in told] == [True, True, True, False]
    near = told[2]
    way = ((2.4, 0.9), (2.4, 1), (1, 1), (1, 0.4))
    assert near["walk_m"] == pytest.approx(metres(*way), abs=0.5)
    assert near["straight_m"] == pytest.approx(metres((2.4, 0.9), (1, 0.4)), abs=0.5)
    assert near["walk_min"] == math.ceil(near["walk_m"] / 80)
    assert near["unreachable"] is None
    assert near["route"]["type"] == "LineString"
    assert line_m(near["route"]) == pytest.approx(near["walk_m"], abs=0.5)
    np.testing.assert_allclose(near["route"]["coordinates"][0], spot(2.4, 0.9), atol=2e-6)
    np.testing.assert_allclose(near["route"]["coordinates"][-1], spot(1, 0.4), atol=2e-6)
    assert near["station"]["phone"] == "0796-1"
    assert near["station"]["jurisdiction"] == {"code": SLUG, "name": "小镇", "name_en": "Town"}


def test_what_no_way_leads_to_is_said_to_be_so(client: TestClient) -> None:
    over = ask(client, 1.5, 1.3, jurisdiction=SLUG)[-1]
    assert over["station"]["code"] == "over"
    assert (over["walk_m"], over["walk_min"], over["route"]) == (None, None, None)
    assert (over["reachable"], over["unreachable"]) == (False, "no_way")
    assert over["straight_m"] == pytest.approx(metres((1.5, 1.3), (1.5, 1.65)), abs=0.5)


def test_far_from_every_road_nothing_is_reached(client: TestClient) -> None:
    told = ask(client, -6, 0.5, jurisdiction=SLUG)
    assert codes(told)[0] == "near"
    assert {one["unreachable"] for one in told} == {"off_network"}
    straight = [one["straight_m"] for one in told]
    assert straight == sorted(straight)
    (far,) = client.get(URL, params={"lon": 13.4, "lat": 52.5, "limit": 1}).json()
    assert far["straight_m"] == pytest.approx(8.4e6, rel=0.05)


@pytest.mark.parametrize(
    ("at", "now", "reason", "upcoming"),
    [
        (MONDAY_10, True, "open", "2026-03-09T14:00:00+08:00"),
        (LUNCH, False, "closed", "2026-03-09T14:00:00+08:00"),
        (NEW_YEAR, False, "holiday", "2026-01-02T09:00:00+08:00"),
        (MAKE_UP, True, "open", "2026-03-15T14:00:00+08:00"),
    ],
)
def test_another_time_is_answered_as_of_then(
    client: TestClient, at: str, now: bool, reason: str, upcoming: str
) -> None:
    (near,) = ask(client, 1, 0.5, at=at, limit=1)
    assert near["station"]["code"] == "near"
    told = near["open"]
    assert (told["now"], told["known"], told["reason"]) == (now, True, reason)
    assert told["next"] == upcoming


def test_sentences_are_in_the_readers_language(client: TestClient) -> None:
    at = "2026-03-09T11:45:00+08:00"
    (english,) = ask(client, 1, 0.5, at=at, limit=1)
    (chinese,) = ask(client, 1, 0.5, at=at, limit=1, lang="zh")
    assert english["open"]["text"] == "Open now, closes in 15 minutes"
    assert chinese["open"].keys() == english["open"].keys()
    silent = next(one for one in ask(client, 2, 1) if one["station"]["code"] == "silent")
    assert (silent["open"]["now"], silent["open"]["known"]) == (False, False)
    assert silent["open"]["text"] == "Not known whether it is open"


def test_only_what_is_open_then(client: TestClient) -> None:
    assert codes(ask(client, 1, 0.5, at=LUNCH, open_now=True)) == ["far", "over"]
    assert codes(ask(client, 1, 0.5, at=MONDAY_10, open_now=True)) == ["near", "far", "over"]
    closed = "2026-04-01T12:00:00+08:00"
    assert codes(ask(client, 1, 0.5, at=closed, open_now=True)) == ["over"]
    far = next(one for one in ask(client, 3, 1, at=closed) if one["station"]["code"] == "far")
    assert (far["open"]["reason"], far["open"]["now"]) == ("closure", False)
    assert "No power" in far["open"]["text"]


def test_only_what_has_what_is_wanted(client: TestClient) -> None:
    assert codes(ask(client, 1, 0.5, facility="charging")) == ["near", "over"]
    assert codes(ask(client, 1, 0.5, facility=["charging", "hot_food"])) == ["near"]
    assert codes(ask(client, 1, 0.5, facility=["charging", "rest"])) == []
    assert codes(ask(client, 1, 0.5, facility="one_window")) == ["near", "far"]
    assert codes(ask(client, 1, 0.5, facility="charging", at=LUNCH, open_now=True)) == ["over"]


def test_no_more_than_were_asked_for(client: TestClient) -> None:
    lon, lat = spot(1, 0.5)
    assert len(client.get(URL, params={"lon": lon, "lat": lat}).json()) == 3
    assert len(ask(client, 1, 0.5, jurisdiction=SLUG)) == 4
    assert codes(ask(client, 1, 0.5, jurisdiction=SLUG, limit=2)) == ["near", "silent"]


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09", "EPSG:4547"])
def test_positions_in_other_datums_are_converted(client: TestClient, datum: str) -> None:
    plain = ask(client, 2.4, 0.9, limit=2)
    lon, lat = from_wgs84(*spot(2.4, 0.9), datum)
    told = client.get(URL, params={"lon": lon, "lat": lat, "datum": datum, "limit": 2}).json()
    assert codes(told) == codes(plain)
    assert told[0]["walk_m"] == pytest.approx(plain[0]["walk_m"], abs=0.2)


def test_the_next_town_has_its_own_roads_and_clock(client: TestClient) -> None:
    told = ask(client, 3.9, 1, at=MONDAY_10)
    assert codes(told)[:2] == ["theirs", "far"]
    assert told[0]["station"]["jurisdiction"]["code"] == EAST
    assert told[0]["open"]["next"] == "2026-03-09T09:00:00+06:00"
    assert codes(ask(client, 3.9, 1, jurisdiction=EAST)) == ["theirs"]
    assert codes(ask(client, 2, 1, jurisdiction=EAST)) == ["theirs"]


def test_duty_is_told_without_who_is_on_it(client: TestClient) -> None:
    at = {"staffed": "2030-03-04T10:00:00Z", "later": "2030-03-04T15:00:00Z"}
    (near,) = ask(client, 1, 0.5, limit=1, at=at["staffed"])
    assert near["staffed"] is True
    assert near.keys() & {"member", "who"} == set()
    (near,) = ask(client, 1, 0.5, limit=1, at=at["later"])
    assert near["staffed"] is False
    (near,) = ask(client, 1, 0.5, limit=1, at="2030-03-06T10:00:00Z")
    assert near["staffed"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lat=26.7", "lon"),
        ("lon=114&lat=nan", "lat"),
        ("lon=181&lat=1", "lon"),
        ("lon=114&lat=26&datum=moon", "datum"),
        ("lon=114&lat=26&facility=sauna", "facility"),
        ("lon=114&lat=26&facility=rest&facility=open_now", "facility"),
        ("lon=114&lat=26&limit=0", "limit"),
        ("lon=114&lat=26&limit=51", "limit"),
        ("lon=114&lat=26&open_now=perhaps", "open_now"),
        ("lon=114&lat=26&jurisdiction=nowhere", "jurisdiction"),
        ("lon=114&lat=26&at=yesterday", "at"),
        ("lon=114&lat=26&at=9999-12-31T00:00:00Z", "at"),
        ("lon=114&lat=26&fasility=rest", "fasility"),
    ],
)
def test_what_cannot_be_taken_is_named(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    chinese = client.get(f"{URL}?{query}", headers={"Accept-Language": "zh-CN"})
    assert chinese.headers["content-language"] == "zh-CN"


@pytest.mark.parametrize(
    "more",
    [
        "",
        "&limit=2",
        "&facility=charging",
        "&facility=charging&facility=hot_food&open_now=1",
        "&datum=gcj02",
        f"&jurisdiction={SLUG}",
        "&lang=zh",
        "&open_now=true&limit=1",
    ],
)
def test_the_fast_lane_gives_the_same_answers(client: TestClient, more: str) -> None:
    for column, row in ((0.5, 0.5), (1.5, 1.3), (3.9, 1), (-6, 0.5)):
        lon, lat = spot(column, row)
        for headers in ({}, {"Accept-Language": "zh-CN"}, {"Cookie": "lang=zh"}):
            fast = client.get(f"{URL}?lon={lon!r}&lat={lat!r}{more}", headers=headers)
            framework = client.get(f"{URL}?lon={lon!r}e0&lat={lat!r}{more}", headers=headers)
            assert fast.content == framework.content
            assert fast.status_code == framework.status_code == 200
            assert set(fast.headers) == set(framework.headers)


def soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_changes_in_the_database_are_followed(client: TestClient, database_url: str) -> None:
    def near() -> dict[str, Any]:
        told: dict[str, Any] = ask(client, 3, 0.2, limit=1, at=MONDAY_10)[0]
        return told

    assert near()["station"]["code"] == "far"
    with owner_session(database_url) as opened:
        community = opened.scalars(select(Community.id).where(Community.code == A)).one()
        home = opened.scalars(select(Jurisdiction.id).where(Jurisdiction.slug == SLUG)).one()
        new = station("new", 3.2, 0.1, community)
        opened.add(new)
    assert soon(lambda: near()["station"]["code"] == "new")
    assert near()["walk_m"] == pytest.approx(metres((3, 0.2), (3, 0.1), (3.2, 0.1)), abs=0.5)
    with owner_session(database_url) as opened:
        opened.add(road(home, (3, 0.2), (3.2, 0.2), (3.2, 0.1)))
    assert soon(lambda: near()["walk_m"] > metres((3, 0.2), (3.2, 0.2), (3.2, 0.1)) - 0.5)
    assert near()["open"]["known"] is False
    with owner_session(database_url) as opened:
        row = opened.scalars(select(Station).where(Station.code == "new")).one()
        opened.add_all(rules(row, "1", (8, 12)))
    assert soon(lambda: bool(near()["open"]["now"]))
    with owner_session(database_url) as opened:
        opened.execute(delete(Station).where(Station.code == "new"))
    assert soon(lambda: near()["station"]["code"] == "far")


def test_near_a_border_the_page_names_the_neighbours_stations_by_their_own_clock(
    client: TestClient,
) -> None:
    lon, lat = spot(3.9, 1)
    asked = {"lon": lon, "lat": lat, "lang": "en", "at": MONDAY_10}
    page = client.get("/", params=asked).text
    theirs = page.partition('data-code="east/theirs"')[2].partition("</li>")[0]
    assert "/stations/east/theirs" in theirs
    assert "Closed, opens at 09:00" in theirs
    assert "East · 大街 1" in theirs
    assert 'data-code="far"' in page
    away = spot(-90, 1)
    page = client.get("/", params={**asked, "lon": away[0], "lat": away[1], "place": SLUG}).text
    assert "/stations/east/" not in page


def test_a_station_tells_its_closures_by_its_own_clock(client: TestClient) -> None:
    page = client.get(f"/stations/{EAST}/theirs", params={"lang": "en", "at": MONDAY_10}).text
    assert "Closed from 1 May 2026, 06:00 until further notice: No water" in page


def test_a_street_is_a_place_to_start_from(client: TestClient) -> None:
    """However many pieces of road it has; the page says in which town where there are two."""
    both = client.get("/", params={"q": "road", "lang": "en", "at": MONDAY_10}).text
    assert re.findall(r'<a class="row" href="([^"]+)"><span>Road</span>', both)
    assert both.count("<span>Road</span>") == 2
    one = client.get("/", params={"q": "路", "place": EAST, "lang": "en", "at": MONDAY_10}).text
    assert "Near Road" in one
    assert 'data-code="theirs"' in one
    assert 'data-code="town/far"' in one
