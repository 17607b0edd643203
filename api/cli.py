"""The command ``hongge``.

A command's module is imported only when the command runs: the table below is all that
``hongge --help`` needs.
"""

from __future__ import annotations

import gettext
import os
import sys
from importlib import import_module

import click

from api.commands.speech import FOUND_OR_REFUSED, language, said, warn
from api.i18n import LOCALE_FOLDER
from geo.errors import HonggeError
from geo.messages import Message, msg

COMMANDS: dict[str, tuple[str, Message]] = {
    "serve": (
        "api.commands.serve:command",
        msg("Run the service, with its private database when no other is set."),
    ),
    "db": ("api.commands.db:command", msg("Make, upgrade, save and restore the database.")),
    "user": (
        "api.commands.user:command",
        msg("Add accounts, reset passwords, say who may do what."),
    ),
    "load": ("api.commands.load:command", msg("Load a jurisdiction's folder into the database.")),
    "check": ("api.commands.check:command", msg("Find overlaps, gaps and odd polygons in a file.")),
    "roads": (
        "api.commands.roads:command",
        msg("Survey a walking network: its size, and what hangs together."),
    ),
    "locate": ("api.commands.locate:command", msg("Say which grid a position belongs to.")),
    "map": (
        "api.commands.map:command",
        msg("Draw maps of coverage and hot spots, for print and as files."),
    ),
    "report": ("api.commands.report:command", msg("Write reports to be passed round.")),
    "audit": ("api.commands.audit:command", msg("Check and export the audit trail.")),
    "person": (
        "api.commands.person:command",
        msg("Answer one person's request about their own data."),
    ),
    "retention": (
        "api.commands.retention:command",
        msg("Delete what has been kept long enough."),
    ),
    "work": (
        "api.commands.work:command",
        msg("Compute the proposals that planners ask for; the service starts this by itself."),
    ),
    "propose": (
        "api.commands.propose:command",
        msg("Redraw grids: three plans within the bounds, or parts of a graph."),
    ),
    "assign": ("api.commands.assign:command", msg("Give every point of a file its grid.")),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command; ``None`` when there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the table of commands without importing any."""
        rows = [(name, said(help_text)) for name, (_where, help_text) in COMMANDS.items()]
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl(rows)


def use_language() -> None:
    """Let click's own sentences come from our catalogues, in the terminal's language."""
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("messages", str(LOCALE_FOLDER))
    gettext.textdomain("messages")


def build() -> click.Group:
    """Return the command with all its subcommands."""
    group = LazyGroup(
        name="hongge",
        help=said(msg("Hongge: a city's governance grids, and who answers where.")),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    return click.version_option(package_name="hongge")(group)


def main() -> None:
    """Run the command line: exit status 0 done, 1 findings or refused, 2 wrong usage."""
    use_language()
    try:
        build().main(prog_name="hongge")
    except HonggeError as error:
        warn(error.message)
        sys.exit(FOUND_OR_REFUSED)


if __name__ == "__main__":
    main()
