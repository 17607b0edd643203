"""``hongge retention``: deleting what has been kept long enough."""

from __future__ import annotations

import click

from api.commands.speech import said, say
from geo.messages import msg


@click.group(help=said(msg("Delete what has been kept long enough.")))
def command() -> None:
    """Keep data no longer than it is needed."""


@command.command(
    help=said(
        msg(
            "Delete what has been kept for longer than the settings HONGGE_KEEP_… say; the service"
            " does so every day by itself."
        )
    )
)
@click.option("--dry-run", is_flag=True, help=said(msg("Only say what would be deleted.")))
def apply(*, dry_run: bool) -> None:
    """Apply the periods."""
    from geo.flows.retention import apply_retention  # noqa: PLC0415 - heavy

    for kept in apply_retention(dry_run=dry_run):
        values = {"table": kept.table, "count": kept.over, "days": kept.days}
        say(
            msg("%(table)s: %(count)s rows are older than %(days)s days.", **values)
            if dry_run
            else msg("%(table)s: %(count)s rows older than %(days)s days deleted.", **values)
        )
