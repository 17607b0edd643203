"""Text for people, kept apart from the language it is shown in.

The domain speaks in :class:`Message` values: an English template, which is also the key of the
gettext catalogues, and the values to fill in. The outermost layer translates.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with its values, not yet in any language.

    Parameters
    ----------
    template
        English text with ``%(name)s`` places; the key of the catalogues.
    values
        What goes into the places.

    Examples
    --------
    >>> Message("Row %(row)s has no position.", {"row": 3}).english()
    'Row 3 has no position.'
    >>> Message("").english()
    ''
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)

    def english(self) -> str:
        """Return the sentence in the language it was written in."""
        return self.template % self.values if self.values else self.template

    def __str__(self) -> str:
        """Return the English sentence, for logs and tracebacks."""
        return self.english()


@dataclass(frozen=True, slots=True)
class Name:
    """What something is called: a message says it in the reader's language.

    Parameters
    ----------
    name
        In Chinese.
    name_en
        In English; empty where it has no English name.

    Examples
    --------
    >>> msg("%(place)s", place=Name("井冈山市", "Jinggangshan")).english(), str(Name("井冈山市"))
    ('Jinggangshan', '井冈山市')
    """

    name: str
    name_en: str = ""

    def __str__(self) -> str:
        """Return the English name, the Chinese one where there is none."""
        return self.name_en or self.name


def msg(template: str, **values: Any) -> Message:
    """Make a :class:`Message`; Babel extracts the first argument of every call.

    Examples
    --------
    >>> msg("%(count)s rows taken", count=0).english()
    '0 rows taken'
    """
    return Message(template, values)


def plain(message: Message) -> dict[str, Any]:
    """Return a message as JSON.

    Examples
    --------
    >>> plain(msg("%(count)s grids", count=msg("no")))
    {'template': '%(count)s grids', 'values': {'count': {'template': 'no', 'values': {}}}}
    """
    values = {name: _plain(value) for name, value in message.values.items()}
    return {"template": message.template, "values": values}


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return plain(value)
    return asdict(value) if isinstance(value, Name) else value


def spoken(document: Mapping[str, Any]) -> Message:
    """Return a message from JSON.

    Examples
    --------
    >>> spoken(plain(msg("%(count)s grids", count=3))).english()
    '3 grids'
    >>> spoken(plain(msg("%(grid)s is locked.", grid=Name("一格", "Grid 1")))).english()
    'Grid 1 is locked.'
    """
    values = {name: _spoken(value) for name, value in document["values"].items()}
    return Message(document["template"], values)


def _spoken(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return spoken(value) if "template" in value else Name(**value)
