"""Publishes generations of the town in a loop, from a process of its own, until told to stop.

Arguments: the database's address. Prints a line for every generation; ends when its input ends.
"""

from __future__ import annotations

import sys
import threading
from itertools import count, cycle

from sqlalchemy import select

from geo.flows.publish import publish
from geo.store.engine import owner_session
from geo.store.models import GridVersion
from geo.store.publishing import Plan
from tests import town


def main(url: str) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with owner_session(url) as opened:
        rows = opened.execute(select(GridVersion.code, GridVersion.grid_id).distinct())
        grids = {row.code: row.grid_id for row in rows}
    for number, plan in zip(count(1), cycle((town.UPRIGHT, town.ACROSS)), strict=False):
        label = f"loop-{number}"
        publish(town.SLUG, Plan(label, town.drawn(plan, grids), "loop"), url)
        sys.stdout.write(f"{label}\n")
        sys.stdout.flush()
        if ended.wait(0.02):
            return


if __name__ == "__main__":
    main(sys.argv[1])
