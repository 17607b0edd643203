"""Attempts on what belongs to other people's work: by id, list, export, tile, history, photo."""

from __future__ import annotations

import base64
import html
import json
import math
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import select

from api.permissions import ACCOUNT, ENDPOINTS, RESIDENT
from geo.store.engine import owner_session
from geo.store.models import Account, Building, Household, Resident, Unit
from tests import town
from tests.people import add_account, make_accounts
from tests.pictures import encoded, painted
from tests.visitors import ending, session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from httpx2 import Response

TEXT = "某户阳台堆物无人知"
REPORTER, PHONE = "钱不愿留名", "13955557777"
LIVING, LIVING_PHONE = "孙不愿留名", "13966668888"
URL = "/api/v1/issues"
SEARCHES = (
    "",
    "?q={text}",
    "?search={text}",
    "?number={number}",
    "?grid={grid}",
    "?jurisdiction=town&limit=500",
    "?duty=D1",
    "?state=collected",
    "?since=2020-01-01T00:00:00Z",
    "?phone={phone}",
    "?building=B-1",
    "?issue={id}",
    "?cursor={cursor}",
)


class Target(NamedTuple):
    """An issue in grid B1, and the secret of its reporter."""

    id: str
    number: str
    follow: str


@pytest.fixture(scope="module")
def app(database_url: str, grids: dict[str, UUID]) -> Iterator[FastAPI]:
    assert grids
    with started(database_url) as running:
        yield running


@pytest.fixture(scope="module")
def people(database_url: str, grids: dict[str, UUID]) -> dict[str, int]:
    """Accounts by role; of these ``theirs`` alone works in grid B1."""
    with owner_session(database_url) as opened:
        accounts = make_accounts(opened)
        place = str(grids[town.B1])
        accounts["theirs"] = add_account(opened, "theirs", "grid_worker", town.SLUG, place)
        accounts["disabled"] = add_account(opened, "left", "grid_worker", town.SLUG, place)
        accounts["elsewhere"] = add_account(opened, "elsewhere", "auditor", "village")
        unit = (
            select(Unit.id)
            .join(Building, Building.id == Unit.building_id)
            .where(Building.code == town.LONE_BUILDING)
        )
        households = select(Household.id).where(Household.unit_id.in_(unit))
        household = opened.scalars(households).one()
        opened.add(Resident(household_id=household, name=LIVING, phone=LIVING_PHONE))
        return accounts


