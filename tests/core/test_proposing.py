"""Proposals: what holds for every plan, whatever the territory."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.proposing import (
    LABELS,
    Feasible,
    Infeasible,
    Wish,
    possible,
    propose,
    propose_all,
    sentence,
    steps,
)
from geo.core.proposing_figures import in_pieces
from geo.core.territories import CellRows, GridRows, territory_of

if TYPE_CHECKING:
    from geo.core.proposing import Proposal, Territory

NO_STATIONS = np.zeros((0, 2))


def town(  # noqa: PLR0913 - a town may need each of these said about it
    width: int,
    households: list[int],
    start: list[int],
    *,
    compounds: dict[int, str] | None = None,
    locked: tuple[int, ...] = (),
    locked_grids: tuple[int, ...] = (),
    grids: int | None = None,
) -> Territory:
    """Return a community of square cells in rows of a width, 100 m wide."""
    count = len(households)
    x, y = np.arange(count) % width * 100.0, np.arange(count) // width * 100.0
    k = max(start) + 1 if grids is None else grids
    rows = CellRows(
        tuple(f"c{number}" for number in range(count)),
        shapely.box(x, y, x + 100, y + 100),
        np.array(households, np.int64),
        tuple((compounds or {}).get(number, "") for number in range(count)),
        tuple(f"g{grid}" if grid >= 0 else "" for grid in start),
        np.isin(np.arange(count), locked),
    )
    names = GridRows(tuple(f"g{row}" for row in range(k)), np.isin(np.arange(k), locked_grids))
    return territory_of("360881002001", rows, names, NO_STATIONS)


def must_hold(territory: Territory, plan: Proposal) -> None:
    """Check what holds for every plan, worked out anew."""
    assert (plan.assignment >= 0).all()
    for group in np.unique(territory.groups):
        assert len(np.unique(plan.assignment[territory.groups == group])) == 1
    kept = territory.locked & (territory.start >= 0)
    assert (plan.assignment[kept] == territory.start[kept]).all()
    for row in np.flatnonzero(territory.locked_grids):
        assert ((plan.assignment == row) == (territory.start == row)).all()
    assert not in_pieces(territory, plan.assignment)
    assert plan.in_pieces == ()
    sums = np.bincount(plan.assignment, weights=territory.households)
    assert plan.households[: len(sums)].tolist() == sums.tolist()
    moved = (plan.assignment != territory.start) & (territory.start >= 0)
    assert plan.moved_households == territory.households[moved].sum()
    parted = np.diff(plan.assignment[territory.edges].reshape(-1, 2), axis=1).ravel() != 0
    assert plan.cut_m == pytest.approx(territory.length_m[parted].sum())


def fewest_moved(territory: Territory, wish: Wish, excess: int = 0) -> int | None:
    """Try every assignment that keeps locks: the fewest households moved, ``None`` if none can be.

    Only those that are no further out of bounds than so many households.
    """
    best = None
    rows = range(len(territory.grids))
    held = [
        (int(grid),) if locked else rows
        for grid, locked in zip(territory.start, territory.locked, strict=True)
    ]
    for choice in product(*held):
        plan = np.array(choice)
        moved = int(territory.households[plan != territory.start].sum())
        if best is not None and moved >= best:
            continue
        loads = np.bincount(plan, weights=territory.households, minlength=len(rows))
        over = np.maximum(loads - wish.upper, 0) + np.maximum(wish.lower - loads, 0)
        if over.sum() <= excess and not in_pieces(territory, plan):
            best = moved
    return best


@st.composite
def towns(draw: st.DrawFn) -> Territory:
    width, height = draw(st.integers(3, 6)), draw(st.integers(3, 5))
    count = width * height
    households = draw(st.lists(st.integers(0, 60), min_size=count, max_size=count))
    columns = [min(number % width * 3 // width, 2) for number in range(count)]
    pair = draw(st.integers(0, count - 2))
    lock = draw(st.integers(0, count - 1))
    same = pair % width < width - 1
    compounds = {pair: "x", pair + 1: "x"} if same and lock not in {pair, pair + 1} else {}
    return town(width, households, columns, compounds=compounds, locked=(lock,))


@settings(max_examples=6, deadline=None)
@given(towns(), st.sampled_from(["repair", "new", "add"]), st.integers(0, 3))
def test_every_plan_keeps_cells_compounds_locks_and_pieces(
    territory: Territory, kind: str, seed: int
) -> None:
    total = int(territory.households.sum())
    wish = Wish(kind, lower=total // 6, upper=total // 2 + 60)  # type: ignore[arg-type]
    plans = propose(territory, wish, seed=seed, seconds=60)
    assert [plan.label for plan in plans] == list(LABELS)
    for plan in plans:
        must_hold(territory, plan)
        if plan.excess == 0 and plan.moved_bound is not None:
            assert plan.moved_bound <= plan.moved_households


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.integers(0, 5))
def test_a_small_repair_moves_no_more_than_the_best_of_all_plans(
    households: list[int], seed: int
) -> None:
    territory = town(3, households, [0, 0, 1] * 3)
    total = sum(households)
    wish = Wish("repair", lower=total * 2 // 5, upper=-(-total * 3 // 5))
    plan = propose(territory, wish, seed=seed, seconds=60)[0]
    best = fewest_moved(territory, wish)
    if best is None:
        assert plan.excess > 0
    else:
        assert (plan.excess, plan.moved_households) == (0, best)
        assert plan.moved_bound is not None
        assert plan.moved_bound <= best


def test_the_same_seed_gives_the_same_plans_and_another_may_not() -> None:
    rng = np.random.default_rng(5)
    territory = town(8, rng.integers(5, 40, 64).tolist(), [n % 8 // 2 for n in range(64)])
    wish = Wish("repair", lower=330, upper=370)
    once, again = (propose(territory, wish, seed=3, seconds=60, workers=n) for n in (1, 2))
    for plan, other in zip(once, again, strict=True):
        assert plan.assignment.tolist() == other.assignment.tolist()
        assert not plan.hurried
    together = propose_all([territory] * 2, [wish] * 2, seed=3, seconds=60)
    assert together[1][0].assignment.tolist() == once[0].assignment.tolist()


def test_a_repair_of_what_is_in_order_moves_nothing() -> None:
    territory = town(4, [10] * 8, [0, 0, 1, 1] * 2)
    for plan in propose(territory, Wish("repair", lower=30, upper=50)):
        assert plan.assignment.tolist() == territory.start.tolist()
        assert (plan.moved_households, plan.moved_bound, plan.gap_pct) == (0, 0, 0.0)


def test_locked_grids_neither_give_nor_take() -> None:
    territory = town(6, [10] * 24, [0, 0, 1, 1, 2, 2] * 4, locked_grids=(2,))
    uneven = replace(territory, households=np.array([25, 25, 10, 10, 10, 10] * 4))
    for plan in propose(uneven, Wish("repair", lower=75, upper=150), seconds=60):
        must_hold(uneven, plan)
        assert plan.excess == 0


def test_cells_without_a_grid_get_one_and_do_not_count_as_moved() -> None:
    territory = town(4, [10] * 8, [0, 0, 1, -1] * 2)
    plan = propose(territory, Wish("repair", lower=30, upper=50))[0]
    assert plan.assignment.tolist() == [0, 0, 1, 1] * 2
    assert plan.moved_households == 0


def test_another_number_of_grids_is_advised_without_talk_of_today() -> None:
    territory = town(4, [10] * 8, [0, 0, 1, 1] * 2)
    found = possible(territory, Wish("count", k=5, lower=30, upper=50))
    assert isinstance(found, Infeasible)
    (advice,) = found.advice
    assert str(advice) == "2 grids hold them within the bounds."


def test_a_step_says_so_where_nobody_lives() -> None:
    territory = town(4, [10, 10, 0, 0] * 2, [0, 0, 0, -1] * 2)
    told = [
        str(sentence(territory, one, ("23", "24")))
        for one in steps(territory, np.array([0, 0, 1, 1] * 2))
    ]
    assert sorted(line.split(" ", 1)[1] for line in told) == [
        "comes to 24; nobody lives there.",
        "comes to 24; nobody lives there.",
        "goes from 23 to 24; nobody lives there.",
        "goes from 23 to 24; nobody lives there.",
    ]


def test_a_compound_that_lies_apart_is_joined() -> None:
    territory = town(4, [10] * 12, [0, 0, 1, 1] * 3, compounds={0: "x", 8: "x"})
    for plan in propose(territory, Wish("new", lower=40, upper=80), seconds=60):
        must_hold(territory, plan)


def test_a_grid_is_split_and_the_larger_part_keeps_its_row() -> None:
    territory = town(6, [10] * 24, [0, 0, 0, 0, 1, 1] * 4)
    for plan in propose(territory, Wish("split", grid=0, lower=60, upper=100), seconds=60):
        assert (plan.assignment[territory.start == 1] == 1).all()
        assert set(plan.assignment.tolist()) == {0, 1, 2}
        assert plan.households[0] >= plan.households[2]
        assert plan.excess == 0
        must_hold(territory, plan)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_community_gets_the_number_of_grids_that_was_asked(k: int) -> None:
    territory = town(6, [10] * 30, [0, 0, 1, 1, 2, 2] * 5)
    wish = Wish("count", k=k, lower=300 // k - 20, upper=300 // k + 20)
    for plan in propose(territory, wish, seconds=60):
        must_hold(territory, plan)
        assert (plan.k, plan.excess) == (k, 0)


def test_an_added_grid_takes_what_is_too_much() -> None:
    territory = town(6, [20] * 30, [0, 0, 0, 1, 1, 1] * 5)
    plan = propose(territory, Wish("add", lower=150, upper=250), seconds=60)[0]
    must_hold(territory, plan)
    assert (plan.k, plan.excess) == (3, 0)


def test_parts_of_a_community_that_do_not_touch_get_grids_of_their_own() -> None:
    whole = town(7, [10] * 28, [0, 0, 0, 1, 1, 1, 1] * 4)
    island = np.isin(np.arange(28) % 7, (3,))
    keep = np.flatnonzero(~island)
    place = np.full(28, -1)
    place[keep] = np.arange(len(keep))
    edges = place[whole.edges]
    inside = (edges >= 0).all(axis=1)
    apart = replace(
        whole,
        cells=tuple(whole.cells[at] for at in keep),
        households=whole.households[keep],
        groups=whole.groups[keep],
        edges=edges[inside],
        length_m=whole.length_m[inside],
        road_m=whole.road_m[inside],
        outer_m=whole.outer_m[keep],
        outer_road_m=whole.outer_road_m[keep],
        area_m2=whole.area_m2[keep],
        station_m=whole.station_m[keep],
        start=whole.start[keep],
        locked=whole.locked[keep],
    )
    wish = Wish("new", k=4, lower=40, upper=80)
    assert isinstance(possible(apart, wish), Feasible)
    for plan in propose(apart, wish, seconds=60):
        must_hold(apart, plan)
        assert plan.excess == 0
    refused = possible(apart, Wish("new", k=3, lower=75, upper=100))
    assert isinstance(refused, Infeasible)
    assert "don't touch" in refused.reasons[0].english()


@pytest.mark.parametrize(
    ("wish", "said", "advised"),
    [
        (Wish("repair", lower=10, upper=100), "hold 200", "Split a grid"),
        (Wish("repair", lower=200, upper=400), "need 400", "Merge grids"),
        (Wish("repair", lower=170, upper=190), "too few", "No number of grids"),
        (Wish("new", lower=201, upper=220), "too few", "No number of grids"),
        (Wish("add", lower=110, upper=200), "need 330", "2 grids hold them"),
    ],
)
def test_arithmetic_says_what_is_impossible_and_what_would_help(
    wish: Wish, said: str, advised: str
) -> None:
    territory = town(4, [40] * 8, [0, 0, 1, 1] * 2)
    if wish.lower == 170:
        territory = replace(territory, households=np.array([30] * 8))
    refused = possible(territory, wish)
    assert isinstance(refused, Infeasible)
    assert any(said in reason.english() for reason in refused.reasons)
    assert any(advised in advice.english() for advice in refused.advice)


def test_what_locks_and_compounds_forbid_is_said() -> None:
    heavy = town(4, [60, 60, 5, 5] * 2, [0, 0, 1, 1] * 2, compounds={0: "x", 1: "x"})
    refused = possible(heavy, Wish("repair", lower=10, upper=110))
    assert isinstance(refused, Infeasible)
    assert "120 households, more than the 110" in refused.reasons[1].english()
    pinned = town(4, [60] * 8, [0, 0, 1, 1] * 2, locked=(0, 1, 4))
    refused = possible(pinned, Wish("repair", lower=10, upper=150, k=4))
    assert isinstance(refused, Infeasible)
    assert any("Locked cells bind 180" in one.english() for one in refused.reasons)
    shut = town(4, [60] * 8, [0, 0, 1, 1] * 2, locked_grids=(0,))
    refused = possible(shut, Wish("repair", lower=250, upper=300))
    assert isinstance(refused, Infeasible)
    assert any("is locked with 240" in one.english() for one in refused.reasons)


def test_steps_lead_to_the_plan_and_keep_grids_whole_on_the_way() -> None:
    rng = np.random.default_rng(2)
    territory = town(8, rng.integers(5, 40, 64).tolist(), [n % 8 // 2 for n in range(64)])
    plan = propose(territory, Wish("repair", lower=330, upper=370), seconds=60)[0]
    now = territory.start.copy()
    for step in steps(territory, plan.assignment):
        before = np.bincount(now, weights=territory.households, minlength=4)
        assert step.giver_before == before[step.giver]
        now[list(step.cells)] = step.taker
        after = np.bincount(now, weights=territory.households, minlength=4)
        assert (step.giver_after, step.taker_after) == (after[step.giver], after[step.taker])
        assert not in_pieces(territory, now)
        told = sentence(territory, step, ("20", "21", "22", "23")).english()
        assert f"falls from {step.giver_before} to {step.giver_after}" in told
    assert now.tolist() == plan.assignment.tolist()


def test_a_search_that_is_stopped_still_answers_with_whole_grids() -> None:
    rng = np.random.default_rng(5)
    territory = town(8, rng.integers(5, 40, 64).tolist(), [n % 8 // 2 for n in range(64)])
    for plan in propose(territory, Wish("new", lower=330, upper=370), stop=lambda: True):
        assert plan.hurried
        must_hold(territory, plan)


def test_progress_is_told() -> None:
    territory = town(6, [20, 10] * 15, [0, 0, 0, 1, 1, 1] * 5)
    told: list[float] = []
    propose(territory, Wish("new", k=3), on_better=lambda one: told.append(one.share))
    assert told == [1.0]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=9, max_size=9),
    st.lists(st.integers(0, 2), min_size=9, max_size=9),
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.integers(1, 3),
)
def test_no_plan_of_all_moves_fewer_than_the_bound(
    households: list[int], start: list[int], locked: list[bool], share: int
) -> None:
    """Today's grids may be in pieces or empty, and cells locked."""
    locks = tuple(number for number in range(9) if locked[number] and number % 3 == 0)
    territory = town(3, households, start, locked=locks, grids=3)
    total = sum(households)
    wish = Wish("repair", lower=total // (3 + share), upper=-(-total // (4 - share)))
    plan = propose(territory, wish, seconds=60)[0]
    best = fewest_moved(territory, wish, plan.excess)
    if best is not None:
        assert plan.moved_bound is not None
        assert plan.moved_bound <= best
