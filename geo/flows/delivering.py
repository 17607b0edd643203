"""Telling people what came of their report (反馈), and of what they have booked, by phone.

A gateway reaches phones. Each delivery is sent at least once, under a key by which the gateway
knows it again. The number is looked up when it is sent; it is neither kept with the delivery nor
logged. docs/feedback.md says what the gateway has to do.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import requests

from geo.core.signing import delivery_of_link, is_signed, link_text, sign
from geo.flows.background import Recurring
from geo.messages import Message, Name, msg
from geo.settings import settings
from geo.store import deliveries
from geo.store.deliveries import Outcome
from geo.store.engine import owner_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from geo.store.deliveries import Taken

ACTOR = "service"
KEY_HEADER = "Idempotency-Key"
TIME_HEADER = "X-Hongge-Timestamp"
SIGNATURE_HEADER = "X-Hongge-Signature"

FIRST_AGAIN_S = 60.0
LONGEST_AGAIN_S = 6 * 3600.0
SPARE_S = 60.0
"""How much longer a lease is than sending may take."""

MOST_ANSWER_BYTES = 65_536
FIRST_LOOK_S = 3.0
LOOK_S = 5.0

MAYBE_LATER = frozenset({408, 425, 429})
"""Refusals that ask to come again: RFC 9110, RFC 8470, RFC 6585."""

ERRORS: dict[str, Message] = {
    "timed_out": msg("The gateway did not answer in time."),
    "not_reached": msg("The gateway could not be reached."),
    "not_trusted": msg("The gateway's certificate could not be trusted."),
    "not_sent": msg("The message could not be sent to the gateway."),
    "redirected": msg("The gateway sent the message elsewhere, where it is not followed."),
    "refused": msg("The gateway refused the message for good (%(status)s)."),
    "unwilling": msg("The gateway could not take the message (%(status)s)."),
    "too_late": msg("It could not be sent before the time that was booked."),
    "called_off": msg("The booking was ended before it was sent."),
    "open_again": msg("The closure was called off before it was sent."),
    "closed": msg("The station is closed then, which is told instead."),
}
"""What can go wrong, by the codes that are kept."""

PRIVATE_TEXT = msg(
    "There is an answer to your report %(number)s. Please open your follow link, or ask your"
    " community."
)

CLOSED = msg(
    "%(station)s is closed at the time that you booked, %(time)s, number %(number)s. Please call"
    " the station, or book another time."
)
REMINDER = msg("Reminder: you have booked for %(time)s at %(station)s, number %(number)s.")
ERRAND_REMINDER = msg(
    "Reminder: the errand that you asked %(station)s for is due on %(time)s, number %(number)s."
)

log = logging.getLogger(__name__)


def again_after_s(attempts: int) -> float:
    """Return how long to wait after so many tries: a minute, then twice as long, at most 6 hours.

    Examples
    --------
    >>> [again_after_s(tries) / 60 for tries in (1, 2, 3, 12)]
    [1.0, 2.0, 4.0, 360.0]
    """
    return min(LONGEST_AGAIN_S, FIRST_AGAIN_S * 2.0 ** min(attempts - 1, 20))


def deliver(
    url: str | None = None, say: Callable[[Message], str] = Message.english, most: int = 100
) -> int:
    """Send whatever is due, and return how much was; any number of processes may do so at a time.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    say
        Puts a message into the city's language.
    most
        How many at most.
    """
    with owner_session(url, ACTOR) as opened:
        deliveries.leave_to_the_link(opened)
        deliveries.give_up_outdated(opened)
    chosen = settings()
    if not chosen.feedback_url:
        return 0
    with owner_session(url, ACTOR) as opened:
        deliveries.leave_closures(opened)
        deliveries.leave_reminders(opened)
    lease_s = 2 * chosen.feedback_timeout_s + SPARE_S
    for done in range(most):
        with owner_session(url, ACTOR) as opened:
            taken = deliveries.take_due(opened, lease_s)
        if taken is None:
            return done
        outcome = _send(chosen.feedback_url.get_secret_value(), taken, say)
        with owner_session(url, ACTOR) as opened:
            deliveries.note_outcome(opened, taken, outcome)
        if outcome.error:
            log.warning("delivery %s: %s %s", taken.id, outcome.error, outcome.status or "")
    return most


def acknowledged(
    delivery_id: UUID, body: bytes, timestamp: str, signature: str, url: str | None = None
) -> bool | None:
    """Take the gateway's word that a delivery has arrived.

    Returns
    -------
    bool or None
        ``None`` when the signature doesn't fit; else whether there is such a delivery.
    """
    secret = settings().feedback_secret
    if secret is None or not is_signed(
        secret.get_secret_value(), timestamp, body, signature, time.time()
    ):
        return None
    with owner_session(url, ACTOR) as opened:
        return deliveries.acknowledge(opened, delivery_id)


def follow_digest_by_message(text: str, url: str | None = None) -> bytes | None:
    """Return by which digest the reader of a message's link reads; ``None`` where it opens nothing.

    It opens as long as the number is kept to which the message went.
    """
    secret = settings().feedback_secret
    delivery_id = delivery_of_link(secret.get_secret_value(), text) if secret else None
    if delivery_id is None:
        return None
    with owner_session(url, ACTOR) as opened:
        return deliveries.follow_digest_of(opened, delivery_id)


def message_of(taken: Taken, say: Callable[[Message], str]) -> dict[str, Any]:
    """Return what the gateway is told; neither words nor a link of private cases."""
    if taken.starts_at is not None:
        return _told_of_booking(taken, taken.starts_at, say)
    neutral = Message(PRIVATE_TEXT.template, {"number": taken.number})
    return {
        "id": str(taken.id),
        "kind": deliveries.FEEDBACK,
        "issue": {"number": taken.number, "state": taken.state},
        "to": {"phone": taken.phone, "name": taken.name},
        "text": say(neutral) if taken.private else taken.note,
        "follow_url": None if taken.private else _follow_url(taken),
    }


def _told_of_booking(
    taken: Taken, starts_at: datetime, say: Callable[[Message], str]
) -> dict[str, Any]:
    """Return what the gateway is told of a booking: when and where, and not what it is about."""
    values = {
        "number": taken.number,
        "time": f"{starts_at:%Y-%m-%d %H:%M}",
        "station": Name(taken.station or "", taken.station_en or ""),
    }
    reminder = ERRAND_REMINDER if taken.errand else REMINDER
    template = (CLOSED if taken.closed else reminder).template
    return {
        "id": str(taken.id),
        "kind": "closure" if taken.closed else "reminder",
        "booking": {"number": taken.number, "starts_at": starts_at.isoformat()},
        "to": {"phone": taken.phone, "name": taken.name},
        "text": say(Message(template, values)),
    }


def _follow_url(taken: Taken) -> str | None:
    """Return a link that shows how far it is, where we know our own address."""
    chosen = settings()
    if not (taken.follows and chosen.public_url and chosen.feedback_secret):
        return None
    text = link_text(chosen.feedback_secret.get_secret_value(), taken.id)
    return f"{chosen.public_url}/follow/{text}"


def _send(gateway: str, taken: Taken, say: Callable[[Message], str]) -> Outcome:
    body = json.dumps(message_of(taken, say), ensure_ascii=False, sort_keys=True).encode()
    secret = settings().feedback_secret
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        KEY_HEADER: str(taken.id),
        TIME_HEADER: str(now),
        SIGNATURE_HEADER: sign(secret.get_secret_value() if secret else "", now, body),
    }
    try:
        return _judged(taken, *_posted(gateway, headers, body))
    except requests.exceptions.SSLError:
        return _later(taken, "not_trusted")
    except requests.Timeout:
        return _later(taken, "timed_out")
    except requests.ConnectionError:
        return _later(taken, "not_reached")
    except requests.RequestException:
        return _later(taken, "not_sent")


def _posted(gateway: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Return status and beginning of the body of the gateway's answer."""
    timeout_s = settings().feedback_timeout_s
    end_s = time.monotonic() + timeout_s
    with requests.Session() as wire:
        # Neither passwords nor proxies from files and variables that are somebody else's.
        wire.trust_env = False
        answer = wire.post(
            gateway,
            data=body,
            headers=headers,
            timeout=timeout_s,
            allow_redirects=False,
            stream=True,
        )
        with closing(answer):
            found = b""
            for part in answer.iter_content(4096):
                found += part
                if len(found) > MOST_ANSWER_BYTES or time.monotonic() > end_s:
                    break
    return answer.status_code, found[:MOST_ANSWER_BYTES]


