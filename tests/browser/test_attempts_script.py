"""Attempts to let a script run in the browser of whoever reads what somebody else has written."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import httpx2
import pytest
import uvicorn
from sqlalchemy import select

from api.app import create_app
from api.permissions import ACCOUNT, ENDPOINTS, RESIDENT
from geo.store.engine import owner_session
from geo.store.models import (
    Account,
    Building,
    Department,
    Duty,
    Household,
    Member,
    Resident,
    Station,
    StationService,
)
from tests import town
from tests.bookable import ERRAND, STATION, make_bookable
from tests.people import make_accounts
from tests.visitors import session_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SCRIPTS = (
    "<script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    '"><svg onload=window.ran=1>',
    "'-window.ran=1-'</title></textarea></script><script>window.ran=1</script>",
    "<a href=javascript:window.ran=1>x</a>",
    "{{ 7*7 }}{% raw %}",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    "</script><!-- ]]> <base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
)
EVERYTHING = " ".join(SCRIPTS)
NAME = "<img src=x onerror=window.ran=1>"
ROLES = ("community_staff", "street_dispatcher", "auditor", "administrator")
READERS = ("nobody", "community_staff", "auditor", "administrator")
NOT_PAGES = ("/api/v1", "/static", "/tiles", "/healthz", "/readyz", "/metrics", "/audit/export")
PLANTED = """() => [
    window.ran || 0,
    document.querySelectorAll("img[src='x'], svg[onload], iframe[srcdoc], base").length,
    [...document.querySelectorAll("a")].filter((one) => one.protocol === "javascript:").length,
    [...document.scripts].filter((one) => !one.src && one.type !== "application/json").length,
    document.querySelectorAll("[onerror], [onload], [onclick], [style*='url']").length,
]"""


class Service(NamedTuple):
    """A running service full of scripts."""

    address: str
    issue_id: str
    secret: str
    booked: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[Service]:
    with (
        owner_session(database_url) as opened,
        patch.dict(town.NAMES, {code: f"{NAME}{code[-1]}" for code in town.NAMES}),
    ):
        town.build(opened)
    accounts = poison(database_url)
    config = uvicorn.Config(create_app(database_url), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    cookies = {
        role: session_headers(database_url, accounts[role])["Cookie"].partition("=")[2]
        for role in ROLES
    }
    yield Service(address, *report(address), book(address), cookies)
    server.should_exit = True
    thread.join()


def poison(url: str) -> dict[str, int]:
    """Write scripts into every name that people see, and return the accounts."""
    with owner_session(url) as opened:
        make_bookable(opened)
        accounts = make_accounts(opened)
        for kind, fields in (
            (Station, ("name", "address", "host")),
            (Building, ("name", "address")),
            (Duty, ("name",)),
            (Department, ("name",)),
            (Member, ("name",)),
            (StationService, ("name", "needs")),
            (Account, ("display_name",)),
        ):
            for row in opened.scalars(select(kind)):
                for field in fields:
                    setattr(row, field, EVERYTHING)
        for household in opened.scalars(select(Household)):
            opened.add(
                Resident(household_id=household.id, name=NAME, phone=NAME, remark=EVERYTHING)
            )
        return accounts


def report(address: str) -> tuple[str, str]:
    """Report an issue in grid A1 full of scripts, and return its key and its follow secret."""
    lon, lat = town.spot(0.5, 0.5)
    body = {
        "text": EVERYTHING,
        "duty": town.DUTY,
        "location": {"lon": lon, "lat": lat},
        "reporter": {"name": NAME, "phone": NAME},
    }
    answer = httpx2.post(f"{address}/api/v1/issues", json=body, timeout=60).raise_for_status()
    told: dict[str, str] = answer.json()
    return told["id"], told["follow"].partition("follow=")[2]


def book(address: str) -> str:
    """Ask for an errand full of scripts, and return the address of its page."""
    services = f"{address}/api/v1/stations/{STATION}/services/{ERRAND}"
    slot = httpx2.get(f"{services}/slots", timeout=60).raise_for_status().json()["slots"][0]
    body = {
        "starts_at": slot["starts_at"],
        "note": EVERYTHING,
        "name": NAME,
        "phone": f"1234567{NAME}",
    }
    answer = httpx2.post(f"{services}/bookings", json=body, timeout=60).raise_for_status()
    follow: str = answer.json()["follow"]
    return follow


def pages(service: Service, who: str) -> list[str]:
    """Return every page, and with scripts in their addresses the pages whose turn it is."""
    found = sorted(
        path
        for method, path in ENDPOINTS
        if method == "GET"
        and not path.startswith(NOT_PAGES)
        and not path.endswith(".ics")
        and path != "/api/openapi.json"
    )
    filled = {
        path: path.replace("{issue_id}", service.issue_id)
        .replace("{account_id}", "1")
        .replace("{household_id}", "1")
        .replace("/follow/{secret}", f"/follow/{service.secret}")
        .replace("/booking/{secret}", service.booked)
        .replace("/book/{slug}/{station}", f"/book/{town.SLUG}/{STATION}")
        for path in found
    }
    lon, lat = town.spot(0.5, 0.5)
    search = f"?q={EVERYTHING}&name={NAME}&action={NAME}&next={NAME}&place={NAME}&lang={NAME}"
    return [
        *filled.values(),
        f"/grids?lon={lon}&lat={lat}",
        f"/?lon={lon}&lat={lat}",
        f"/book/{town.SLUG}/{STATION}?service={ERRAND}",
        *(
            one + search
            for number, (path, one) in enumerate(filled.items())
            if who == (let_in(path) or READERS)[number % len(let_in(path) or READERS)]
        ),
    ]


def let_in(path: str) -> list[str]:
    """Return the readers to whom a page is shown."""
    who = ENDPOINTS["GET", path].who
    return [one for one in READERS if who & ({RESIDENT} if one == "nobody" else {one, ACCOUNT})]


@pytest.mark.parametrize("who", READERS)
def test_no_page_runs_what_somebody_wrote(browser: Browser, service: Service, who: str) -> None:
    """Everybody opens every page; one of those who are let in does with scripts in the address."""
    context = browser.new_context(locale="zh-CN")
    if who != "nobody":
        cookie = {"name": "hongge_session", "value": service.cookies[who], "url": service.address}
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
    page.on("console", lambda said: note(said.text, wrong))
    context.route(
        lambda url: not url.startswith(service.address),
        lambda route: (wrong.append("outside"), route.abort()),
    )
    shown = [look(page, service, path) for path in pages(service, who)]
    context.close()
    assert wrong == []
    assert [one for one in shown if one] == []
    assert len(shown) > 5


def look(page: Page, service: Service, path: str) -> str:
    """Open a page and return what a script has done to it, if anything."""
    page.goto(service.address + path, wait_until="domcontentloaded")
    found = page.evaluate(PLANTED)
    return f"{path}: {found}" if any(found) else ""


def note(text: str, wrong: list[str]) -> None:
    """Keep what the browser refused to run or load: the policy should have had nothing to do."""
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        wrong.append(text)


def test_the_text_is_shown_as_it_was_written(browser: Browser, service: Service) -> None:
    context = browser.new_context(locale="zh-CN")
    cookie = {
        "name": "hongge_session",
        "value": service.cookies["street_dispatcher"],
        "url": service.address,
    }
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{service.address}/cases/{service.issue_id}")
    assert SCRIPTS[0] in page.inner_text("body")
    context.close()
