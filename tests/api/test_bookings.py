"""Booking over HTTP: by programs, by forms, by many at once; and the day's list of the staff."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import text

from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Closure, Station, StationService
from tests import town
from tests.api.test_processes import serving
from tests.bookable import ERRAND, SERVICE, STATION, make_bookable
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from starlette.testclient import TestClient

SERVICES = f"/api/v1/stations/{STATION}/services"
BOOKINGS = "/api/v1/bookings"
PAGE = f"/book/{town.SLUG}/{STATION}"
PHONE = "13900139000"
CLIENTS = 100


@pytest.fixture(scope="module", autouse=True)
def bookable(database_url: str, grids: dict[str, UUID]) -> None:
    assert grids
    with owner_session(database_url) as opened:
        make_bookable(opened)


@pytest.fixture(autouse=True)
def emptied(database_url: str, bookable: None) -> Iterator[None]:  # noqa: ARG001 - comes first
    yield
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM booking"))
        opened.execute(text("DELETE FROM closure"))


def slots(client: TestClient, service: str = SERVICE, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(f"{SERVICES}/{service}/slots", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["slots"]
    return found


def tomorrow(client: TestClient, service: str = SERVICE) -> str:
    """Return the first slot of tomorrow."""
    today = client.get(f"{SERVICES}/{service}/slots").json()["first_day"]
    day = (datetime.fromisoformat(today) + timedelta(days=1)).date().isoformat()
    found: str = slots(client, service, **{"from": day, "to": day})[0]["starts_at"]
    return found


def book(client: TestClient, at: str, service: str = SERVICE, **more: Any) -> Any:
    key = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    given = {"starts_at": at, **more}
    return client.post(f"{SERVICES}/{service}/bookings", json=given, headers=key)


def test_a_station_tells_what_it_does_and_when(client: TestClient) -> None:
    told = client.get(SERVICES).json()
    assert [one["code"] for one in told["services"]] == [SERVICE, ERRAND]
    assert (told["station"]["code"], told["timezone"]) == (STATION, "Asia/Shanghai")
    found = slots(client)
    assert all(one["free"] == 3 for one in found)
    assert {one["starts_at"][11:16] for one in found} <= {
        f"{hour:02}:{minute:02}" for hour in (9, 10, 11, 14, 15, 16) for minute in (0, 30)
    }
    assert 7 * 12 <= len(found) <= 8 * 12
    assert all(one["ends_at"] is None and one["free"] is None for one in slots(client, ERRAND))
    assert client.get(f"{SERVICES}/nothing/slots").status_code == 404
    assert client.get("/api/v1/stations/S9/services").status_code == 404
    assert client.get(SERVICES, params={"jurisdiction": "elsewhere"}).status_code == 404


def test_what_is_booked_is_seen_and_cancelled_by_its_link(client: TestClient) -> None:
    at = tomorrow(client)
    answer = book(client, at, name="某人", phone=PHONE, note="两份")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert re.fullmatch(r"B-20\d\d-\d{6}", made["number"])
    assert slots(client)[0]["free"] == 3 or slots(client)[0]["starts_at"] == at
    secret = made["follow"].removeprefix("/booking/")
    one = f"{BOOKINGS}/{made['number']}"
    told = client.get(one, params={"follow": secret}).json()
    assert (told["state"], told["note"], told["starts_at"]) == ("booked", "两份", at)
    assert PHONE not in client.get(one, params={"follow": secret}).text
    assert client.get(one).status_code == 401
    assert client.get(one, params={"follow": "wrong"}).status_code == 404
    assert client.post(f"{one}/cancel", params={"follow": "wrong"}).status_code == 404
    for _ in range(2):
        assert client.post(f"{one}/cancel", params={"follow": secret}).status_code == 204
    assert client.get(one, params={"follow": secret}).json()["state"] == "cancelled"


def test_the_same_key_books_once(client: TestClient) -> None:
    at = tomorrow(client)
    first, again = (book(client, at, key="k1") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert book(client, at, key="k1", note="other").status_code == 422
    [free] = [one["free"] for one in slots(client) if one["starts_at"] == at]
    assert free == 2


def test_a_full_slot_names_those_that_are_free(client: TestClient) -> None:
    at = tomorrow(client)
    for _ in range(3):
        assert book(client, at).status_code == 201
    refused = book(client, at)
    assert refused.status_code == 409
    following = refused.json()["next"]
    assert len(following) == 5
    assert all(one > at for one in following)
    assert book(client, following[0]).status_code == 201


def test_only_what_is_offered_can_be_booked(client: TestClient, database_url: str) -> None:
    at = datetime.fromisoformat(tomorrow(client))
    far = datetime.fromisoformat("9999-12-31T23:59:59-12:00")
    long_ago = datetime.fromisoformat("0001-01-01T00:00:00+12:00")
    later = at + timedelta(days=30)
    for wrong in (at + timedelta(minutes=5), at - timedelta(days=3), later, far, long_ago):
        refused = book(client, wrong.isoformat())
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "starts_at"
    with owner_session(database_url) as opened:
        station = opened.query(Station).one()
        opened.add(
            Closure(
                station_id=station.id,
                starts_at=at,
                ends_at=at + timedelta(minutes=40),
                reason="停电",
            )
        )
    assert book(client, at.isoformat()).status_code == 422
    assert book(client, (at + timedelta(minutes=30)).isoformat()).status_code == 422
    assert book(client, (at + timedelta(minutes=60)).isoformat()).status_code == 201


def test_an_errand_needs_a_number_and_what_is_to_be_done(client: TestClient) -> None:
    at = tomorrow(client, ERRAND)
    for given, field in (({"note": "药"}, "phone"), ({"phone": PHONE}, "note")):
        refused = book(client, at, ERRAND, **given)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    answer = book(client, at, ERRAND, phone=PHONE, note="到社区医院取药")
    assert answer.status_code == 201
    assert answer.json()["ends_at"] is None


def test_an_address_books_only_so_fast(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    monkeypatch.setenv("HONGGE_REPORTS_FREE_FROM", "")
    monkeypatch.setenv("HONGGE_BOOKINGS_AT_ONCE", "1")
    settings.cache_clear()
    monkeypatch.setattr(app.state, "booking_pace", None, raising=False)
    del app.state.booking_pace
    try:
        resident, at = visiting(app, address="10.9.8.7"), tomorrow(client)
        assert book(resident, at).status_code == 201
        refused = book(resident, at)
    finally:
        settings.cache_clear()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_the_staff_see_their_day_and_say_what_became_of_it(
    client: TestClient, client_of: Callable[..., TestClient], database_url: str
) -> None:
    at, wanted = tomorrow(client), tomorrow(client, ERRAND)
    number = book(client, at, name="王小明", phone=PHONE).json()["number"]
    errand = book(client, wanted, ERRAND, phone=PHONE, note="取药").json()["number"]
    staff = client_of("community_staff")
    told = staff.get(BOOKINGS, params={"day": at[:10]})
    assert PHONE not in told.text
    assert "王小明" not in told.text
    assert {one["number"] for one in told.json()["bookings"]} == {number, errand}
    assert staff.get(BOOKINGS, params={"day": "2020-01-01"}).json()["bookings"] == []
    for role in ("grid_worker", "street_dispatcher", "planner", "administrator"):
        assert client_of(role).get(BOOKINGS).status_code == 403

    def act(one: str, **given: Any) -> tuple[int, str]:
        answer = staff.post(f"{BOOKINGS}/{one}/actions", json=given)
        return answer.status_code, answer.json().get("state", "")

    with owner_session(database_url) as opened:
        helper, stranger = opened.execute(text("SELECT min(id), max(id) + 1 FROM member")).one()
    assert act(errand, action="assign", helper=helper) == (200, "booked")
    assert act(errand, action="assign", helper=stranger)[0] == 422
    assert act(number, action="assign", helper=helper)[0] == 422
    assert act(number, action="done", outcome="已开具") == (200, "done")
    assert act(number, action="missed")[0] == 409
    assert act(number, action="booked") == (200, "booked")
    assert act(number, action="missed") == (200, "missed")
    assert (
        client_of("auditor")
        .post(f"{BOOKINGS}/{number}/actions", json={"action": "booked"})
        .status_code
        == 403
    )


def test_names_and_numbers_are_shown_on_record(
    client: TestClient, client_of: Callable[..., TestClient], database_url: str
) -> None:
    at = tomorrow(client)
    number = book(client, at, name="王小明", phone=PHONE).json()["number"]
    staff = client_of("community_staff")
    shown = staff.post(f"{BOOKINGS}/{number}/unmask", json={"purpose": "call_back"})
    assert (shown.status_code, shown.json().get("phone")) == (200, PHONE), shown.text
    assert staff.post(f"{BOOKINGS}/{number}/unmask", json={"purpose": "fun"}).status_code == 422
    with owner_session(database_url) as opened:
        noted = opened.execute(
            text("SELECT detail FROM audit_entry WHERE action = 'read' AND table_name = 'booking'")
        ).scalars()
        assert [one["purpose"] for one in noted] == ["call_back"]


def test_a_form_books_without_scripts(client: TestClient, app: FastAPI) -> None:
    at = tomorrow(client)
    resident = visiting(app)
    assert "Certificates" in resident.get(PAGE).text
    page = resident.get(PAGE, params={"service": SERVICE, "day": at[:10]}).text
    assert f'value="{at}"' in page
    given = {"service": SERVICE, "starts_at": at, "key": "form-1", "note": "<b>"}
    first, again = (resident.post(PAGE, data=given) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    link = first.headers["location"]
    booked = resident.get(link)
    assert "It is booked." in booked.text
    assert "&lt;b&gt;" in booked.text
    assert booked.headers["Referrer-Policy"] == "no-referrer"
    where = link.removesuffix("?new=1")
    calendar = resident.get(f"{where}/booking.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in calendar.text
    assert resident.post(f"{where}/cancel").headers["location"] == where
    assert "Called off" in resident.get(where).text
    assert resident.get("/booking/wrong").status_code == 404
    assert resident.post("/booking/wrong/cancel").status_code == 404


def test_what_is_done_anywhere_is_named_elsewhere_too(
    app: FastAPI, database_url: str, grids: dict[str, UUID]
) -> None:
    assert grids
    with owner_session(database_url) as opened:
        here = opened.query(Station).filter_by(code=STATION).one()
        columns = {"community_id": here.community_id, "kind": "workstation", "host": ""}
        names = {"name": "工作站", "name_en": "Workstation", "address": ""}
        there = Station(code="S2", zones=[], facilities=[], geom=here.geom, **columns, **names)
        opened.add(there)
        opened.flush()
        for code, anywhere in ((ERRAND, True), (SERVICE, False)):
            opened.add(
                StationService(
                    station_id=there.id,
                    code=code,
                    name="",
                    name_en="",
                    way="errand",
                    anywhere=anywhere,
                )
            )
    resident = visiting(app)
    assert "/S2?service=" in resident.get(PAGE, params={"service": ERRAND}).text
    assert "/S2?service=" not in resident.get(PAGE, params={"service": SERVICE}).text
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM station WHERE code = 'S2'"))


def test_a_form_says_what_is_wrong_and_what_is_free(client: TestClient, app: FastAPI) -> None:
    resident, at = visiting(app), tomorrow(client)
    without = resident.post(PAGE, data={"service": SERVICE, "starts_at": ""})
    assert (without.status_code, "Choose a time." in without.text) == (422, True)
    for number in range(3):
        resident.post(PAGE, data={"service": SERVICE, "starts_at": at, "key": f"f{number}"})
    full = resident.post(PAGE, data={"service": SERVICE, "starts_at": at, "name": "某人"})
    assert full.status_code == 409
    assert "Next free times:" in full.text
    assert 'value="某人"' in full.text


def test_the_desks_page_masks_serves_and_comes_back(
    client: TestClient, client_of: Callable[..., TestClient]
) -> None:
    at = tomorrow(client)
    number = book(client, at, name="王小明", phone=PHONE).json()["number"]
    staff, day = client_of("community_staff"), at[:10]
    page = staff.get("/desk/bookings", params={"day": day}).text
    assert number in page
    assert PHONE not in page
    token = {"csrf_token": staff.headers["X-CSRF-Token"], "day": day}
    shown = staff.post(f"/desk/bookings/{number}/unmask", data={**token, "purpose": "call_back"})
    assert PHONE in shown.text
    back = staff.post(f"/desk/bookings/{number}", data={**token, "action": "done"})
    assert back.headers["location"] == f"/desk/bookings?day={day}#{number}"
    assert "Take back" in staff.get("/desk/bookings", params={"day": day}).text
    for wrong in ("soon", "0001-01-01", "9999-12-31"):
        assert staff.get("/desk/bookings", params={"day": wrong}).status_code == 422
        assert staff.get(BOOKINGS, params={"day": wrong}).status_code == 422
    assert client_of("street_dispatcher").get("/desk/bookings").status_code == 403


def test_the_staff_are_told_of_days_on_which_a_closure_falls_on_bookings(
    client: TestClient, client_of: Callable[..., TestClient], database_url: str
) -> None:
    at = tomorrow(client)
    number = book(client, at, phone=PHONE).json()["number"]
    staff = client_of("community_staff")
    warning = "Booked for times at which the station has said since that it is closed."
    assert warning not in staff.get("/desk/bookings").text
    with owner_session(database_url) as opened:
        opened.execute(
            text(
                "INSERT INTO closure (station_id, starts_at, ends_at, reason, reason_en)"
                " SELECT station_id, starts_at, ends_at, '停电', 'No power' FROM booking"
            )
        )
    page = staff.get("/desk/bookings").text
    assert warning in page
    assert f'href="/desk/bookings?day={at[:10]}"' in page
    assert "The station is closed then" in staff.get(f"/desk/bookings?day={at[:10]}").text
    token = {"csrf_token": staff.headers["X-CSRF-Token"]}
    staff.post(f"/desk/bookings/{number}", data={**token, "action": "cancelled"})
    assert warning not in staff.get("/desk/bookings").text


def test_a_closure_says_at_once_how_many_bookings_it_hits(
    client: TestClient, client_of: Callable[..., TestClient]
) -> None:
    at = tomorrow(client)
    for _ in range(2):
        book(client, at, phone=PHONE)
    staff, page = client_of("community_staff"), f"/desk/stations/{town.SLUG}/{STATION}"
    token = {"csrf_token": staff.headers["X-CSRF-Token"]}
    given = {"starts_at": at[:16], "ends_at": "", "reason": "停电", "reason_en": ""}
    staff.post(f"{page}/closures", data=token | given)
    told = staff.get(page).text
    assert "Bookings that fall into it: 2." in told
    assert f'href="/desk/bookings?day={at[:10]}&amp;station={STATION}"' in told
    later = f"{datetime.fromisoformat(at) + timedelta(days=400):%Y-%m-%dT%H:%M}"
    staff.post(f"{page}/closures", data=token | given | {"starts_at": later})
    told = staff.get(page).text
    assert "No booking falls into it." in told
    keeper = client_of("administrator").get(page).text
    assert "停电" in keeper
    assert "falls into it" not in keeper
    assert "fall into it" not in keeper


def test_reminders_are_looked_after_on_the_desk(
    client: TestClient, client_of: Callable[..., TestClient], database_url: str
) -> None:
    number = book(client, tomorrow(client), phone=PHONE).json()["number"]
    with owner_session(database_url) as opened:
        opened.execute(
            text(
                "INSERT INTO delivery (id, jurisdiction_id, booking_id, notice, endpoint, state,"
                " attempts, last_error, ended_at)"
                " SELECT gen_random_uuid(), jurisdiction.id, booking.id, 'reminder',"
                " 'feedback', 'failed', 12, 'timed_out', now() FROM booking, jurisdiction"
            )
        )
    desk = client_of("street_dispatcher")
    [told] = desk.get("/api/v1/deliveries").json()["deliveries"]
    assert (told["booking"], told["issue"], told["to"]) == (number, None, "booker")
    page = desk.get("/desk/deliveries").text
    assert f"Try again: {number}" in page
    assert "Reminder of a booking" in page
    assert desk.post(f"/api/v1/deliveries/{told['id']}/retry").status_code == 204


def test_of_a_hundred_at_one_slot_as_many_get_it_as_there_are_seats(
    client: TestClient, database_url: str
) -> None:
    at = tomorrow(client)
    with serving(database_url) as base:
        address = f"{base}{SERVICES}/{SERVICE}/bookings"

        def one(_: int) -> tuple[int, Any]:
            answer = httpx2.post(address, json={"starts_at": at}, timeout=120)
            return answer.status_code, answer.json()

        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = list(clients.map(one, range(CLIENTS)))
    assert sorted(status for status, _ in answers) == [201] * 3 + [409] * (CLIENTS - 3)
    assert all(told["next"] for status, told in answers if status == 409)
    with owner_session(database_url) as opened:
        seats = opened.execute(
            text("SELECT seat FROM booking WHERE starts_at = :at ORDER BY 1"), {"at": at}
        ).scalars()
        assert list(seats) == [1, 2, 3]
