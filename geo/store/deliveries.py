"""What is to be told to people outside: taken to be sent, and looked after by the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, tuple_, update

from geo.store.models import Delivery, Issue, Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import CursorResult, RowMapping
    from sqlalchemy.orm import Session

FEEDBACK = "feedback"


class Taken(NamedTuple):
    """A delivery that this process may send until its lease ends.

    Parameters
    ----------
    id
        Of the delivery.
    attempts
        How often it has been taken, this time included: whoever notes an outcome says it.
    number
        Of the issue or the booking.
    state
        That the issue was in after the event; of a booking, its own.
    note
        Of the event.
    private
        Whether the issue's duty keeps its words from others.
    phone, name
        Of who is told.
    follows
        Whether they have a follow link.
    starts_at
        Of the booking that is told of, in its place's time zone; ``None`` of an issue.
    errand
        Whether the booking is an errand.
    station, station_en
        Where the booking is.
    closed
        Whether the booking is told of because its station is closed then.
    """

    id: UUID
    attempts: int
    number: str
    state: str
    note: str
    private: bool
    phone: str
    name: str | None
    follows: bool = False
    starts_at: datetime | None = None
    errand: bool = False
    station: str | None = None
    station_en: str | None = None
    closed: bool = False


class Outcome(NamedTuple):
    """What became of a delivery that was sent.

    Parameters
    ----------
    state
        That it has from now on.
    error
        A code; empty where nothing is wrong.
    status
        Of the other side's answer, if there was one.
    again_s
        After how long it is tried again, where it is.
    """

    state: str
    error: str = ""
    status: int | None = None
    again_s: float | None = None


_PHONE = """
    NULLIF(trim(CASE
        WHEN delivery.booking_id IS NOT NULL
        THEN (SELECT phone FROM booking WHERE id = delivery.booking_id)
        WHEN delivery.follower_id IS NULL
        THEN (SELECT phone FROM issue_reporter WHERE issue_id = delivery.issue_id)
        ELSE (SELECT phone FROM issue_follower WHERE id = delivery.follower_id) END), '')
"""

_PRIVATE = """
    (EXISTS (SELECT FROM duty WHERE duty.id = issue.duty_id AND duty.private)
     OR EXISTS (SELECT FROM duty_version AS judged WHERE judged.duty_id = issue.duty_id
                AND judged.number = issue.duty_version AND judged.private))
"""

_FOLLOW = """
    CASE WHEN delivery.follower_id IS NULL THEN issue.follow_sha256
        ELSE (SELECT follow_sha256 FROM issue_follower WHERE id = delivery.follower_id) END
"""

_READER = text(
    f"""
    SELECT {_FOLLOW} FROM delivery JOIN issue ON issue.id = delivery.issue_id
    WHERE delivery.id = :id AND delivery.attempts > 0
      AND {_PHONE} IS NOT NULL AND NOT {_PRIVATE}
    """  # noqa: S608 - ours
)

_WITHOUT_NUMBER = text(
    "UPDATE delivery SET state = 'by_link', last_error = '', ended_at = clock_timestamp()"  # noqa: S608 - ours
    f" WHERE state = 'pending' AND endpoint = :endpoint AND {_PHONE} IS NULL"
)

_TAKE = text(
    f"""
    WITH due AS (
        SELECT id FROM delivery
        WHERE state = 'pending' AND endpoint = :endpoint AND next_at <= clock_timestamp()
        ORDER BY next_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE delivery
        SET attempts = attempts + 1, last_error = '',
            next_at = clock_timestamp() + make_interval(secs => :lease_s)
        FROM due WHERE delivery.id = due.id
        RETURNING delivery.*
    )
    SELECT delivery.id, delivery.attempts,
           COALESCE(issue.number, booking.number) AS number,
           COALESCE(event.to_state, booking.state) AS state, COALESCE(event.note, '') AS note,
           {_PRIVATE} AS private,
           {_PHONE} AS phone,
           CASE WHEN booking.id IS NOT NULL THEN NULLIF(booking.name, '')
               WHEN delivery.follower_id IS NULL
               THEN (SELECT name FROM issue_reporter WHERE issue_id = delivery.issue_id)
               ELSE (SELECT name FROM issue_follower WHERE id = delivery.follower_id) END AS name,
           COALESCE({_FOLLOW} IS NOT NULL, false) AS follows,
           booking.starts_at, booking.id IS NOT NULL AND booking.seat IS NULL AS errand,
           station.name AS station, station.name_en AS station_en, home.timezone,
           COALESCE(delivery.notice = 'closure', false) AS closed
    FROM taken AS delivery
    JOIN jurisdiction AS home ON home.id = delivery.jurisdiction_id
    LEFT JOIN issue ON issue.id = delivery.issue_id
    LEFT JOIN issue_event AS event
      ON event.issue_id = issue.id AND event.sequence = delivery.event_sequence
    LEFT JOIN booking ON booking.id = delivery.booking_id
    LEFT JOIN station ON station.id = booking.station_id
    """  # noqa: S608 - ours
)


_CLOSED = """
    EXISTS (SELECT FROM closure
            WHERE closure.station_id = booking.station_id
              AND closure.starts_at
                  < COALESCE(booking.ends_at, booking.starts_at + interval '1 minute')
              AND COALESCE(closure.ends_at, 'infinity') > booking.starts_at)
