"""The answer to a position as JSON, for programs on the network and at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api.i18n import translate
from geo.flows.grids_told import grid_told

if TYPE_CHECKING:
    from geo.flows.locate import LocateAnswer, Notice


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
            "grid": grid_told(answer.grid),
            "nearest": grid_told(answer.nearest),
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
