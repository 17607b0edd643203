"""Booking in the database: seats, who may book and cancel, and what is kept of the secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo.errors import NotPermittedError
from geo.flows.report import follow_digest
from geo.store import bookings
from geo.store.asking import RESIDENT, Asker
from geo.store.bookings import Wish
from geo.store.engine import owner_session, refusing_what_is_not_permitted, session
from geo.store.models import Closure, Station, StationService
from tests import town
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.store.bookings import Made

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
HALF = timedelta(minutes=30)


@pytest.fixture(scope="module")
def built(database_url: str) -> str:
    with owner_session(database_url) as opened:
        town.build(opened)
    return database_url


@pytest.fixture
def service(built: str) -> int:
    """Key of a service of the town's station, for two at a time."""
    with owner_session(built) as opened:
        station = opened.query(Station).one()
        made = StationService(
            station_id=station.id,
            code=str(uuid4()),
            name="办事",
            name_en="",
            way="appointment",
            slot_minutes=30,
            capacity=2,
        )
        opened.add(made)
        opened.flush()
        return made.id


def wish(service: int, secret: str = "", starts_at: datetime = START, minutes: int = 30) -> Wish:
    digest = follow_digest(secret or str(uuid4()))
    ends_at = starts_at + timedelta(minutes=minutes)
    return Wish(service, digest, starts_at, ends_at, "", None, "", None)


@pytest.fixture
def book(built: str) -> Callable[..., Made]:
    def booked(asked: Wish, asker: Asker = RESIDENT) -> Made:
        with refusing_what_is_not_permitted(), session(built, asker) as opened:
            return bookings.book(opened, asked)

    return booked


def holder(secret: str) -> Asker:
    return Asker("resident", follow_sha256=follow_digest(secret))


def test_the_lowest_free_seat_is_given_until_none_is_left(
    built: str, service: int, book: Callable[..., Made]
) -> None:
    assert [book(wish(service, one)).outcome for one in ("a", "b", "c")] == [
        *("booked", "booked"),
        "full",
    ]
    with session(built, holder("a")) as opened:
        assert bookings.cancel_booking(opened) == "cancelled"
        assert bookings.cancel_booking(opened) == "cancelled"
        assert bookings.free_seats(opened, service, [START, START + HALF]) == {
            START: 1,
            START + HALF: 2,
        }
    again = book(wish(service, "d"))
    assert again.outcome == "booked"
    assert again.number is not None
    assert again.number.startswith(f"B-{datetime.now(UTC) + timedelta(hours=8):%Y}-0")
    with owner_session(built) as opened:
        seats = opened.execute(
            text("SELECT seat, state FROM booking WHERE service_id = :id ORDER BY number"),
            {"id": service},
        ).all()
    assert [tuple(one) for one in seats] == [(1, "cancelled"), (2, "booked"), (1, "booked")]


def test_a_seat_is_taken_by_whatever_reaches_into_its_time(
    built: str, service: int, book: Callable[..., Made]
) -> None:
    for _ in range(2):
        assert book(wish(service)).outcome == "booked"
    with owner_session(built) as opened:
        opened.execute(
            text("UPDATE station_service SET slot_minutes = 40 WHERE id = :id"), {"id": service}
        )
    later = START + timedelta(minutes=20)
    assert book(wish(service, starts_at=later)).outcome == "changed"
    assert book(wish(service, starts_at=later, minutes=40)).outcome == "full"
    with session(built, RESIDENT) as opened:
        assert bookings.free_seats(opened, service, [later]) == {later: 0}
    assert book(wish(service, starts_at=START + HALF, minutes=40)).outcome == "booked"


def test_neither_the_past_nor_closed_times_nor_ended_services_are_booked(
    built: str, service: int, book: Callable[..., Made]
) -> None:
    assert book(wish(service, starts_at=datetime.now(UTC))).outcome == "past"
    with owner_session(built) as opened:
        station = opened.query(Station).one()
        for starts_at, ends_at in ((START, START + HALF), (START + timedelta(days=1), None)):
            opened.add(
                Closure(station_id=station.id, starts_at=starts_at, ends_at=ends_at, reason="停电")
            )
    assert book(wish(service)).outcome == "closed"
    assert book(wish(service, starts_at=START + timedelta(days=9))).outcome == "closed"
    assert book(wish(service, starts_at=START + HALF)).outcome == "booked"
    with owner_session(built) as opened:
        opened.execute(text("DELETE FROM closure"))
        opened.execute(
            text("UPDATE station_service SET retired_at = now() WHERE id = :id"), {"id": service}
        )
    assert book(wish(service)).outcome == "changed"


def test_a_secret_opens_its_own_booking_and_nothing_else(
    built: str, service: int, book: Callable[..., Made]
) -> None:
    mine, other = book(wish(service, "mine")), book(wish(service, "other"))
    with session(built, holder("mine")) as opened:
        assert opened.scalars(text("SELECT number FROM booking")).all() == [mine.number]
        assert opened.execute(text("SELECT booking_number(:id)"), {"id": other.booking_id})
    with session(built, RESIDENT) as opened:
        assert bookings.cancel_booking(opened) is None
        assert opened.scalars(text("SELECT number FROM booking")).all() == []
    with owner_session(built) as opened:
        kept = opened.execute(
            text("SELECT row_to_json(b)::text FROM booking b WHERE id = :id"),
            {"id": mine.booking_id},
        ).scalar_one()
        assert "mine" not in kept
        opened.execute(text("UPDATE booking SET starts_at = starts_at - interval '4 days'"))
    with session(built, holder("mine")) as opened:
        assert bookings.cancel_booking(opened) == "late"


def test_who_may_not_report_may_not_book(
    built: str, service: int, book: Callable[..., Made]
) -> None:
    with owner_session(built) as opened:
        auditor = add_account(opened, "watching", "auditor", town.SLUG)
        staff = add_account(opened, "serving", "community_staff", town.SLUG, town.A)
    with pytest.raises(NotPermittedError):
        book(wish(service), asker_of(auditor))
    assert book(wish(service), asker_of(staff)).outcome == "booked"
