"""The command ``hongge propose``."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from api.commands.propose import command
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

K_BOUNDS = ("--weight", "pop", "--k", "2", "--lower", "5", "--upper", "7", "--seconds", "0.5")


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.commands.speech.language", lambda: "en")


def graph(folder: Path, **changed: Any) -> Path:
    """Write a path of six nodes whose ids are of several kinds."""
    ids = ["a", 1, "b", 2.5, "c", None]
    nodes = [{"id": key, "pop": 2} for key in ids]
    adjacency = [
        [{"id": ids[near], "len": 1.5 + near} for near in (at - 1, at + 1) if 0 <= near < len(ids)]
        for at in range(len(ids))
    ]
    document = {"directed": False, "nodes": nodes, "adjacency": adjacency} | changed
    file = folder / "graph.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_a_graph_is_divided_and_its_figures_hold(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = run("--graph", graph(tmp_path), *K_BOUNDS, "--seed", "3", "-o", out)
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text())
    assert set(found["assignment"]) == {"a", "1", "b", "2.5", "c", "null"}
    assert [found["assignment"][key] for key in ("a", "1", "b")] == [found["assignment"]["a"]] * 3
    assert (found["cut"], found["bounds_ok"], found["connected"]) == (1, True, True)
    assert found["seconds"] >= 0


def test_a_plan_to_begin_with_and_lengths_are_taken(tmp_path: Path) -> None:
    start, out = tmp_path / "start.json", tmp_path / "out.json"
    parts = {"a": "x", "1": "x", "b": "x", "2.5": "y", "c": "y", "null": "y"}
    start.write_text(json.dumps({"assignment": parts}))
    done = run(
        "--graph", graph(tmp_path), *K_BOUNDS, "--length", "len", "--start", start, "-o", out
    )
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["cut"] == pytest.approx(4.5)


def test_an_attribute_that_is_missing_is_named_with_its_node(tmp_path: Path) -> None:
    nodes = [{"id": key, "pop": 2} for key in ("a", 1, "b", 2.5, "c")] + [{"id": None}]
    done = run("--graph", graph(tmp_path, nodes=nodes), *K_BOUNDS, "-o", tmp_path / "out.json")
    assert done.exit_code == 1
    message = str(done.exception)
    assert "null" in message
    assert "pop" in message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--k", 3, "--lower", 5, "--upper", 7), "too little for 3 parts of at least 5"),
        (("--k", 2, "--lower", 1, "--upper", 5), "too much for 2 parts of at most 5"),
        (("--k", 7, "--lower", 0, "--upper", 9), "7 parts need as many nodes"),
        (("--k", 12, "--lower", 0, "--upper", 1), "weighs 2, more than the 1"),
    ],
)
def test_what_arithmetic_forbids_is_said(
    tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    done = run("--graph", graph(tmp_path), "--weight", "pop", *words, "-o", tmp_path / "o.json")
    assert done.exit_code == 1
    assert said in done.output


def test_a_graph_without_its_bounds_is_wrong_usage(tmp_path: Path) -> None:
    done = run("--graph", graph(tmp_path), "--weight", "pop", "-o", tmp_path / "o.json")
    assert done.exit_code == 2
    assert "--k, --lower, --upper" in done.output


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--repair", "--new"),
        ("--repair", "--graph", __file__),
        ("--add",),
        ("--k", 3),
        ("--new", "--k", 3),
        ("--repair", "--community", "360881105003", "--k", 3),
    ],
)
def test_one_wish_at_a_time(tmp_path: Path, words: tuple[object, ...]) -> None:
    assert run(*words, "-o", tmp_path / "o.csv").exit_code == 2


def asked(url: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a process, which reads its settings anew."""
    whole = [sys.executable, "-m", "api.cli", "propose", *map(str, words)]
    environment = os.environ | {"HONGGE_DATABASE_URL": url, "HONGGE_LANGUAGE": "en"}
    return subprocess.run(
        whole, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_grids_in_force_are_repaired(tmp_path: Path, demo_database_url: str) -> None:
    out = tmp_path / "plan.csv"
    town = ("--community", "360881105003")
    done = asked(demo_database_url, "--repair", *town, "--seconds", 60, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "Fewest moved: 4 grids, 0 households out of bounds" in done.stdout
    assert "360881105003001 falls from 612 to" in done.stdout
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    loads: dict[str, int] = {}
    for row in rows:
        assert row["community"] == "360881105003"
        loads[row["grid"]] = loads.get(row["grid"], 0) + int(row["households"])
    assert all(300 <= households <= 500 for households in loads.values())


def test_all_jurisdictions_are_repaired_where_none_is_named(
    tmp_path: Path, demo_database_url: str
) -> None:
    out = tmp_path / "plan.csv"
    done = asked(demo_database_url, "--repair", "-o", out)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8-sig") as file:
        towns = {row["community"][:6] for row in csv.DictReader(file)}
    assert towns == {"360881", "230804"}


def test_a_jurisdiction_that_is_not_there_is_named(tmp_path: Path, demo_database_url: str) -> None:
    done = asked(
        demo_database_url, "--repair", "--jurisdiction", "nowhere", "-o", tmp_path / "plan.csv"
    )
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_a_grid_that_is_not_there_is_named(tmp_path: Path, demo_database_url: str) -> None:
    town = ("--split", "1" * 15)
    done = asked(demo_database_url, *town, "-o", tmp_path / "plan.csv")
    assert done.returncode == 1
    assert "111111111111111" in done.stderr


def test_a_folder_that_is_not_there_is_told_before_anything_is_read(tmp_path: Path) -> None:
    done = run("--repair", "-o", tmp_path / "none" / "plan.csv")
    assert done.exit_code == 2
    assert "There is no folder" in done.output


def test_a_community_that_is_not_there_is_named(tmp_path: Path, demo_database_url: str) -> None:
    town = ("--jurisdiction", "jinggangshan", "--community", "1" * 12)
    done = asked(demo_database_url, "--new", *town, "-o", tmp_path / "plan.geojson")
    assert done.returncode == 1
    assert "111111111111" in done.stderr
