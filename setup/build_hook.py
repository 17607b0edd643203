"""The step of the package's build that adds what is not committed: assets and catalogues."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

import assets


class AssetsHook(BuildHookInterface[Any]):
    """Build the assets before a wheel or an sdist is packed; an editable install needs none."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Bring the files up to date; the sdist carries them, so that its wheel needs no npm."""
        if version != "editable":
            assets.build(Path(self.root))
