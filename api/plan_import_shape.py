"""What came of a plan's import, as JSON in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from api.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.flows.plan_import import Imported


def imported_out(told: Imported, language: str, *, repaired: bool) -> dict[str, Any]:
    """Return what came of an import.

    Parameters
    ----------
    told
        What came of it.
    language
        The reader's.
    repaired
        Whether repairs were made, or are only offered.
    """
    mended = [
        {
            "grid": one.told,
            "before_m2": round(one.mended.before_m2, 2),
            "after_m2": round(one.mended.after_m2, 2),
            "changed_m2": round(one.mended.changed_m2, 2),
            "pieces": one.mended.pieces,
            "was_invalid": one.mended.was_invalid,
        }
        for one in told.mended
    ]
    return {
        "draft": str(told.draft) if told.draft else None,
        "refused": [
            {"row": one.row, "field": one.field, "text": translate(one.message, language)}
            for one in told.refused
        ],
        "remarks": [translate(one, language) for one in told.remarks],
        "found": [
            {
                "kind": one.kind,
                "severity": one.severity,
                "text": translate(text, language),
                "area_m2": round(one.area_m2, 2),
                "geometry": _geojson(one.geometry),
            }
            for one, text in told.findings
        ],
        "repaired": mended if repaired else [],
        "repairable": [] if repaired else mended,
        "differences": None if told.refused else _differences(told),
    }


def _geojson(geometry: Any) -> Any:
    return None if geometry is None else orjson.loads(shapely.to_geojson(geometry))


def _differences(told: Imported) -> dict[str, Any]:
    before, after = told.before, told.after
    changes = _Changes(told)
    common = before.grids.keys() & after.grids.keys()
    other = {key for key in common if changes.differs(key)}
    unassigned = [key for key in after.cells if after.owner(key) is None]
    households = told.households[1]
    cut = {cell.block for key, cell in after.cells.items() if key not in before.cells}
    return {
        "added": changes.listed(after.grids.keys() - before.grids.keys()),
        "gone": changes.listed(before.grids.keys() - after.grids.keys()),
        "changed": changes.listed(other),
        "same": len(common) - len(other),
        "moved": [
            {
                "cell": one.cell,
                "block": one.block,
                "from": changes.code(one.before),
                "to": changes.code(one.after),
                "households": households.get(one.cell, 0),
            }
            for one in told.moved
        ],
        "moved_blocks": len(told.moved),
        "moved_households": sum(households.get(one.cell, 0) for one in told.moved),
        "cut_blocks": len(cut - {""}),
        "unassigned_blocks": len(unassigned),
        "unassigned_households": sum(households.get(key, 0) for key in unassigned),
        "untouched": list(told.untouched),
    }


class _Changes:
    """What grids have before and after."""

    def __init__(self, told: Imported) -> None:
        self._before, self._after = told.before, told.after
        self._sides = [
            self._sums(state.owners, counts)
            for state, counts in zip((told.before, told.after), told.households, strict=True)
        ]
        self._gained: dict[str | None, int] = defaultdict(int)
        self._lost: dict[str | None, int] = defaultdict(int)
        for one in told.moved:
            self._gained[one.after] += 1
            self._lost[one.before] += 1

    @staticmethod
    def _sums(owners: Mapping[str, str], counts: Mapping[str, int]) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for cell, grid in owners.items():
            found[grid] += counts.get(cell, 0)
        return found

    def differs(self, key: str) -> bool:
        """Tell whether a grid has other blocks or another name."""
        moved = self._gained.get(key, 0) + self._lost.get(key, 0)
        return bool(moved) or self._before.grids[key] != self._after.grids[key]

    def code(self, key: str | None) -> str | None:
        """Return the code of a grid."""
        if key is None:
            return None
        return (self._after.grids.get(key) or self._before.grids[key]).code

    def listed(self, keys: set[str]) -> list[dict[str, Any]]:
        """Return grids in order of code."""
        return [self._told(key) for key in sorted(keys, key=lambda key: (self.code(key), key))]

    def _told(self, key: str) -> dict[str, Any]:
        was, becomes = self._before.grids.get(key), self._after.grids.get(key)
        grid = becomes or self._before.grids[key]
        return {
            "id": key,
            "code": grid.code,
            "name": grid.name,
            "name_before": was.name if was and was.name != grid.name else None,
            "households_before": self._sides[0].get(key, 0),
            "households_after": self._sides[1].get(key, 0),
            "blocks_gained": self._gained.get(key, 0),
            "blocks_lost": self._lost.get(key, 0),
        }
