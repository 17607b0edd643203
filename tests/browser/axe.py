"""What axe-core finds wrong with a page, for people who read it by other means than their eyes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETTLED = """async () => {
    const ending = (one) => Number.isFinite(one.effect?.getComputedTiming().endTime ?? Infinity);
    const ended = document.getAnimations().filter(ending).map((one) => one.finished);
    await Promise.allSettled(ended);
}"""
"""Waits for what fades and slides: colours on their way are nobody's contrast."""
SOURCE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def axe(page: Page, part: str = "html") -> list[str]:
    """Return the serious and critical violations, each with the element.

    Parameters
    ----------
    page
        An open page.
    part
        Selector of what is looked at; by default all of it.
    """
    page.evaluate(SETTLED)
    page.evaluate(SOURCE.read_text())
    found = page.evaluate("part => axe.run(part, {resultTypes: ['violations']})", part)
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
