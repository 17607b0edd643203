"""Looks of classes are told apart by those who don't see all colours, and without any."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from maps.patterns import NO_DATA_LOOK, PATTERNS, diverging, ink_on, rgb, sequential, svg_pattern

# Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision
# Deficiency, IEEE TVCG 15 (2009), severity 1.0, on linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.95047], [1.0], [1.08883]])


def lab(color: str, seen: np.ndarray) -> np.ndarray:
    parts = np.array(rgb(color))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    x, y, z = (np.cbrt(one) for one in XYZ @ np.clip(seen @ linear, 0, 1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


PALETTES = {
    **{f"{ramp}-{k}": sequential(k, ramp) for ramp in ("load", "share", "score") for k in range(7)},
    **{f"diverging-{k}": diverging(k, k) for k in range(4)},
}


@pytest.mark.parametrize("seen", SEEN_BY)
@pytest.mark.parametrize("name", PALETTES)
def test_neighbouring_classes_look_different(name: str, seen: str) -> None:
    labs = [lab(one.color, SEEN_BY[seen]) for one in PALETTES[name]]
    for one, next_one in pairwise(labs):
        assert np.hypot.reduce(one - next_one) > 6


@pytest.mark.parametrize("name", PALETTES)
def test_classes_are_told_without_colours(name: str) -> None:
    patterns = [one.pattern for one in PALETTES[name]] + [NO_DATA_LOOK.pattern]
    assert len(set(patterns)) == len(patterns)
    hatches = [PATTERNS[one].hatch for one in patterns]
    assert len(set(hatches)) == len(hatches)


def test_every_pattern_is_drawn_or_plain() -> None:
    for key, pattern in PATTERNS.items():
        markup = svg_pattern(key, "p", ink_on("#ffffff"))
        assert bool(markup) == bool(pattern.size)
        if markup:
            assert ET.fromstring(markup).get("id") == "p"  # noqa: S314 - our own markup


def test_more_classes_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 6"):
        sequential(7)
    with pytest.raises(ValueError, match="at most 3"):
        diverging(4, 0)
