"""What can be found in a polygon coverage, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from geo.core.validity import words
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapely.geometry.base import BaseGeometry

Kind = Literal[
    "empty",
    "invalid",
    "duplicate",
    "nested",
    "overlap",
    "gap",
    "multipart",
    "sliver",
    "enclave",
    "hole",
]
Severity = Literal["error", "information"]

KINDS: tuple[Kind, ...] = (
    "invalid",
    "empty",
    "duplicate",
    "nested",
    "overlap",
    "gap",
    "multipart",
    "sliver",
    "enclave",
    "hole",
)
"""In the order in which findings are told: what spoils the measuring of others comes first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a coverage.

    Parameters
    ----------
    kind
        See :data:`KINDS`.
    severity
        ``error`` breaks the coverage; ``information`` may be meant.
    rows
        The polygons concerned, by row: of an overlap both, of a nested one the inner first, of a
        gap or hole all around it, the ones with the longest contact first, of an enclave the
        surrounding one first.
    geometry
        Where: an area, or of an invalid ring the point, or of a polygon in pieces all but the
        largest; ``None`` when there is no place.
    area_m2
        Of the geometry.
    width_m
        Mean width, twice the area by the perimeter: of a strip its width, of a disc its radius.
    pieces
        How many separate pieces the geometry has, or the polygon in pieces.
    reason
        Of an invalid ring, GEOS' words.
    """

    kind: Kind
    severity: Severity
    rows: tuple[int, ...]
    geometry: BaseGeometry | None
    area_m2: float = 0.0
    width_m: float = 0.0
    pieces: int = 1
    reason: str = ""

    def moved(self, move: Callable[[Any], Any]) -> Finding:
        """Return the finding with its geometry in another system; the figures stay."""
        return self if self.geometry is None else replace(self, geometry=move(self.geometry))


MAX_NAMED = 4
"""How many polygons a sentence names before it counts the rest."""


def describe(finding: Finding, labels: Sequence[object]) -> Message:
    """Say a finding in a sentence.

    Parameters
    ----------
    finding
        What to say.
    labels
        What people call each row.

    Examples
    --------
    >>> describe(Finding("empty", "error", (1,), None), ["a", "b"]).english()
    '“b” has no area.'
    """
    names = [f"“{labels[row]}”" for row in finding.rows]
    values: dict[str, Any] = {
        "first": names[0] if names else "",
        "second": names[1] if len(names) > 1 else "",
        "all": _listed(names[:MAX_NAMED]),
        "others": len(names) - MAX_NAMED,
        "pieces": finding.pieces,
        "reason": words(finding.reason),
    }
    return msg(_template(finding, len(names)), **values)


def _listed(names: Sequence[str]) -> Message | str:
    """Put names beside each other the way the reader's language does."""
    listed: Message | str = names[0] if names else ""
    for name in names[1:]:
        listed = msg("%(names)s, %(name)s", names=listed, name=name)
    return listed


def _template(finding: Finding, count: int) -> str:
    if finding.kind == "gap":
        return _gap_template(finding, count)
    if finding.kind == "hole":
        return _HOLE_MANY if count > MAX_NAMED else _HOLE
    if finding.kind == "enclave" and count > 2:  # noqa: PLR2004 - one surrounds, one is inside
        return _ENCLAVES
    return _TEMPLATES[finding.kind]


def _gap_template(finding: Finding, count: int) -> str:
    if finding.severity == "information":
        return _STRAIT
    if count > MAX_NAMED:
        return _GAP_MANY
    return _GAP if count > 1 else _GAP_WITHIN


_TEMPLATES = {
    "empty": msg("%(first)s has no area.").template,
    "invalid": msg("The outline of %(first)s is invalid: %(reason)s.").template,
    "duplicate": msg("%(second)s is the same polygon as %(first)s.").template,
    "nested": msg("%(first)s lies wholly on %(second)s.").template,
    "overlap": msg("%(first)s and %(second)s overlap.").template,
    "multipart": msg("%(first)s consists of %(pieces)s separate pieces.").template,
    "sliver": msg("%(first)s is only a sliver.").template,
    "enclave": msg("%(second)s is an enclave in %(first)s.").template,
}
_ENCLAVES = msg("Several polygons fill a hole of another: %(all)s.").template
_GAP = msg("A gap between %(all)s.").template
_GAP_MANY = msg("A gap between %(all)s and %(others)s more.").template
_GAP_WITHIN = msg("A gap within %(first)s.").template
_STRAIT = msg("An open strip between %(all)s, wider than what counts as a gap.").template
_HOLE = msg("A hole that no polygon covers, inside %(all)s.").template
_HOLE_MANY = msg("A hole that no polygon covers, inside %(all)s and %(others)s more.").template
