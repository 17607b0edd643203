"""``hongge person``: what is kept about one person, and its erasure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.speech import FOUND_OR_REFUSED, fail, said, say, warn
from geo.messages import msg

if TYPE_CHECKING:
    from geo.store.personal import Found


@click.group(help=said(msg("Answer one person's request about their own data.")))
def command() -> None:
    """Answer a person's request."""


@command.command(
    help=said(
        msg(
            "Write all that is kept about somebody to a file, as JSON. They are found by telephone"
            " numbers and names; where both are given, a row with another number is another"
            " person's."
        )
    )
)
@click.argument("who", nargs=-1, required=True, metavar=said(msg("NUMBER|NAME…")))
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=said(msg("The file to write; only its owner may read it.")),
)
def export(who: tuple[str, ...], file: Path) -> None:
    """Write a copy."""
    from geo.core.person import read_person  # noqa: PLC0415 - only when somebody is looked for
    from geo.flows.personal import export_person  # noqa: PLC0415 - heavy

    if file.exists():
        fail(msg("%(file)s exists already: choose another name.", file=file))
    found = export_person(read_person(who), file)
    _tell(found)
    say(msg("Written to %(file)s.", file=file))


@command.command(
    help=said(
        msg(
            "Erase somebody from the whole database, all or nothing: reporters and residents are"
            " deleted, team members and accounts keep their row without name and number, and in"
            " texts the details are blacked out. Statistics and the audit trail stay."
        )
    )
)
@click.argument("who", nargs=-1, required=True, metavar=said(msg("NUMBER|NAME…")))
@click.option("--yes", is_flag=True, help=said(msg("Don't ask before erasing.")))
def erase(who: tuple[str, ...], *, yes: bool) -> None:
    """Erase a person."""
    from geo.core.person import read_person  # noqa: PLC0415 - only when somebody is looked for
    from geo.flows.personal import erase_person  # noqa: PLC0415 - heavy

    def agree(found: Found) -> bool:
        _tell(found)
        return yes or click.confirm(said(msg("Erase all of this? It can't be brought back.")))

    erased = erase_person(read_person(who), agree)
    if erased is None:
        warn(msg("Nothing was erased."))
        raise SystemExit(FOUND_OR_REFUSED)
    if not erased:
        _tell(erased)
        return
    say(msg("Erased. Backups made before still hold it: see the documentation on personal data."))


def _tell(found: Found) -> None:
    if not found:
        say(msg("Nothing is kept about this person."))
    for table, count in found.by_table().items():
        say(msg("found: %(table)s, %(count)s", table=table, count=count))
