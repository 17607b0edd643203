"""What people see and may do through the flows, before and after a redraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from geo.errors import KeyReusedError, NotFoundError, NotPermittedError
from geo.flows.act import Action, act
from geo.flows.issue_answers import issue_answer
from geo.flows.locate import read_position
from geo.flows.publish import publish
from geo.flows.registry import Registry
from geo.flows.report import Key, Report, follow_digest, report
from geo.store.asking import RESIDENT, SERVICE, Asker
from geo.store.engine import owner_session, session
from geo.store.models import Account, AccountRole
from geo.store.publishing import Plan
from tests import town
from tests.people import add_account, asker_of, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_BELOW = town.spot(0.4, 0.4)
LEFT_ABOVE = town.spot(0.4, 1.4)


@pytest.fixture(scope="module")
def grids(database_url: str) -> dict[str, UUID]:
    with owner_session(database_url) as opened:
        return town.build(opened)


@pytest.fixture(scope="module")
def askers(database_url: str, grids: dict[str, UUID]) -> dict[str, Asker]:
    assert grids
    with owner_session(database_url) as opened:
        return {role: asker_of(key) for role, key in make_accounts(opened).items()}


@pytest.fixture
def registry(database_url: str, grids: dict[str, UUID]) -> Iterator[Registry]:
    assert grids
    running = Registry(database_url)
    running.start()
    yield running
    running.stop()


def take_in(registry: Registry, url: str, spot: tuple[float, float], **more: Any) -> dict[str, Any]:
    """Report something at a spot, as a resident."""
    given = Report("路灯坏了", position=read_position(*spot), duty=town.DUTY, **more)
    return report(registry, given, url=url)


def plan(drawn: dict[str, Any], grids: dict[str, UUID], published_by: str = "planner") -> Plan:
    """Return a plan with a name of its own."""
    return Plan(f"plan-{uuid4().hex[:8]}", town.drawn(drawn, grids), published_by)


def sees(url: str, asker: Asker, issue: dict[str, Any]) -> bool:
    """Tell whether an issue is there for somebody."""
    with session(url, asker) as opened:
        try:
            issue_answer(opened, UUID(issue["id"]))
        except NotFoundError:
            return False
        return True


def households(url: str, asker: Asker) -> set[str]:
    """Return the buildings whose households somebody sees."""
    with session(url, asker) as opened:
        return set(
            opened.scalars(
                text(
                    "SELECT building.code FROM household JOIN unit ON unit.id = household.unit_id"
                    " JOIN building ON building.id = unit.building_id"
                )
            )
        )


def test_a_redraw_moves_the_territory_with_it(
    registry: Registry, database_url: str, grids: dict[str, UUID], askers: dict[str, Asker]
) -> None:
    """The grids of community A change places; what a worker has handled stays to be read."""
    worker = askers["grid_worker"]
    handled = take_in(registry, database_url, LEFT_BELOW)
    untouched = take_in(registry, database_url, LEFT_BELOW)
    to_come = take_in(registry, database_url, LEFT_ABOVE)
    act(UUID(handled["id"]), Action("sort", "x"), worker, database_url)
    assert households(database_url, worker) == {town.BUILDING}
    assert [sees(database_url, worker, one) for one in (handled, untouched, to_come)] == [
        *(True, True, False)
    ]
    upside_down = {**town.ACROSS, town.A1: town.ACROSS[town.A2], town.A2: town.ACROSS[town.A1]}
    publish(town.SLUG, plan(upside_down, grids), database_url, askers["planner"])
    assert households(database_url, worker) == set()
    assert [sees(database_url, worker, one) for one in (handled, untouched, to_come)] == [
        *(True, False, True)
    ]
    with pytest.raises(NotPermittedError):
        act(UUID(handled["id"]), Action("handle", "x", note="x"), worker, database_url)
    with pytest.raises(NotFoundError):
        act(UUID(untouched["id"]), Action("sort", "x"), worker, database_url)
    with owner_session(database_url) as opened:
        second = asker_of(
            add_account(opened, "second", "grid_worker", town.SLUG, str(grids[town.A2]))
        )
    assert households(database_url, second) == {town.BUILDING}
    assert [sees(database_url, second, one) for one in (handled, untouched, to_come)] == [
        *(True, True, False)
    ]
    publish(town.SLUG, plan(town.ACROSS, grids), database_url, askers["planner"])
    assert households(database_url, worker) == {town.BUILDING}


def test_each_of_several_roles_has_its_own_territory(
    registry: Registry, database_url: str, askers: dict[str, Asker]
) -> None:
    """The desk of one street is no desk for the grid that the same person works in elsewhere."""
    told = take_in(registry, database_url, LEFT_BELOW)
    worker = askers["grid_worker"]
    with owner_session(database_url) as opened:
        other = AccountRole(
            account_id=worker.account_id,
            role="street_dispatcher",
            jurisdiction=town.SLUG,
            place="999999999",
            granted_by="tests",
        )
        opened.add(other)
        opened.flush()
        key = other.id
    act(UUID(told["id"]), Action("sort", "x", duty=town.DUTY), worker, database_url)
    with pytest.raises(NotPermittedError):
        act(UUID(told["id"]), Action("dispatch", "x"), worker, database_url)
    act(UUID(told["id"]), Action("dispatch", "x"), askers["street_dispatcher"], database_url)
    with owner_session(database_url) as opened:
        opened.delete(opened.get_one(AccountRole, key))


def test_a_transfer_leaves_the_worker_the_case_to_read(
    registry: Registry, database_url: str, askers: dict[str, Asker]
) -> None:
    told = take_in(registry, database_url, LEFT_BELOW)
    worker = askers["grid_worker"]
    sending = Action("transfer_grid", "x", grid=town.B1, reason="不在本网格")
    done = act(UUID(told["id"]), sending, worker, database_url)
    assert done["routing"]["current_grid"]["code"] == town.B1
    assert sees(database_url, worker, told)
    with pytest.raises(NotPermittedError):
        act(UUID(told["id"]), Action("handle", "x", note="x"), worker, database_url)


@pytest.mark.parametrize(
    "role", ["grid_worker", "community_staff", "street_dispatcher", "auditor", "administrator"]
)
def test_planners_alone_publish(
    database_url: str, grids: dict[str, UUID], askers: dict[str, Asker], role: str
) -> None:
    with owner_session(database_url) as opened:
        before = opened.scalar(text("SELECT count(*) FROM generation"))
    for asker in (askers[role], RESIDENT, SERVICE, askers["disabled"]):
        with pytest.raises(NotPermittedError):
            publish(town.SLUG, plan(town.ACROSS, grids), database_url, asker)
    with owner_session(database_url) as opened:
        assert opened.scalar(text("SELECT count(*) FROM generation")) == before


def test_planners_publish_at_home_alone(
    database_url: str, grids: dict[str, UUID], askers: dict[str, Asker]
) -> None:
    assert askers
    with owner_session(database_url) as opened:
        stranger = asker_of(add_account(opened, "stranger", "planner", "elsewhere"))
    with pytest.raises(NotPermittedError):
        publish(town.SLUG, plan(town.ACROSS, grids), database_url, stranger)


def test_a_published_plan_gives_every_unit_its_grid(
    database_url: str, grids: dict[str, UUID], askers: dict[str, Asker]
) -> None:
    """What triggers derive is written by the database, whoever publishes."""
    generation = publish(town.SLUG, plan(town.ACROSS, grids), database_url, askers["planner"])
    with owner_session(database_url) as opened:
        counts = opened.execute(
            text(
                "SELECT (SELECT sealed AND taken_up_at IS NOT NULL FROM generation"
                " WHERE id = :key),"
                " (SELECT count(*) FROM unit_assignment WHERE generation_id = :key),"
                " (SELECT count(*) FROM unit)"
            ),
            {"key": generation},
        ).one()
    assert counts[0] is True
    assert counts[1] == counts[2] == 3


def test_who_reports_may_follow_and_nobody_else(
    registry: Registry, database_url: str, askers: dict[str, Asker]
) -> None:
    told = take_in(registry, database_url, LEFT_BELOW)
    other = take_in(registry, database_url, LEFT_BELOW)
    follower = Asker("resident", follow_sha256=follow_digest(told["follow"]))
    assert sees(database_url, follower, told)
    assert not sees(database_url, follower, other)
    assert not sees(database_url, RESIDENT, told)
    assert not sees(database_url, Asker("resident", follow_sha256=b""), told)
    assert not sees(database_url, askers["disabled"], told)
    assert not sees(database_url, Asker("service", follow_sha256=follower.follow_sha256), told)
    with pytest.raises(NotPermittedError):
        act(UUID(told["id"]), Action("sort", "x"), follower, database_url)


def test_the_store_keeps_no_follow_secret_and_no_key(registry: Registry, database_url: str) -> None:
    key = Key(f"key-{uuid4()}", b"body")
    given = Report("x", position=read_position(*LEFT_BELOW))
    first = report(registry, given, key, database_url)
    assert report(registry, given, key, database_url) == first
    with pytest.raises(KeyReusedError):
        report(registry, given, Key(key.text, b"another"), database_url)
    assert sees(
        database_url, Asker("resident", follow_sha256=follow_digest(first["follow"])), first
    )
    with owner_session(database_url) as opened:
        stored = opened.execute(
            text("SELECT key, response::text FROM idempotency_key WHERE issue_id = :issue"),
            {"issue": first["id"]},
        ).one()
        whole = opened.scalar(
            text("SELECT to_jsonb(issue)::text FROM issue WHERE id = :issue"),
            {"issue": first["id"]},
        )
    assert first["follow"] not in stored.response + whole
    assert key.text not in stored.key + stored.response


def test_an_account_that_reports_is_on_record_and_keeps_the_case(
    registry: Registry, database_url: str, askers: dict[str, Asker]
) -> None:
    worker = askers["grid_worker"]
    given = Report("x", position=read_position(*LEFT_ABOVE), duty=town.DUTY)
    told = report(registry, given, url=database_url, asker=worker)
    assert sees(database_url, worker, told)
    assert not sees(database_url, askers["disabled"], told)
    for role in ("planner", "auditor", "administrator", "disabled"):
        with pytest.raises(NotPermittedError):
            report(registry, given, url=database_url, asker=askers[role])


def test_an_action_is_in_the_name_of_the_account(
    registry: Registry, database_url: str, askers: dict[str, Asker]
) -> None:
    told = take_in(registry, database_url, LEFT_BELOW)
    with owner_session(database_url) as opened:
        account = opened.get_one(Account, askers["grid_worker"].account_id)
        account.display_name = "王五"
    act(UUID(told["id"]), Action("sort", "somebody else"), askers["grid_worker"], database_url)
    with owner_session(database_url) as opened:
        event = opened.execute(
            text(
                "SELECT actor, account_id FROM issue_event"
                " WHERE issue_id = :issue ORDER BY sequence DESC LIMIT 1"
            ),
            {"issue": told["id"]},
        ).one()
    assert tuple(event) == ("王五", askers["grid_worker"].account_id)


def test_closed_cases_of_a_grid_that_is_gone_stay_with_its_community(
    registry: Registry, database_url: str, grids: dict[str, UUID], askers: dict[str, Asker]
) -> None:
    with_market = {**town.ACROSS, town.D: town.MARKET}
    publish(town.SLUG, plan(with_market, grids), database_url, askers["planner"])
    told = take_in(registry, database_url, town.spot(3.0, 1.0))
    assert told["routing"]["grid"]["code"] == town.D
    dispatcher = askers["street_dispatcher"]
    act(UUID(told["id"]), Action("cancel", "x", reason="x"), dispatcher, database_url)
    publish(town.SLUG, plan(town.ACROSS, grids), database_url, askers["planner"])
    assert sees(database_url, dispatcher, told)
    assert not sees(database_url, askers["community_staff"], told)
