"""``hongge report``: the monthly report as a document and as numbers."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.speech import said, say, warn
from geo.messages import msg

FORMS = ("docx", "pdf", "xlsx")


@click.group(help=said(msg("Write reports to be passed round.")))
def command() -> None:
    """Write reports."""


@command.command(
    help=said(
        msg(
            "Write the report of MONTH, such as 2026-03: coverage, hot spots and the loop's"
            " figures, by street and community, beside those of the month before."
        )
    )
)
@click.argument("month", metavar="MONTH")
@click.option("--jurisdiction", metavar="SLUG", help=said(msg("Needed where several are loaded.")))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=said(msg("Where to write: .docx, .pdf or .xlsx.")),
)
def month(month: str, jurisdiction: str | None, output: Path) -> None:
    """Write a month's report."""
    from geo.core.months import parse_month  # noqa: PLC0415 - only when it runs
    from geo.errors import InvalidFieldError  # noqa: PLC0415 - the same

    form = output.suffix.lower().removeprefix(".")
    if form not in FORMS:
        endings = ", ".join(f".{one}" for one in FORMS)
        raise click.UsageError(said(msg("A report is written as %(formats)s.", formats=endings)))
    if not output.parent.is_dir():
        raise click.UsageError(said(msg("There is no folder “%(folder)s”.", folder=output.parent)))
    try:
        wanted = parse_month(month)
    except InvalidFieldError as error:
        raise click.UsageError(said(error.message)) from error
    from api.commands.speech import language  # noqa: PLC0415 - only when it runs
    from api.commands.which import reading  # noqa: PLC0415 - the same
    from api.map_files import basemap_of  # noqa: PLC0415 - the same
    from api.monthly_report import monthly_file  # noqa: PLC0415 - the same
    from geo.flows.monthly_report import monthly_report  # noqa: PLC0415 - the same

    warn(msg("Counting…"))
    with reading(jurisdiction) as (reader, slug):
        report = monthly_report(reader.session, reader.registry, slug, wanted, reader.url)
        basemap = basemap_of(reader.session, slug, language())
    output.write_bytes(monthly_file(report, basemap, form, language(), warn))  # type: ignore[arg-type]
    say(msg("Written to %(file)s.", file=output))


__all__ = ["command"]