def _judged(taken: Taken, status: int, body: bytes) -> Outcome:
    """Return what an answer comes to."""
    if requests.codes.ok <= status < requests.codes.multiple_choices:
        return Outcome("acknowledged" if _confirms(body) else "sent", status=status)
    if status < requests.codes.bad_request:
        return _later(taken, "redirected", status)
    if status < requests.codes.internal_server_error and status not in MAYBE_LATER:
        return Outcome("failed", "refused", status)
    return _later(taken, "unwilling", status)


def _later(taken: Taken, error: str, status: int | None = None) -> Outcome:
    if taken.attempts >= settings().feedback_tries:
        return Outcome("failed", error, status)
    return Outcome("pending", error, status, again_after_s(taken.attempts))


def _confirms(body: bytes) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("acknowledged") is True


class Postman(Recurring):
    """Sends what is due, in a thread of the service.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    say
        Puts a message into the city's language.
    """

    def __init__(
        self, url: str | None = None, say: Callable[[Message], str] = Message.english
    ) -> None:
        fault = "deliveries could not be sent"
        super().__init__("postman", fault, first_s=FIRST_LOOK_S, every_s=LOOK_S, url=url)
        self._say = say

    def turn(self) -> None:
        """Send what is due now; when told to stop, only what is being sent already."""
        while not self._stop.is_set() and deliver(self._url, self._say, most=1):
            pass
