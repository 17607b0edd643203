"""Steps of a plan in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.core.proposing_values import Step, Territory


def sentence(territory: Territory, step: Step, names: Sequence[str]) -> Message:
    """Return a step in words.

    Parameters
    ----------
    territory
        Whose cells move.
    step
        One of :func:`steps`.
    names
        Of the grids by row, new ones included.
    """
    values = {
        "cell": ", ".join(territory.cells[row] for row in step.cells),
        "households": step.households,
        "taker": names[step.taker],
        "taker_before": step.taker_before,
        "taker_after": step.taker_after,
    }
    if step.giver < 0:
        if not step.households:
            return msg("%(cell)s comes to %(taker)s; nobody lives there.", **values)
        return msg(
            "%(cell)s brings %(households)s households into %(taker)s, which rises from"
            " %(taker_before)s to %(taker_after)s.",
            **values,
        )
    if not step.households:
        return msg(
            "%(cell)s goes from %(giver)s to %(taker)s; nobody lives there.",
            giver=names[step.giver],
            **values,
        )
    return msg(
        "%(cell)s moves %(households)s households to %(taker)s: %(giver)s falls from"
        " %(giver_before)s to %(giver_after)s, %(taker)s rises from %(taker_before)s to"
        " %(taker_after)s.",
        giver=names[step.giver],
        giver_before=step.giver_before,
        giver_after=step.giver_after,
        **values,
    )
