"""Publishing drafts: what was foretold happens, and the old plan brings everything back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy import select, text

from geo.core.drafts import PlannedGrid
from geo.core.effects import homes_after
from geo.errors import NotPermittedError, PublicationRefusedError, StepRefusedError
from geo.flows.act import Action, act
from geo.flows.locate import read_position
from geo.flows.plan_effects import read_proposal
from geo.flows.plan_publish import Publication, publish_draft, republish, take_step, withdraw
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.flows.report_places import GivenPlace
from geo.store import plans
from geo.store.engine import owner_session, session
from geo.store.generations import periods
from geo.store.models import Issue, OutboxMessage, PlanDraft, Unit, UnitOverride
from geo.store.plan_review import NewStep, drawn_grids
from geo.store.publishing import Plan, clock, publish, take_up
from tests import planned, town
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.core.drafts import PlanState
    from geo.flows.plan_effects import Proposal
    from tests.planned import Settled

PATIENCE_S = 60
FEW = trying(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def known(database_url: str) -> Settled:
    return planned.settle(database_url)


@pytest.fixture(scope="module")
def registry(known: Settled) -> Iterator[Registry]:
    running = Registry(known.url)
    running.start()
    yield running
    running.stop()


@dataclass(frozen=True)
class Snapshot:
    """Who is where: units by key, open and ended cases by number with their state."""

    units: dict[int, UUID]
    cases: dict[str, tuple[UUID | None, str]]


def snapshot(known: Settled) -> Snapshot:
    assigned = text("""
        SELECT unit_id, grid_id FROM unit_assignment
        JOIN generation ON generation.id = generation_id AND validity @> clock_timestamp()
    """)
    with owner_session(known.url) as opened:
        units = {row.unit_id: row.grid_id for row in opened.execute(assigned)}
        rows = opened.execute(select(Issue.number, Issue.current_grid_id, Issue.state))
        return Snapshot(units, {number: (grid, state) for number, grid, state in rows})


def proposal_of(known: Settled, draft: UUID) -> Proposal:
    with session(known.url, known.planner) as opened:
        found = plans.read_draft(opened, draft)
        assert found is not None
        proposal = read_proposal(opened, found)
        assert proposal.effects
        return proposal


def outbox(known: Settled, label: str) -> list[tuple[str, str | None, list[str]]]:
    with owner_session(known.url) as opened:
        found = opened.execute(
            select(OutboxMessage.topic, OutboxMessage.payload)
            .where(OutboxMessage.payload["generation"].astext == label)
            .order_by(OutboxMessage.id)
        )
        return [
            (topic, told["department"], [one["number"] for one in told["cases"]])
            for topic, told in found
        ]


@pytest.fixture(scope="module")
def cases(known: Settled, registry: Registry) -> dict[str, UUID]:
    """Cases of every sort: by position and by unit, moved by hand, by a unit put elsewhere."""
    dispatcher = asker_of(known.accounts["street_dispatcher"])

    def take_in(**given: Any) -> UUID:
        told = report(registry, Report("x", duty=town.DUTY, **given), url=known.url)
        return UUID(told["id"])

    found = {
        f"spot-{column}-{row}": take_in(position=read_position(*town.spot(column, row)))
        for column in (0.2, 0.7, 1.2, 1.7, 2.2, 3.0)
        for row in (0.2, 0.7, 1.2, 1.7)
    }
    found["unit"] = take_in(place=GivenPlace("H0-3", 1))
    found["unit by hand"] = take_in(place=GivenPlace("H1-2", 1))
    found["on the border"] = take_in(position=read_position(*town.spot(1, 1)))
    found["by hand"] = take_in(position=read_position(*town.spot(-5, 0.5)))
    act(found["by hand"], Action("route", "tests", grid=town.B1), dispatcher, known.url)
    found["in the market by hand"] = take_in(position=read_position(*town.spot(-5, 0.7)))
    act(
        found["in the market by hand"],
        Action("route", "tests", grid=town.D),
        dispatcher,
        known.url,
    )
    found["no place"] = take_in()
    act(found["no place"], Action("route", "tests", grid=town.D), dispatcher, known.url)
    found["ended"] = take_in(position=read_position(*town.spot(0.2, 1.7)))
    act(found["ended"], Action("cancel", "tests", reason="误报"), dispatcher, known.url)
    return found


@given(seed=st.integers(0, 10**6))
@FEW
def test_what_is_foretold_happens_and_the_old_plan_brings_all_back(
    known: Settled, cases: dict[str, UUID], seed: int
) -> None:
    assert cases
    before = snapshot(known)
    with owner_session(known.url) as opened:
        old = periods(opened)[-1].label
    draft = planned.approved(known, planned.redrawn(known.grids, seed))
    proposal = proposal_of(known, draft)
    written = publish_draft(draft, Publication(0), known.planner, known.url)
    after = snapshot(known)
    homes = proposal.affected.homes
    foretold = homes_after(proposal.after, homes, proposal.ground)
    assert {home.key: grid for home, grid in zip(homes, foretold, strict=True)} == {
        unit: str(grid) for unit, grid in after.units.items()
    }
    moved = {
        one.case.number: (UUID(one.after) if one.after else None, one.state)
        for one in proposal.effects.cases
    }
    assert after.cases == before.cases | moved
    told = outbox(known, written.label)
    assert sorted(number for _, _, numbers in told for number in numbers) == sorted(moved)
    assert {topic for topic, _, _ in told} == {"plan.published"}
    seen = proposal_of(known, draft).effects
    assert seen.crosswalk == proposal.effects.crosswalk
    assert {one.case.number: one.after for one in seen.cases} == {
        one.case.number: one.after for one in proposal.effects.cases
    }
    republish(old, None, "恢复", known.planner, known.url)
    assert snapshot(known).units == before.units


def test_a_unit_put_elsewhere_by_hand_is_foretold(known: Settled) -> None:
    with owner_session(known.url) as opened:
        unit = opened.scalars(select(Unit.id).join(UnitOverride)).first()
    proposal = proposal_of(known, planned.draft(known, planned.upright(known.grids)))
    homes = {one.key: one for one in proposal.affected.homes}
    assert homes[unit or 0].by_hand == str(known.grids[town.B1])
    assert all(
        home.key != unit for building in proposal.effects.buildings for home, _, _ in building.homes
    )


def test_the_grid_of_a_new_community_part_gets_a_code_that_was_never_used(known: Settled) -> None:
    fresh = str(uuid4())
    grids = planned.planned(known.grids, town.A1, town.A2, town.B1)
    a1, a2, b1 = grids
    reused = grids | {fresh: PlannedGrid(town.D, "新格", "New")}
    wanted = grids | {fresh: PlannedGrid(f"{town.B}003", "新格", "New", branch_name="新支部")}

    def state(of: dict[str, PlannedGrid]) -> PlanState:
        return planned.chessboard(
            lambda column, row: (
                (fresh if row > 1 else b1) if column > 2 else a1 if column < 1 else a2
            ),
            of,
        )

    draft = planned.approved(known, state(reused))
    with pytest.raises(PublicationRefusedError, match="another grid's"):
        publish_draft(draft, Publication(0), known.planner, known.url)
    written = planned.published(known, state(wanted))
    with owner_session(known.url) as opened:
        branch = text("SELECT name FROM party_branch WHERE grid_id = :grid")
        assert opened.scalar(branch, {"grid": fresh}) == "新支部"
        assert periods(opened)[-1].label == written.label


def test_the_branch_of_a_plan_is_the_grids_from_its_first_day_on(known: Settled) -> None:
    grids = planned.planned(known.grids, town.A1, town.A2, town.B1)
    key = str(known.grids[town.A1])
    renamed = grids | {key: PlannedGrid(town.A1, "一格", "One", branch_name="改名支部")}
    a1, a2, b1 = grids
    state = planned.chessboard(
        lambda column, _: b1 if column > 2 else a1 if column < 1 else a2, renamed
    )
    branch = text("SELECT name FROM party_branch WHERE grid_id = :grid")
    with owner_session(known.url) as opened:
        starts = clock(opened) + timedelta(hours=1)
    written = planned.published(known, state, starts)
    with owner_session(known.url) as opened:
        assert opened.scalar(branch, {"grid": key}) != "改名支部"
    withdraw(written.label, "", known.planner, known.url)
    planned.published(known, state)
    with owner_session(known.url) as opened:
        assert opened.scalar(branch, {"grid": key}) == "改名支部"


def test_of_two_publishers_at_once_one_wins_and_the_other_is_told(known: Settled) -> None:
    drafts = [planned.approved(known, planned.redrawn(known.grids, seed)) for seed in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(publish_draft, draft, Publication(0), asker, known.url)
            for draft in drafts
            for asker in (known.planner, known.reviewer)
        ]
    errors = [one.exception() for one in asked]
    assert errors.count(None) == 1
    winner = next(one.result() for one in asked if one.exception() is None)
    told = {str(error) for error in errors if error is not None}
    assert any(winner.label in one for one in told)
    reasons = {draft: proposal_of(known, draft).errors for draft in drafts}
    assert sorted([one.reason for one in found] for found in reasons.values()) == [
        [],
        ["base_superseded"],
    ]
    assert {type(error) for error in errors if error} == {
        PublicationRefusedError,
        StepRefusedError,
    }


def test_only_what_was_approved_is_published(known: Settled) -> None:
    draft = planned.draft(known, planned.upright(known.grids))
    with pytest.raises(StepRefusedError, match="approved"):
        publish_draft(draft, Publication(0), known.planner, known.url)
    take_step(draft, NewStep("submit", 0), known.planner, known.url)
    with pytest.raises(NotPermittedError):
        take_step(draft, NewStep("approve", 0), asker_of(known.accounts["auditor"]), known.url)
    take_step(draft, NewStep("approve", 0), known.reviewer, known.url)
    with pytest.raises(StepRefusedError, match="edited"):
        publish_draft(draft, Publication(1), known.planner, known.url)
    with pytest.raises(PublicationRefusedError, match="past"):
        publish_draft(
            draft, Publication(0, datetime(2026, 2, 1, tzinfo=UTC)), known.planner, known.url
        )


def test_a_withdrawn_plan_leaves_nothing(known: Settled, cases: dict[str, UUID]) -> None:
    assert cases
    fresh = str(uuid4())
    grids = planned.planned(known.grids, town.A1, town.A2, town.B1)
    a1, a2, b1 = grids
    state = planned.chessboard(
        lambda column, row: (fresh if row > 1 else b1) if column > 2 else a1 if column < 1 else a2,
        grids | {fresh: PlannedGrid(f"{town.B}009", "新格", "New", branch_name="新支部")},
    )
    count = text("""
        SELECT (SELECT count(*) FROM generation), (SELECT count(*) FROM grid),
               (SELECT count(*) FROM grid_version), (SELECT count(*) FROM unit_assignment),
               (SELECT count(*) FROM party_branch)
    """)
    with owner_session(known.url) as opened:
        known_before = opened.execute(count).one(), periods(opened)
        starts = clock(opened) + timedelta(hours=1)
    before = snapshot(known)
    draft = planned.approved(known, state)
    written = publish_draft(draft, Publication(0, starts), known.planner, known.url)
    with pytest.raises(PublicationRefusedError, match="before the last"):
        planned.published(known, planned.upright(known.grids))
    assert withdraw(written.label, "暂缓", known.reviewer, known.url) == draft
    with owner_session(known.url) as opened:
        assert (opened.execute(count).one(), periods(opened)) == known_before
        assert opened.get_one(PlanDraft, draft).state == "approved"
        noted = text("""
            SELECT array_agg(action ORDER BY id) FROM audit_entry
            WHERE table_name = 'generation' AND row_key = :key AND account_id = :account
        """)
        asked = {"key": str(written.id), "account": known.accounts["reviewer"]}
        assert opened.scalar(noted, asked) == ["delete"]
    assert snapshot(known) == before
    assert {topic for topic, _, _ in outbox(known, written.label)} == {
        "plan.scheduled",
        "plan.withdrawn",
    }
    again = publish_draft(draft, Publication(0), known.planner, known.url)
    with pytest.raises(StepRefusedError, match="come into force"):
        withdraw(again.label, "", known.planner, known.url)


def test_an_old_plan_that_leaves_households_out_is_not_published_again(known: Settled) -> None:
    planned.published(known, planned.upright(known.grids))
    with owner_session(known.url) as opened:
        whole = drawn_grids(opened, periods(opened)[-1].id)
        part = [grid for grid in whole if grid.code != town.B1]
        publish(opened, town.SLUG, Plan("town-part", part, "tests"))
    last = planned.published(known, planned.upright(known.grids))
    before = snapshot(known)
    with pytest.raises(PublicationRefusedError, match="would have no grid"):
        republish("town-part", None, "", known.planner, known.url)
    assert snapshot(known) == before
    with owner_session(known.url) as opened:
        assert periods(opened)[-1].label == last.label


def test_only_the_last_of_two_scheduled_plans_is_withdrawn(known: Settled) -> None:
    with owner_session(known.url) as opened:
        now = clock(opened)
    first = planned.published(known, planned.upright(known.grids), now + timedelta(hours=1))
    second = planned.published(known, planned.across(known.grids), now + timedelta(hours=2))
    with pytest.raises(StepRefusedError, match="withdraw that one first"):
        withdraw(first.label, "", known.planner, known.url)
    for label in (second.label, first.label):
        withdraw(label, "", known.planner, known.url)


def test_a_scheduled_plan_comes_into_force_once_whoever_takes_it_up(
    known: Settled, cases: dict[str, UUID], registry: Registry
) -> None:
    assert cases
    draft = planned.approved(known, planned.redrawn(known.grids, 7))
    foretold = {one.case.number for one in proposal_of(known, draft).effects.cases}
    starts = planned.soon(known.url)
    written = publish_draft(draft, Publication(0, starts), known.planner, known.url)
    others = [Registry(known.url) for _ in range(3)]
    for one in others:
        one.start()
    deadline = time.monotonic() + PATIENCE_S
    while not all(
        one.current()[0].period.label == written.label and one.periods()[-1].taken_up
        for one in (registry, *others)
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for one in others:
        one.stop()
    told = outbox(known, written.label)
    published = [numbers for topic, _, numbers in told if topic == "plan.published"]
    assert sorted(number for numbers in published for number in numbers) == sorted(foretold)
    redrawn = text("""
        SELECT count(*) FROM issue_event
        WHERE action = 'redraw' AND detail ->> 'generation' = :label
    """)
    with owner_session(known.url) as opened:
        assert opened.scalar(redrawn, {"label": written.label}) == len(foretold)


def test_departments_are_told_of_the_grids_that_have_other_ground(known: Settled) -> None:
    """Not of those that are drawn from another corner, or with vertices where cells meet."""
    planned.published(known, planned.across(known.grids))
    again = planned.published(known, planned.across(known.grids))
    upright = planned.published(known, planned.upright(known.grids))
    redrawn = select(OutboxMessage.payload["grids"]["redrawn"]).where(
        OutboxMessage.topic == "plan.published"
    )
    with owner_session(known.url) as opened:
        label = OutboxMessage.payload["generation"].astext
        assert set(map(tuple, opened.scalars(redrawn.where(label == again.label)))) == {()}
        told = set(map(tuple, opened.scalars(redrawn.where(label == upright.label))))
    assert told == {(town.A1, town.A2)}


def test_plans_that_passed_while_nobody_was_there_are_taken_up_in_order(
    database_url: str, known: Settled, registry: Registry
) -> None:
    """Nothing stays behind in a grid of a plan that came and went while the service was down."""
    registry.stop()
    position = read_position(*town.spot(0.2, 1.7))
    planned.published(known, planned.across(known.grids))
    registry.refresh()
    case = UUID(
        report(registry, Report("x", duty=town.DUTY, position=position), url=database_url)["id"]
    )
    first = planned.soon(known.url, plans=2)
    starts = [first, first + timedelta(seconds=0.2)]
    planned.published(known, planned.upright(known.grids), starts[0])
    a1, b1 = (str(known.grids[code]) for code in (town.A1, town.B1))
    one_grid = planned.chessboard(
        lambda column, _: b1 if column > 2 else a1, planned.planned(known.grids, town.A1, town.B1)
    )
    planned.published(known, one_grid, starts[1])
    time.sleep(max(0.0, (starts[1] - datetime.now(UTC)).total_seconds()) + 0.1)
    with owner_session(known.url) as opened:
        home = opened.get_one(Issue, case).jurisdiction_id
        take_up(opened, home)
    with owner_session(known.url) as opened:
        assert opened.get_one(Issue, case).current_grid_id == known.grids[town.A1]
        assert all(one.taken_up for one in periods(opened)[2:])
