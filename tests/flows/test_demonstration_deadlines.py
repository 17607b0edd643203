"""A demonstration's first day: one case of a jurisdiction is overdue, the others have time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from geo.flows.clockwork import run_clocks
from geo.flows.demonstration_deadlines import REASON, put_deadlines_off
from geo.store.engine import owner_session

RUN_OUT = """
    UPDATE issue_deadline SET due_at = started_at + interval '1 second', remind_at = NULL
    WHERE started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL
"""
OPEN = """
    SELECT jurisdiction.slug, issue.number, issue.escalated_at IS NOT NULL AS escalated,
           bool_or(due_at < now()) AS overdue, sum(extensions) AS extensions
    FROM issue JOIN jurisdiction ON jurisdiction.id = jurisdiction_id
    JOIN issue_deadline ON issue_id = issue.id
    WHERE closed_at IS NULL AND started_at IS NOT NULL AND met_at IS NULL
    GROUP BY jurisdiction.slug, issue.id ORDER BY 1, 2
"""
STATES = "SELECT jurisdiction_id, state, count(*) FROM issue GROUP BY 1, 2 ORDER BY 1, 2"
SAID = "SELECT count(*) FROM issue_event WHERE action = 'set_deadline' AND note = :reason"


def rows(url: str, statement: str, **values: str) -> list[Any]:
    with owner_session(url) as opened:
        return list(opened.execute(text(statement), values).all())


def test_one_case_of_each_jurisdiction_stays_overdue(own_demo_database_url: str) -> None:
    url = own_demo_database_url
    with owner_session(url) as opened:
        opened.execute(text(RUN_OUT))
    states = rows(url, STATES)
    cases = rows(url, OPEN)
    cities = {one.slug for one in cases}
    assert put_deadlines_off(url) == len(cases) - len(cities) > 0
    assert put_deadlines_off(url) == 0
    run_clocks(url)
    after = rows(url, OPEN)
    assert [one.slug for one in after if one.overdue] == sorted(cities)
    assert all(one.escalated == one.overdue for one in after)
    assert all((one.extensions > 0) == (not one.overdue) for one in after)
    assert rows(url, STATES) == states
    assert rows(url, SAID, reason=REASON)[0].count >= len(cases) - len(cities)
