"""One action on many issues, each by itself: what one of them refuses, the others don't suffer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geo.errors import HonggeError
from geo.flows.act import act

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from geo.flows.act import Action
    from geo.flows.report import Key
    from geo.store.asking import Asker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the issues to act on.

    Parameters
    ----------
    id
        Of the issue.
    version
        As it was read; ``None`` to act on whatever it is now.
    key
        The same key again gives the same outcome, and does nothing.
    """

    id: UUID
    version: int | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of them.

    Parameters
    ----------
    id
        Of the issue.
    state, version
        That it has now; ``None`` where it refused.
    error
        Why it did.
    """

    id: UUID
    state: str | None = None
    version: int | None = None
    error: Exception | None = None


def act_on_each(
    items: Sequence[Item], action: Action, asker: Asker, url: str | None = None
) -> list[Outcome]:
    """Carry out an action on each of some issues, in a transaction each.

    Parameters
    ----------
    items
        The issues, in order.
    action
        What to do; the items say of which version.
    asker
        Who does it.
    url
        The database; by default the settings'.

    Returns
    -------
    list of Outcome
        In the order of the items; empty for none.
    """
    return [_outcome(one, replace(action, version=one.version), asker, url) for one in items]


def _outcome(item: Item, action: Action, asker: Asker, url: str | None) -> Outcome:
    try:
        done = act(item.id, action, asker, url, item.key)
    except Exception as error:
        if not isinstance(error, HonggeError):
            log.exception("an action of many could not be carried out")
        return Outcome(item.id, error=error)
    return Outcome(item.id, done["state"], done["version"])
