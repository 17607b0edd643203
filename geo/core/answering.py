"""Who answers first for what a duty is about: its owner, or whoever has the territory."""

from __future__ import annotations

ANSWERERS = ("owner", "territory")
"""Who may answer first: whoever owns the thing (权属), or has the territory (属地)."""

FIRST_ANSWERER = {"component": "owner", "event": "territory"}
"""Who does where nothing else is said: of components (部件) and events (事件), as GB/T 30428.2
calls the kinds of urban management cases."""
