"""``hongge audit``: is the audit trail whole, and a copy of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from api.commands.speech import FOUND_OR_REFUSED, said, say, warn
from geo.messages import msg

DAYS = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group(help=said(msg("Check and export the audit trail.")))
def command() -> None:
    """Keep an eye on the audit trail."""


@command.command(
    help=said(
        msg(
            "Follow the chain of the audit trail from its first entry to its last; name the first"
            " one that was changed, removed, added or moved. Exit status 1 when there is one."
        )
    )
)
@click.option(
    "--expect",
    metavar="HEAD",
    help=said(msg("The head that this command printed at an earlier time: NUMBER:DIGEST.")),
)
def verify(expect: str | None) -> None:
    """Verify the trail."""
    from geo.core.chain import read_head  # noqa: PLC0415 - only when something is verified
    from geo.flows.audit import verify_trail  # noqa: PLC0415 - heavy

    expected = read_head(expect) if expect is not None else None
    if expect is not None and expected is None:
        raise click.BadParameter(
            said(msg("This is no head: a number, a colon and 64 hexadecimal digits.")),
            param_hint="--expect",
        )
    verdict = verify_trail(expected=expected)
    if verdict.problem is not None:
        warn(verdict.problem)
        warn(msg("Whole up to %(head)s.", head=verdict.head))
        raise SystemExit(FOUND_OR_REFUSED)
    say(msg("The audit trail is whole: %(count)s entries.", count=verdict.checked))
    say(msg("Head: %(head)s", head=verdict.head))


@command.command(
    help=said(msg("Write the audit trail to FILE: CSV, or JSON lines where it ends in .jsonl."))
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=DAYS, help=said(msg("Entries from then on; in UTC.")))
@click.option("--until", type=DAYS, help=said(msg("Entries before then; in UTC.")))
def export(file: Path, since: datetime | None, until: datetime | None) -> None:
    """Export the trail."""
    from geo.flows.audit import export_trail  # noqa: PLC0415 - heavy

    form = "jsonl" if file.suffix in {".jsonl", ".ndjson"} else "csv"
    count = export_trail(file, form, _utc(since), _utc(until))
    say(msg("%(count)s entries written to %(file)s.", count=count, file=file))


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given and given.tzinfo is None else given
