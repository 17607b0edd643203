"""Loading a folder: what is in the store afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from geo.flows.load import LoadReport, load
from geo.store import models
from tests.flows.conftest import COMMUNITIES, City, grid, spot, square

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).resolve().parents[2]
DEMONSTRATIONS = [PROJECT / "data" / "boundaries" / name for name in ("jinggangshan", "qianjin")]
FIRST, SECOND = COMMUNITIES


@pytest.fixture
def store(database_url: str) -> Iterator[Session]:
    """Session on a database that is emptied afterwards."""
    engine = create_engine(database_url)
    with Session(engine, expire_on_commit=True) as session:
        yield session
        session.rollback()
        session.execute(text("DELETE FROM jurisdiction"))
        session.commit()
    engine.dispose()


def problems(found: Any) -> list[str]:
    return [one.sentence().english() for one in found]


def loaded(city: City, folder: Path, url: str, **options: Any) -> LoadReport:
    report = load(city.write(folder), url=url, **options)
    assert problems(report.refused) == []
    return report


def test_a_folder_is_taken_whole(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    report = loaded(city, tmp_path, database_url)
    assert report.stored
    assert report.repaired == report.warnings == ()
    assert report.taken == {
        **{name: len(rows) for name, rows in city.tables.items()},
        **{
            name + (".geojson" if name.startswith("grids") else ""): len(rows)
            for name, rows in city.features.items()
        },
    }
    stored = store.scalars(select(models.Jurisdiction)).one()
    assert (stored.slug, stored.metric_srid, stored.synthetic) == ("small", 4547, True)
    counts = {
        model: store.scalar(select(func.count()).select_from(model))
        for model in (models.Household, models.GridVersion, models.Grid, models.PartyBranch)
    }
    assert list(counts.values()) == [4, 6, 4, 4]


def test_geometries_are_stored_to_the_bit(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    found = store.execute(
        select(models.GridVersion.code, models.GridVersion.geom)
        .join(models.Generation)
        .filter_by(number=2)
    )
    drawn = {told["code"]: area for area, told in city.features["grids-2"]}
    for code, geom in found:
        assert to_shape(geom).geoms[0].equals_exact(drawn[code], 0.0)


def test_the_same_grid_goes_through_generations(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    """Without UUIDs by its code, with them by these."""
    uid = "11111111-2222-4333-8444-555555555555"
    city.features["grids-1"][1][1]["uid"] = uid
    city.features["grids-1"][1][1]["code"] = f"{SECOND}009"
    city.features["grids-2"][2][1]["uid"] = uid
    loaded(city, tmp_path, database_url)
    versions = store.execute(
        select(models.GridVersion.grid_id, func.array_agg(models.GridVersion.code))
        .group_by(models.GridVersion.grid_id)
        .having(func.count() == 2)
    )
    found = {str(grid): set(codes) for grid, codes in versions}
    assert found.pop(uid) == {f"{SECOND}009", f"{SECOND}001"}
    assert list(found.values()) == [{f"{FIRST}001"}]


def test_a_uuid_given_later_is_the_grids_from_the_start(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    uid = "11111111-2222-4333-8444-555555555555"
    city.features["grids-2"][0][1]["uid"] = uid
    loaded(city, tmp_path, database_url)
    found = store.scalars(select(models.GridVersion.grid_id).filter_by(code=f"{FIRST}001"))
    assert [str(one) for one in found] == [uid, uid]


def test_dedicated_grids_lie_over_general_ones_or_between_them(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    over, hole = square(0.4, 0.4, 0.2, 0.2), square(2.4, 0.4, 0.2, 0.2)
    area, told = city.features["grids-2"][2]
    city.features["grids-2"][2] = (area.difference(hole), told)
    city.features["grids-2"] += [
        grid(8, over, kind="dedicated"),
        grid(8, hole, SECOND, kind="dedicated"),
    ]
    report = loaded(city, tmp_path, database_url)
    assert report.repaired == ()
    owner = func.grid_at(store.scalar(select(func.max(models.Generation.id))), *spot(2.5, 0.5))
    code = select(models.GridVersion.code).filter_by(grid_id=owner)
    assert store.scalars(code).one() == f"{SECOND}008"


def test_a_dedicated_grid_lies_over_the_border_of_two(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.features["grids-2"].append(grid(8, square(0.8, 0.4, 0.4, 0.2), kind="dedicated"))
    assert loaded(city, tmp_path, database_url).repaired == ()
    owner = func.grid_at(store.scalar(select(func.max(models.Generation.id))), *spot(0.9, 0.5))
    code = select(models.GridVersion.code).filter_by(grid_id=owner)
    assert store.scalars(code.distinct()).one() == f"{FIRST}008"


def test_households_are_assigned(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    rows = store.execute(
        text(
            "SELECT b.code, u.number, a.grid_code, a.source, a.made_by, a.reason"
            " FROM household_assignment a JOIN building b ON b.id = a.building_id"
            " JOIN unit u ON u.id = a.unit_id ORDER BY 1, 2"
        )
    ).all()
    assert [tuple(row) for row in rows] == [
        ("1号楼", 1, f"{FIRST}001", "geometry", None, None),
        ("1号楼", 2, f"{FIRST}002", "override", "王五", "单元门朝东"),
        ("2号楼", 1, f"{FIRST}002", "geometry", None, None),
        ("3号楼", 1, f"{SECOND}002", "geometry", None, None),
    ]


def test_residents_live_behind_their_doors(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    rows = store.execute(
        text(
            "SELECT b.code, h.room, r.name, r.phone, r.remark FROM resident r"
            " JOIN household h ON h.id = r.household_id JOIN unit u ON u.id = h.unit_id"
            " JOIN building b ON b.id = u.building_id ORDER BY 1"
        )
    ).all()
    assert [tuple(row) for row in rows] == [
        ("1号楼", "101", "陈某1", "000-00000001", ""),
        ("3号楼", "101", "林某2", None, "独居"),
    ]


def issue(store: Session, number: str) -> models.Issue:
    return store.scalars(select(models.Issue).filter_by(number=number)).one()


def code_of(store: Session, generation: int | None, grid: Any) -> str | None:
    key = (generation, grid)
    found = None if None in key else store.get(models.GridVersion, key)
    return found and found.code


def test_issues_of_the_past_are_routed_by_the_generation_then_in_force(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    past, present = store.scalars(select(models.Generation.id).order_by("number")).all()
    closed, placed = issue(store, "2025-000001"), issue(store, "2026-000001")
    at_home, lost = issue(store, "2026-000002"), issue(store, "2026-000003")
    assert closed.reported_generation_id == past
    assert code_of(store, past, closed.reported_grid_id) == f"{FIRST}001"
    assert closed.current_grid_id == closed.reported_grid_id
    assert code_of(store, present, placed.reported_grid_id) == f"{FIRST}002"
    assert (at_home.method, at_home.confident) == ("unit", True)
    assert code_of(store, present, at_home.reported_grid_id) == f"{FIRST}002"
    assert (lost.method, lost.reported_grid_id, lost.current_grid_id) == ("outside", None, None)
    assert lost.nearest_grid_id is not None
    assert lost.distance_m == pytest.approx(2000, rel=0.2)
    assert closed.closed_at == datetime(2025, 5, 1, 10, tzinfo=UTC)
    assert (placed.department_id is None, placed.duty_id is None) == (False, False)


def test_an_open_issue_of_an_older_generation_moves_to_the_present_one(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.tables["issues"][0] |= {"state": "accepted", "closed_at": ""}
    loaded(city, tmp_path, database_url)
    past, present = store.scalars(select(models.Generation.id).order_by("number")).all()
    found = issue(store, "2025-000001")
    assert code_of(store, past, found.reported_grid_id) == f"{FIRST}001"
    assert code_of(store, present, found.current_grid_id) == f"{FIRST}002"


def test_history_agrees_with_the_state(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    found = store.scalars(
        select(models.IssueEvent).join(models.Issue).order_by(models.Issue.number, "sequence")
    ).all()
    assert [(one.sequence, one.action, one.from_state, one.to_state) for one in found] == [
        (1, "report", None, "collected"),
        (2, "close", "collected", "closed"),
        (1, "report", None, "collected"),
        (1, "report", None, "collected"),
        (2, "load", "collected", "accepted"),
        (1, "report", None, "triage"),
    ]
    assert found[1].at == issue(store, "2025-000001").closed_at


def test_stages_that_a_file_tells_of_are_steps_and_met_clocks(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    """What lies between them, and when it closed without them, is there and marked."""
    told = {
        "dispatched_at": "04-30T09:00",
        "accepted_at": "04-30T10:00",
        "handled_at": "04-30T11:00",
    }
    city.tables["issues"][0] |= {name: f"2025-{when}:00+08:00" for name, when in told.items()} | {
        "duty_code": "Y1",
        "received_at": "2025-04-30T08:50:00+08:00",
    }
    city.tables["issues"][0]["occurred_at"] = "2025-04-30T08:00:00+08:00"
    loaded(city, tmp_path, database_url)
    found = store.scalars(
        select(models.IssueEvent)
        .join(models.Issue)
        .where(models.Issue.number == "2025-000001")
        .order_by("sequence")
    ).all()
    assert [one.action for one in found] == [
        *("report", "sort", "dispatch", "accept", "handle", "verify", "feed_back", "close")
    ]
    assert [one.detail.get("steps_recorded", True) for one in found] == [
        *(True, False, True, True, True, False, False, True)
    ]
    assert all(before.to_state == after.from_state for before, after in pairwise(found))
    assert [one.at for one in found] == sorted(one.at for one in found)
    clocks = store.scalars(
        select(models.IssueDeadline).where(models.IssueDeadline.issue_id == found[0].issue_id)
    )
    met = {one.stage: one.met_at for one in clocks}
    assert met["dispatch"] == datetime(2025, 4, 30, 1, tzinfo=UTC)
    assert met["handle"] == datetime(2025, 4, 30, 3, tzinfo=UTC)


def test_deadlines_are_in_working_time(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.tables["issues"] = [
        {**city.tables["issues"][1], "received_at": "2026-05-04T09:00:00+08:00"}
    ]
    loaded(city, tmp_path, database_url)
    found = store.execute(select(models.IssueDeadline.stage, models.IssueDeadline.due_at))
    due = {row.stage: row.due_at for row in found}
    assert due["dispatch"] == datetime(2026, 5, 4, 3, tzinfo=UTC)


def test_the_same_city_is_not_loaded_over_itself(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    again = load(tmp_path, url=database_url)
    assert problems(again.refused) == [
        (
            "manifest.toml, jurisdiction.slug: “small” is loaded already. --replace deletes it with"
            " all that was made in it (issues, bookings, rotas, closures, drafts of plans) and"
            " loads anew."
        )
    ]
    before = store.scalars(select(models.Jurisdiction.id)).one()
    issues = len(store.scalars(select(models.Issue.id)).all())
    store.commit()
    told: list[str] = []
    load(tmp_path, url=database_url, replace=True, progress=lambda one: told.append(one.english()))
    assert any(f"issues: {issues}, bookings to come: 0" in one for one in told)
    assert store.scalars(select(models.Jurisdiction.id)).one() != before
    assert store.scalar(select(func.count()).select_from(models.Household)) == 4


def test_a_failed_replacement_leaves_the_city_as_it_was(
    city: City, tmp_path: Path, database_url: str, store: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(city, tmp_path, database_url)
    before = store.scalars(select(models.Jurisdiction.id)).one()
    store.commit()
    monkeypatch.setattr("geo.flows.store_folder._history", lambda _told: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(tmp_path, url=database_url, replace=True)
    assert store.scalars(select(models.Jurisdiction.id)).one() == before


def test_another_city_loads_beside_it(
    city: City,
    another_city: Callable[[str], City],
    tmp_path: Path,
    database_url: str,
    store: Session,
) -> None:
    loaded(city, tmp_path / "one", database_url)
    other = another_city("other")
    refused = load(other.write(tmp_path / "clash"), url=database_url).refused
    assert "Another jurisdiction has a generation “small-1”." in refused[0].message.english()
    assert any(one.message.english() == "“small” has a grid of this code." for one in refused)
    loaded(_renumbered(other), tmp_path / "two", database_url)
    assert sorted(store.scalars(select(models.Jurisdiction.slug))) == ["other", "small"]


def _renumbered(city: City) -> City:
    """Give a city codes and labels of its own."""

    def own(value: Any) -> Any:
        return value.replace("999001001", "999002001") if isinstance(value, str) else value

    city.head["division_code"] = "999002"
    for rows in (
        *city.tables.values(),
        *([told for _, told in one] for one in city.features.values()),
    ):
        for row in rows:
            row.update({name: own(value) for name, value in row.items()})
    for entry in city.generations:
        entry["label"] = entry["label"].replace("small", "other")
    return city


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_tables_come_in_the_encodings_of_spreadsheets(
    city: City, tmp_path: Path, database_url: str, store: Session, encoding: str
) -> None:
    city.encoding = encoding
    loaded(city, tmp_path, database_url)
    assert store.scalars(select(models.Street.name)).one() == "红星街道"


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "EPSG:4547", "cgcs2000"])
def test_other_datums_are_converted_once(
    city: City, tmp_path: Path, database_url: str, store: Session, crs: str
) -> None:
    city.crs = crs
    for row in city.tables["issues"]:
        if row["lon"]:
            row["lon"], row["lat"] = city.shape(shapely.Point(row["lon"], row["lat"]))[
                "coordinates"
            ]
    report = loaded(city, tmp_path, database_url)
    assert report.warnings == ()
    [station] = store.scalars(select(models.Station.geom))
    expected = city.features["stations"][0][0]
    off_m = to_shape(station).distance(expected) * 111_320
    assert off_m < 0.03
    assert (
        code_of(
            store,
            issue(store, "2026-000001").reported_generation_id,
            issue(store, "2026-000001").reported_grid_id,
        )
        == f"{FIRST}002"
    )


def test_a_layer_in_another_datum_is_suspected_and_not_converted(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    shifted = City(crs="gcj02")
    place = city.features["stations"][0]
    city.features["stations"] = [(shifted.shape(place[0]), place[1])]
    report = loaded(city, tmp_path, database_url)
    [warning] = problems(report.warnings)
    assert warning.startswith("stations.geojson: Only 0 % of its places lie in the jurisdiction;")
    assert "read as gcj02 it would be 100 %" in warning
    [station] = store.scalars(select(models.Station.geom))
    assert to_shape(station).distance(place[0]) > 0.003


def test_borders_that_nearly_meet_are_joined_and_named(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    wobble = 0.2 / 111_320
    area, told = city.features["grids-2"][0]
    city.features["grids-2"][0] = (shapely.transform(area, lambda at: at + wobble), told)
    report = loaded(city, tmp_path, database_url)
    named = " ".join(problems(report.repaired))
    assert "grids-2.geojson, feature 2: The border of 999001001001002 was joined to its" in named
    assert "communities.geojson, feature 1: The border of 999001001001 was joined to its" in named
    shapes = [
        to_shape(one)
        for one in store.scalars(
            select(models.GridVersion.geom).join(models.Generation).filter_by(number=2)
        )
    ]
    assert shapely.coverage_is_valid(shapes)
    [town_area] = store.scalars(select(models.Jurisdiction.area))
    left = to_shape(town_area).difference(shapely.union_all(shapes))
    assert left.area * 111_320**2 < 0.01


def test_geopackages_and_shapefiles_are_layers_too(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    folder = city.write(tmp_path)
    manifest = (folder / "manifest.toml").read_text("utf-8")
    for name, suffix in (("blocks", "gpkg"), ("water", "shp")):
        drawn = city.features[name]
        columns = sorted({key for _, told in drawn for key in told})
        pyogrio.raw.write(
            folder / f"{name}.{suffix}",
            geometry=shapely.to_wkb(np.array([one for one, _ in drawn])),
            field_data=[
                np.array([told.get(key) for _, told in drawn], dtype=object) for key in columns
            ],
            fields=columns,
            geometry_type="Polygon",
            crs="EPSG:4326",
        )
        manifest = manifest.replace(f'"{name}.geojson"', f'"{name}.{suffix}"')
    (folder / "manifest.toml").write_text(manifest, "utf-8")
    report = load(folder, url=database_url)
    assert problems(report.refused) == []
    assert store.scalar(select(func.count()).select_from(models.Block)) == 3
    assert store.scalars(select(models.Water.name)).one() == "湖"


def test_midnight_closes_the_day(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    rules = store.execute(
        select(models.OpeningRule.day, models.OpeningRule.opens, models.OpeningRule.closes)
    ).all()
    assert [(day, opens.hour, closes.hour) for day, opens, closes in rules] == [
        ("1", 8, 0),
        ("holiday", 0, 0),
    ]


def test_opening_hours_of_openstreetmap_become_rules(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.features["stations"][0][1]["opening_hours"] = "Mo 08:30-12:00; PH off; 2026 Oct 10 off"
    city.tables["calendar"].append({"day": "2026-10-10", "kind": "workday", "name": ""})
    del city.tables["opening_rules"]
    loaded(city, tmp_path, database_url)
    rules = store.execute(
        select(models.OpeningRule.day, models.OpeningRule.opens).order_by(models.OpeningRule.day)
    ).all()
    assert [tuple(rule) for rule in rules] == [
        ("1", time(8, 30)),
        *((day, None) for day in "234567"),
        ("holiday", None),
        ("workday", None),
    ]


def test_a_rule_without_times_says_closed(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.tables["opening_rules"][1].update(opens="", closes="")
    loaded(city, tmp_path, database_url)
    found = select(models.OpeningRule.opens).filter_by(day="holiday")
    assert store.scalars(found).all() == [None]


def test_closures_rooms_and_services_belong_to_their_station(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    loaded(city, tmp_path, database_url)
    closures = store.scalars(select(models.Closure).order_by(models.Closure.starts_at)).all()
    assert closures[0].starts_at == datetime(2026, 3, 4, tzinfo=UTC)
    assert [one.ends_at is None for one in closures] == [False, True]
    rooms = store.execute(select(models.Room.zone, models.Room.area_m2)).all()
    assert sorted(tuple(one) for one in rooms) == [("deliberation", 42.5), ("office", 12.0)]
    services = store.scalars(select(models.StationService).order_by("code")).all()
    assert [(one.way, one.one_window, one.slot_minutes, one.capacity) for one in services] == [
        ("appointment", True, 20, 1),
        ("errand", False, None, 3),
    ]
    assert {one.days_ahead for one in services} == {14}


def test_roads_of_several_parts_are_taken_part_by_part(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    line, told = city.features["roads"][0]
    parts = shapely.MultiLineString([line, shapely.LineString(square(0, 0).exterior)])
    city.features["roads"] = [(parts, told)]
    loaded(city, tmp_path, database_url)
    assert store.scalar(select(func.count()).select_from(models.Road)) == 2


@pytest.mark.parametrize("folder", DEMONSTRATIONS, ids=lambda folder: folder.name)
def test_the_demonstration_cities_load(folder: Path, database_url: str, store: Session) -> None:
    if not (folder / "manifest.toml").is_file():
        pytest.skip("the demonstration city has not been made yet")
    report = load(folder, url=database_url)
    assert problems(report.refused) == []
    assert problems(report.warnings) == []
    unassigned = store.scalar(
        text("SELECT count(*) FROM household_assignment WHERE grid_id IS NULL")
    )
    assert unassigned == 0
    assert (
        store.scalar(select(func.count()).select_from(models.Household))
        == report.taken["households"]
    )


def run_load(*words: str, url: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HONGGE_DATABASE_URL": url, "HONGGE_LANGUAGE": language}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "load", *words],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_says_what_it_took_and_refused(
    city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    folder = city.write(tmp_path / "good")
    done = run_load(str(folder), url=database_url)
    assert (done.returncode, done.stderr.count("…")) == (0, 3), done.stderr
    assert "taken: households, 4 rows" in done.stdout
    city.tables["units"][2]["number"] = "二"
    refused = run_load(str(city.write(tmp_path / "bad")), "--replace", url=database_url)
    assert refused.returncode == 1
    assert "units.csv, row 4, number: “二” should be a whole number" in refused.stdout
    assert run_load(str(tmp_path / "nowhere"), url=database_url).returncode == 2
    assert store.scalars(select(models.Jurisdiction.slug)).one() == "small"


def test_the_command_refuses_offset_datums_where_settings_do(
    city: City, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONGGE_REFUSE_OFFSET_DATUMS", "true")
    city.crs = "gcj02"
    refused = run_load(str(city.write(tmp_path)), url=database_url)
    assert refused.returncode == 1
    assert "gcj02" in refused.stderr
