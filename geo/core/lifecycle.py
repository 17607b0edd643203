"""States (状态) of an issue and the actions that lead from one to the next.

The loop is 收集 collect → 梳理 sort → 分流 triage → 处理 handle → 反馈 feedback, run as the grid
finds, the street dispatches (派单), the department accepts (受理), and with a verification (核查)
before closing. All of it is the one table :data:`TRANSITIONS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

TRIAGE = "triage"
COLLECTED = "collected"
CLOSED = "closed"

STATES = (
    TRIAGE,
    COLLECTED,
    "sorted",
    "dispatched",
    "accepted",
    "returned",
    "on_open_list",
    "handled",
    "verified",
    "fed_back",
    CLOSED,
    "duplicate",
    "cancelled",
    "reopened",
)
"""Every state: waiting for a decision (待分流), collected (已收集), sorted (已梳理), dispatched
(已派单), accepted (已受理), returned (已退回), carried on the open list (挂账), handled (已处理),
verified (已核查), fed back (已反馈), closed (已办结), duplicate (重复), cancelled (已作废) and
reopened (重新打开)."""

ENDED = frozenset({CLOSED, "duplicate", "cancelled"})
"""States in which nobody has to act, and which no redraw of grids moves."""


class Transition(NamedTuple):
    """One row of the table: in ``state``, ``action`` leads to ``next``.

    Parameters
    ----------
    state, action, next
        Names.
    needs
        Fields that the action can't do without: ``reason``, ``note``, ``grid``, ``duty``,
        ``department`` or ``duplicate_of``. A field that the issue has already need not be given.
    """

    state: str
    action: str
    next: str
    needs: tuple[str, ...] = ()


_WITHOUT_ACTION_YET = (TRIAGE, COLLECTED, "sorted", "returned", "reopened")

TRANSITIONS: tuple[Transition, ...] = (
    Transition(TRIAGE, "route", COLLECTED, ("grid", "duty")),
    Transition(COLLECTED, "sort", "sorted", ("duty",)),
    Transition("sorted", "handle", "handled", ("note",)),
    *(
        Transition(state, "dispatch", "dispatched", ("department",))
        for state in ("sorted", "returned", "reopened")
    ),
    Transition("returned", "sort", "sorted", ("duty",)),
    Transition("reopened", "sort", "sorted", ("duty",)),
    Transition("dispatched", "accept", "accepted"),
    Transition("dispatched", "return", "returned", ("reason",)),
    Transition("accepted", "return", "returned", ("reason",)),
    Transition("accepted", "handle", "handled", ("note",)),
    Transition("accepted", "carry_openly", "on_open_list", ("reason",)),
    Transition("on_open_list", "handle", "handled", ("note",)),
    Transition("handled", "verify", "verified"),
    Transition("handled", "reject", "accepted", ("reason",)),
    Transition("verified", "feed_back", "fed_back", ("note",)),
    Transition("fed_back", "close", CLOSED),
    *(
        Transition(state, "mark_duplicate", "duplicate", ("duplicate_of",))
        for state in _WITHOUT_ACTION_YET
    ),
    *(Transition(state, "cancel", "cancelled", ("reason",)) for state in _WITHOUT_ACTION_YET),
    *(Transition(state, "reopen", "reopened", ("reason",)) for state in (CLOSED, "duplicate")),
    Transition("cancelled", "reopen", "reopened", ("reason",)),
)

_BY_STATE = {
    state: {row.action: row for row in TRANSITIONS if row.state == state} for state in STATES
}

ACTIONS = tuple(dict.fromkeys(row.action for row in TRANSITIONS))
"""Every action, in the order of the loop."""


_GRID = frozenset({"grid_worker", "community_staff"})
_DESK = frozenset({"street_dispatcher"})
_DEPARTMENT = frozenset({"department_handler"})

ROLES_OF_ACTION: dict[str, frozenset[str]] = {
    "route": _DESK,
    "sort": _GRID | _DESK,
    "handle": _GRID | _DEPARTMENT,
    "dispatch": _DESK,
    "accept": _DEPARTMENT,
    "return": _DEPARTMENT,
    "carry_openly": _DEPARTMENT,
    "verify": _GRID | _DESK,
    "reject": _GRID | _DESK,
    "feed_back": _GRID | _DESK,
    "close": _DESK,
    "mark_duplicate": _GRID | _DESK,
    "cancel": _DESK,
    "reopen": _GRID | _DESK,
}
"""Which roles carry out which action, each on the issues of its own territory."""


def may_act(action: str, roles: Collection[str]) -> bool:
    """Tell whether somebody with these roles may carry out an action.

    Examples
    --------
    >>> may_act("dispatch", {"street_dispatcher"}), may_act("dispatch", {"grid_worker"})
    (True, False)
    >>> may_act("dispatch", ())
    False
    """
    return not ROLES_OF_ACTION.get(action, frozenset()).isdisjoint(roles)


def first_state(*, routed: bool, sorted_out: bool) -> str:
    """Return the state in which an issue comes in.

    Parameters
    ----------
    routed
        Whether a grid answers for it.
    sorted_out
        Whether its duty is known.

    Examples
    --------
    >>> first_state(routed=True, sorted_out=True)
    'collected'
    >>> first_state(routed=False, sorted_out=True)
    'triage'
    """
    return COLLECTED if routed and sorted_out else TRIAGE


def allowed_actions(state: str) -> tuple[str, ...]:
    """Return the actions that a state allows; none for a state nobody here knows.

    Examples
    --------
    >>> allowed_actions("fed_back")
    ('close',)
    >>> allowed_actions("")
    ()
    """
    return tuple(_BY_STATE.get(state, ()))


def transition(state: str, action: str) -> Transition | None:
    """Return where an action leads from a state, or ``None`` where it isn't allowed.

    Examples
    --------
    >>> transition("dispatched", "return")
    Transition(state='dispatched', action='return', next='returned', needs=('reason',))
    >>> transition("closed", "accept") is None
    True
    """
    return _BY_STATE.get(state, {}).get(action)
