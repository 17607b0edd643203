"""Where a map's content is from (图件来源): what is printed on every map of a jurisdiction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from geo.messages import Name


@dataclass(frozen=True, slots=True)
class Origin:
    """A jurisdiction as its maps name it.

    Parameters
    ----------
    slug, name
        Of the jurisdiction.
    source, licence
        Who made the boundaries, and on what terms they may be used.
    review_number
        Of the map review (审图号); empty where none was given.
    notice
        What must be said of made-up data; empty where it is real.
    timezone
        By its IANA name: days are the place's own.
    """

    slug: str
    name: Name
    source: Name
    licence: str
    review_number: str
    notice: Name
    timezone: str


@dataclass(frozen=True, slots=True)
class GenerationShown:
    """A generation (网格版本) as maps name it: its label, and from when until when it is in force.

    ``ends`` is ``None`` for the last one.
    """

    label: str
    starts: datetime
    ends: datetime | None


__all__ = ["GenerationShown", "Origin"]
