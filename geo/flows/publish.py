"""Publishing a plan as a generation (发布网格方案)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.store import publishing
from geo.store.engine import owner_session, refusing_what_is_not_permitted, session
from geo.store.loading import refusing_by_rule

if TYPE_CHECKING:
    from geo.store.asking import Asker
    from geo.store.publishing import Plan


def publish(
    jurisdiction: str, plan: Plan, url: str | None = None, asker: Asker | None = None
) -> int:
    """Publish a plan in one transaction, and return the key of its generation.

    Every process answers by it within a second of its start.

    Parameters
    ----------
    jurisdiction
        Slug.
    plan
        What to publish.
    url
        The database; by default the settings'.
    asker
        Who publishes; by default the operator, by command.

    Raises
    ------
    NotPermittedError
        When the asker is no planner of the jurisdiction.
    NotFoundError
        When there is no such jurisdiction.
    PublicationRefusedError
        When it would start in the past, or before the last generation has started.
    LoadRefusedByRuleError
        When its grids break a rule of the database: an overlap, a grid across communities.
    """
    opening = session(url, asker) if asker else owner_session(url)
    with refusing_by_rule(), refusing_what_is_not_permitted(), opening as opened:
        return publishing.publish(opened, jurisdiction, plan)
