"""Rotas over HTTP: proposed, kept, changed, published, exported; and who sees what of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from geo.store.engine import owner_session
from geo.store.models import Member, Station
from tests import town
from tests.bookable import STATION, make_bookable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from starlette.testclient import TestClient

ROTA = f"/api/v1/stations/{STATION}/rota"
PAGE = "/desk/rota"
FORMS = f"{PAGE}/{town.SLUG}/{STATION}"
FIRST = date.today() + timedelta(days=-date.today().weekday())  # noqa: DTZ011 - any Monday does
PERIOD = {"first_day": FIRST.isoformat(), "days": 14}
STAFF = 8


@pytest.fixture(scope="module", autouse=True)
def staffed(database_url: str, grids: dict[str, UUID]) -> None:
    assert grids
    with owner_session(database_url) as opened:
        make_bookable(opened)
        station = opened.query(Station).one()
        for at in range(STAFF):
            opened.add(
                Member(
                    community_id=station.community_id,
                    code=f"s{at}",
                    name=f"值班{at}",
                    role="grid_worker",
                )
            )


@pytest.fixture(autouse=True)
def emptied(database_url: str, staffed: None) -> Iterator[None]:  # noqa: ARG001 - comes first
    yield
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM shift"))


@pytest.fixture
def staff(client_of: Callable[..., TestClient]) -> TestClient:
    return client_of("community_staff")


@pytest.fixture
def keys(database_url: str) -> list[int]:
    with owner_session(database_url) as opened:
        rows = opened.query(Member).filter(Member.code.like("s%")).order_by(Member.code)
        return [one.id for one in rows]


def propose(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{ROTA}/propose", json={**PERIOD, **asked})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def keep(client: TestClient, told: dict[str, Any]) -> int:
    shifts = [
        {"member": one["member"]["id"], "starts_at": one["starts_at"], "ends_at": one["ends_at"]}
        for one in told["shifts"]
    ]
    answer = client.put(f"{ROTA}/draft", json={**PERIOD, "shifts": shifts})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["shifts"]
    return count


def kept(client: TestClient) -> dict[str, Any]:
    told: dict[str, Any] = client.get(ROTA, params=PERIOD).json()
    return told


def test_from_proposing_to_publishing(
    staff: TestClient, client: TestClient, database_url: str
) -> None:
    told = propose(staff)
    assert told["feasible"]
    assert len(told["shifts"]) >= 2 * 13
    assert kept(staff)["shifts"] == []
    assert keep(staff, told) == len(told["shifts"])
    draft = kept(staff)
    assert not any(one["published"] for one in draft["shifts"])
    assert (draft["conflicts"], draft["gaps"]) == ([], [])
    assert staffed_at(database_url) == 0
    published = staff.post(f"{ROTA}/publish", json=PERIOD)
    assert published.json() == {"shifts": len(told["shifts"])}
    assert staffed_at(database_url) > 0
    public = client.get(f"/api/v1/stations/{STATION}").text
    assert "值班0" not in public
    assert client.get(ROTA).status_code == 401
    assert staff.post(f"{ROTA}/publish", json=PERIOD).status_code == 409
    assert staff.post(f"{ROTA}/propose", json=PERIOD).status_code == 409
    later = propose(staff, first_day=(FIRST + timedelta(days=14)).isoformat())
    earlier = {one["member"]["id"]: one["all_min"] for one in draft["loads"]}
    total = {one["member"]["id"]: one["all_min"] for one in later["loads"]}
    assert all(total[key] >= earlier[key] for key in earlier)


def staffed_at(url: str) -> int:
    with owner_session(url) as opened:
        count: int = opened.execute(text("SELECT count(*) FROM staffed_spans()")).scalar_one()
        return count


def test_too_few_people_are_counted(staff: TestClient, keys: list[int]) -> None:
    told = propose(staff, members=keys[:1], rules={"day_max": 1})
    assert (told["feasible"], told["shifts"]) == (False, [])
    assert {one["scope"] for one in told["shortages"]} == {"day"}
    first = told["shortages"][0]
    assert (first["needed"], first["most"], first["missing"]) == (2, 1, 1)
    assert "1 missing" in first["text"]
    away = [{"member": key, "first_day": str(FIRST), "last_day": str(FIRST)} for key in keys]
    told = propose(staff, members=keys, absences=away)
    assert {one["first_day"] for one in told["shortages"]} == {str(FIRST)}
    assert {one["most"] for one in told["shortages"]} == {0}


def test_a_shift_is_changed_and_conflicts_are_named(staff: TestClient, keys: list[int]) -> None:
    def given(member: int, begins: int, hours: int) -> dict[str, Any]:
        start = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(hours=begins)
        return {
            "member": member,
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=hours)).isoformat(),
        }

    made = staff.post(f"{ROTA}/shifts", json=given(keys[0], 1, 3))
    assert made.status_code == 201, made.text
    one = f"{ROTA}/shifts/{made.json()['shift']['id']}"
    twice = staff.post(f"{ROTA}/shifts", json=given(keys[0], 2, 3))
    assert twice.status_code == 409
    assert "值班0" in twice.json()["detail"]
    assert staff.post(f"{ROTA}/shifts", json=given(keys[0], 1, 3)).status_code == 409
    close = staff.post(f"{ROTA}/shifts", json=given(keys[0], 5, 2)).json()
    assert {fault["fault"] for fault in close["conflicts"]} == {"rest", "day"}
    changed = staff.put(one, json=given(keys[1], 1, 4)).json()
    assert changed["shift"]["member"]["code"] == "s1"
    assert changed["conflicts"] == []
    assert staff.put(one, json=given(keys[1], 1, 0)).status_code == 422
    assert staff.put(one, json=given(2**40, 1, 4)).status_code == 422
    assert kept(staff)["gaps"] != []
    assert staff.delete(one).status_code == 204
    assert staff.delete(one).status_code == 404


def test_nobody_is_given_two_shifts_at_once_by_many(
    staff: TestClient, keys: list[int], database_url: str
) -> None:
    start = datetime.combine(FIRST, datetime.min.time(), UTC)

    def add(minutes: int) -> int:
        begins = start + timedelta(minutes=minutes)
        ends = begins + timedelta(hours=2)
        given = {"member": keys[2], "starts_at": str(begins), "ends_at": str(ends)}
        return int(staff.post(f"{ROTA}/shifts", json=given).status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(add, range(8)))
    assert answers == [201] + [409] * 7
    with owner_session(database_url) as opened:
        told = opened.execute(text("SELECT count(*) FROM audit_entry WHERE table_name = 'shift'"))
        assert told.scalar_one() > 0


def test_the_workbook_has_shifts_and_hours(staff: TestClient) -> None:
    count = keep(staff, propose(staff))
    answer = staff.get(f"{ROTA}.xlsx", params=PERIOD)
    assert answer.status_code == 200
    shifts, hours = load_workbook(BytesIO(answer.content)).worksheets
    assert sum(row[0].value is not None for row in shifts.iter_rows(min_row=5)) == count
    assert sum(row[2].value or 0 for row in hours.iter_rows(min_row=5)) == count


@pytest.mark.parametrize(
    ("who", "reads", "changes"),
    [
        ("grid_worker", 200, 403),
        ("street_dispatcher", 200, 403),
        ("auditor", 200, 403),
        ("administrator", 200, 200),
        ("planner", 403, 403),
        ("elsewhere", 403, 403),
    ],
)
def test_who_reads_and_who_changes(
    client_of: Callable[..., TestClient], who: str, reads: int, changes: int
) -> None:
    asking = client_of(who)
    assert asking.get(ROTA).status_code == reads
    assert asking.get(PAGE).status_code == reads
    draft = asking.put(f"{ROTA}/draft", json={**PERIOD, "shifts": []})
    assert draft.status_code == changes


def test_the_page_proposes_keeps_changes_and_publishes(
    staff: TestClient, keys: list[int], database_url: str
) -> None:
    period = {"from": FIRST.isoformat(), "weeks": "2"}
    asked = {**period, "member_of_rota": [str(one) for one in keys]}
    shown = staff.post(f"{FORMS}/propose", data=asked)
    assert shown.status_code == 200, shown.text
    assert "Proposal, not kept yet" in shown.text
    packed = shown.text.partition('name="shifts" value="')[2].partition('"')[0]
    answer = staff.post(f"{FORMS}/keep", data={**period, "shifts": packed})
    assert answer.status_code == 303, answer.text
    page = staff.get(answer.headers["location"]).text
    assert "Kept as a draft" in page
    with owner_session(database_url) as opened:
        key = opened.execute(text("SELECT min(id) FROM shift")).scalar_one()
    assert "Change a shift" in staff.get(f"{PAGE}?from={FIRST}&weeks=2&edit={key}").text
    times = {"member": str(keys[0]), "day": FIRST.isoformat(), "starts": "20:00", "ends": "24:00"}
    assert staff.post(f"{FORMS}/shifts", data={**period, **times}).status_code == 303
    assert staff.post(f"{FORMS}/shifts", data={**period, **times}).status_code == 409
    assert staff.post(f"{FORMS}/shifts", data={**period, **times, "day": "x"}).status_code == 422
    gone = staff.post(f"{FORMS}/shifts/{key}", data={**period, "action": "remove"})
    assert gone.status_code == 303
    assert staff.post(f"{FORMS}/publish", data=period).status_code == 303
    assert "Shifts of 值班0" in staff.get(f"{PAGE}?from={FIRST}&weeks=2&who=s0").text
    wrong = staff.post(f"{FORMS}/propose", data={**asked, "day_max": "many"})
    assert wrong.status_code == 422
    assert "Shifts a day, at most" in wrong.text
    for packed in ("", "1:2", "a:b:c", "9:99999999999999999:1"):
        refused = staff.post(f"{FORMS}/keep", data={**period, "shifts": packed})
        assert refused.status_code == 422


def test_the_form_for_a_proposal_comes_before_days_without_any_shift(staff: TestClient) -> None:
    address = {"station": f"{town.SLUG}/{STATION}", "from": PERIOD["first_day"], "weeks": "2"}

    def form_first() -> bool:
        page = staff.get(PAGE, params=address).text
        assert page.count("/propose#proposed") == 1
        return page.index("/propose#proposed") < page.index("rota-days")

    assert form_first()
    keep(staff, propose(staff))
    assert not form_first()


def test_the_workbook_names_a_typeface_wherever_something_is_written(staff: TestClient) -> None:
    keep(staff, propose(staff))
    book = load_workbook(BytesIO(staff.get(f"{ROTA}.xlsx", params=PERIOD).content))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value]
    assert len(cells) > 50
    assert {cell.font.name for cell in cells} == {"Calibri"}
