"""Who is told what of a draft in one process, and who it is told has it open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from geo.flows import plan_events
from geo.flows.plan_events import Heard, PlanEvents
from geo.flows.telling import MOST_WAITING
from geo.store.plan_channel import Told
from geo.store.plans import Person
from tests.loops import in_a_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

ANNA, BERT = Person(1, "anna"), Person(2, "bert")


class Wire:
    """The channel between two processes, without a database."""

    def __init__(self) -> None:
        self.sent: list[tuple[UUID, str]] = []
        self.coming: list[Told] = []

    def heard(self) -> Iterator[Told]:
        coming, self.coming = self.coming, []
        yield from coming

    def announce(self, message: tuple[UUID, str]) -> None:
        self.sent.append(message)


def turn(events: PlanEvents, wire: Wire, *told: Told) -> None:
    wire.coming.extend(told)
    events.turn(wire)  # type: ignore[arg-type]


def announced(draft: UUID, process: str, *people: Person) -> Told:
    key = json.dumps({"process": process, "people": [[one.id, one.name] for one in people]})
    return Told(draft, "presence", key)


def test_what_is_new_reaches_those_who_follow_that_draft() -> None:
    async def work() -> None:
        events, wire, one, other = PlanEvents(), Wire(), uuid4(), uuid4()
        with events.follow(one, ANNA) as here, events.follow(other, BERT) as there:
            assert await here.next(1) == Heard("presence")
            assert await there.next(1) == Heard("presence")
            turn(events, wire, Told(one, "entry", "7"))
            assert await here.next(1) == Heard("entry", "7")
            assert await there.next(0.01) is None

    in_a_loop(work)


def test_processes_tell_one_another_who_is_there() -> None:
    async def work() -> None:
        events, wire, draft = PlanEvents(), Wire(), uuid4()
        with events.follow(draft, ANNA) as here:
            turn(events, wire)
            assert json.loads(wire.sent[-1][1])["people"] == [[1, "anna"]]
            await here.next(1)
            turn(events, wire, announced(draft, "elsewhere", BERT))
            assert await here.next(1) == Heard("presence")
            assert events.online(draft) == [ANNA, BERT]
            assert len(wire.sent) == 2
            turn(events, wire, announced(draft, "elsewhere"))
            assert await here.next(1) == Heard("presence")
            assert events.online(draft) == [ANNA]
        assert events.online(draft) == []
        turn(events, wire)
        assert json.loads(wire.sent[-1][1])["people"] == []

    in_a_loop(work)


def test_a_process_that_falls_silent_has_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    events, wire, draft = PlanEvents(), Wire(), uuid4()
    turn(events, wire, announced(draft, "elsewhere", BERT))
    assert events.online(draft) == [BERT]
    later = plan_events.time.monotonic() + plan_events.FORGOTTEN_S + 1
    monkeypatch.setattr(plan_events.time, "monotonic", lambda: later)
    assert events.online(draft) == []


def test_one_person_is_there_once_and_a_link_is_nobody() -> None:
    async def work() -> None:
        events, draft = PlanEvents(), uuid4()
        with (
            events.follow(draft, ANNA),
            events.follow(draft, ANNA),
            events.follow(draft, None),
        ):
            assert events.online(draft) == [ANNA]

    in_a_loop(work)


def test_whoever_falls_behind_is_told_to_come_again() -> None:
    async def work() -> None:
        events, wire, draft = PlanEvents(), Wire(), uuid4()
        with events.follow(draft, ANNA) as here:
            turn(events, wire, *(Told(draft, "entry", str(n)) for n in range(MOST_WAITING + 9)))
            heard = [await here.next(1) for _ in range(MOST_WAITING + 1)]
            assert heard[-1] == Heard("ended")
            assert await here.next(0.01) is None

    in_a_loop(work)


def test_at_the_end_everybody_is_told() -> None:
    async def work() -> None:
        events, draft = PlanEvents(), uuid4()
        with events.follow(draft, ANNA) as here:
            await here.next(1)
            events.end()
            assert await here.next(1) == Heard("ended")

    in_a_loop(work)


def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        monkeypatch.setattr(plan_events, "MOST_FOLLOWERS", 1)
        events, draft = PlanEvents(), uuid4()
        assert events.has_room()
        with events.follow(draft, ANNA):
            assert not events.has_room()
        assert events.has_room()

    in_a_loop(work)
