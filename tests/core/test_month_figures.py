"""Figures of a month: told as they stood at its end, whatever happened since."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from geo.core.clocks import Clock
from geo.core.figures import History
from geo.core.month_figures import company, month_case, month_figures
from geo.core.stage_times import Step
from geo.core.worktime import WorkCalendar

CALENDAR = WorkCalendar({day: ((time(9), time(17)),) for day in range(1, 6)})
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))


def step(at: datetime, action: str, before: str | None, after: str) -> Step:
    return Step(at, action, before, after)


def closed_in_april() -> History:
    """Return a case of March that was handled late and closed in April."""
    came, sent = datetime(2026, 3, 9, 9, tzinfo=UTC), datetime(2026, 3, 9, 11, tzinfo=UTC)
    done = datetime(2026, 4, 6, 10, tzinfo=UTC)
    steps = [
        step(came, "report", None, "collected"),
        step(came, "sort", "collected", "sorted"),
        step(sent, "dispatch", "sorted", "dispatched"),
        step(sent, "accept", "dispatched", "accepted"),
        step(done, "handle", "accepted", "handled"),
        step(done, "verify", "handled", "verified"),
        step(done, "feed_back", "verified", "fed_back"),
        step(done, "close", "fed_back", "closed"),
    ]
    clock = Clock("handle", sent + timedelta(days=2), sent, done)
    return History("closed", came, steps, [clock])


def counted(history: History, starts: datetime, ends: datetime) -> dict[str, int]:
    found = month_case(history, CALENDAR, starts, ends)
    return found.counts if found else {}


def test_a_case_is_received_in_one_month_and_closed_in_another() -> None:
    case = closed_in_april()
    assert counted(case, MARCH, APRIL) == {"received": 1, "in_hand": 1, "overdue": 1}
    assert counted(case, APRIL, MAY) == {"closed": 1, "late": 1}
    assert counted(case, MAY, datetime(2026, 6, 1, tzinfo=UTC)) == {}


def test_a_case_that_came_later_is_not_in_the_month() -> None:
    before = datetime(2026, 2, 1, tzinfo=UTC)
    assert month_case(closed_in_april(), CALENDAR, before, MARCH) is None


def test_what_is_opened_again_is_in_hand_and_closed_in_neither_month() -> None:
    case = closed_in_april()
    again = step(datetime(2026, 4, 20, tzinfo=UTC), "reopen", "closed", "reopened")
    reopened = case._replace(state="reopened", steps=[*case.steps, again])
    assert counted(reopened, APRIL, MAY) == {"in_hand": 1, "reopened": 1}


def test_what_is_carried_openly_is_not_overdue() -> None:
    case = closed_in_april()
    listed = step(datetime(2026, 3, 20, tzinfo=UTC), "carry", "accepted", "on_open_list")
    carried = case._replace(state="on_open_list", steps=[*case.steps[:4], listed])
    assert "overdue" not in counted(carried, MARCH, APRIL)


def test_hours_are_of_what_was_closed_in_the_month() -> None:
    case = closed_in_april()
    march, april = (month_case(case, CALENDAR, *span) for span in ((MARCH, APRIL), (APRIL, MAY)))
    assert march is not None
    assert april is not None
    assert march.handle_hours is None
    assert april.handle_hours is not None
    assert month_figures([april]).handle_hours == april.handle_hours


@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=2),
    st.dictionaries(
        st.text("ABCDEFG", min_size=1, max_size=2),
        st.lists(st.integers(0, 30), min_size=2, max_size=2),
        max_size=12,
    ),
    st.integers(1, 12),
)
def test_who_subtracts_finds_no_few_hidden_cases(
    hidden: list[int], shown: dict[str, list[int]], least: int
) -> None:
    """What is left of a total is hidden cases and their company: enough company, or everybody."""
    taken = company(hidden, shown, least)
    for month, count in enumerate(hidden):
        if 0 < count < least:
            beside = sum(shown[code][month] for code in taken)
            assert beside >= least or taken == frozenset(shown)
