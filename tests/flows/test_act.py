"""Acting on cases: transfers and escalation, deadlines, merging, feedback, the same key again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from geo.errors import (
    ActionRefusedError,
    HonggeError,
    InvalidFieldError,
    KeyReusedError,
    NotPermittedError,
)
from geo.files.photos import clean_photo
from geo.flows.act import Action, act
from geo.flows.issue_answers import issue_answer, issue_history
from geo.flows.report import Key
from geo.store.asking import RESIDENT, Asker
from geo.store.deliveries import leave_to_the_link
from geo.store.engine import owner_session, session
from geo.store.models import Delivery, Duty, Issue, IssueFollower, IssuePhoto
from geo.store.publishing import clock
from tests import town
from tests.cases import LEAK, WATER, Ahead, People, reported, settle
from tests.pictures import encoded, painted

if TYPE_CHECKING:
    from uuid import UUID


@pytest.fixture(scope="module")
def people(database_url: str) -> People:
    return settle(database_url)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    return Ahead(monkeypatch)


def take(url: str, case: UUID, asker: Asker, name: str, **more: Any) -> dict[str, Any]:
    return act(case, Action(name, **more), asker, url)


def dispatched(url: str, people: People, case: UUID | None = None) -> UUID:
    case = case or reported(url)
    take(url, case, people.worker, "sort")
    take(url, case, people.desk, "dispatch")
    return case


def verified(url: str, people: People, case: UUID | None = None) -> UUID:
    case = dispatched(url, people, case)
    take(url, case, people.road, "accept")
    take(url, case, people.road, "handle", note="换了灯")
    take(url, case, people.worker, "verify")
    return case


def last(url: str, case: UUID) -> dict[str, Any]:
    with owner_session(url) as opened:
        return issue_history(opened, case)[-1]


def test_whoever_may_act_is_told_what(database_url: str, people: People) -> None:
    case = dispatched(database_url, people)
    told = {}
    for name in ("road", "desk", "worker", "planner"):
        with session(database_url, getattr(people, name)) as opened:
            told[name] = issue_answer(opened, case)["my_actions"]
    assert {"accept", "return"} <= set(told["road"])
    assert "accept" not in told["desk"]
    assert {"transfer_department", "set_deadline", "mark_duplicate"} <= set(told["desk"])
    assert "set_deadline" not in told["worker"]
    assert told["planner"] == []


def test_the_open_list_pauses_the_clock_and_resuming_goes_on(
    database_url: str, people: People, ahead: Ahead
) -> None:
    case = dispatched(database_url, people)
    take(database_url, case, people.road, "accept")
    carried = take(database_url, case, people.road, "carry_openly", reason="缺材料")
    assert (carried["due"]["stage"], carried["due"]["paused"]) == ("handle", True)
    ahead.hours = 24 * 60
    resumed = take(database_url, case, people.road, "resume")
    assert resumed["due"]["paused"] is False
    assert resumed["due"]["due_at"] > carried["due"]["due_at"]
    assert resumed["state"] == "accepted"


def test_a_transfer_keeps_both_grids_and_goes_to_the_other(
    database_url: str, people: People
) -> None:
    case = reported(database_url)
    take(database_url, case, people.worker, "transfer_grid", grid=town.B1, reason="在路对面")
    event = last(database_url, case)
    assert (event["detail"]["grid_before"], event["detail"]["grid"]) == (town.A1, town.B1)
    with pytest.raises(NotPermittedError):
        take(database_url, case, people.worker, "sort")
    told = take(database_url, case, people.other_worker, "sort")
    assert told["routing"]["grid"]["code"] == town.A1
    assert told["routing"]["current_grid"]["code"] == town.B1


def test_the_third_transfer_makes_it_the_street_s(database_url: str, people: People) -> None:
    case = dispatched(database_url, people)
    there = take(
        database_url, case, people.road, "transfer_department", department=WATER, reason="水管"
    )
    assert (there["transfers"], there["state"], there["escalated_at"]) == (1, "dispatched", None)
    take(database_url, case, people.water, "return", reason="不是水管")
    again = take(database_url, case, people.desk, "dispatch", department=town.DEPARTMENT)
    assert again["transfers"] == 2
    take(database_url, case, people.staff, "transfer_grid", grid=town.A2, reason="二格的")
    with session(database_url, people.desk) as opened:
        told = issue_answer(opened, case)
    assert told["transfers"] == 3
    assert told["escalated_at"] is not None
    assert last(database_url, case)["detail"]["escalated"] is True
    with pytest.raises(ActionRefusedError) as refused:
        take(
            database_url, case, people.road, "transfer_department", department=WATER, reason="水管"
        )
    assert "street" in str(refused.value.message)
    decided = take(
        database_url, case, people.desk, "transfer_department", department=WATER, reason="街道定"
    )
    assert decided["transfers"] == 4


def test_returning_to_the_same_department_is_no_transfer(database_url: str, people: People) -> None:
    case = dispatched(database_url, people)
    take(database_url, case, people.road, "return", reason="缺地址")
    assert take(database_url, case, people.desk, "dispatch")["transfers"] == 0


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("grid", {"grid": town.A1, "reason": "x"}),
        ("grid", {"reason": "x"}),
        ("reason", {"grid": town.A2}),
        ("duty", {"grid": town.A2, "reason": "x", "duty": town.DUTY}),
        ("grid", {"grid": "999002001009001", "reason": "x"}),
    ],
)
def test_a_transfer_needs_another_grid_and_a_reason(
    database_url: str, people: People, field: str, more: dict[str, str]
) -> None:
    case = reported(database_url)
    with pytest.raises(InvalidFieldError) as refused:
        take(database_url, case, people.worker, "transfer_grid", **more)
    assert refused.value.message.values["field"] == field


def test_the_desk_sets_a_deadline(database_url: str, people: People) -> None:
    case = reported(database_url)
    with owner_session(database_url) as opened:
        now = clock(opened)
    until = now + timedelta(days=3)
    told = take(
        database_url, case, people.desk, "set_deadline", stage="dispatch", due_at=until, reason="雨"
    )
    clock_told = told["deadlines"][0]
    assert (clock_told["stage"], clock_told["extensions"]) == ("dispatch", 1)
    assert told["due"]["due_at"] == clock_told["due_at"]
    assert last(database_url, case)["detail"]["due_before"] < until.isoformat()
    for stage, due, field in (
        ("handle", until, "stage"),
        ("dispatch", now - timedelta(hours=1), "due_at"),
        ("dispatch", now + timedelta(days=1000), "due_at"),
        ("dispatch", None, "due_at"),
    ):
        with pytest.raises(InvalidFieldError) as refused:
            take(
                database_url, case, people.desk, "set_deadline", stage=stage, due_at=due, reason="x"
            )
        assert refused.value.message.values["field"] == field


def test_sorting_judges_by_the_catalogue_as_it_is_then(database_url: str, people: People) -> None:
    case = reported(database_url)
    told = take(database_url, case, people.worker, "sort", duty=LEAK)
    assert (told["duty"]["code"], told["duty"]["version"]) == (LEAK, 1)
    assert told["routing"]["department"]["code"] == WATER
    assert (told["deadlines"], told["due"]) == ([], None)
    assert last(database_url, case)["detail"]["duty"] == LEAK


def test_what_is_not_in_the_catalogue_any_more_is_not_chosen(
    database_url: str, people: People
) -> None:
    case = reported(database_url, duty=town.PRIVATE_DUTY)
    with owner_session(database_url) as opened:
        leak = opened.scalars(select(Duty).where(Duty.code == LEAK)).one()
        leak.retired_at = town.FIRST
    with pytest.raises(InvalidFieldError) as refused:
        take(database_url, case, people.worker, "sort", duty=LEAK)
    assert refused.value.message.values["field"] == "duty"
    with owner_session(database_url) as opened:
        opened.scalars(select(Duty).where(Duty.code == LEAK)).one().retired_at = None
    with pytest.raises(ActionRefusedError):
        take(database_url, case, people.worker, "show")


def test_residents_see_what_is_shown_and_not_what_is_hidden(
    database_url: str, people: People
) -> None:
    case = reported(database_url)
    assert take(database_url, case, people.worker, "show")["public"] is True
    assert take(database_url, case, people.desk, "hide")["public"] is False


def test_what_is_closed_is_hidden_and_stays_closed_as_it_was(
    database_url: str, people: People, ahead: Ahead
) -> None:
    case = verified(database_url, people)
    take(database_url, case, people.worker, "show")
    take(database_url, case, people.worker, "feed_back", note="已修好")
    closed = take(database_url, case, people.desk, "close")
    ahead.hours = 50
    hidden = take(database_url, case, people.desk, "hide", note="照片里有门牌")
    assert (closed["public"], hidden["public"]) == (True, False)
    same = ("state", "closed_at", "deadlines", "actions")
    assert [hidden[name] for name in same] == [closed[name] for name in same]
    assert last(database_url, case)["note"] == "照片里有门牌"
    with pytest.raises(NotPermittedError):
        take(database_url, case, people.road, "show")
    assert take(database_url, case, people.worker, "show")["closed_at"] == closed["closed_at"]


def test_who_reported_a_duplicate_hears_of_the_issue_that_stays(
    database_url: str, people: People
) -> None:
    number = {"reporter_name": "某人", "reporter_phone": "13800000000"}
    first, second = reported(database_url), reported(database_url, **number)
    told = take(database_url, second, people.worker, "mark_duplicate", duplicate_of=first)
    assert (told["state"], told["duplicate_of"]["id"]) == ("duplicate", str(first))
    with pytest.raises(InvalidFieldError):
        take(database_url, first, people.worker, "mark_duplicate", duplicate_of=second)
    verified(database_url, people, first)
    take(database_url, first, people.worker, "feed_back", note="灯亮了")
    with owner_session(database_url) as opened:
        [follower] = opened.scalars(
            select(IssueFollower).where(IssueFollower.issue_id == first)
        ).all()
        wanted = select(Delivery).where(
            Delivery.issue_id == first, Delivery.follower_id.is_not(None)
        )
        [delivery] = opened.scalars(wanted).all()
        own = opened.get_one(Issue, second).follow_sha256
    assert (follower.phone, follower.follow_sha256) == ("13800000000", own)
    assert (delivery.follower_id, delivery.endpoint) == (follower.id, "feedback")
    reopened = take(database_url, second, people.worker, "reopen", reason="另一盏灯")
    assert reopened["duplicate_of"] is None
    with owner_session(database_url) as opened:
        assert (
            opened.scalars(select(IssueFollower).where(IssueFollower.issue_id == first)).all() == []
        )


def test_two_issues_do_not_become_each_other_s_duplicates(
    database_url: str, people: People
) -> None:
    pair = reported(database_url), reported(database_url)

    def merge(one: int) -> object:
        try:
            asker = people.worker if one else people.desk
            told = take(
                database_url, pair[one], asker, "mark_duplicate", duplicate_of=pair[1 - one]
            )
        except HonggeError as error:
            return type(error)
        return told["state"]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(merge, (0, 1)))) == [str(InvalidFieldError), "duplicate"]


def test_feedback_is_left_for_those_with_a_number(database_url: str, people: People) -> None:
    with_number = verified(database_url, people, reported(database_url, reporter_phone="138"))
    without = verified(database_url, people)
    for case in (with_number, without):
        take(database_url, case, people.worker, "feed_back", note="好了")
    with owner_session(database_url) as opened:
        leave_to_the_link(opened)
        found = opened.scalars(
            select(Delivery).where(Delivery.issue_id.in_((with_number, without)))
        ).all()
        version = issue_answer(opened, with_number)["version"]
    assert {(one.issue_id, one.event_sequence, one.follower_id, one.state) for one in found} == {
        (with_number, version, None, "pending"),
        (without, version, None, "by_link"),
    }


def test_photos_go_with_their_event(database_url: str, people: People) -> None:
    photo = clean_photo(
        "image/png", encoded(painted(), "PNG"), most_megapixels=1, longest_side_px=64
    )
    case = dispatched(database_url, people)
    take(database_url, case, people.road, "accept")
    handled = take(database_url, case, people.road, "handle", note="好了", photos=(photo, photo))
    assert [(one["number"], one["event"]) for one in handled["photos"]] == [(1, 5), (2, 5)]
    told = take(database_url, case, people.worker, "reject", reason="没亮", photos=(photo,))
    assert [(one["number"], one["event"]) for one in told["photos"]][-1] == (3, 6)
    assert told["photos_count"] == 3
    with owner_session(database_url) as opened:
        assert len(opened.scalars(select(IssuePhoto).where(IssuePhoto.issue_id == case)).all()) == 3


def test_the_same_key_again_does_nothing_twice(database_url: str, people: People) -> None:
    case = reported(database_url)
    key = Key(f"sort {case}", b"a")
    first = act(case, Action("sort"), people.worker, database_url, key)
    assert act(case, Action("sort"), people.worker, database_url, key) == first
    with pytest.raises(KeyReusedError):
        act(case, Action("sort"), people.worker, database_url, Key(key.text, b"b"))


def test_of_many_at_once_one_acts_on_a_version(database_url: str, people: People) -> None:
    case = reported(database_url)

    def sort(asker: Asker) -> object:
        try:
            return act(case, Action("sort", version=1), asker, database_url)["version"]
        except HonggeError as error:
            return type(error)

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(sort, [people.worker, people.staff, people.desk] * 2))
    assert done.count(ActionRefusedError) == 5
    assert 2 in done


def test_residents_act_on_nothing(database_url: str, people: People) -> None:
    assert people
    case = reported(database_url)
    with pytest.raises(HonggeError):
        take(database_url, case, RESIDENT, "remark", note="x")