"""

_REMIND = text(
    f"""
    WITH due AS (
        SELECT booking.id, street.jurisdiction_id
        FROM booking
        JOIN station ON station.id = booking.station_id
        JOIN community ON community.id = station.community_id
        JOIN street ON street.id = community.street_id
        WHERE booking.state = 'booked' AND booking.reminded_at IS NULL
          AND booking.remind_at <= clock_timestamp() AND booking.starts_at > clock_timestamp()
          AND NOT {_CLOSED}
        ORDER BY booking.remind_at LIMIT :most
        FOR UPDATE OF booking SKIP LOCKED
    ), noted AS (
        UPDATE booking SET reminded_at = clock_timestamp() FROM due WHERE booking.id = due.id
    )
    INSERT INTO delivery (id, jurisdiction_id, booking_id, notice, endpoint)
    SELECT gen_random_uuid(), jurisdiction_id, id, 'reminder', :endpoint FROM due
    ON CONFLICT DO NOTHING
    """  # noqa: S608 - ours
)

_TELL_OF_CLOSURES = text(
    f"""
    INSERT INTO delivery (id, jurisdiction_id, booking_id, notice, endpoint)
    SELECT gen_random_uuid(), street.jurisdiction_id, booking.id, 'closure', :endpoint
    FROM booking
    JOIN station ON station.id = booking.station_id
    JOIN community ON community.id = station.community_id
    JOIN street ON street.id = community.street_id
    WHERE booking.state = 'booked' AND booking.starts_at > clock_timestamp()
      AND NULLIF(trim(booking.phone), '') IS NOT NULL AND {_CLOSED}
      AND NOT EXISTS (SELECT FROM delivery AS told
                      WHERE told.booking_id = booking.id AND told.notice = 'closure')
    ORDER BY booking.starts_at LIMIT :most
    ON CONFLICT DO NOTHING
    """  # noqa: S608 - ours
)

_OUT_OF_TIME = text(
    f"""
    UPDATE delivery
    SET state = 'failed', ended_at = clock_timestamp(),
        last_error = CASE WHEN booking.state <> 'booked' THEN 'called_off'
            WHEN booking.starts_at <= clock_timestamp() THEN 'too_late'
            WHEN delivery.notice = 'closure' THEN 'open_again' ELSE 'closed' END
    FROM booking
    WHERE booking.id = delivery.booking_id
      AND delivery.state = 'pending' AND delivery.endpoint = :endpoint
      AND (booking.state <> 'booked' OR booking.starts_at <= clock_timestamp()
           OR (delivery.notice = 'closure') <> {_CLOSED})
    """  # noqa: S608 - ours
)

NO_LONGER = ("too_late", "called_off", "open_again", "closed")
"""Why it is given up to tell of a booking, too late or for nothing: no other try helps."""

MOST_REMINDERS = 500


def leave_reminders(session: Session) -> int:
    """Leave a delivery for every booking that is to be reminded of by now; as the owner.

    A booking's row, with its times, is the queue: it is held, and noted in the same transaction.
    """
    done: CursorResult[tuple[()]] = session.execute(  # type: ignore[assignment]
        _REMIND, {"endpoint": FEEDBACK, "most": MOST_REMINDERS}
    )
    return done.rowcount


def leave_closures(session: Session) -> int:
    """Leave a delivery for every booking that a closure falls on, once each; as the owner."""
    done: CursorResult[tuple[()]] = session.execute(  # type: ignore[assignment]
        _TELL_OF_CLOSURES, {"endpoint": FEEDBACK, "most": MOST_REMINDERS}
    )
    return done.rowcount


def give_up_outdated(session: Session) -> int:
    """Give up what is no longer true of bookings, or comes too late; as the owner."""
    done: CursorResult[tuple[()]] = session.execute(  # type: ignore[assignment]
        _OUT_OF_TIME, {"endpoint": FEEDBACK}
    )
    return done.rowcount


def leave_to_the_link(session: Session) -> int:
    """Note which deliveries nobody has a number for, and return how many; as the owner."""
    done: CursorResult[tuple[()]] = session.execute(  # type: ignore[assignment]
        _WITHOUT_NUMBER, {"endpoint": FEEDBACK}
    )
    return done.rowcount


def take_due(session: Session, lease_s: float) -> Taken | None:
    """Take the delivery that is due first, if one is; as the owner.

    Nobody else takes it before the lease ends: not at once, by a lock, and not later, by its time.
    Who sends it may end before noting so: then it is sent once more, under the same key.
    """
    found = (
        session.execute(_TAKE, {"endpoint": FEEDBACK, "lease_s": lease_s}).mappings().one_or_none()
    )
    if found is None:
        return None
    values = dict(found)
    zone = ZoneInfo(values.pop("timezone"))
    if values["starts_at"]:
        values["starts_at"] = values["starts_at"].astimezone(zone)
    return Taken(**values)


def note_outcome(session: Session, taken: Taken, outcome: Outcome) -> None:
    """Note what became of a delivery, unless somebody else has it by now; as the owner."""
    columns: dict[str, Any] = {
        "state": outcome.state,
        "last_error": outcome.error,
        "status": outcome.status,
        "ended_at": None if outcome.state == "pending" else func.clock_timestamp(),
    }
    if outcome.again_s is not None:
        columns["next_at"] = func.clock_timestamp() + func.make_interval(
            0, 0, 0, 0, 0, 0, outcome.again_s
        )
    session.execute(
        update(Delivery)
        .where(
            Delivery.id == taken.id,
            Delivery.state == "pending",
            Delivery.attempts == taken.attempts,
        )
        .values(**columns)
    )


def acknowledge(session: Session, delivery_id: UUID) -> bool:
    """Note that the other side has confirmed a delivery, and tell whether it exists; as owner."""
    columns = {"state": "acknowledged", "last_error": "", "ended_at": func.clock_timestamp()}
    changed = update(Delivery).where(Delivery.id == delivery_id, Delivery.attempts > 0)
    return bool(session.scalars(changed.values(**columns).returning(Delivery.id)).all())


def follow_digest_of(session: Session, delivery_id: UUID) -> bytes | None:
    """Return by which digest of a follow secret the reader of a delivery reads; as the owner.

    ``None`` where no such delivery was sent, its number is not kept any more, or its issue's duty
    is private by now.
    """
    found: bytes | None = session.scalar(_READER, {"id": delivery_id})
    return found


def list_deliveries(
    session: Session,
    state: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[RowMapping]:
    """Return deliveries that there are for whoever asks, the latest first; nobody's number."""
    statement = (
        select(
            Delivery.id,
            Delivery.issue_id,
            Delivery.booking_id,
            Delivery.notice,
            func.coalesce(Issue.number, func.booking_number(Delivery.booking_id)).label("number"),
            Jurisdiction.timezone,
            Delivery.event_sequence,
            Delivery.follower_id,
            Delivery.state,
            Delivery.attempts,
            Delivery.next_at,
            Delivery.created_at,
            Delivery.ended_at,
            Delivery.status,
            Delivery.last_error,
        )
        .outerjoin(Issue, Issue.id == Delivery.issue_id)
        .join(Jurisdiction, Jurisdiction.id == Delivery.jurisdiction_id)
    )
    if state is not None:
        statement = statement.where(Delivery.state == state)
    if after is not None:
        statement = statement.where(tuple_(Delivery.created_at, Delivery.id) < tuple_(*after))
    latest = (Delivery.created_at.desc(), Delivery.id.desc())
    return session.execute(statement.order_by(*latest).limit(limit)).mappings().all()


def read_delivery(session: Session, delivery_id: UUID) -> str | None:
    """Return the state of a delivery, if there is one for whoever asks."""
    return session.scalar(select(Delivery.state).where(Delivery.id == delivery_id))


def try_again(session: Session, delivery_id: UUID) -> bool:
    """Let a delivery be tried again from the beginning, and tell whether that could be.

    One that was given up may be, and one that waits for its next try; none that is on its way.
    """
    columns = {
        "state": "pending",
        "attempts": 0,
        "next_at": func.clock_timestamp(),
        "ended_at": None,
    }
    tried = (Delivery.attempts > 0) & (Delivery.last_error != "")
    waiting = (Delivery.state == "pending") & tried
    changed = update(Delivery).where(
        Delivery.id == delivery_id,
        (Delivery.state == "failed") & Delivery.last_error.not_in(NO_LONGER) | waiting,
    )
    return bool(session.scalars(changed.values(**columns).returning(Delivery.id)).all())
