"""The gallery of maps, the maps, and files of them: who gets which, and what is in them."""

from __future__ import annotations

import re
import sqlite3
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pyogrio
import pytest
from openpyxl import load_workbook
from PIL import Image
from shapely import MultiPolygon, box

from api.routes import map_files as routes
from geo.flows.releases import release_due
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Community, Jurisdiction, Street
from tests import town
from tests.people import add_account
from tests.reported import configure, issues, people
from tests.visitors import session_headers, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fastapi import FastAPI
    from sqlalchemy.orm import Session
    from starlette.testclient import TestClient

BARE = "bare"
PAGE = {"Accept": "text/html"}
HOUSEHOLDS = 11
STAFF_CARDS, PUBLIC_CARDS = 16, 4
STAFFS_OWN = (
    "coverage{}?generation=" + town.FIRST_LABEL,
    "coverage{}?against=" + town.FIRST_LABEL,
    "coverage{}?measure=per_worker",
    "hotspots{}?audience=staff",
)
OUTSIDE = (
    r"""<(?:script|link|img|iframe|form)\b[^>]*(?:src|href|action)=["'](?:https?:)?//|@import"""
)
A3_INCHES = (16.54, 11.69)

pytestmark = pytest.mark.usefixtures("reported")


@pytest.fixture(scope="module")
def reported(database_url: str, grids: dict[str, UUID]) -> Iterator[None]:
    """Let the town have residents, issues and released years; beside it is a bare jurisdiction."""
    assert grids
    with pytest.MonkeyPatch.context() as patch:
        configure(patch, geography="grid", period="year")
        with owner_session(database_url) as opened:
            people(opened)
            issues(opened)
            _build_bare(opened)
        assert release_due(database_url)[town.SLUG]
        yield
    settings.cache_clear()


def _build_bare(opened: Session) -> None:
    """Write a jurisdiction with a community, and nothing else."""
    area = f"SRID=4326;{MultiPolygon([box(114.40, 26.74, 114.41, 26.75)]).wkt}"
    named = {"name": "新区", "name_en": "New Area"}
    home = Jurisdiction(
        slug=BARE,
        division_code="999009",
        timezone="Asia/Shanghai",
        metric_srid=4547,
        area=area,
        synthetic=True,
        **named,
        **dict.fromkeys(("notice", "notice_en", "source", "licence"), ""),
    )
    opened.add(home)
    opened.flush()
    street = Street(jurisdiction_id=home.id, code="999009001", **named)
    opened.add(street)
    opened.flush()
    opened.add(
        Community(street_id=street.id, code="999009001001", invented=True, area=area, **named)
    )
    opened.flush()


@pytest.fixture(scope="module")
def client_for(
    reported: None, app: FastAPI, client_of: Callable[..., TestClient]
) -> Callable[..., TestClient]:
    """Return what makes a client of an account, or of somebody without one."""
    assert reported is None
    return lambda name=None, **how: client_of(name, **how) if name else visiting(app)


@pytest.fixture(scope="module")
def planner(client_for: Callable[..., TestClient]) -> TestClient:
    return client_for("planner")


@pytest.fixture(scope="module")
def anybody(client_for: Callable[..., TestClient]) -> TestClient:
    return client_for()


def cards(client: TestClient, query: str = "") -> list[tuple[str, str]]:
    """Return the addresses and the pictures' addresses of the gallery's cards."""
    found = client.get(f"/maps?place={town.SLUG}{query}", headers=PAGE)
    assert found.status_code == 200, found.text
    shown = re.findall(
        r'class="mg-card" href="([^"]+)">\s*<(?:img|span)[^>]*?(src="[^"]+"|>)', found.text
    )
    return [(one.replace("&amp;", "&"), src[5:-1].replace("&amp;", "&")) for one, src in shown]


