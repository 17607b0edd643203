"""What is printed under every map of a jurisdiction: generation, date, source, review number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.messages import msg
from maps.sheets import Fact

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from geo.core.map_origin import GenerationShown, Origin
    from geo.messages import Message, Name

    Say = Callable[[Message], str]


def called(name: Name, say: Say) -> str:
    """Return a name in the reader's language."""
    return say(msg("%(place)s", place=name))


def day(instant: datetime, origin: Origin) -> str:
    """Return the day of an instant, in the place's own time."""
    return instant.astimezone(ZoneInfo(origin.timezone)).date().isoformat()


def generation_facts(shown: GenerationShown, origin: Origin, say: Say) -> tuple[Fact, ...]:
    """Return which generation a map shows, and when it is in force."""
    since = day(shown.starts, origin)
    force = (
        msg("Since %(since)s", since=since)
        if shown.ends is None
        else msg(
            "From %(since)s until before %(until)s", since=since, until=day(shown.ends, origin)
        )
    )
    return (
        Fact(say(msg("Generation")), shown.label),
        Fact(say(msg("In force")), say(force)),
    )


def origin_facts(origin: Origin, at: datetime, say: Say) -> tuple[Fact, ...]:
    """Return when a map was made and what of; what is not known is left out."""
    told = (
        (msg("Date"), day(at, origin)),
        (msg("Data source"), called(origin.source, say)),
        (msg("Licence"), origin.licence),
        (msg("Review number"), origin.review_number),
    )
    return tuple(Fact(say(name), value) for name, value in told if value)


def notice_of(origin: Origin, say: Say) -> tuple[str, ...]:
    """Return what must be said of made-up data."""
    notice = called(origin.notice, say)
    return (notice,) if notice else ()


__all__ = ["called", "day", "generation_facts", "notice_of", "origin_facts"]
