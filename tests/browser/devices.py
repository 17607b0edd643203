"""The devices on which pages are looked at, and what is asked of pages on all of them."""

from __future__ import annotations

from typing import Any

import pytest

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
SIZES = pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])

WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > window.innerWidth"

OBSTACLES = {1: "have not allowed", 2: "can't find its position", 3: "took too long"}
"""What a page says of each reason for which a device has no position."""

FAILING = """code => {
    navigator.geolocation.watchPosition = (_, failed) => {
        setTimeout(() => failed({code}), 10);
        return 1;
    };
}"""
"""Lets a device have no position, for a reason."""
