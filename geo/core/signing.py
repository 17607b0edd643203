"""Signatures of messages between this service and a gateway: HMAC-SHA256 over time and body.

RFC 2104 (HMAC). The time is part of what is signed, so that an old message is not taken for a new
one. Links in messages are signed by the same secret, for another purpose.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

SCHEME = "v1="
TOLERANCE_S = 300
"""How old a message may be, and how far its sender's clock ahead."""

LINK_LENGTH = 43
_ID_BYTES, _TAG_BYTES = 16, 16
_PURPOSE = b"hongge follow link:"


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body that is sent at a time.

    Parameters
    ----------
    secret
        That both sides know.
    timestamp
        Seconds since 1970.
    body
        As it goes over the wire.

    Examples
    --------
    >>> sign("secret", 1700000000, b"{}")[:19]
    'v1=b8569b78799ff9e3'
    >>> sign("secret", 1700000000, b"") == sign("secret", 1700000001, b"")
    False
    """
    message = b"%d." % timestamp + body
    return SCHEME + hmac.new(secret.encode(), message, sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, signature: str, now_s: float) -> bool:
    """Tell whether a body comes from who knows the secret, and just now.

    Parameters
    ----------
    secret, body
        As of :func:`sign`.
    timestamp, signature
        As they came with it.
    now_s
        Seconds since 1970.

    Examples
    --------
    >>> signed = sign("secret", 1700000000, b"{}")
    >>> is_signed("secret", "1700000000", b"{}", signed, 1700000010.0)
    True
    >>> is_signed("secret", "1700000000", b"{}", signed, 1700001000.0)
    False
    >>> is_signed("secret", "", b"{}", "", 0.0)
    False
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= len("9" * 12)):
        return False
    fresh = abs(now_s - int(timestamp)) <= TOLERANCE_S
    expected = sign(secret, int(timestamp), body)
    return hmac.compare_digest(expected.encode(), signature.encode()) and fresh


def link_text(secret: str, delivery_id: UUID) -> str:
    """Return what stands in a link of a message: its key and half of an HMAC, in base64url.

    Nothing of it is kept; who knows the secret makes it anew. RFC 2104, section 5, allows to leave
    out half of an HMAC; base64url is RFC 4648, section 5.

    Examples
    --------
    >>> link_text("secret", UUID(int=7))
    'AAAAAAAAAAAAAAAAAAAABwmajIhMQgUx753F2S8BaMs'
    >>> len(link_text("", UUID(int=0))) == LINK_LENGTH
    True
    """
    tag = hmac.digest(secret.encode(), _PURPOSE + delivery_id.bytes, "sha256")[:_TAG_BYTES]
    return urlsafe_b64encode(delivery_id.bytes + tag).decode().rstrip("=")


def delivery_of_link(secret: str, text: str) -> UUID | None:
    """Return which message a link is of; ``None`` where nobody who knows the secret made it.

    Examples
    --------
    >>> delivery_of_link("secret", link_text("secret", UUID(int=7)))
    UUID('00000000-0000-0000-0000-000000000007')
    >>> delivery_of_link("another", link_text("secret", UUID(int=7))) is None
    True
    >>> delivery_of_link("secret", "") is None
    True
    """
    if len(text) != LINK_LENGTH or not text.isascii():
        return None
    try:
        found = UUID(bytes=urlsafe_b64decode(text + "=")[:_ID_BYTES])
    except ValueError:
        return None
    return found if hmac.compare_digest(link_text(secret, found), text) else None
