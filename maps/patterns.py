"""Patterns and palettes (图案与配色) of map classes: told apart without colours, too.

Denser lines mean more; lines that fall instead of rise mean less than nothing, and crossed ones
that there is no figure. Renderers draw them as SVG, on a canvas or as hatches of matplotlib.
Colours are those of ColorBrewer that it calls colour-blind safe (Brewer, Harrower and The
Pennsylvania State University).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pattern(NamedTuple):
    """One pattern.

    Parameters
    ----------
    size
        Side of the square that repeats, in pixels of the screen; 0: nothing is drawn.
    path
        What is drawn in it, as the data of an SVG path.
    angle_deg
        How far the whole is turned, clockwise.
    stroke
        Width of its lines in pixels.
    hatch
        The nearest of matplotlib's hatches.
    """

    size: float
    path: str
    angle_deg: float
    stroke: float
    hatch: str


def _lines(size: float, angle_deg: float, hatch: str, stroke: float = 1.0) -> Pattern:
    return Pattern(size, f"M0 0V{size:g}", angle_deg, stroke, hatch)


PLAIN = "plain"
MISSING = "missing"

PATTERNS: dict[str, Pattern] = {
    PLAIN: Pattern(0.0, "", 0.0, 0.0, ""),
    **{
        f"rising-{row}": _lines(size, 45.0, "/" * row)
        for row, size in enumerate((16.0, 11.0, 8.0, 5.5, 4.0), start=1)
    },
    **{
        f"falling-{row}": _lines(size, -45.0, "\\" * row)
        for row, size in enumerate((16.0, 11.0, 8.0, 5.5, 4.0), start=1)
    },
    "upright": _lines(7.0, 0.0, "||"),
    "level": _lines(7.0, 90.0, "--"),
    "dots": Pattern(8.0, "M3 4A1 1 0 1 0 5 4A1 1 0 1 0 3 4", 0.0, 1.4, ".."),
    MISSING: Pattern(9.0, "M0 4.5H9M4.5 0V9", 45.0, 0.8, "xx"),
}
"""By key; ``plain`` has nothing in it."""

MISSING_COLOR = "#e4e1da"

Ramp = Literal["load", "share", "score"]

_RAMPS: dict[Ramp, tuple[str, ...]] = {
    "load": ("#fef0d9", "#fdd49e", "#fdbb84", "#fc8d59", "#ef6548", "#d7301f", "#990000"),
    "share": ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84"),
    "score": ("#edf8fb", "#bfd3e6", "#9ebcda", "#8c96c6", "#8c6bb1", "#88419d", "#6e016b"),
}
"""OrRd, YlGnBu and BuPu."""

_CHOSEN = ((), (3,), (1, 4), (0, 2, 4), (0, 2, 3, 5), (0, 1, 3, 4, 5), (0, 1, 2, 3, 4, 6))
"""Which colours of a ramp some classes have: the darkest hide what lies underneath."""

_LESS = ("#2166ac", "#67a9cf", "#d1e5f0")
_MIDDLE = "#f7f7f7"
_MORE = ("#fddbc7", "#ef8a62", "#b2182b")
"""RdBu."""

SIDE = 3
MOST = 6


class Look(NamedTuple):
    """A class's colour, ``#rrggbb``, and the key of its pattern."""

    color: str
    pattern: str


NO_DATA_LOOK = Look(MISSING_COLOR, MISSING)


def sequential(count: int, ramp: Ramp = "load") -> tuple[Look, ...]:
    """Return the looks of classes from little to much: paler to darker, and denser lines.

    Parameters
    ----------
    count
        How many; at most 6.
    ramp
        ``load`` for what weighs, ``share`` for what is reached, ``score`` for how good it is.

    Examples
    --------
    >>> [one.pattern for one in sequential(3)], sequential(0)
    (['plain', 'rising-2', 'rising-5'], ())
    """
    if count > MOST:
        text = f"{count} classes; at most {MOST} can be told apart"
        raise ValueError(text)
    colors = _RAMPS[ramp]
    patterns = (PLAIN, *(f"rising-{row}" for row in range(1, MOST)))
    return tuple(
        Look(colors[_CHOSEN[count][row]], patterns[_spread(row, count, MOST)])
        for row in range(count)
    )


def diverging(less: int, more: int, *, middle: bool = True) -> tuple[Look, ...]:
    """Return the looks of classes around a middle: blue and falling lines, red and rising ones.

    A single class on each side is paler than the outermost of several.

    Parameters
    ----------
    less, more
        How many on each side, 3 at most; the outermost come first and last.
    middle
        Whether there is a class between them.

    Examples
    --------
    >>> [one.pattern for one in diverging(2, 1)]
    ['falling-4', 'falling-2', 'plain', 'rising-4']
    >>> [one.pattern for one in diverging(0, 0)]
    ['plain']
    """
    if max(less, more) > SIDE:
        text = f"{less} and {more} classes; at most {SIDE} on each side"
        raise ValueError(text)
    first = int(max(less, more) == 1)
    below = [Look(_LESS[row + first], f"falling-{_weight(row)}") for row in range(less)]
    above = [Look(_MORE[-1 - row - first], f"rising-{_weight(row)}") for row in range(more)]
    return (*below, *([Look(_MIDDLE, PLAIN)] if middle else []), *reversed(above))


def svg_pattern(key: str, name: str, ink: str) -> str:
    """Return a pattern as an SVG element, to be filled with as ``url(#name)``; or nothing.

    Parameters
    ----------
    key
        Of :data:`PATTERNS`.
    name
        The element's id.
    ink
        The colour of its lines.

    Examples
    --------
    >>> svg_pattern("plain", "p", "#000000")
    ''
    >>> svg_pattern("upright", "p", "#000000").startswith('<pattern id="p" width="7" height="7"')
    True
    """
    one = PATTERNS[key]
    if not one.size:
        return ""
    return (
        f'<pattern id="{name}" width="{one.size:g}" height="{one.size:g}"'
        f' patternUnits="userSpaceOnUse" patternTransform="rotate({one.angle_deg:g})">'
        f'<path d="{one.path}" fill="none" stroke="{ink}" stroke-width="{one.stroke:g}"/></pattern>'
    )


DARK_INK, LIGHT_INK = "#262019", "#ffffff"


def ink_on(color: str) -> str:
    """Return the ink that is seen better on a colour, by the contrast of WCAG 2.

    Examples
    --------
    >>> ink_on("#ffffcc"), ink_on("#0c2c84")
    ('#262019', '#ffffff')
    """
    dark, light = (_contrast(color, ink) for ink in (DARK_INK, LIGHT_INK))
    return DARK_INK if dark >= light else LIGHT_INK


def rgb(color: str) -> tuple[float, float, float]:
    """Return the parts of ``#rrggbb``, 0 to 1."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _weight(row: int) -> int:
    return 2 * (2 - row) or 1


def _spread(row: int, count: int, places: int) -> int:
    """Return the place of a row when all of them are spread evenly, the middle for a single one."""
    return round(row * (places - 1) / (count - 1)) if count > 1 else places // 2


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(rgb(one)), _luminance(rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def _luminance(parts: Sequence[float]) -> float:
    """Return the relative luminance of WCAG 2."""
    linear = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
        for one in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


__all__ = [
    "DARK_INK",
    "LIGHT_INK",
    "MISSING",
    "NO_DATA_LOOK",
    "PATTERNS",
    "PLAIN",
    "Look",
    "Pattern",
    "Ramp",
    "diverging",
    "ink_on",
    "rgb",
    "sequential",
    "svg_pattern",
]
