"""States (状态) of an issue, the actions between them, who takes them, and the clocks they move.

The loop is 收集 collect → 梳理 sort → 分流 triage → 处理 handle → 反馈 feedback, run as the grid
finds, the street dispatches (派单), the department accepts (受理), and with a verification (核查)
before closing. All of it is two tables: :data:`STATE_TABLE` and :data:`TRANSITIONS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

TRIAGE = "triage"
COLLECTED = "collected"
CLOSED = "closed"
ON_OPEN_LIST = "on_open_list"

STAGES = ("dispatch", "accept", "handle", "feed_back")
"""The stages that have a deadline each, in order: 派单, 受理, 处理, 反馈."""


class State(NamedTuple):
    """One state.

    Parameters
    ----------
    name
        Of the state.
    owner
        Who has to act: the street's ``desk``, the ``grid`` or the ``department``; ``None`` where
        nobody has to.
    clocks
        Stages whose time runs.
    paused
        Whether it stands still meanwhile.
    """

    name: str
    owner: str | None
    clocks: tuple[str, ...] = ()
    paused: bool = False


STATE_TABLE: dict[str, State] = {
    one.name: one
    for one in (
        State(TRIAGE, "desk", ("dispatch",)),
        State(COLLECTED, "grid", ("dispatch",)),
        State("sorted", "desk", ("dispatch",)),
        State("dispatched", "department", ("accept", "handle")),
        State("accepted", "department", ("handle",)),
        State("returned", "desk", ("dispatch",)),
        State(ON_OPEN_LIST, "department", ("handle",), paused=True),
        State("handled", "grid", ("feed_back",)),
        State("verified", "grid", ("feed_back",)),
        State("fed_back", "desk"),
        State(CLOSED, None),
        State("duplicate", None),
        State("cancelled", None),
        State("reopened", "desk", ("dispatch",)),
    )
}

STATES = tuple(STATE_TABLE)
"""Every state: waiting for a decision (待分流), collected (已收集), sorted (已梳理), dispatched
(已派单), accepted (已受理), returned (已退回), carried on the open list (挂账), handled (已处理),
verified (已核查), fed back (已反馈), closed (已办结), duplicate (重复), cancelled (已作废) and
reopened (重新打开)."""

ENDED = frozenset(one.name for one in STATE_TABLE.values() if one.owner is None)
"""States in which nobody has to act, and which no redraw of grids moves."""

OPEN = tuple(state for state in STATES if state not in ENDED)
"""The other states."""

SERVICE = "service"
"""Who takes the steps that no person takes."""

_GRID = frozenset({"grid_worker", "community_staff"})
_DESK = frozenset({"street_dispatcher"})
_DEPARTMENT = frozenset({"department_handler"})
_AT_WORK = _GRID | _DESK | _DEPARTMENT
_BY_ITSELF = frozenset({SERVICE})

TRANSFERS = frozenset({"transfer_grid", "transfer_department"})
"""Actions that send an issue elsewhere (移交 转办)."""

ESCALATING_TRANSFER = 3
"""The transfer with which an issue becomes the street's: from then on the desk alone transfers."""


class Transition(NamedTuple):
    """One row of the table: in ``state``, ``action`` leads to ``next``.

    Parameters
    ----------
    state, action, next
        Names.
    needs
        Fields that the action can't do without: ``reason``, ``note``, ``grid``, ``duty``,
        ``department``, ``duplicate_of``, ``stage`` or ``due_at``. Of grid, duty and department one
        that the issue has already need not be given, but where the action is about changing it.
    who
        Roles that may take it, each on the issues of its own territory.
    meets, starts, stops
        Stages whose clocks end in time or late, begin anew from now, and go back to a forecast.
    """

    state: str
    action: str
    next: str
    needs: tuple[str, ...]
    who: frozenset[str]
    meets: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


def _row(  # noqa: PLR0913, PLR0917 - the columns of the table
    state: str,
    action: str,
    following: str,
    who: frozenset[str],
    needs: tuple[str, ...] = (),
    meets: tuple[str, ...] = (),
    anew: tuple[str, ...] = (),
) -> Transition:
    """Return a row; which clocks start and stop follows from those of both states.

    ``anew`` are the stages that begin again although they run before and after.
    """
    before, after = STATE_TABLE[state].clocks, STATE_TABLE[following].clocks
    starts = tuple(stage for stage in after if stage in anew or stage not in before)
    stops = tuple(stage for stage in before if stage not in after and stage not in meets)
    return Transition(state, action, following, needs, who, meets, starts, stops)


def _staying(
    action: str, states: Iterable[str], who: frozenset[str], needs: tuple[str, ...] = ()
) -> list[Transition]:
    return [_row(state, action, state, who, needs) for state in states]


_WITHOUT_DEPARTMENT_YET = (TRIAGE, COLLECTED, "sorted", "returned", "reopened")
_WITH_DEPARTMENT = ("dispatched", "accepted")
_TIMED = tuple(
    one.name for one in STATE_TABLE.values() if one.clocks and not one.paused and one.owner
)

