"""The work calendar: public holidays and make-up working days (调休) as the State Council set them.

The days come from the package ``chinesecalendar``, which keeps the published lists.
"""

from __future__ import annotations

import chinese_calendar

YEARS = (2024, 2025, 2026)
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def calendar_rows() -> list[tuple[str, str, str]]:
    """Return (day, kind, name) of every day that is not what its weekday says."""
    rows = [
        (day.isoformat(), "holiday", NAMES[name])
        for day, name in chinese_calendar.holidays.items()
        if day.year in YEARS
    ]
    rows += [
        (day.isoformat(), "workday", f"{NAMES[name]}调休上班")
        for day, name in chinese_calendar.workdays.items()
        if day.year in YEARS
    ]
    return sorted(rows)
