"""The sentences of the library ``click`` that our commands show.

They stand here to be found by the extraction of texts; ``click`` looks them up in our catalogues
(its placeholders are those of :meth:`str.format`).
"""

from __future__ import annotations

from geo.messages import msg

CLICK_TEXTS = (
    msg("%(prog)s, version %(version)s"),
    msg("Aborted!"),
    msg("Choose from:\n\t{choices}"),
    msg("Commands"),
    msg("Error: {message}"),
    msg("Invalid value for {param_hint}: {message}"),
    msg("Invalid value: {message}"),
    msg("Missing argument"),
    msg("Missing command."),
    msg("Missing option"),
    msg("No such command {name!r}."),
    msg("No such option {name!r}."),
    msg("Option {name!r} does not take a value."),
    msg("Options"),
    msg("Positional arguments"),
    msg("Show the version and exit."),
    msg("Show this message and exit."),
    msg("Try '{command} {option}' for help."),
    msg("Usage:"),
    msg("default: {default}"),
    msg("directory"),
    msg("file"),
    msg("path"),
    msg("{name} {filename!r} does not exist."),
    msg("{name} {filename!r} is a directory."),
    msg("{name} {filename!r} is a file."),
    msg("{name} {filename!r} is not readable."),
    msg("{name} {filename!r} is not writable."),
    msg("{value!r} is not a valid {number_type}."),
    msg("{value} is not in the range {range}."),
)
