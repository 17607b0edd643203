"""The desk in the browser: the whole loop by mouse and by keys, live, many at once, conflicts."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from geo.flows.act import Action, act
from geo.store.engine import owner_session
from geo.store.models import (
    AccountRole,
    Building,
    IssueEvent,
    Jurisdiction,
    Responsibility,
    Street,
    Unit,
)
from geo.store.overview import overview
from tests.browser.axe import axe
from tests.browser.devices import DESK
from tests.people import add_account, asker_of
from tests.pictures import encoded, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Route

    from tests.browser.conftest import Service

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

CITY = "jinggangshan"
DUTY, DEPARTMENT = "D01", "CG"
TABLET: dict[str, Any] = {"viewport": {"width": 1024, "height": 768}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
WALL: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}}
SPACING = 0.0004
"""Between the places of cases in degrees: none is near another."""

_places = count()


class People(NamedTuple):
    """Keys of accounts."""

    dispatcher: int
    second: int
    handler: int


@pytest.fixture(scope="module")
def people(service: Service) -> People:
    """Two dispatchers of all streets, and a handler of a department."""
    with owner_session(service.url) as opened:
        streets = opened.scalars(
            select(Street.code).where(Street.code.startswith("360881")).order_by(Street.code)
        ).all()
        first, *others = streets
        handler = add_account(opened, "handler", "department_handler", CITY, DEPARTMENT)
        dispatchers = []
        for name in ("dispatcher", "second"):
            key = add_account(opened, name, "street_dispatcher", CITY, first)
            for street in others:
                more = AccountRole(account_id=key, role="street_dispatcher", jurisdiction=CITY)
                more.place, more.granted_by = street, "tests"
                opened.add(more)
            dispatchers.append(key)
    return People(dispatchers[0], dispatchers[1], handler)


class Reported(NamedTuple):
    """A case."""

    id: UUID
    number: str


def report(service: Service, text: str, *, outside: bool = False, **more: Any) -> Reported:
    """Report a case as a resident does, each at a place of its own."""
    with owner_session(service.url) as opened:
        city = overview(opened, CITY)
    assert city is not None
    west, south, *_ = city.main_bounds
    grid = city.streets[0].communities[0].grids[0]
    step = next(_places) * SPACING
    lon, lat = (west - 0.002, south - step) if outside else (grid.lon, grid.lat + step / 40)
    body = {
        "text": text,
        "location": {"lon": lon, "lat": lat, "accuracy_m": 3},
        "duty": DUTY,
        "jurisdiction": CITY,
        **more,
    }
    asked = Request(  # noqa: S310 - our own address
        f"{service.address}/api/v1/issues",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own address
        told = json.load(answer)
    return Reported(UUID(told["id"]), told["number"])


def opened(page: Page) -> Page:
    """Wait until a desk is there."""
    page.wait_for_selector("#desk[data-ready]")
    return page


def plain(page: Page) -> None:
    """Leave the map's tiles empty: drawing them takes most of a page's time."""
    page.route("**/tiles/**", lambda route: route.fulfill(body=b""))


def unaware(page: Page) -> None:
    """Let a page hear nothing of others, so that they can be in the way."""
    plain(page)
    page.route("**/issues/events", lambda route: route.fulfill(content_type="text/event-stream"))


def do(page: Page, action: str, state: str) -> None:
    """Begin an action of the open case by its button, send its form, and wait for the state."""
    page.click(f".case-acts [data-action={action}]")
    send(page, state)


def send(page: Page, state: str) -> None:
    """Send the form that is open, and wait until the case has a state."""
    page.click(".act-confirm")
    expect(page.locator("#desk-case .case-tags .state")).to_have_text(state)


def test_a_case_goes_through_the_loop_by_mouse(
    service: Service, people: People, open_as: Opener
) -> None:
    case = report(service, "井盖松动，车辆驶过有异响", outside=True)
    desk = opened(
        open_as(people.dispatcher, DESK, f"/desk?place={CITY}", locale="en-GB", prepare=plain)
    )
    row = desk.locator("[data-case]", has_text=case.number)
    expect(row).to_contain_text("Outside every grid")
    row.locator(".case-open").click()
    desk.click(".case-acts [data-action=route]")
    desk.locator(".act-quick .chip").first.click()
    send(desk, "Collected")
    do(desk, "sort", "Sorted out")

    handler = opened(open_as(people.handler, TABLET, "/desk", locale="en-GB", prepare=plain))
    waiting = handler.locator("[data-case]", has_text=case.number)
    expect(waiting).to_have_count(0)
    do(desk, "dispatch", "Dispatched")
    waiting.locator(".case-open").click()
    do(handler, "accept", "Accepted")
    handler.click(".case-acts [data-action=handle]")
    handler.click(".act-confirm")
    expect(handler.locator(".act-wrong")).to_have_text("Say what was done.")
    handler.fill(".act-form textarea", "已更换井盖，路面平整")
    picture = encoded(painted())
    handler.set_input_files(
        "#photo-input", {"name": "done.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )
    expect(handler.locator(".act-form .photo-list li")).to_have_count(1)
    send(handler, "Handled")

    expect(desk.locator("#desk-case .case-tags .state")).to_have_text("Handled")
    desk.locator(".story .thumb").click()
    expect(desk.locator("dialog.light img")).to_be_visible()
    desk.keyboard.press("Escape")
    do(desk, "verify", "Verified")
    desk.click(".case-acts [data-action=feed_back]")
    desk.fill(".act-form textarea", "您反映的井盖已更换")
    send(desk, "Fed back")
    do(desk, "close", "Closed")
    expect(desk.locator(".story > li")).to_have_count(9)
    desk.goto(f"{service.address}/cases/{case.id}")
    desk.click(f'a[href="/desk?case={case.id}"]')
    expect(opened(desk).locator("#desk-case h2").first).to_have_text(case.number)


def test_the_main_path_by_keys_alone(service: Service, people: People, open_as: Opener) -> None:
    case = report(service, "路面破损，行人绕行")
    desk = opened(
        open_as(people.dispatcher, DESK, f"/desk?place={CITY}", locale="en-GB", prepare=plain)
    )
    state = desk.locator("#desk-case .case-tags .state")
    press = desk.keyboard.press
    press("2")
    expect(desk.locator("#queue-sort")).to_have_attribute("aria-selected", "true")
    press("/")
    desk.keyboard.type(case.number)
    expect(desk.locator("[data-case]")).to_have_count(1)
    press("Tab")
    press("j")
    expect(desk.locator(f'[data-case="{case.id}"] .case-open')).to_be_focused()
    press("Enter")
    expect(state).to_have_text("Collected")
    for letter, after in (("s", "Sorted out"), ("d", "Dispatched")):
        press(letter)
        press("Enter")
        expect(state).to_have_text(after)

    handler = opened(open_as(people.handler, DESK, "/desk", locale="en-GB", prepare=plain))
    handled = handler.locator("#desk-case .case-tags .state")
    handler.locator(f'[data-case="{case.id}"] .case-open').focus()
    handler.keyboard.press("a")
    expect(handler.locator(".act-confirm")).to_be_focused()
    handler.keyboard.press("Enter")
    expect(handled).to_have_text("Accepted")
    handler.keyboard.press("h")
    handler.keyboard.type("已修补")
    handler.keyboard.press("Control+Enter")
    expect(handled).to_have_text("Handled")

    expect(state).to_have_text("Handled")
    press("v")
    press("Enter")
    expect(state).to_have_text("Verified")
    press("f")
    desk.keyboard.type("已修补，请查看")
    press("Control+Enter")
    expect(state).to_have_text("Fed back")
    press("c")
    press("Enter")
    expect(state).to_have_text("Closed")
    expect(desk.locator("#desk-announce")).to_contain_text("Closed")
    press("Escape")
    expect(desk.locator("#desk-case")).to_be_hidden()


def test_the_case_says_where_nobody_answers(
    service: Service, people: People, open_as: Opener
) -> None:
    with owner_session(service.url) as opened_session:
        building, unit = opened_session.execute(
            select(Building.code, Unit.number)
            .join(Unit, Unit.building_id == Building.id)
            .join(Jurisdiction, Jurisdiction.id == Building.jurisdiction_id)
            .where(Jurisdiction.slug == CITY)
            .where(~select(Responsibility.id).where(Responsibility.unit_id == Unit.id).exists())
            .order_by(Building.code, Unit.number)
            .limit(1)
        ).one()
    case = report(service, "单元门坏了", unit={"building": building, "unit": unit})
    path = f"/desk?place={CITY}&case={case.id}"
    desk = opened(open_as(people.dispatcher, DESK, path, locale="en-GB", prepare=plain))
    expect(desk.locator("#desk-case .gap").first).to_have_text(f"No volunteer for unit {unit}.")


def test_many_are_dispatched_at_once(service: Service, people: People, open_as: Opener) -> None:
    cases = [report(service, f"批量派单{place}") for place in range(4)]
    second = asker_of(people.second)
    for case in cases:
        act(case.id, Action("sort"), second, service.url)
    path = f"/desk?place={CITY}&queue=dispatch&q=批量"
    desk = opened(open_as(people.dispatcher, DESK, path, locale="en-GB", prepare=unaware))
    expect(desk.locator("[data-case]")).to_have_count(4)
    boxes = desk.locator("[data-case] input")
    boxes.first.click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(desk.locator("#desk-chosen strong")).to_have_text("4 chosen")
    desk.keyboard.press("d")
    expect(desk.locator("#desk-bulk h2")).to_have_text("Dispatch: 4 cases")
    act(cases[1].id, Action("dispatch"), second, service.url)
    desk.click("#desk-bulk .act-confirm")
    expect(desk.locator(".bulk-failed li")).to_have_count(1)
    expect(desk.locator(".bulk-failed li")).to_contain_text(cases[1].number)
    expect(desk.locator(".toast")).to_have_text("Dispatched: 3 cases")
    expect(desk.locator("[data-case]")).to_have_count(0)


@pytest.fixture
def refused(browser: Browser, service: Service, people: People) -> Iterator[Page]:
    """Page of a dispatcher that may be refused something."""
    context = browser.new_context(**DESK, locale="en-GB")
    context.add_cookies([service.cookie(people.dispatcher)])
    page = context.new_page()
    unaware(page)
    yield page
    context.close()


def test_many_are_acted_on_once_though_an_answer_was_lost(service: Service, refused: Page) -> None:
    cases = [report(service, f"回音丢失{place}") for place in range(2)]
    lost: list[Route] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        lost.append(route)
        route.abort() if len(lost) == 1 else route.fulfill(response=answer)

    refused.route("**/api/v1/issues/actions", lose_the_first)
    refused.goto(f"{service.address}/desk?place={CITY}&queue=sort&q=回音丢失")
    desk = opened(refused)
    boxes = desk.locator("[data-case] input")
    boxes.first.click()
    boxes.nth(1).click(modifiers=["Shift"])
    desk.click("[data-bulk=sort]")
    desk.click("#desk-bulk .act-confirm")
    expect(desk.locator("#desk-bulk .act-wrong")).to_be_visible()
    desk.click("#desk-bulk .act-confirm")
    expect(desk.locator(".toast")).to_contain_text("2 cases")
    expect(desk.locator(".bulk-failed")).to_have_count(0)
    assert len(lost) == 2
    with owner_session(service.url) as session:
        for case in cases:
            taken = select(IssueEvent.action).where(IssueEvent.issue_id == case.id)
            assert list(session.scalars(taken)).count("sort") == 1


def test_somebody_else_was_faster(service: Service, people: People, refused: Page) -> None:
    case = report(service, "两人同办")
    refused.goto(f"{service.address}/desk?case={case.id}&queue=open")
    desk = opened(refused)
    desk.click(".case-acts [data-action=sort]")
    act(case.id, Action("sort"), asker_of(people.second), service.url)
    desk.click(".act-confirm")
    notice = desk.locator("#case-notice")
    expect(notice).to_contain_text("Somebody else was faster: second")
    expect(notice).to_contain_text("“Sort out” is not possible any more.")
    expect(desk.locator(".act-form")).to_have_count(0)
    expect(desk.locator(".case-acts .button--primary")).to_have_attribute("data-action", "dispatch")


def test_people_read_it_by_other_means(service: Service, people: People, open_as: Opener) -> None:
    case = report(service, "无障碍检查")
    path = f"/desk?place={CITY}&queue=sort"
    desk = opened(open_as(people.dispatcher, DESK, path, prepare=plain))
    look(desk)
    desk.set_viewport_size(DESK["viewport"])
    desk.locator(f'[data-case="{case.id}"] .case-open').click()
    desk.wait_for_selector(".story > li")
    desk.click(".case-acts [data-action=transfer_grid]")
    look(desk)
    wall = open_as(people.dispatcher, DESK, f"/desk/wall?place={CITY}", prepare=plain)
    wall.wait_for_selector("#wall[data-ready]")
    look(wall)


def look(page: Page) -> None:
    """Find nothing wrong with a page on a desk and on a phone, which shows all of its width."""
    assert axe(page) == []
    page.set_viewport_size(PHONE["viewport"])
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_wall_follows_and_says_nobodys_words(
    service: Service, people: People, open_as: Opener
) -> None:
    wall = open_as(people.dispatcher, WALL, f"/desk/wall?place={CITY}", prepare=plain)
    wall.wait_for_selector("#wall[data-ready]")
    received = wall.locator("#wall-received")
    before = int(received.inner_text())
    report(service, "墙上不应出现的话")
    expect(received).to_have_text(str(before + 1))
    path = f"/api/v1/issues/board?jurisdiction={CITY}"
    figures = wall.evaluate("path => fetch(path).then(answer => answer.text())", path)
    assert "墙上不应出现的话" not in wall.content() + figures
    assert not re.search(r'"(text|lon|lat|location)"', figures)
