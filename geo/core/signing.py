"""Signatures of messages between this service and a gateway: HMAC-SHA256 over time and body.

RFC 2104 (HMAC). The time is part of what is signed, so that an old message is not taken for a new
one.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

SCHEME = "v1="
TOLERANCE_S = 300
"""How old a message may be, and how far its sender's clock ahead."""


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
