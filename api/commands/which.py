"""What maps and reports of the command line read: one jurisdiction, as its operator."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from api.commands.speech import language, said
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.map_sheets import Reader


@contextmanager
def reading(slug: str | None) -> Iterator[tuple[Reader, str]]:
    """Read as the operator, for whom no policy holds, one jurisdiction.

    Parameters
    ----------
    slug
        As it was named; ``None`` for the only one.

    Yields
    ------
    tuple
        Who reads, and the jurisdiction's slug.

    Raises
    ------
    UsageError
        When none was named and several are loaded, or none.
    """
    from api.map_sheets import Reader  # noqa: PLC0415 - heavy
    from geo.flows.registry import Registry  # noqa: PLC0415 - the same
    from geo.store.engine import owner_session  # noqa: PLC0415 - the same
    from geo.store.jurisdictions import jurisdictions  # noqa: PLC0415 - the same

    registry = Registry()
    registry.refresh()
    with owner_session() as session:
        known = [one.slug for one in jurisdictions(session)]
        if slug is None and len(known) != 1:
            listed = ", ".join(known) or "–"
            raise click.UsageError(
                said(msg("Name the jurisdiction with --jurisdiction: %(list)s.", list=listed))
            )
        yield Reader(session, registry, language()), slug or known[0]


__all__ = ["reading"]
