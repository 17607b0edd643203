"""What can be wrong in a file of a folder, as values that name the place."""

from __future__ import annotations

from dataclasses import dataclass

from geo.messages import Message, msg


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file.

    Parameters
    ----------
    layer
        The layer's name in the manifest.
    file
        The file's name in the folder.
    row
        In a table the row as a spreadsheet counts it, the header being row 1; of geometries the
        number of the feature, from 1; ``None`` for the file as a whole.
    field
        The column, the property or the key, where one is concerned.
    feature
        Whether rows are features.
    """

    layer: str
    file: str
    row: int | None = None
    field: str | None = None
    feature: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something found at a place: a reason to refuse, a repair, or a warning.

    Examples
    --------
    >>> found = RowProblem(Place("units", "units.csv", 3, "number"), msg("It is empty."))
    >>> found.sentence().english()
    'units.csv, row 3, number: It is empty.'
    """

    place: Place
    message: Message

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.place.layer

    @property
    def row(self) -> int | None:
        """The number of the row or feature."""
        return self.place.row

    @property
    def field(self) -> str | None:
        """The column, property or key."""
        return self.place.field

    def sentence(self) -> Message:
        """Return the message with its place before it."""
        place = self.place
        values = {"file": place.file, "row": place.row, "field": place.field}
        said: dict[str, object] = {"problem": self.message, **values}
        if place.row is None and place.field is None:
            return msg("%(file)s: %(problem)s", **said)
        if place.row is None:
            return msg("%(file)s, %(field)s: %(problem)s", **said)
        if place.feature:
            return self._feature_sentence(said)
        if place.field is None:
            return msg("%(file)s, row %(row)s: %(problem)s", **said)
        return msg("%(file)s, row %(row)s, %(field)s: %(problem)s", **said)

    def _feature_sentence(self, said: dict[str, object]) -> Message:
        if self.place.field is None:
            return msg("%(file)s, feature %(row)s: %(problem)s", **said)
        return msg("%(file)s, feature %(row)s, %(field)s: %(problem)s", **said)
