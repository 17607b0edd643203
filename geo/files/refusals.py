"""Why a file as a whole is refused: for people, naming what they can do."""

from __future__ import annotations

from geo.errors import FileRefusedError


class FileMissingError(FileRefusedError):
    """The file isn't there."""

    template = "%(file)s: there is no such file."


class UnreadableFileError(FileRefusedError):
    """The library that reads such files can't."""

    template = "%(file)s can't be read: %(reason)s"


class NotPolygonsError(FileRefusedError):
    """The file holds no polygon at all."""

    template = "%(file)s holds no polygon."


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
