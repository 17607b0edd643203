from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from api.cli import COMMANDS
from api.commands.click_texts import CLICK_TEXTS
from geo.store import cluster

PROJECT = Path(__file__).resolve().parents[2]
HONGGE = Path(sys.executable).with_name("hongge")
LANGUAGE_VARIABLES = ("HONGGE_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
HEAVY = (
    "fastapi",
    "folium",
    "geopandas",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "shapely",
    "sqlalchemy",
)


def hongge(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k not in LANGUAGE_VARIABLES}
    return subprocess.run(
        [str(HONGGE), *arguments],
        env={**inherited, "HONGGE_LANGUAGE": "en", **variables},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def test_help_lists_every_command() -> None:
    done = hongge("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    done = hongge(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"hongge {name}" in done.stdout


@pytest.mark.parametrize("side", ["nan", "inf", "-5", "0"])
def test_a_length_that_is_none_is_wrong_usage(side: str) -> None:
    done = hongge("map", "hotspots", "--side-m", side, "-o", "map.png")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom api.cli import build, use_language\nuse_language()\n"
        "try:\n    build().main(['--help'], prog_name='hongge')\n"
        "except SystemExit:\n    print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert set(HEAVY).isdisjoint(loaded)
    assert not [one for one in loaded if one.startswith("api.commands.") and "speech" not in one]


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({}, "网格"),
        ({"LANG": "C.UTF-8"}, "网格"),
        ({"LANG": "en_GB.UTF-8"}, "grids"),
        ({"LANG": "zh_CN.UTF-8"}, "网格"),
        ({"LANG": "en_GB.UTF-8", "HONGGE_LANGUAGE": "zh_CN"}, "网格"),
        ({"LANG": "zh_CN.UTF-8", "HONGGE_LANGUAGE": "en"}, "grids"),
    ],
)
def test_help_speaks_the_terminals_language(variables: dict[str, str], word: str) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in LANGUAGE_VARIABLES}
    done = subprocess.run(
        [str(HONGGE), "--help"],
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert word in done.stdout.split("\n\n")[1]


def test_the_librarys_own_sentences_are_those_it_uses() -> None:
    sources = [path.read_text("utf-8") for path in Path(click.__file__).parent.glob("*.py")]
    known = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
    }
    assert [one.template for one in CLICK_TEXTS if one.template not in known] == []


def test_wrong_usage_ends_with_2() -> None:
    assert hongge("no-such-command").returncode == 2
    assert hongge("serve", "--port", "eighty").returncode == 2
    assert hongge("db", "restore", "no-such-file").returncode == 2


def test_a_domain_error_is_one_sentence_and_ends_with_1() -> None:
    done = hongge("db", "status", HONGGE_DATABASE_URL="postgresql://x@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("The database can't be reached:")
    assert "Traceback" not in done.stderr


def test_a_setting_that_cant_be_is_named() -> None:
    done = hongge("db", "status", HONGGE_DATABASE_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr.startswith("The setting HONGGE_DATABASE_PORT can't be “eighty”:")


def test_the_database_is_made_described_and_saved(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    place = {"HONGGE_DATA_DIR": str(folder), "HONGGE_DATABASE_URL": ""}
    try:
        not_ready = hongge("db", "status", **place)
        assert not_ready.returncode == 1
        assert "run “hongge db upgrade”" in not_ready.stderr
        assert hongge("db", "upgrade", **place).returncode == 0
        ready = hongge("db", "status", **place)
        assert ready.returncode == 0
        assert ready.stdout.endswith("Ready.\n")
        saved = hongge("db", "backup", str(tmp_path / "a.dump"), **place)
        assert saved.returncode == 0
        refused = hongge("db", "restore", str(tmp_path / "a.dump"), **place)
        assert refused.returncode == 1
        assert "--force" in refused.stderr
        assert hongge("db", "restore", "--force", str(tmp_path / "a.dump"), **place).returncode == 0
        assert cluster.status(folder).pid is None
    finally:
        cluster.remove(folder)
