"""What a reader of the public page asks for, as its address says it, and how the page looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from api.questions import Question, read_question
from api.schemas.values import BLANK_OFFSET
from geo.core.facilities import FACILITY_CHIPS, OPEN_NOW
from geo.errors import InvalidFieldError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from starlette.datastructures import QueryParams

MOST_WORDS = 100
NEAREST = 6
MORE = 24
SIZES_PT = (18, 22, 26, 30)
"""Sizes of the elder view's (长辈版) text, in points."""

VIEW_COOKIE = "view"
ELDER, STANDARD = "elder", "standard"
FIRST_YEAR, LAST_YEAR = 1970, 9000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Parameters
    ----------
    question
        Where the reader is; ``None`` when it isn't said.
    near
        What the place is called, as it was found by name.
    words
        A place to look for by name.
    place
        Slug of a jurisdiction, or empty.
    chips
        What the station is to have; ``open_now`` is one of them.
    at
        The time, as it was written; empty for now.
    more
        Whether stations farther away are listed as well.
    """

    question: Question | None = None
    near: str = ""
    words: str = ""
    place: str = ""
    chips: tuple[str, ...] = ()
    at: str = ""
    more: bool = False

    @property
    def facilities(self) -> tuple[str, ...]:
        """The chips that ask for something that a station has."""
        return tuple(one for one in self.chips if one != OPEN_NOW)

    @property
    def open_now(self) -> bool:
        """Whether only stations that are open are wanted."""
        return OPEN_NOW in self.chips

    @property
    def limit(self) -> int:
        """How many stations are listed, nearest first."""
        return MORE if self.more else NEAREST

    def address(self, path: str = "/", **changes: object) -> str:
        """Return the address that asks for the same, but for some changes."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [*changed.position, *changed.rest]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def shared(self) -> Wanted:
        """What others are to see: the place and the filters, not the time, nor how sure it is."""
        asked = self.question
        place = replace(asked, accuracy_m="") if asked else None
        return replace(self, question=place, at="", more=False)

    @property
    def position(self) -> list[tuple[str, str]]:
        """Where, as parameters of an address."""
        if self.question is None:
            return []
        asked = self.question
        pairs = [("lon", asked.lon), ("lat", asked.lat)]
        if asked.datum not in {"", "wgs84"}:
            pairs.append(("datum", asked.datum))
        if asked.accuracy_m:
            pairs.append(("accuracy_m", asked.accuracy_m))
        return [*pairs, *([("near", self.near)] if self.near else [])]

    @property
    def rest(self) -> list[tuple[str, str]]:
        """What else, as parameters of an address."""
        pairs = [("place", self.place)] if self.place else []
        pairs += [("q", self.words)] if self.words else []
        pairs += [("open_now", "1")] if self.open_now else []
        pairs += [("facility", one) for one in self.facilities]
        pairs += [("at", self.at)] if self.at else []
        return [*pairs, *([("more", "1")] if self.more else [])]


def read_wanted(asked: QueryParams) -> Wanted:
    """Return what an address asks for; filters that there are not are left out.

    Examples
    --------
    >>> from starlette.datastructures import QueryParams
    >>> read_wanted(QueryParams("open_now=1&facility=rest&facility=sauna")).chips
    ('open_now', 'rest')
    >>> read_wanted(QueryParams("lon=&lat=&q=")) == Wanted()
    True
    """
    facilities = set(asked.getlist("facility"))
    chips = [OPEN_NOW] if asked.get("open_now", "").lower() in {"1", "true", "on"} else []
    question = read_question(asked)
    return Wanted(
        question=question if question and (question.lon or question.lat) else None,
        near=asked.get("near", "").strip()[:MOST_WORDS],
        words=asked.get("q", "").replace("\0", "").strip()[:MOST_WORDS],
        place=asked.get("place", ""),
        chips=(*chips, *(one for one in FACILITY_CHIPS if one in facilities)),
        at=asked.get("at", "").strip()[:MOST_WORDS],
        more=asked.get("more", "") == "1",
    )


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return a time in the place's time zone; now, where none is written.

    Parameters
    ----------
    text
        ISO 8601; without an offset it is the place's own time.
    zone
        The place's.

    Raises
    ------
    InvalidFieldError
        When it is no time.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> read_instant("2026-02-17T12:40", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-02-17T12:40:00+08:00'
    >>> read_instant("", ZoneInfo("Asia/Shanghai")).tzinfo
    zoneinfo.ZoneInfo(key='Asia/Shanghai')
    """
    if not text:
        return datetime.now(UTC).astimezone(zone)
    found: datetime | None
    try:
        found = datetime.fromisoformat(BLANK_OFFSET.sub(r"\1+\2", text))
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidFieldError(field="at", reason=msg("This is not a time."))
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(zone)


def elder_size_pt(asked: Mapping[str, str], cookies: Mapping[str, str]) -> int:
    """Return the size of the elder view's text in points; 0 for the standard view.

    The address decides, then what was chosen before.

    Examples
    --------
    >>> elder_size_pt({"view": "elder"}, {}), elder_size_pt({}, {"view": "elder-30"})
    (18, 30)
    >>> elder_size_pt({"view": "standard"}, {"view": "elder-30"}), elder_size_pt({}, {})
    (0, 0)
    """
    kept_view, _, kept_size = cookies.get(VIEW_COOKIE, "").partition("-")
    view = asked.get("view", kept_view)
    if view != ELDER:
        return 0
    size = asked.get("size", kept_size)
    return int(size) if size in {str(one) for one in SIZES_PT} else SIZES_PT[0]
