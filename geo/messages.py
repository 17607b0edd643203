"""Text for people, kept apart from the language it is shown in.

The domain speaks in :class:`Message` values: an English template, which is also the key of the
gettext catalogues, and the values to fill in. The outermost layer translates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    values = {
        name: plain(value) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
    return {"template": message.template, "values": values}


def spoken(document: Mapping[str, Any]) -> Message:
    """Return a message from JSON.

    Examples
    --------
    >>> spoken(plain(msg("%(count)s grids", count=3))).english()
    '3 grids'
    """
    values = {
        name: spoken(value) if isinstance(value, dict) and "template" in value else value
        for name, value in document["values"].items()
    }
    return Message(document["template"], values)
