"""The page of the lifecycle in the documentation, made from its tables, with its diagram.

``python -m api.lifecycle_page`` writes both to ``docs/``; with ``-`` the page is printed.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from api.lifecycle_diagram import diagram
from api.lifecycle_names import ACTIONS, OWNERS, ROLES, STAGES, STATES
from api.written_pages import put_out, table_head, table_row
from geo.core.lifecycle import (
    COLLECTED,
    ESCALATING_TRANSFER,
    SERVICE,
    STATE_TABLE,
    TRANSFERS,
    TRANSITIONS,
    TRIAGE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.core.lifecycle import Transition

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lifecycle.md"
DIAGRAM = PAGE.with_suffix(".svg")

INTRODUCTION = """\
# The lifecycle of a case (事项流转)

<!-- Written by `python -m api.lifecycle_page`; a test compares it with the code. -->

收集 collect → 梳理 sort → 分流 triage → 处理 handle → 反馈 feedback. One table
(`geo/core/lifecycle.py`) says which step leads from which state to which, who takes it, what it
needs and which clocks it moves. The service, this page and the diagram go by it; a test takes any
steps by anybody and compares what has become of the case with its history.

![States of a case and the steps between them](lifecycle.svg)

## States

At any time exactly one has to act; a case that has ended is nobody's.
"""

STEPS = """
## Steps

Each takes a step in the own territory alone, and the history bears the account's name. Fields that
a step needs must be given; grid, duty and department only where the case has none yet, or where
the step is about changing them. Fields that a step does not need are refused, not overlooked.
Photos and a note may go with every step.
"""

STAYING = """
## Steps that leave the state as it is
"""

TRANSFERRING = f"""
## Transfers (移交 转办)

A transfer keeps both: the history says which grid or department had the case before, and who gave
it away may still read it. {" and ".join(f"`{one}`" for one in sorted(TRANSFERS))} count, and
`dispatch` of a returned case to another department than before. With number
{ESCALATING_TRANSFER} the case is the street's (`escalated_at`), and from then on the desk alone
transfers it. So it is when a deadline has passed.

Of duplicates (`mark_duplicate`) the other one stays: whoever reported or follows the duplicate
follows that one from then on. A duplicate of a duplicate can't be named.

## Clocks

Each stage has a clock, in [working time](decisions/working-time.md), by the version of the
catalogue that the case is judged by.

- Dispatch is counted from receipt, also where the duty became known later; acceptance and handling
  from dispatch; feedback from handling. What the grid handles itself counts from receipt.
- A stage that is still to come has a forecast: what has not happened is taken to happen when it is
  due.
- On the open list (挂账) the clock stands still and keeps the working time that is left; what was
  late already stays late. No other state pauses.
- The desk sets another time with a reason (`set_deadline`), two years away at most, for the stage
  that runs; how often is counted (`extensions`).
- Another duty judges anew what is not done yet, except a time that somebody has set.
- A reminder (`remind`) is written when a share of the working time is left
  (`HONGGE_REMIND_BEFORE_PCT`), and `escalate` when the time is over: each
  [exactly once](decisions/clocks-as-the-queue.md) for each deadline.
- A redraw of grids that leaves a case without a grid puts it back to triage; the department's
  clocks go on until it is routed anew.

## Feedback

`feed_back` leaves a [delivery](feedback.md) for the reporter and each follower who gave a number;
all of them see it by their link.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "".join(
        [
            *(INTRODUCTION, "\n", *_states()),
            *(STEPS, "\n", *_steps()),
            *(STAYING, "\n", *_staying()),
            TRANSFERRING,
        ]
    )


def _states() -> Iterator[str]:
    yield table_head("state", "who has to act", "clocks")
    for state in STATE_TABLE.values():
        clocks = f"{_stages(state.clocks)} paused" if state.paused else _stages(state.clocks)
        yield table_row(_state(state.name), OWNERS[state.owner], clocks)


def _steps() -> Iterator[str]:
    yield table_head("from", "step", "to", "needs", "who", "clocks")
    entries = " or ".join(_state(name) for name in (COLLECTED, TRIAGE))
    begins = f"starts {_stages(['dispatch'])}"
    yield table_row("", "收集 `collect`", entries, "", "whoever reports 报告人", begins)
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in TRANSITIONS:
        if row.state != row.next or row.starts:
            told = (_action(row.action), _state(row.next), _fields(row.needs), _who(row.who))
            alike[*told, _clocks(row)].append(_state(row.state))
    for rest, states in alike.items():
        yield table_row(", ".join(states), *rest)


def _staying() -> Iterator[str]:
    yield table_head("step", "in", "needs", "who")
    rows = [row for row in TRANSITIONS if row.state == row.next and not row.starts]
    for action in dict.fromkeys(row.action for row in rows):
        own = [row for row in rows if row.action == action]
        states = ", ".join(STATES[row.state] for row in own)
        yield table_row(_action(action), states, _fields(own[0].needs), _who(own[0].who))


def _clocks(row: Transition) -> str:
    told = (("meets", row.meets), ("starts", row.starts), ("stops", row.stops))
    pauses = STATE_TABLE[row.next].paused - STATE_TABLE[row.state].paused
    moves = [f"{verb} {_stages(stages)}" for verb, stages in told if stages]
    return "; ".join([*moves, *{1: ["pauses"], -1: ["goes on"]}.get(pauses, [])])


def _stages(stages: Iterable[str]) -> str:
    return ", ".join(f"{STAGES[stage]} `{stage}`" for stage in stages)


def _fields(needs: Iterable[str]) -> str:
    return ", ".join(f"`{field}`" for field in needs)


def _who(roles: frozenset[str]) -> str:
    known = [role for role in ROLES if role in roles]
    return ", ".join(ROLES[role] for role in known or [SERVICE])


def _state(name: str) -> str:
    return f"{STATES[name]} `{name}`"


def _action(name: str) -> str:
    return f"{ACTIONS[name]} `{name}`"


if __name__ == "__main__":
    put_out({PAGE: page(), DIAGRAM: diagram()})