TRANSITIONS: tuple[Transition, ...] = (
    _row(TRIAGE, "route", COLLECTED, _DESK, ("grid", "duty")),
    _row(COLLECTED, "sort", "sorted", _GRID | _DESK, ("duty",)),
    _row("sorted", "handle", "handled", _GRID, ("note",), ("dispatch", "handle")),
    _row("sorted", "dispatch", "dispatched", _DESK, ("department",), ("dispatch",)),
    _row("returned", "dispatch", "dispatched", _DESK, ("department",), ("dispatch",)),
    _row(
        "reopened", "dispatch", "dispatched", _DESK, ("grid", "duty", "department"), ("dispatch",)
    ),
    _row("returned", "sort", "sorted", _GRID | _DESK, ("duty",)),
    _row("reopened", "sort", "sorted", _GRID | _DESK, ("grid", "duty")),
    _row("dispatched", "accept", "accepted", _DEPARTMENT, (), ("accept",)),
    _row("dispatched", "return", "returned", _DEPARTMENT, ("reason",)),
    _row("accepted", "return", "returned", _DEPARTMENT, ("reason",)),
    _row("accepted", "handle", "handled", _GRID | _DEPARTMENT, ("note",), ("handle",)),
    _row("accepted", "carry_openly", ON_OPEN_LIST, _DEPARTMENT, ("reason",)),
    _row(ON_OPEN_LIST, "resume", "accepted", _DEPARTMENT),
    _row(ON_OPEN_LIST, "handle", "handled", _GRID | _DEPARTMENT, ("note",), ("handle",)),
    _row("handled", "verify", "verified", _GRID | _DESK),
    _row("handled", "reject", "accepted", _GRID | _DESK, ("reason",)),
    _row("verified", "feed_back", "fed_back", _GRID | _DESK, ("note",), ("feed_back",)),
    _row("fed_back", "close", CLOSED, _DESK),
    *(
        _row(state, "mark_duplicate", "duplicate", _GRID | _DESK, ("duplicate_of",))
        for state in (*_WITHOUT_DEPARTMENT_YET, *_WITH_DEPARTMENT)
    ),
    *(_row(state, "cancel", "cancelled", _DESK, ("reason",)) for state in _WITHOUT_DEPARTMENT_YET),
    *(
        _row(state, "reopen", "reopened", _GRID | _DESK, ("reason",))
        for state in (CLOSED, "duplicate", "cancelled")
    ),
    *_staying(
        "transfer_grid",
        (state for state in OPEN if state not in {TRIAGE, "fed_back"}),
        _GRID | _DESK,
        ("grid", "reason"),
    ),
    *(
        _row(
            state,
            "transfer_department",
            "dispatched",
            _DESK | _DEPARTMENT,
            ("department", "reason"),
            ("dispatch",) if state == "returned" else (),
            ("accept",),
        )
        for state in (*_WITH_DEPARTMENT, "returned")
    ),
    *_staying("set_deadline", _TIMED, _DESK, ("stage", "due_at", "reason")),
    *_staying("show", STATES, _GRID | _DESK),
    *_staying("hide", STATES, _GRID | _DESK),
    *_staying("remark", OPEN, _AT_WORK, ("note",)),
    *_staying("remind", _TIMED, _BY_ITSELF),
    *_staying("escalate", _TIMED, _BY_ITSELF),
)

_BY_STATE = {
    state: {row.action: row for row in TRANSITIONS if row.state == state} for state in STATES
}

ACTIONS = tuple(dict.fromkeys(row.action for row in TRANSITIONS if row.who != _BY_ITSELF))
"""Every action of people, in the order of the loop; the service's own are not among them."""

ROLES_OF_ACTION: dict[str, frozenset[str]] = {
    action: frozenset().union(*(row.who for row in TRANSITIONS if row.action == action))
    for action in ACTIONS
}
"""Which roles carry out which action, in one state or another."""


def may_act(action: str, roles: Collection[str]) -> bool:
    """Tell whether somebody with these roles may carry out an action in any state.

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
    """Return the actions of people that a state allows; none for a state nobody here knows.

    Examples
    --------
    >>> allowed_actions("closed")
    ('reopen', 'show', 'hide')
    >>> allowed_actions("")
    ()
    """
    rows = _BY_STATE.get(state, {}).values()
    return tuple(row.action for row in rows if row.who != _BY_ITSELF)


def actions_of(state: str, roles: Collection[str], *, escalated: bool = False) -> tuple[str, ...]:
    """Return the actions that a state allows to somebody with these roles.

    Parameters
    ----------
    state
        Of the issue.
    roles
        That they have on it.
    escalated
        Whether it is the street's: then the desk alone transfers.

    Examples
    --------
    >>> actions_of("verified", {"grid_worker"})
    ('feed_back', 'transfer_grid', 'show', 'hide', 'remark')
    >>> actions_of("verified", {"grid_worker"}, escalated=True)
    ('feed_back', 'show', 'hide', 'remark')
    >>> actions_of("verified", ())
    ()
    """
    rows = _BY_STATE.get(state, {}).values()
    return tuple(row.action for row in rows if _is_theirs(row, roles, escalated=escalated))


def _is_theirs(row: Transition, roles: Collection[str], *, escalated: bool) -> bool:
    who = row.who & _DESK if escalated and row.action in TRANSFERS else row.who
    return not who.isdisjoint(roles)


def transition(state: str, action: str) -> Transition | None:
    """Return where an action leads from a state, or ``None`` where it isn't allowed.

    Examples
    --------
    >>> step = transition("dispatched", "return")
    >>> step.next, step.needs, step.starts, step.stops
    ('returned', ('reason',), ('dispatch',), ('accept', 'handle'))
    >>> transition("closed", "accept") is None
    True
    """
    return _BY_STATE.get(state, {}).get(action)
