"""Reminders of bookings: each sent once, by the gateway that tells reporters, or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from geo.flows.delivering import deliver
from geo.store.deliveries import list_deliveries, try_again
from geo.store.engine import owner_session, session
from geo.store.models import Booking, Station, StationService
from tests import town
from tests.bookable import ERRAND, SERVICE, make_bookable
from tests.flows.test_delivering import Gateway, gateway, setting
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["gateway"]

PHONE = "13900139000"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def built(database_url: str) -> str:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        make_bookable(opened)
    return database_url


@pytest.fixture
def book(built: str) -> Iterator[Callable[..., UUID]]:
    """Return what writes a booking that is to be reminded of, and returns its key."""

    def booked(phone: str | None = PHONE, code: str = SERVICE, ahead: timedelta = HOUR) -> UUID:
        key, starts_at = uuid4(), datetime.now(UTC) + ahead
        slot = code == SERVICE
        with owner_session(built) as opened:
            station = opened.query(Station).one()
            service = opened.query(StationService).filter_by(code=code).one()
            opened.add(
                Booking(
                    id=key,
                    number=f"B-{str(key)[:6]}",
                    service_id=service.id,
                    station_id=station.id,
                    starts_at=starts_at,
                    ends_at=starts_at + HOUR if slot else None,
                    seat=1 if slot else None,
                    name="某人",
                    phone=phone,
                    follow_sha256=key.bytes,
                    remind_at=datetime.now(UTC) - HOUR if phone else None,
                )
            )
        return key

    yield booked
    with owner_session(built) as opened:
        opened.execute(text("DELETE FROM booking"))


def row(url: str, key: UUID) -> Any:
    with owner_session(url) as opened:
        found = opened.execute(text("SELECT * FROM delivery WHERE booking_id = :key"), {"key": key})
        return found.one_or_none()


def test_a_booking_is_reminded_of_once_however_many_send(
    built: str, gateway: Gateway, book: Callable[..., UUID]
) -> None:
    key = book()
    with ThreadPoolExecutor(4) as postmen:
        list(postmen.map(lambda _: deliver(built), range(8)))
    [(_, body)] = gateway.came
    told = json.loads(body)
    assert (told["kind"], told["to"]["phone"]) == ("reminder", PHONE)
    assert told["booking"]["number"] in told["text"]
    assert told["booking"]["starts_at"].endswith("+08:00")
    assert "Certificates" not in told["text"]
    assert row(built, key).state == "sent"
    with owner_session(built) as opened:
        assert opened.scalar(text("SELECT reminded_at IS NOT NULL FROM booking"))


def test_an_errand_is_reminded_of_as_one(
    built: str, gateway: Gateway, book: Callable[..., UUID]
) -> None:
    book(code=ERRAND)
    assert deliver(built) == 1
    assert "errand" in json.loads(gateway.came[0][1])["text"]


def test_without_a_gateway_or_a_number_nothing_is_left_to_send(
    built: str,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    book: Callable[..., UUID],
) -> None:
    later, silent = book(), book(phone=None)
    with setting(monkeypatch, feedback_url=""):
        assert deliver(built) == 0
    assert (row(built, later), row(built, silent)) == (None, None)
    assert deliver(built) == 1
    assert len(gateway.came) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("starts_at = now(), ends_at = now() + interval '1 hour'", "too_late"),
        ("state = 'cancelled', ended_at = now()", "called_off"),
    ],
)
def test_what_would_come_too_late_is_given_up(
    built: str, gateway: Gateway, book: Callable[..., UUID], change: str, error: str
) -> None:
    gateway.status = 503
    key = book()
    assert deliver(built) == 1
    assert row(built, key).last_error == "unwilling"
    with owner_session(built) as opened:
        opened.execute(text(f"UPDATE booking SET {change}"))  # noqa: S608 - of these tests
        opened.execute(text("UPDATE delivery SET next_at = now()"))
    gateway.status = 200
    assert deliver(built) == 0
    given_up = row(built, key)
    assert (given_up.state, given_up.last_error) == ("failed", error)
    with owner_session(built) as opened:
        assert not try_again(opened, given_up.id)
    assert len(gateway.came) == 1


def test_the_streets_dispatcher_sees_it_and_has_it_tried_again(
    built: str, gateway: Gateway, book: Callable[..., UUID]
) -> None:
    gateway.status = 400
    key = book()
    deliver(built)
    with owner_session(built) as opened:
        name = f"d-{uuid4()}"
        mine = add_account(opened, name, "street_dispatcher", town.SLUG, town.STREET)
        other = add_account(opened, f"{name}-x", "street_dispatcher", town.SLUG, "999002009")
    gateway.status = 200
    with session(built, asker_of(other)) as opened:
        assert list_deliveries(opened) == []
    with session(built, asker_of(mine)) as opened:
        [told] = list_deliveries(opened)
        assert (told["state"], told["booking_id"]) == ("failed", key)
        assert told["number"].startswith("B-")
        assert try_again(opened, told["id"])
    assert deliver(built) == 1
    assert row(built, key).state == "sent"


def test_whoever_has_booked_is_told_once_that_the_station_is_closed_then(
    built: str, gateway: Gateway, book: Callable[..., UUID], closure: Callable[[str], None]
) -> None:
    """And not reminded of what will not be; whoever gave no number reads it by the link."""
    gateway.status = 503
    key = book()
    book(phone=None, code=ERRAND)
    assert deliver(built) == 1
    closure("now() + interval '2 days'")
    with owner_session(built) as opened:
        opened.execute(text("UPDATE delivery SET next_at = now()"))
    gateway.status = 200
    assert (deliver(built), deliver(built)) == (1, 0)
    told = json.loads(gateway.came[-1][1])
    assert (told["kind"], told["to"]["phone"]) == ("closure", PHONE)
    assert "is closed at the time that you booked" in told["text"]
    with owner_session(built) as opened:
        found = opened.execute(text("SELECT notice, state, last_error FROM delivery")).all()
    assert sorted(found) == [("closure", "sent", ""), ("reminder", "failed", "closed")]
    assert key


def test_a_closure_that_is_called_off_is_not_told_any_more(
    built: str, gateway: Gateway, book: Callable[..., UUID], closure: Callable[[str], None]
) -> None:
    gateway.status = 503
    key = book()
    closure("NULL")
    assert deliver(built) == 1
    with owner_session(built) as opened:
        opened.execute(text("DELETE FROM closure"))
        opened.execute(text("UPDATE booking SET remind_at = NULL"))
        opened.execute(text("UPDATE delivery SET next_at = now()"))
    assert deliver(built) == 0
    assert row(built, key).last_error == "open_again"


@pytest.fixture
def closure(built: str) -> Iterator[Callable[[str], None]]:
    """Return what closes the station from now on, up to a time in SQL."""

    def closed(ends_at: str) -> None:
        with owner_session(built) as opened:
            opened.execute(
                text(
                    "INSERT INTO closure (station_id, starts_at, ends_at, reason, reason_en)"  # noqa: S608 - of these tests
                    f" SELECT id, now(), {ends_at}, '停电', 'No power' FROM station"
                )
            )

    yield closed
    with owner_session(built) as opened:
        opened.execute(text("DELETE FROM closure"))
