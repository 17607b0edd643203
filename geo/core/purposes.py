"""What for somebody looks at personal details: a choice, for the audit trail holds no free text."""

from __future__ import annotations

from typing import Literal

from geo.messages import Message, msg

Purpose = Literal["call_back", "visit", "verify", "emergency", "complaint", "correct", "inspection"]

PURPOSES: dict[str, Message] = {
    "call_back": msg("Calling the reporter back"),
    "visit": msg("Preparing a visit"),
    "verify": msg("Verifying what was reported"),
    "emergency": msg("An emergency"),
    "complaint": msg("Dealing with a complaint"),
    "correct": msg("Correcting the record"),
    "inspection": msg("An inspection"),
}
"""Purposes (查看目的) by the code that the trail keeps."""
