"""The catalogues of duties that one process keeps in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.store.asking import SERVICE
from geo.store.catalogue import catalogues_stamp, read_catalogues
from geo.store.engine import session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.store.catalogue import Catalogue


class Catalogues:
    """The catalogue and calendar of every jurisdiction, read anew when one of them has changed.

    Whoever follows the database calls :meth:`follow` now and then; what is read in between may be
    as old as that. Who stores something by a duty has the database compare its version, and calls
    :meth:`refresh` when it is another by now.

    Parameters
    ----------
    url
        The database's address; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._stamp: str | None = None
        self._known: dict[str, Catalogue] | None = None

    def known(self) -> dict[str, Catalogue]:
        """Return the catalogues by slug, read on first use."""
        return self.refresh() if self._known is None else self._known

    def refresh(self) -> dict[str, Catalogue]:
        """Read what has changed, and return the catalogues by slug."""
        with session(self._url, SERVICE) as opened:
            return self.follow(opened)

    def follow(self, opened: Session) -> dict[str, Catalogue]:
        """Read the catalogues in a transaction, if anything has changed since the last time."""
        stamp = catalogues_stamp(opened)
        if self._known is None or stamp != self._stamp:
            self._known, self._stamp = read_catalogues(opened), stamp
        return self._known
