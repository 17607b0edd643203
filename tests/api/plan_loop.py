"""Draws, reviews and publishes drafts in a loop, from a process of its own, until told to stop.

Arguments: the database's address, the keys of two planners' accounts. Prints a line for every
generation; ends when its input ends.
"""

from __future__ import annotations

import sys
import threading
from itertools import count

from sqlalchemy import select

from geo.flows.plan_publish import Publication, publish_draft
from geo.store.engine import owner_session
from geo.store.models import GridVersion
from tests import planned
from tests.people import asker_of
from tests.planned import Settled


def main(url: str, planner: int, reviewer: int) -> None:
    """Publish until the input ends."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with owner_session(url) as opened:
        rows = opened.execute(select(GridVersion.code, GridVersion.grid_id).distinct())
        grids = {row.code: row.grid_id for row in rows}
    known = Settled(url, grids, asker_of(planner), asker_of(reviewer), {})
    for number in count(1):
        label = f"loop-{number}"
        draw = planned.upright if number % 2 else planned.across
        draft = planned.approved(known, draw(grids))
        publish_draft(draft, Publication(0, label=label), known.planner, url)
        sys.stdout.write(f"{label}\n")
        sys.stdout.flush()
        if ended.is_set():
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
