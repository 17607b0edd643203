"""Photos over HTTP: what is kept of them, what is told, and what is refused."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import Float, func, select

from geo.flows.photos import turns
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Issue, IssuePhoto
from tests import town
from tests.pictures import LAT, LON, MAKER, encoded, notes, painted

if TYPE_CHECKING:
    from starlette.testclient import TestClient

URL = "/api/v1/issues"


def photo(content: bytes, media_type: str = "image/jpeg") -> dict[str, str]:
    return {"media_type": media_type, "content_base64": base64.b64encode(content).decode()}


def report(client: TestClient, *given: dict[str, str], status: int = 201) -> dict[str, Any]:
    body = {"text": "x", "jurisdiction": town.SLUG, "photos": given}
    answer = client.post(URL, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_where_and_when_is_kept_inside(client: TestClient, database_url: str) -> None:
    given = encoded(painted(size=(80, 60)), exif=notes(orientation=6))
    told = report(client, photo(given), photo(encoded(painted(), "PNG"), "image/png"))
    with owner_session(database_url) as opened:
        place = (
            func.ST_X(IssuePhoto.location, type_=Float()),
            func.ST_Y(IssuePhoto.location, type_=Float()),
        )
        wanted = select(IssuePhoto.taken_at, *place, IssuePhoto.width_px, IssuePhoto.content)
        first, second = opened.execute(
            wanted.where(IssuePhoto.issue_id == told["id"]).order_by(IssuePhoto.position)
        ).all()
    assert first[0] == datetime(2026, 3, 9, 0, 15, 30, tzinfo=UTC), "the city's own time"
    assert (first[1], first[2]) == (pytest.approx(LON), pytest.approx(LAT))
    assert first[3] == 60
    assert MAKER.encode() not in first[4]
    assert tuple(second)[:4] == (None, None, None, 64)


def test_what_is_told_is_size_and_address(client: TestClient) -> None:
    told = report(client, photo(encoded(painted(), exif=notes())))
    assert told["photos"] == [
        {
            "number": 1,
            "url": f"{URL}/{told['id']}/photos/1",
            "media_type": "image/jpeg",
            "width_px": 64,
            "height_px": 48,
            "event": 1,
        }
    ]
    assert "2026-03-09" not in str(told["photos"])


def test_the_reporter_sees_the_photo_by_the_address_given(client: TestClient) -> None:
    told = report(client, photo(encoded(painted(), exif=notes())))
    key = told["follow"].partition("?")[2]
    answer = client.get(f"{told['photos'][0]['url']}?{key}")
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 48))
        assert dict(picture.getexif()) == {}
    for number, status in (("2", 404), ("0", 422), ("x", 422), ("99999999999999999999", 422)):
        assert client.get(f"{URL}/{told['id']}/photos/{number}?{key}").status_code == status


def test_one_bad_photo_refuses_the_report_as_a_whole(client: TestClient, database_url: str) -> None:
    with owner_session(database_url) as opened:
        before = opened.scalar(select(func.count()).select_from(Issue))
    good, bad = photo(encoded(painted())), photo(b"\xff\xd8\xff broken")
    told = report(client, good, bad, good, status=422)
    assert told["errors"] == [
        {"field": "photos.1.content_base64", "message": "This is no image/jpeg file."}
    ]
    with owner_session(database_url) as opened:
        assert opened.scalar(select(func.count()).select_from(Issue)) == before


def test_heic_is_refused_by_name(client: TestClient) -> None:
    told = report(client, photo(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), status=422)
    assert "HEIC" in told["errors"][0]["message"]


def test_the_settings_bound_photos(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "photo_max_megapixels", 0.001)
    assert "megapixels" in report(client, photo(encoded(painted())), status=422)["detail"]
    monkeypatch.undo()
    monkeypatch.setattr(settings(), "photo_side_px", 32)
    assert report(client, photo(encoded(painted())))["photos"][0]["width_px"] == 32
    monkeypatch.setattr(settings(), "photo_max_mb", 0.0001)
    assert "MB" in report(client, photo(encoded(painted())), status=422)["detail"]
    monkeypatch.setattr(settings(), "photos_max", 1)
    told = report(client, *[photo(encoded(painted()))] * 2, status=422)
    assert told["errors"][0]["field"] == "photos"


def test_too_many_photos_at_once_are_sent_away(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "photos_at_once", 1)
    turns.cache_clear()
    places = turns()
    taken = 0
    while places.waiting.acquire(blocking=False):
        taken += 1
    assert taken == 5
    body = {"text": "x", "jurisdiction": town.SLUG, "photos": [photo(encoded(painted()))]}
    answer = client.post(URL, json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    places.waiting.release()
    assert client.post(URL, json=body).status_code == 201
    turns.cache_clear()
