"""A question about a position as a page gets it, and the answer as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.i18n import translate
from geo.errors import HonggeError, InvalidFieldError
from geo.flows.locate import locate, read_position
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.flows.locate import LocateAnswer, Position
    from geo.flows.registry import Registry

ADDRESS_DIGITS = 6
FIELDS = {
    "lon": msg("Longitude"),
    "lat": msg("Latitude"),
    "accuracy_m": msg("Accuracy in metres"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader typed, tapped or followed: texts, not yet a position."""

    lon: str = ""
    lat: str = ""
    datum: str = "wgs84"
    accuracy_m: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question gets.

    Parameters
    ----------
    question
        As it was asked.
    position
        As it was understood, in WGS 84; ``None`` when refused.
    answer
        The grid; ``None`` when refused.
    refusal
        Why there is no answer, in the reader's language; empty when there is one.
    """

    question: Question
    position: Position | None = None
    answer: LocateAnswer | None = None
    refusal: str = ""

    @property
    def url(self) -> str:
        """Address that asks this question again; only the position and its accuracy go in."""
        return place_url(self.position.lon, self.position.lat) if self.position else "/grids"


def read_question(parameters: Mapping[str, str]) -> Question | None:
    """Return the question in a page's address, or ``None`` when it asks none.

    Examples
    --------
    >>> read_question({"lon": "114.2", "lat": "26.7"}).datum
    'wgs84'
    >>> read_question({}) is None
    True
    """
    if "lon" not in parameters and "lat" not in parameters:
        return None
    names = ("lon", "lat", "datum", "accuracy_m")
    return Question(**{name: parameters[name].strip() for name in names if name in parameters})


def reply(question: Question, registry: Registry, language: str) -> Reply:
    """Answer a question, or say in the reader's language why it can't be answered."""
    try:
        position = read_position(
            _number("lon", question.lon),
            _number("lat", question.lat),
            question.datum,
            _number("accuracy_m", question.accuracy_m) if question.accuracy_m else None,
        )
        answer = locate(registry, position)
    except HonggeError as error:
        return Reply(question, refusal=translate(_refusal(error), language))
    return Reply(question, position, answer)


def place_url(lon: float, lat: float) -> str:
    """Return the address of the atlas with the answer for a place.

    Examples
    --------
    >>> place_url(114.279, 26.749)
    '/grids?lon=114.279000&lat=26.749000'
    """
    return f"/grids?lon={lon:.{ADDRESS_DIGITS}f}&lat={lat:.{ADDRESS_DIGITS}f}"


def _refusal(error: HonggeError) -> Message:
    """Return an error's words, with the label that the form gives the field concerned."""
    values = error.message.values
    if not isinstance(error, InvalidFieldError) or values["field"] not in FIELDS:
        return error.message
    return Message(error.template, {**values, "field": FIELDS[values["field"]]})


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidFieldError(field=field, reason=msg("This is not a number.")) from None
