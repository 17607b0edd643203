"""The page of the lifecycle and its diagram are those of the table."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

from api.labels import ACTIONS as BUTTONS
from api.labels import ISSUE_ACTIONS, STAGES
from api.lifecycle_diagram import BADGES, BOX_H, BOX_W, PLACES, diagram
from api.lifecycle_names import ACTIONS, OWNERS, ROLES, STATES
from api.lifecycle_names import STAGES as STAGE_NAMES
from api.lifecycle_page import DIAGRAM, PAGE, page
from geo.core import lifecycle

SVG = "{http://www.w3.org/2000/svg}"


def test_page_and_diagram_are_current() -> None:
    command = "run “python -m api.lifecycle_page”"
    assert PAGE.read_text("utf-8") == page(), command
    assert DIAGRAM.read_text("utf-8") == diagram(), command


def test_everything_in_the_table_has_its_names() -> None:
    assert set(STATES) == set(PLACES) == set(lifecycle.STATES)
    assert set(ACTIONS) == {row.action for row in lifecycle.TRANSITIONS}
    assert set(BUTTONS) == set(lifecycle.ACTIONS)
    assert {row.action for row in lifecycle.TRANSITIONS} <= set(ISSUE_ACTIONS)
    assert set(STAGE_NAMES) == set(STAGES) == set(lifecycle.STAGES)
    assert set(ROLES) == set().union(*(row.who for row in lifecycle.TRANSITIONS))
    assert set(OWNERS) == {state.owner for state in lifecycle.STATE_TABLE.values()}


def test_the_page_names_every_step() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| ")]
    for row in lifecycle.TRANSITIONS:
        told = [line for line in lines if f"`{row.action}`" in line and STATES[row.state] in line]
        assert any(all(f"`{need}`" in line for need in row.needs) for line in told), row
        assert any(all(ROLES[role] in line for role in row.who) for line in told), row


def test_the_diagram_draws_every_step_once_and_no_box_covers_another() -> None:
    drawn = ET.fromstring(diagram())  # noqa: S314 - our own
    words = [one.text for one in drawn.iter(f"{SVG}text") if one.get("class") == "word"]
    steps = {
        (row.state, row.next, row.action)
        for row in lifecycle.TRANSITIONS
        if row.state != row.next and row.action not in BADGES
    }
    intake = 2
    assert len(words) == len(steps) + intake
    assert {str(one).split()[-1] for one in words} == {step[2] for step in steps} | {"collect"}
    marks = [one.text for one in drawn.iter(f"{SVG}text") if one.get("class") == "badge"]
    marked = [row for row in lifecycle.TRANSITIONS if row.action in BADGES]
    assert sum(len(str(one).split()) for one in marks) == len(marked)
    for (x, y), (other_x, other_y) in combinations(PLACES.values(), 2):
        assert abs(x - other_x) > BOX_W or abs(y - other_y) > BOX_H
