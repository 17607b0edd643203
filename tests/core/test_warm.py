"""What was compiled before a module changed is not used any more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from geo.core import warm

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("changed", [False, True])
def test_a_change_of_any_module_drops_all_that_was_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, changed: bool
) -> None:
    (tmp_path / "__pycache__").mkdir()
    kept = [tmp_path / "__pycache__" / name for name in ("a.one.nbi", "a.one.1.nbc")]
    for file in kept:
        file.touch()
    for name in ("a.py", "b.py"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1.0, 1.0))
    if changed:
        os.utime(tmp_path / "b.py")
        os.utime(kept[0], (2.0, 2.0))
    monkeypatch.setattr(warm, "__file__", str(tmp_path / "warm.py"))
    warm.forget()
    assert [file.exists() for file in kept] == [not changed] * 2