@pytest.fixture(scope="module")
def target(app: FastAPI, people: dict[str, int]) -> Target:
    assert people
    lon, lat = town.spot(2.2, 1.8)
    photo = base64.b64encode(encoded(painted())).decode()
    body = {
        "text": TEXT,
        "duty": town.DUTY,
        "location": {"lon": lon, "lat": lat},
        "reporter": {"name": REPORTER, "phone": PHONE},
        "photos": [{"media_type": "image/jpeg", "content_base64": photo}],
    }
    anybody = visiting(app)
    answer = anybody.post(URL, json=body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["routing"]["grid"]["code"] == town.B1
    return Target(told["id"], told["number"], told["follow"].partition("follow=")[2])


OUTSIDERS = ("grid_worker", "community_staff", "planner", "elsewhere", "disabled")
NOBODIES = ("nobody", "forged", "other key")


@pytest.fixture(scope="module")
def headers(
    database_url: str, app: FastAPI, people: dict[str, int], target: Target
) -> dict[str, dict[str, str]]:
    """What everybody sends along."""
    assert target
    anybody = visiting(app)
    other = anybody.post(URL, json={"text": "x", "jurisdiction": town.SLUG}).json()
    known = {name: session_headers(database_url, account) for name, account in people.items()}
    with owner_session(database_url) as opened:
        opened.get_one(Account, people["disabled"]).disabled_at = town.SECOND
    return known | {
        "nobody": {},
        "forged": {"Cookie": f"hongge_session={'A' * 43}", "X-CSRF-Token": "x"},
        "other key": {"X-Follow-Key": other["follow"].partition("follow=")[2]},
        "own key": {"X-Follow-Key": target.follow},
    }


def fill(path: str, target: Target) -> str:
    values = {
        "issue_id": target.id,
        "number": "1",
        "layer": "grids",
        "z": "14",
        "x": "13393",
        "y": "6928",
    }
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{household_id}", "1").replace("{account_id}", "1")


def paths_of(part: str) -> list[tuple[str, str]]:
    return sorted((method, path) for method, path in ENDPOINTS if part in path)


def leaks(answer: Response, target: Target, *, personal_only: bool = False) -> list[str]:
    """Return the secrets that an answer lets out, whichever way it writes them."""
    secrets = [REPORTER, PHONE, LIVING, LIVING_PHONE]
    if not personal_only:
        secrets += [TEXT, target.number]
        if target.id not in str(answer.request.url):
            secrets.append(target.id)
    text = answer.content.decode("utf-8", "replace")
    written = {
        secret: {secret, json.dumps(secret)[1:-1], html.escape(secret)} for secret in secrets
    }
    return [secret for secret, forms in written.items() if any(one in text for one in forms)]


def test_those_it_belongs_to_see_it(
    app: FastAPI, headers: dict[str, dict[str, str]], target: Target
) -> None:
    for who in ("theirs", "street_dispatcher", "department_handler", "auditor", "own key"):
        client = visiting(app, headers[who])
        told = client.get(f"{URL}/{target.id}")
        photo = client.get(f"{URL}/{target.id}/photos/1")
        assert told.status_code == 200, (who, told.text)
        assert photo.status_code == 200, (who, photo.text)
        assert photo.content.startswith(b"\xff\xd8\xff")
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.headers["cache-control"] == "private, no-store"
        assert "sandbox" in photo.headers["content-security-policy"]
        assert photo.headers["content-disposition"].startswith("inline; filename=")
        assert told.json()["photos"][0]["url"] == f"{URL}/{target.id}/photos/1"


@pytest.mark.parametrize("who", [*OUTSIDERS, *NOBODIES])
@pytest.mark.parametrize(("method", "path"), paths_of("{issue_id}"))
def test_by_its_id_it_is_not_there(  # noqa: PLR0913, PLR0917 - fixtures
    app: FastAPI,
    headers: dict[str, dict[str, str]],
    target: Target,
    who: str,
    method: str,
    path: str,
) -> None:
    for accept in ("application/json", "text/html"):
        client = visiting(app, headers[who] | {"Accept": accept})
        given = {} if method == "GET" else {"json": {"action": "cancel", "purpose": "visit"}}
        answer = client.request(method, fill(path, target), **given)  # type: ignore[arg-type]
        assert answer.status_code in {303, 401, 403, 404, 422}, answer.text
        assert leaks(answer, target) == []


KINDS = {name: {name, ACCOUNT} for name in OUTSIDERS[:3]} | {"elsewhere": {"auditor", ACCOUNT}}
"""What those who are signed in count as; the others are residents."""


def searches(path: str, who: str) -> list[str]:
    """Return the ways in which somebody asks a list: two who are let in ask it in each of them."""
    rule = ENDPOINTS["GET", path].who
    let_in = [one for one in (*OUTSIDERS, *NOBODIES) if rule & KINDS.get(one, {RESIDENT})]
    if who not in let_in:
        return [""]
    among, place = max(1, len(let_in) // 2), let_in.index(who)
    return [
        way for number, way in enumerate(SEARCHES) if not number or number % among == place % among
    ]


@pytest.mark.parametrize("who", [*OUTSIDERS, *NOBODIES])
def test_no_list_search_or_export_holds_it(
    app: FastAPI, headers: dict[str, dict[str, str]], target: Target, who: str
) -> None:
    """Everybody asks every list, and those who are let in do so in every way between them."""
    cursor = base64.urlsafe_b64encode(f"2099-01-01T00:00:00+00:00 {target.id}".encode()).decode()
    values = {
        "text": TEXT,
        "number": target.number,
        "grid": town.B1,
        "id": target.id,
        "phone": PHONE,
        "cursor": cursor,
    }
    client = visiting(app, headers[who])
    for method, path in ENDPOINTS:
        if method != "GET" or "{" in path:
            continue
        for search in searches(path, who):
            answer = client.get(ending(path + search.format(**values)))
            found = [one for one in leaks(answer, target) if one not in search.format(**values)]
            assert found == [], (path, search)


@pytest.mark.parametrize("who", [*OUTSIDERS, *NOBODIES])
def test_no_tile_holds_it(
    app: FastAPI, headers: dict[str, dict[str, str]], target: Target, who: str
) -> None:
    lon, lat = town.spot(2.2, 1.8)
    client = visiting(app, headers[who] | {"Accept-Encoding": "identity"})
    for layer in ("basemap", "grids", "communities", "stations", "issues", "households"):
        for zoom in (0, 10, 14, 18):
            tile = mercantile(lon, lat, zoom)
            answer = client.get(f"/tiles/{layer}/{zoom}/{tile}.mvt")
            assert answer.status_code in {200, 204, 404}
            assert leaks(answer, target) == []
            if layer in {"issues", "households"}:
                assert answer.status_code == 404


@pytest.mark.parametrize("who", ["theirs", "street_dispatcher", "planner", "administrator"])
def test_even_those_who_see_it_are_not_told_who_reported(
    app: FastAPI, headers: dict[str, dict[str, str]], target: Target, who: str
) -> None:
    client = visiting(app, headers[who])
    for method, path in ENDPOINTS:
        if method == "GET":
            answer = client.get(ending(fill(path, target)))
            assert leaks(answer, target, personal_only=True) == [], path


def test_the_address_given_to_the_reporter_opens_this_issue_alone(
    app: FastAPI, target: Target
) -> None:
    client = visiting(app)
    other = client.post(URL, json={"text": "x", "jurisdiction": town.SLUG}).json()
    assert client.get(other["follow"]).json()["id"] == other["id"]
    key = other["follow"].partition("?")[2]
    for path in (f"{URL}/{target.id}", f"{URL}/{target.id}/photos/1", URL):
        assert client.get(f"{path}?{key}").status_code in {401, 404}, path


def test_an_ended_account_is_nobody(
    app: FastAPI, headers: dict[str, dict[str, str]], target: Target
) -> None:
    client = visiting(app, headers["disabled"])
    assert client.get(URL).status_code == 401
    assert client.get(f"{URL}/{target.id}").status_code == 401


def mercantile(lon: float, lat: float, zoom: int) -> str:
    """Return column and row of the tile that holds a position."""
    side = 2**zoom
    column = int((lon + 180) / 360 * side)
    bent = math.log(math.tan(math.radians(lat)) + 1 / math.cos(math.radians(lat)))
    return f"{column}/{int((1 - bent / math.pi) / 2 * side)}"
