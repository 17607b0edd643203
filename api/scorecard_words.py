"""Figures of a scorecard as people read them, in their language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from babel.numbers import format_decimal, format_percent

from api.i18n import translate
from geo.core.scorecard_terms import ROUNDING, limit
from geo.messages import msg

if TYPE_CHECKING:
    from geo.core.scorecard_terms import Limit, Rule, Thresholds, Unit

NOTHING = "–"
NO_WAY, NO_WORKER = msg("no way"), msg("no worker")
HUNDRED = 100.0


def shown(value: float | None, unit: Unit, language: str) -> str:
    """Return a figure with its unit.

    Examples
    --------
    >>> shown(83.06, "pct", "en"), shown(0.5288, "ratio", "en"), shown(None, "m", "en")
    ('83.1%', '0.53', '–')
    >>> shown(math.inf, "m", "en"), shown(1234.4, "m", "en"), shown(3.0, "count", "en")
    ('no way', '1,234 m', '3')
    """
    if value is None:
        return NOTHING
    if math.isinf(value):
        return translate(NO_WORKER if unit == "per_worker" else NO_WAY, language)
    if unit == "pct":
        return format_percent(_rounded(value) / HUNDRED, "0.0%", locale=language)
    if unit == "ratio":
        return format_decimal(value, "0.00", locale=language)
    pattern = "#,##0.##" if unit == "m2" and abs(value) < 1 else "#,##0"
    number = format_decimal(value, pattern, locale=language)
    if unit == "m":
        return translate(msg("%(number)s m", number=number), language)
    return translate(msg("%(number)s m²", number=number), language) if unit == "m2" else number


def signed(value: float | None, language: str) -> str:
    """Return a deviation in percent, with its sign.

    Examples
    --------
    >>> signed(12.34, "en"), signed(-5.0, "en"), signed(None, "en")
    ('+12.3%', '−5.0%', '–')
    """
    if value is None:
        return NOTHING
    said = format_percent(abs(value) / HUNDRED, "0.0%", locale=language)
    return f"{'+' if value >= 0 else '−'}{said}"


def grid_shown(rule: Rule, value: float | None, language: str) -> str:
    """Return the figure of a grid."""
    if rule.key == "deviation":
        return signed(value, language)
    return shown(value, rule.grid_unit, language)


def threshold_shown(
    least: Limit, most: Limit, unit: Unit, thresholds: Thresholds, language: str
) -> str:
    """Return what a figure is held to; empty where it is held to nothing.

    Examples
    --------
    >>> from geo.core.scorecard_terms import Thresholds
    >>> threshold_shown("hull_min", None, "ratio", Thresholds(), "en")
    '≥ 0.70'
    >>> threshold_shown("households_min", "households_max", "households", Thresholds(), "en")
    '300–500'
    >>> threshold_shown(None, None, "m", Thresholds(), "en")
    ''
    """
    low, high = limit(least, thresholds), limit(most, thresholds)
    if low is not None and high is not None:
        return f"{shown(low, unit, language)}–{shown(high, unit, language)}"
    if low is not None:
        return f"≥ {shown(low, unit, language)}"
    return f"≤ {shown(high, unit, language)}" if high is not None else ""


def _rounded(pct: float) -> float:
    """Round a share so that what misses nothing, and only that, is a hundred percent."""
    rounded = round(pct, 1)
    if rounded == HUNDRED and pct < HUNDRED - ROUNDING:
        return math.floor(pct * 10) / 10
    return rounded


__all__ = ["NOTHING", "grid_shown", "shown", "signed", "threshold_shown"]
