"""What pages with map sheets are answered with: their policy, and whose tiles lie underneath."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from api.map_pages import map_page, tiles_asked
from geo.errors import SettingRefusedError
from geo.settings import settings
from tests.sheets import made_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import HTMLResponse

TIANDITU = "https://t{s}.tianditu.gov.cn/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY"
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/maps/made-up",
    "query_string": b"lang=en",
    "headers": [(b"host", b"localhost")],
    "server": ("localhost", 80),
    "scheme": "http",
}


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def answered() -> HTMLResponse:
    return map_page(Request(SCOPE), made_sheet(), version="v1")


def test_each_answer_has_a_nonce_of_its_own() -> None:
    first, second = answered(), answered()
    policy = first.headers["content-security-policy"]
    found = re.search(r"script-src 'self' 'nonce-([\w-]+)'", policy)
    assert found
    assert f'nonce="{found[1]}"'.encode() in first.body
    assert "unsafe" not in policy
    assert policy != second.headers["content-security-policy"]


def test_the_frame_is_that_of_every_page() -> None:
    page = bytes(answered().body).decode()
    assert 'class="skip"' in page
    assert 'class="brand"' in page
    assert 'hreflang="zh-CN"' in page
    assert answered().headers["content-language"] == "en"


def test_tiles_of_a_setting_are_let_in_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONGGE_TILE_URL", TIANDITU)
    monkeypatch.setenv("HONGGE_TILE_SUBDOMAINS", "07")
    monkeypatch.setenv("HONGGE_TILE_ATTRIBUTION", "© 天地图")
    first = answered()
    pictures = "img-src 'self' data: https://t0.tianditu.gov.cn https://t7.tianditu.gov.cn;"
    assert pictures in first.headers["content-security-policy"]
    assert b"tianditu.gov.cn/vec_w" in first.body


def test_several_addresses_lie_over_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONGGE_TILE_URL", "/own/{z}/{x}/{y}.png  /names/{z}/{x}/{y}.png")
    tiles = tiles_asked("v1")
    assert tiles.addresses == ("/own/{z}/{x}/{y}.png", "/names/{z}/{x}/{y}.png")
    assert tiles.origins == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://tiles.example.cn/{z}/{x}.png",
        "javascript:alert({x}{y}{z})",
        "//tiles.example.cn/{z}/{x}/{y}.png",
        "https://tiles.example.cn/{z}/{x}/{y};script-src",
        "https://tiles.example.cn'/{z}/{x}/{y}.png",
    ],
)
def test_addresses_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HONGGE_TILE_URL", address)
    with pytest.raises(SettingRefusedError, match="HONGGE_TILE_URL"):
        settings()


def test_servers_without_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONGGE_TILE_URL", TIANDITU)
    with pytest.raises(SettingRefusedError, match="HONGGE_TILE_SUBDOMAINS"):
        settings()
