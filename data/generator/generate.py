"""Makes one demonstration jurisdiction from its plan to its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.generator import city as city_steps
from data.generator import issues, people, stations, writing
from data.generator.jinggangshan import PLAN as JINGGANGSHAN
from data.generator.qianjin import PLAN as QIANJIN

if TYPE_CHECKING:
    from pathlib import Path

    from data.generator.plan import Plan

PLANS: dict[str, Plan] = {plan.slug: plan for plan in (JINGGANGSHAN, QIANJIN)}


def generate(slug: str, folder: Path) -> None:
    """Write the folder of a demonstration jurisdiction.

    Parameters
    ----------
    slug
        ``jinggangshan`` or ``qianjin``.
    folder
        Where the files go; made when absent, files of the same names are replaced.
    """
    city = city_steps.build(PLANS[slug])
    team = people.make_team(city)
    writing.write(city, team, stations.place_stations(city), issues.make_issues(city), folder)
