"""A running service on the demonstration city, and pages that must not look beyond it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from geo.store.engine import owner_session
from geo.store.overview import Overview, jurisdictions, overview
from tests.browser.serving import serving
from tests.people import add_account
from tests.visitors import session_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import Browser, BrowserContext, Page, Route

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)  # a busy machine is no failure


@pytest.fixture(scope="session")
def server(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the service, started as people start it."""
    with serving(demo_database_url, tmp_path_factory.mktemp("server")) as address:
        yield address


@dataclass(frozen=True)
class Planning:
    """A service on a demonstration database of the module's own, and accounts of planners.

    Parameters
    ----------
    address
        Where it answers.
    url
        Its database.
    accounts
        Keys by name: ``drawer`` and ``reviewer`` are planners, ``watcher`` is an auditor.
    """

    address: str
    url: str
    accounts: dict[str, int]

    def cookie(self, name: str) -> SetCookieParam:
        """Sign an account in, and return the cookie that its browser has from then on."""
        given = session_headers(self.url, self.accounts[name])["Cookie"]
        key, _, value = given.partition("=")
        return {"name": key, "value": value, "url": self.address}


@pytest.fixture(scope="module")
def planning(
    shared_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planning]:
    """A service for planners to write to."""
    url = shared_demo_database_url
    with owner_session(url) as opened:
        city = jurisdictions(opened)[0].slug
        roles = {"drawer": "planner", "reviewer": "planner", "watcher": "auditor"}
        accounts = {name: add_account(opened, name, role, city) for name, role in roles.items()}
    with serving(url, tmp_path_factory.mktemp("planning")) as address:
        yield Planning(address, url, accounts)


@dataclass(frozen=True)
class Service:
    """A service on a demonstration database of the module's own.

    Parameters
    ----------
    address
        Where it answers.
    url
        Its database.
    """

    address: str
    url: str

    def cookie(self, account_id: int) -> SetCookieParam:
        """Sign an account in, and return the cookie that its browser has from then on."""
        key, _, value = session_headers(self.url, account_id)["Cookie"].partition("=")
        return {"name": key, "value": value, "url": self.address}


@pytest.fixture(scope="module")
def service(
    shared_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service for those who write to it.

    There is an account already, so that the service makes no logins of the demonstration: they
    would come in between, under names that tests give.
    """
    url = shared_demo_database_url
    with owner_session(url) as opened:
        add_account(opened, "first", "auditor", jurisdictions(opened)[0].slug)
    with serving(url, tmp_path_factory.mktemp("service")) as address:
        yield Service(address, url)


@pytest.fixture(scope="session")
def city(demo_database_url: str) -> Overview:
    """The demonstration city as the database has it."""
    engine = create_engine(demo_database_url)
    with Session(engine) as session:
        found = overview(session, jurisdictions(session)[0].slug)
    engine.dispose()
    assert found is not None
    return found


@dataclass
class Watched:
    """What a page did that it should not."""

    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Make pages that reach the service alone; afterwards nothing may have gone wrong in them."""
    with _watching(browser, server) as make:
        yield make


@pytest.fixture
def plan_as(browser: Browser, planning: Planning) -> Iterator[Callable[..., Page]]:
    """Make pages of planners by name; see :func:`open_page`."""
    with _watching(browser, planning.address) as make:

        def page_of(name: str | None, device: dict[str, Any], path: str, **options: Any) -> Page:
            cookies = [planning.cookie(name)] if name else []
            return make(device, path, cookies=cookies, until="load", **options)

        yield page_of


@pytest.fixture
def open_as(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Make pages of accounts by their keys, or of nobody's; see :func:`open_page`."""
    with _watching(browser, service.address) as make:

        def page_of(
            account_id: int | None, device: dict[str, Any], path: str, **options: Any
        ) -> Page:
            cookies = [service.cookie(account_id)] if account_id else []
            return make(device, path, cookies=cookies, until="load", **options)

        yield page_of


@contextmanager
def _watching(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []
    watched = Watched()

    def make(
        device: dict[str, Any],
        path: str = "/",
        cookies: Sequence[SetCookieParam] = (),
        until: Literal["load", "networkidle"] = "networkidle",
        prepare: Callable[[Page], object] | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            **device, **{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        )
        contexts.append(context)
        context.add_cookies(list(cookies))
        context.route(lambda url: not url.startswith(f"{server}/"), _refuse)
        page = context.new_page()
        if prepare:
            prepare(page)
        page.on("console", lambda said: _note(said.type, said.text))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.goto(server + path)
        page.wait_for_load_state(until)
        return page

    def _refuse(route: Route) -> None:
        watched.outside.append(route.request.url)
        route.abort()

    def _note(kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            watched.complaints.append(f"{kind}: {text}")

    yield make
    for context in contexts:
        context.close()
    assert not watched.outside
    assert not watched.complaints
