"""Drafts in the database: two planners at it, whatever they do, in whichever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from geo.core.drafts import Cell, PlannedGrid, PlanState, replay
from geo.errors import KeyReusedError, NotFoundError, NotPermittedError
from geo.flows import plans as drafting
from geo.flows.plans import Conflicting, Refused, Written
from geo.store import plan_log
from geo.store.engine import owner_session, session
from geo.store.plan_log import NewEntry
from geo.store.plans import NewDraft
from geo.store.publishing import jurisdiction_key
from tests import town
from tests.people import add_account, asker_of, make_accounts

if TYPE_CHECKING:
    from geo.store.asking import Asker

LEFT, RIGHT = str(uuid4()), str(uuid4())
BLOCKS = ("a", "b", "c")


@pytest.fixture(scope="module")
def askers(database_url: str) -> dict[str, Asker]:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        made = make_accounts(opened)
        made["other"] = add_account(opened, "other", "planner", town.SLUG)
    return {name: asker_of(key) for name, key in made.items()}


def begin(url: str, asker: Asker) -> UUID:
    """Store a draft of three blocks: the first two are the left grid's, the last nobody's."""
    cells = {
        block: Cell(
            shapely.MultiPolygon([shapely.box(column, 0, column + 1, 1)]).wkb.hex(), town.A, block
        )
        for column, block in enumerate(BLOCKS)
    }
    grids = {
        LEFT: PlannedGrid(f"{town.A}101", "左"),
        RIGHT: PlannedGrid(f"{town.A}102", "右"),
    }
    with session(url, asker) as opened:
        new = NewDraft(uuid4(), jurisdiction_key(opened, town.SLUG), "方案")
        begins = PlanState.of(cells, {"a": LEFT, "b": LEFT}, grids)
        return drafting.store_state(opened, new, begins)


def paint(was: str | None, becomes: str | None, block: str = "a") -> NewEntry:
    return NewEntry(uuid4(), "paint", {"owner": {block: (was, becomes)}}, {})


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["planner", "other"]),
        st.one_of(
            st.tuples(
                st.sampled_from(["owner"]),
                st.sampled_from(BLOCKS),
                st.sampled_from([None, LEFT, RIGHT]),
            ),
            st.tuples(st.sampled_from(["lock"]), st.sampled_from(BLOCKS), st.booleans()),
            st.tuples(st.sampled_from(["undo", "redo"])),
            st.tuples(st.just("restore"), st.integers(0, 3)),
        ),
    ),
    max_size=8,
)


def carry_out(url: str, asker: Asker, draft_id: UUID, act: tuple[Any, ...]) -> Any:
    """Do something to a draft, twice under one key: the second time it is not done again."""
    key = uuid4()
    outcomes = []
    for _ in range(2):
        with session(url, asker) as opened:
            if act[0] in {"undo", "redo"}:
                outcome = getattr(drafting, act[0])(opened, draft_id, key)
            elif act[0] == "restore":
                version = min(act[1], drafting.draft_of(opened, draft_id).version)
                outcome = drafting.restore(opened, draft_id, key, version)
            else:
                subject, block, becomes = act
                if not outcomes:
                    was = drafting.state_of(opened, draft_id).value(subject, block)
                changes = {subject: {block: (was, becomes)}}
                outcome = drafting.edit(opened, draft_id, NewEntry(key, "paint", changes, {}))
        outcomes.append(outcome)
        if not isinstance(outcome, Written):
            return outcome
    first, again = outcomes
    assert not first.again
    assert again.again
    assert first.entry == again.entry
    return first


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_the_log_tells_the_state_and_taking_everything_back_is_the_start(
    database_url: str, askers: dict[str, Asker], acts: list[tuple[str, tuple[Any, ...]]]
) -> None:
    draft_id = begin(database_url, askers["planner"])
    for who, act in acts:
        outcome = carry_out(database_url, askers[who], draft_id, act)
        assert isinstance(outcome, Written | Conflicting | Refused)
    with session(database_url, askers["auditor"]) as opened:
        kept = drafting.state_of(opened, draft_id)
        start = plan_log.read_beginning(opened, draft_id)
        log = plan_log.entries_after(opened, draft_id)
        assert [entry.seq for entry in log] == list(range(1, kept.version + 1))
        assert replay(start, [entry.changes for entry in log]).values == kept.values
        for version in range(kept.version + 1):
            then = plan_log.read_state(opened, draft_id, version)
            assert then == replay(start, [entry.changes for entry in log[:version]])
    with session(database_url, askers["other"]) as opened:
        for entry in reversed(log):
            back = drafting.undo(opened, draft_id, uuid4(), entry.seq)
            taken_back = isinstance(back, Written)
            if not taken_back:
                assert isinstance(back, Refused)
                reasons = {one.refusal.reason for one in back.objections}
                assert reasons <= {"already_undone"}
        if all(entry.undoes is None for entry in log):
            assert plan_log.read_state(opened, draft_id).values == start.values


def test_editors_at_the_same_time_wait_for_one_another(
    database_url: str, askers: dict[str, Asker]
) -> None:
    draft_id = begin(database_url, askers["planner"])

    def work(number: int) -> Any:
        asker = askers["planner" if number % 2 else "other"]
        with session(database_url, asker) as opened:
            return drafting.edit(opened, draft_id, paint(LEFT, RIGHT, "ab"[number % 2]))

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(work, range(8)))
    written = [one for one in outcomes if isinstance(one, Written)]
    assert {one.entry.seq for one in written} == {1, 2}
    clashes = [one.clashes[0] for one in outcomes if isinstance(one, Conflicting)]
    assert len(clashes) == 6
    assert all(one.touch is not None and one.touch.account_id for one in clashes)


def test_what_was_never_committed_is_not_remembered(
    database_url: str, askers: dict[str, Asker]
) -> None:
    draft_id = begin(database_url, askers["planner"])
    with session(database_url, askers["planner"]) as opened:
        drafting.edit(opened, draft_id, paint(LEFT, RIGHT))
        assert drafting.state_of(opened, draft_id).owner("a") == RIGHT
        opened.rollback()
    with session(database_url, askers["other"]) as opened:
        assert drafting.state_of(opened, draft_id).owner("a") == LEFT
        assert isinstance(drafting.edit(opened, draft_id, paint(LEFT, None)), Written)


def test_another_process_has_edited_meanwhile(database_url: str, askers: dict[str, Asker]) -> None:
    draft_id = begin(database_url, askers["planner"])
    with session(database_url, askers["planner"]) as opened:
        assert drafting.state_of(opened, draft_id).owner("a") == LEFT
    with session(database_url, askers["other"]) as opened:
        opened.execute(
            text(
                "INSERT INTO plan_entry (draft_id, key, verb, changes) VALUES"
                " (:id, gen_random_uuid(), 'paint', CAST(:changes AS jsonb))"
            ),
            {"id": draft_id, "changes": f'{{"owner": {{"a": ["{LEFT}", "{RIGHT}"]}}}}'},
        )
    with session(database_url, askers["planner"]) as opened:
        assert drafting.state_of(opened, draft_id).owner("a") == RIGHT


def test_a_key_is_one_edits(database_url: str, askers: dict[str, Asker]) -> None:
    draft_id = begin(database_url, askers["planner"])
    with session(database_url, askers["planner"]) as opened:
        first = paint(LEFT, RIGHT)
        assert isinstance(drafting.edit(opened, draft_id, first), Written)
        with pytest.raises(KeyReusedError):
            drafting.restore(opened, draft_id, first.key, 0)
        with pytest.raises(KeyReusedError):
            drafting.undo(opened, draft_id, first.key)


def test_who_only_reads_edits_nothing(database_url: str, askers: dict[str, Asker]) -> None:
    draft_id = begin(database_url, askers["planner"])
    with (
        session(database_url, askers["auditor"]) as opened,
        pytest.raises(NotPermittedError),
    ):
        drafting.edit(opened, draft_id, paint(LEFT, RIGHT))
    for nobody in ("grid_worker", "disabled"):
        with session(database_url, askers[nobody]) as opened, pytest.raises(NotFoundError):
            drafting.state_of(opened, draft_id)
