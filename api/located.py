"""The answer to a position as JSON, for programs on the network and at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api.i18n import translate

if TYPE_CHECKING:
    from typing import Any

    from geo.flows.locate import LocateAnswer, Notice
    from geo.store.generations import Named, StoredGrid


def render(answer: LocateAnswer, language: str) -> bytes:
    """Return an answer as JSON, its warnings in the reader's language."""
    period = answer.period
    distance_m = answer.distance_m
    return orjson.dumps(
        {
            "generation": period.label if period else None,
            "generation_number": period.number if period else None,
            "jurisdiction": period.jurisdiction if period else None,
            "method": answer.method,
            "grid": _grid(answer.grid),
            "nearest": _grid(answer.nearest),
            "distance_m": None if distance_m is None else round(distance_m, 3),
            "candidates": [
                {"code": one.grid.code, "share": round(one.share, 6)} for one in answer.candidates
            ],
            "confident": answer.confident,
            "warnings": [_warning(notice, language) for notice in answer.notices],
        }
    )


def _warning(notice: Notice, language: str) -> dict[str, str]:
    return {"code": notice.code, "message": translate(notice.message, language)}


def _grid(grid: StoredGrid | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    branch = grid.branch
    return {
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
        "kind": grid.kind,
        "community": _named(grid.community),
        "street": _named(grid.street),
        "branch": branch
        and {"name": branch.name, "name_en": branch.name_en, "phone": branch.phone},
    }


def _named(named: Named) -> dict[str, str]:
    return {"code": named.code, "name": named.name, "name_en": named.name_en}
