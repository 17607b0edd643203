"""``hongge locate`` at the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import town
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from uuid import UUID


@pytest.fixture(autouse=True)
def town_in_database(grids: dict[str, UUID]) -> None:
    assert grids


def locate(url: str, *arguments: object, language: str = "en") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.cli", "locate", *map(str, arguments)]
    environment = os.environ | {"HONGGE_DATABASE_URL": url, "HONGGE_LANGUAGE": language}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_grid_is_named_in_words(database_url: str) -> None:
    told = locate(database_url, *town.spot(0.5, 1.5))
    assert told.returncode == 0, told.stderr
    assert f"Grid: {town.A2}" in told.stdout
    assert town.SECOND_LABEL in told.stdout


def test_json_is_what_the_service_answers(database_url: str) -> None:
    then = "2025-06-01T10:00:00+08:00"
    told = locate(database_url, *town.spot(0.5, 1.5), "--json", "--at", then)
    answer = json.loads(told.stdout)
    assert (answer["generation"], answer["grid"]["code"]) == (town.FIRST_LABEL, town.A1)


def test_outside_names_the_nearest(database_url: str) -> None:
    told = locate(database_url, *town.spot(-5, 0.5))
    assert told.returncode == 0
    assert town.A1 in told.stdout


def test_western_longitudes_are_no_options(database_url: str) -> None:
    assert locate(database_url, "-73.98", "40.75").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("114", "north"), 2), (("114", "26", "--at", "2026-01-01T00:00:00"), 2), (("181", "1"), 1)],
)
def test_what_cannot_be_taken_ends_with_a_status(
    database_url: str, arguments: tuple[str, ...], status: int
) -> None:
    told = locate(database_url, *arguments)
    assert told.returncode == status
    assert told.stderr
    assert "Traceback" not in told.stderr
