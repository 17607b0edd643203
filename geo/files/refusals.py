"""Why a file as a whole is refused: for people, naming what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import FileRefusedError

if TYPE_CHECKING:
    from pathlib import Path


class FileMissingError(FileRefusedError):
    """The file isn't there."""

    template = "%(file)s: there is no such file."


class UnreadableFileError(FileRefusedError):
    """The library that reads such files can't."""

    template = "%(file)s can't be read: %(reason)s"


class SameFileError(FileRefusedError):
    """The result would overwrite what is being read."""

    template = "%(file)s is the input: write the result to another file."


class UnwritableFileError(FileRefusedError):
    """A result can't be written where it should go."""

    template = "%(file)s can't be written: %(reason)s"


class NotPolygonsError(FileRefusedError):
    """The file holds no polygon at all."""

    template = "%(file)s holds no polygon."


class NoRowsError(FileRefusedError):
    """A table has no row beneath the names of its columns."""

    template = "%(file)s holds no row beneath the names of its columns."


class LayerNeededError(FileRefusedError):
    """Several layers might be meant."""

    template = "%(file)s holds several layers; name one of them: %(layers)s"


class NoSuchLayerError(FileRefusedError):
    """The named layer isn't in the file."""

    template = "%(file)s has no layer “%(layer)s”; it has: %(layers)s"


class NoSuchColumnError(FileRefusedError):
    """The named column isn't in the file."""

    template = "%(file)s has no column “%(column)s”; it has: %(columns)s"


class ColumnNeededError(FileRefusedError):
    """No column, or more than one, could identify the rows."""

    template = "%(file)s: no column clearly identifies the polygons; name one of them: %(columns)s"


def refuse_inputs(output: Path, *inputs: Path | None) -> None:
    """Refuse to write over a file that is read, under whatever name it goes.

    Raises
    ------
    SameFileError
        When the output is one of the inputs.

    Examples
    --------
    >>> from pathlib import Path
    >>> refuse_inputs(Path("absent.csv"), None, Path("absent.csv"))
    """
    for one in inputs:
        if one and one.exists() and output.exists() and output.samefile(one):
            raise SameFileError(file=one.name)