def fields_of(answer: Any) -> list[str]:
    """Return which fields a refusal names."""
    return [one["field"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("who", "amount"),
    [
        (None, PUBLIC_CARDS),
        ("grid_worker", PUBLIC_CARDS),
        ("planner", STAFF_CARDS),
        ("street_dispatcher", STAFF_CARDS),
        ("elsewhere", PUBLIC_CARDS),
    ],
)
def test_the_gallery_shows_what_its_reader_may_open(
    client_for: Callable[..., TestClient], who: str | None, amount: int
) -> None:
    client = client_for(who)
    shown = cards(client)
    assert len(shown) == amount
    for page, picture in shown:
        if who not in {None, "planner"}:
            break
        drawn = client.get(picture)
        assert drawn.status_code == 200, (picture, drawn.text)
        assert ET.fromstring(drawn.content).tag.endswith("svg")  # noqa: S314 - our own
        if amount == PUBLIC_CARDS:
            assert client.get(page, headers=PAGE).status_code == 200


def test_a_planner_opens_the_maps(planner: TestClient) -> None:
    for page, _ in cards(planner)[PUBLIC_CARDS + 3 :]:
        found = planner.get(page, headers=PAGE)
        assert found.status_code == 200, page
        assert found.headers["cache-control"] == "private, no-store"
        assert "built-in" not in found.text
        assert 'id="sheet-data"' in found.text


@pytest.mark.parametrize("address", STAFFS_OWN)
@pytest.mark.parametrize("ending", ["", ".xlsx", "/thumbnail.svg"])
def test_what_is_the_staffs_is_not_the_publics(
    client_for: Callable[..., TestClient], address: str, ending: str
) -> None:
    asked = f"/maps/{address.format(ending)}&place={town.SLUG}"
    sent = client_for().get(asked, headers=PAGE)
    assert sent.status_code == 303
    assert asked in unquote(sent.headers["location"])
    for who in ("grid_worker", "elsewhere"):
        assert client_for(who).get(asked, headers=PAGE).status_code == 403
    assert client_for("street_dispatcher").get(asked, headers=PAGE).status_code == 200


@pytest.mark.parametrize("kind", ["coverage", "hotspots"])
@pytest.mark.parametrize("who", [None, "planner"])
def test_every_file_opens_again(
    client_for: Callable[..., TestClient], tmp_path: Path, kind: str, who: str | None
) -> None:
    client = client_for(who)

    def file(form: str, query: str = "") -> bytes:
        found = client.get(f"/maps/{kind}.{form}?place={town.SLUG}{query}")
        assert found.status_code == 200, found.text
        assert found.headers["content-disposition"].startswith("attachment")
        assert form in found.headers["content-disposition"]
        return found.content

    picture = Image.open(BytesIO(file("png", "&dpi=72&size=A3")))
    assert sorted(picture.size, reverse=True) == pytest.approx(
        [one * 72 for one in A3_INCHES], abs=1
    )
    assert picture.info["dpi"] == pytest.approx((72, 72), abs=0.1)
    assert ET.fromstring(file("svg", "&size=A4")).tag.endswith("svg")  # noqa: S314 - our own
    page = file("html").decode()
    assert not re.search(OUTSIDE, page)
    stored = tmp_path / "map.gpkg"
    stored.write_bytes(file("gpkg"))
    assert len(pyogrio.list_layers(stored)) >= 1
    assert len(load_workbook(BytesIO(file("xlsx"))).worksheets) >= 2


def test_layers_hold_the_figures_of_the_workbook(planner: TestClient, tmp_path: Path) -> None:
    asked = f"place={town.SLUG}&measure=households"
    stored = tmp_path / "map.gpkg"
    stored.write_bytes(planner.get(f"/maps/coverage.gpkg?{asked}").content)
    frame = pyogrio.read_dataframe(stored, layer="households").set_index("key")
    told = frame["Number of households"].to_dict()
    assert set(told) == set(town.NAMES)
    assert sum(told.values()) == HOUSEHOLDS
    with sqlite3.connect(stored) as opened:
        about = opened.execute("SELECT description FROM gpkg_contents").fetchall()
    opened.close()
    assert all("\nGeneration: " in told for (told,) in about)
    assert frame.loc[town.B1].geometry.contains(town.cells(2.1, 0.1, 2.2, 0.2))
    book = load_workbook(BytesIO(planner.get(f"/maps/coverage.xlsx?{asked}").content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    head = next(row for row in rows if "Number of households" in row)
    code, amount = head.index("Code"), head.index("Number of households")
    written = {row[code]: row[amount] for row in rows[rows.index(head) + 1 :] if row[code] in told}
    assert written == told


def test_a_picture_is_of_the_layer_and_the_month_that_are_asked_for(planner: TestClient) -> None:
    asked = f"/maps/hotspots.svg?place={town.SLUG}&statistic=count&by=grid&size=A4"
    page = planner.get(asked.replace(".svg", "").replace("&size=A4", ""), headers=PAGE).text
    keys = re.findall(r'"key":\s?"([a-z_]+)"', page)
    assert len(set(keys)) > 1
    plain = planner.get(asked).content
    assert planner.get(f"{asked}&layer={keys[0]}").content == plain
    assert len({planner.get(f"{asked}&layer={one}").content for one in set(keys)}) == len(set(keys))
    last = max(set(keys) - {keys[0]})
    months = {planner.get(f"{asked}&layer={last}&step={step}").content for step in (0, 1)}
    assert len(months) == 2


@pytest.mark.parametrize("kind", ["coverage", "hotspots"])
def test_empty_fields_ask_for_nothing(planner: TestClient, kind: str) -> None:
    empty = "generation=&against=" if kind == "coverage" else "from=&to=&duty=&side_m=&period="
    found = planner.get(f"/maps/{kind}?place={town.SLUG}&{empty}", headers=PAGE)
    assert found.status_code == 200
    assert planner.get(f"/maps?place=&{empty}".split("&side_m")[0], headers=PAGE).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?nope=1", "nope"),
        ("?state=nope", "state"),
        ("?by=nope", "by"),
        ("?from=yesterday", "from"),
        ("?from=2026-02-01&to=2026-01-31", "to"),
        ("?duty=nope", "duty"),
        ("?generation=nope", "generation"),
        ("/coverage?nope=1", "nope"),
        ("/coverage?measure=nope", "measure"),
        ("/coverage?classes=9", "classes"),
        ("/coverage?breaks=nope", "breaks"),
        ("/coverage?step=0", "step"),
        ("/hotspots?statistic=nope", "statistic"),
        ("/hotspots?side_m=1", "side_m"),
        ("/hotspots?bandwidth_m=nan&statistic=density", "bandwidth_m"),
        ("/hotspots?from=2026-02-01&to=2026-01-31", "to"),
        ("/hotspots?from=0001-01-01", "from"),
        ("/hotspots?duty=nope", "duty"),
        ("/hotspots?period=nope", "period"),
        ("/hotspots.png?dpi=10000", "dpi"),
        ("/hotspots.png?size=A0", "size"),
        ("/hotspots.pdf", "form"),
        ("/coverage/thumbnail.svg?dpi=72", "dpi"),
    ],
)
def test_what_is_wrong_is_named(planner: TestClient, query: str, field: str) -> None:
    refused = planner.get(f"/maps{query}")
    assert refused.status_code == 422, refused.text
    assert fields_of(refused) == [field]


@pytest.mark.parametrize(
    "query",
    [
        "?place=nowhere",
        "/coverage?place=nowhere",
        "/coverage?generation=nope",
        "/coverage.svg?layer=nope",
        "/hotspots.gpkg?period=1999",
        "/hotspots?place=nowhere",
    ],
)
def test_what_is_not_there_is_not_found(planner: TestClient, query: str) -> None:
    assert planner.get(f"/maps{query}", headers=PAGE).status_code == 404


def test_filters_are_those_of_the_reader(
    client_for: Callable[..., TestClient], planner: TestClient
) -> None:
    asked = f"&generation={town.FIRST_LABEL}&duty={town.DUTY}&by=grid"
    coverage, hotspots = cards(planner, asked)[0][0], cards(planner, asked)[-1][0]
    assert coverage.endswith(f"generation={town.FIRST_LABEL}")
    assert f"duty={town.DUTY}" in hotspots
    assert "by=grid" in hotspots
    assert cards(client_for(), asked) == cards(client_for())


def test_generations_are_compared_with_the_one_before(planner: TestClient) -> None:
    pages = [one for one, _ in cards(planner)]
    assert sum(f"against={town.FIRST_LABEL}" in one for one in pages) == 2
    first = [one for one, _ in cards(planner, f"&generation={town.FIRST_LABEL}")]
    assert not any("against=" in one for one in first)


def test_too_many_files_at_once_have_to_wait(
    planner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Taken:
        def acquire(self, *, blocking: bool) -> bool:
            return blocking

    monkeypatch.setattr(routes, "_places", Taken())
    refused = planner.get(f"/maps/coverage.xlsx?place={town.SLUG}")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0


def test_a_file_that_fails_leaves_its_place_to_the_next(planner: TestClient) -> None:
    for _ in range(routes.FILES_AT_ONCE + 1):
        assert planner.get("/maps/coverage.svg?layer=nope").status_code == 404
    assert planner.get("/maps/coverage.xlsx").status_code == 200


def test_a_place_where_nothing_is_yet_says_so(
    client_for: Callable[..., TestClient], database_url: str, app: FastAPI
) -> None:
    gallery = client_for().get(f"/maps?place={BARE}", headers=PAGE)
    assert gallery.status_code == 200
    assert "No grids are in force yet." in gallery.text
    assert "Nothing has been released yet" in gallery.text
    assert "<img" not in gallery.text
    public = client_for().get(f"/maps/hotspots?place={BARE}", headers=PAGE)
    assert public.status_code == 200
    assert "Nothing has been released yet" in public.text
    for path in ("coverage", "coverage.png", "hotspots.png", "hotspots/thumbnail.svg"):
        assert client_for().get(f"/maps/{path}?place={BARE}", headers=PAGE).status_code == 404
    with owner_session(database_url) as opened:
        there = add_account(opened, "there", "planner", BARE)
    own = visiting(app, session_headers(database_url, there))
    shown = re.findall(r'src="(/maps/[^"]+)"', own.get("/maps", headers=PAGE).text)
    assert len(shown) >= 5
    for picture in shown:
        assert own.get(picture.replace("&amp;", "&")).status_code == 200, picture
    for form in ("png", "html", "gpkg"):
        assert own.get(f"/maps/hotspots.{form}?audience=staff&dpi=72").status_code == 200, form


def test_places_are_chosen_between(anybody: TestClient) -> None:
    page = anybody.get("/maps", headers=PAGE).text
    assert f'value="{town.SLUG}"' in page
    assert f'value="{BARE}"' in page
    assert f"/maps/coverage?place={town.SLUG}&amp;" in page


def test_the_public_pages_lead_to_the_maps(anybody: TestClient) -> None:
    for path in ("/", "/grids"):
        assert f'href="/maps?place={town.SLUG}"' in anybody.get(path, headers=PAGE).text, path
