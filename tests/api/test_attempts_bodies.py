"""Attempts on the service's memory and patience by what a request brings along."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from api.app import create_app
from api.errors import RefusedRequestError
from api.json_shape import JsonShape
from api.limits import Limits, RequestLimits
from geo.settings import settings
from tests import town
from tests.loops import in_a_loop
from tests.pictures import encoded, jpeg_of_size, painted, png_of_size

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import ASGIApp, Message

URL = "/api/v1/issues"
PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}


def refused(client: TestClient, status: int, body: bytes, **headers: str) -> dict[str, Any]:
    answer = client.post(URL, content=body, headers=JSON | headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["detail"]
    return told


def located(lon: object, lat: object) -> bytes:
    return f'{{"text": "x", "location": {{"lon": {lon}, "lat": {lat}}}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"0," * 5_000_000 + b"0]",
        b'{"photos": [' + b"{}," * 3_300_000 + b"{}]}",
        b'{"' + b'a":1,"' * 1_700_000 + b'b":1}',
        b" " * 10_000_000,
    ],
    ids=["numbers", "objects", "keys", "blanks"],
)
def test_ten_megabytes_of_json_are_not_made_into_objects(client: TestClient, body: bytes) -> None:
    refused(client, 413, body)


def test_a_text_of_ten_megabytes_is_refused(client: TestClient) -> None:
    told = refused(client, 422, json.dumps({"text": "x" * 10_000_000}).encode())
    assert [one["field"] for one in told["errors"]] == ["text"]


def test_only_where_photos_come_may_a_body_be_large(client: TestClient) -> None:
    answer = client.post(f"{URL}/{'0' * 8}-0000-4000-8000-{'0' * 12}/actions", content=b"x" * 10**7)
    assert answer.status_code in {401, 413}


@pytest.mark.parametrize("nest", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_is_refused(client: TestClient, nest: str, depth: int) -> None:
    body = ('{"text": "x", "location": ' + nest * depth).encode()
    told = refused(client, 422, body)
    assert told["errors"][0]["field"] == "body"
    assert "32" in told["detail"]


def test_a_geojson_as_deep_as_the_stack_is_refused(client: TestClient) -> None:
    coordinates = "[" * 5000 + "]" * 5000
    geometry = f'{{"type": "Polygon", "coordinates": {coordinates}}}'
    refused(client, 422, f'{{"text": "x", "location": {geometry}}}'.encode())


def test_brackets_in_a_text_are_text(client: TestClient) -> None:
    text = '[{"' * 300 + "\\" * 31 + '"NaN" Infinity'
    answer = client.post(URL, json={"text": text, "location": spot()})
    assert answer.status_code == 201, answer.text
    assert answer.json()["text"] == text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    told = refused(client, 422, located(number, 26.7))
    assert told["errors"][0]["field"] == "body"


@pytest.mark.parametrize("number", ["1e400", "-1e400", '"NaN"', '"Infinity"', "9" * 5000])
def test_numbers_beyond_all_bounds_are_refused(client: TestClient, number: str) -> None:
    answer = client.post(URL, content=located(114.2, number), headers=JSON)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-inf", "Infinity", "1e400"])
def test_an_address_with_such_numbers_is_refused(client: TestClient, number: str) -> None:
    for query in (f"lon={number}&lat=26.7", f"lon=114.2&lat=26.7&accuracy_m={number}"):
        answer = client.get(f"/api/v1/locate?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM), query
    for query in (f"bbox={number},0,1,1", f"bbox=0,0,1,{number}"):
        assert client.get(f"/api/v1/grids?{query}").status_code == 422
    page = client.get(f"/?lon={number}&lat=26.7", headers={"Accept": "text/html"})
    assert page.status_code in {200, 422}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_zip_bomb_is_not_opened(client: TestClient, coding: str) -> None:
    bomb = gzip.compress(b'{"text": "' + b"x" * 50_000_000 + b'"}')
    assert len(bomb) < 100_000
    refused(client, 415, bomb, **{"Content-Encoding": coding})


def test_a_body_that_is_not_said_to_be_packed_is_just_no_json(client: TestClient) -> None:
    refused(client, 400, gzip.compress(b"{}", mtime=0))
    told = refused(client, 422, b"HI, NO")
    assert told["detail"] == "body: This is not valid JSON."


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", png_of_size(10_000, 10_000)),
        ("image/jpeg", jpeg_of_size(10_000, 10_000)),
        ("image/png", encoded(Image.new("1", (10_000, 10_000)), "PNG")),
        ("image/jpeg", encoded(painted())[:400]),
        ("image/png", encoded(painted(), "PNG")[:-30]),
        ("image/jpeg", b"\xff\xd8\xff\xe0<?php system($_GET[0]); ?>"),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("image/webp", encoded(painted())),
    ],
    ids=["says 100 MP", "jpeg says", "is 100 MP", "cut off", "png cut", "php", "svg", "other"],
)
def test_a_photo_that_is_a_trap_is_named(
    client: TestClient, media_type: str, content: bytes
) -> None:
    good = {"media_type": "image/jpeg", "content_base64": base64.b64encode(encoded(painted()))}
    bad = {"media_type": media_type, "content_base64": base64.b64encode(content)}
    photos = [{**one, "content_base64": one["content_base64"].decode()} for one in (good, bad)]
    told = refused(client, 422, json.dumps({"text": "x", "photos": photos}).encode())
    assert [one["field"] for one in told["errors"]] == ["photos.1.content_base64"]


def test_addresses_and_headers_have_an_end(client: TestClient) -> None:
    long = client.get(f"/api/v1/issues?state={'x' * 9000}")
    assert (long.status_code, long.headers["content-type"]) == (414, PROBLEM)
    wide = client.get("/api/v1/grids", headers={"X-Wide": "x" * 40_000})
    assert (wide.status_code, wide.headers["content-type"]) == (431, PROBLEM)
    for answer in (long, wide):
        assert "content-security-policy" in answer.headers
        assert "x-request-id" in answer.headers


def spot() -> dict[str, float]:
    lon, lat = town.spot(0.5, 1.5)
    return {"lon": lon, "lat": lat}


def asked(app: ASGIApp, receive: list[tuple[float, Message]]) -> list[Message]:
    """Send messages, each after a pause, and return what is answered."""
    sent: list[Message] = []
    waiting = iter(receive)

    async def slowly() -> Message:
        pause_s, message = next(waiting, (60.0, {"type": "http.disconnect"}))
        await asyncio.sleep(pause_s)
        return message

    async def keep(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"here")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": URL,
        "raw_path": URL.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("here", 80),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
    }
    in_a_loop(lambda: app(scope, slowly, keep))
    return sent


def piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_that_never_ends_is_given_up(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, database_url: str
) -> None:
    assert client
    monkeypatch.setattr(settings(), "body_pause_s", 0.2)
    app = create_app(database_url)
    sent = asked(app, [(0, piece(b'{"te', more=True)), (30, piece(b'xt": "x"}', more=False))])
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_body_of_drops_is_given_up(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, database_url: str
) -> None:
    assert client
    monkeypatch.setattr(settings(), "body_max_s", 0.3)
    drops = [(0.02, piece(b" ", more=True)) for _ in range(1000)]
    assert asked(create_app(database_url), drops)[0]["status"] == 408


def test_few_large_bodies_are_read_at_once() -> None:
    statuses = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(0.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = RequestLimits(app, Limits(body_bytes=10, body_bytes_of={("POST", URL): 100}))

    async def one() -> None:
        async def receive() -> Message:
            await asyncio.sleep(0.01)
            return piece(b'"' + b"x" * 50 + b'"', more=False)

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {"type": "http", "method": "POST", "path": URL, "headers": [], "query_string": b""}
        try:
            await guarded(scope, receive, send)
        except RefusedRequestError as error:
            statuses.append(error.status_code)

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(20)))

    in_a_loop(many)
    assert sorted(statuses) == [200] * 8 + [503] * 12
    assert guarded.large == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_shape_is_seen_however_a_body_is_cut(size: int) -> None:
    body = json.dumps({"a": ['x"[[[{{{', "\\\\", "\\", {"b": ["c"]}]}).encode()
    shape = JsonShape(depth=4, bytes_outside=200)
    for start in range(0, len(body), size):
        shape.feed(body[start : start + size])
