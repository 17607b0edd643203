"""Measures as options of commands."""

from __future__ import annotations

import math
from typing import Any

import click

from api.commands.speech import said
from geo.messages import msg


class Metres(click.FloatRange):
    """Metres, at least 0; what is not a number is refused, though it is no less than 0 either."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a number of metres, or end the command."""
        metres = super().convert(value, param, ctx)
        if math.isnan(metres):
            self.fail(said(msg("“%(text)s” is not a number.", text=str(value))), param, ctx)
        return metres
