"""The page on the data folder, in both languages, against what the loader reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geo.files.rows import GRIDS, LAYERS, Shape

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-folder.md"
CHINESE, ENGLISH = PAGE.read_text(encoding="utf-8").split("## English")


def described(text: str, start: str) -> list[str]:
    row = re.search(rf"^\| {start}[^|]*\| ([^|]*) \|", text, re.MULTILINE)
    assert row is not None
    return row.group(1).split(", ")


def read(shape: Shape) -> list[str]:
    return [f"**{name}**" if how["needed"] else name for name, how in shape.fields.items()]


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["zh", "en"])
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_described_with_its_fields(text: str, layer: str) -> None:
    assert described(text, f"`{layer}`") == read(LAYERS[layer])


@pytest.mark.parametrize(("text", "start"), [(CHINESE, "网格"), (ENGLISH, "grids")])
def test_grids_are_described_with_their_fields(text: str, start: str) -> None:
    assert described(text, start) == read(GRIDS)
