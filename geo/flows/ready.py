"""Making a database ready to serve: the present model, and something to see in an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import HonggeError
from geo.flows.demonstration_deadlines import put_deadlines_off
from geo.flows.load import load
from geo.messages import msg
from geo.settings import PROJECT_FOLDER
from geo.store import migrate, upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from geo.messages import Message

DEMONSTRATIONS = tuple(
    PROJECT_FOLDER / "data" / "boundaries" / name for name in ("jinggangshan", "qianjin")
)


class DemonstrationRefusedError(HonggeError):
    """A folder of this installation has been changed, and no longer fits."""

    template = (
        "The demonstration jurisdiction in %(folder)s can't be loaded: "
        "“hongge load %(folder)s” says why."
    )


def make_ready(
    url: str, tell: Callable[[Message], None], demonstrations: Sequence[Path] = DEMONSTRATIONS
) -> None:
    """Bring a database to the present model, and fill an empty one with demonstrations.

    Several processes may do so at once: one works, the others wait and find the work done.

    Parameters
    ----------
    url
        Address of the database.
    tell
        Is told of steps that take a while.
    demonstrations
        Folders of jurisdictions; those that this installation doesn't have are passed over.
    """
    if not migrate.status(url).current:
        tell(msg("Bringing the database to the present model…"))
        migrate.upgrade(url)
    present = [folder for folder in demonstrations if (folder / "manifest.toml").exists()]
    with upkeep.first_load(url) as empty:
        for folder in present if empty else ():
            tell(msg("Loading the demonstration jurisdiction “%(name)s”…", name=folder.name))
            _load(folder, url, tell)
        if empty:
            put_deadlines_off(url)


def _load(folder: Path, url: str, tell: Callable[[Message], None]) -> None:
    if not load(folder, url=url, progress=tell).stored:
        raise DemonstrationRefusedError(folder=folder)
