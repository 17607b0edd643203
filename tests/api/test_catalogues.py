"""Every text for people is in both catalogues, translated, and with its places intact."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from api.duty_words import allowance_said
from api.i18n import LANGUAGES, LOCALE_FOLDER

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PROJECT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w+(?:!r)?\}")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    found = tmp_path_factory.mktemp("locale") / "messages.pot"
    babel = [sys.executable, "-m", "babel.messages.frontend", "-q"]
    options = ["-F", "pyproject.toml", "-k", "msg", "-o", str(found)]
    subprocess.run([*babel, "extract", *options, "geo", "api", "maps"], cwd=PROJECT, check=True)
    with found.open("rb") as file:
        return read_po(file)


@pytest.fixture(params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    path = LOCALE_FOLDER / request.param / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=request.param)


def texts(catalogue: Catalog) -> set[str]:
    return {str(message.id) for message in catalogue if message.id}


def test_no_text_is_missing(extracted: Catalog, catalogue: Catalog) -> None:
    assert texts(extracted) - texts(catalogue) == set()


def test_no_text_is_left_over(extracted: Catalog, catalogue: Catalog) -> None:
    assert texts(catalogue) - texts(extracted) == set()
    assert not catalogue.obsolete


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert [one.id for one in catalogue if one.id and (one.fuzzy or not one.string)] == []


def test_places_stay_the_same(catalogue: Catalog) -> None:
    for message in catalogue:
        wanted = set(PLACE.findall(str(message.id)))
        assert set(PLACE.findall(str(message.string))) == wanted, message.id


def test_english_says_what_the_sources_say() -> None:
    with (LOCALE_FOLDER / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        english = read_po(file, locale="en")
    assert [one.id for one in english if one.id and one.id != one.string] == []


def test_chinese_is_chinese() -> None:
    with (LOCALE_FOLDER / "zh_CN" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        chinese = read_po(file, locale="zh_CN")
    symbols = re.compile(r"^(%\(\w+\)s|https?://|[\W\d_])*$")
    chinese_sign = re.compile(r"[\u4e00-\u9fff\uff00-\uffef]")
    foreign = [
        one.id
        for one in chinese
        if one.id and not symbols.match(str(one.id)) and not chinese_sign.search(str(one.string))
    ]
    assert foreign == []


@pytest.mark.parametrize(
    ("amount", "unit", "said"), [(1, "work_day", "1个工作日"), (4, "work_hour", "4个工作小时")]
)
def test_how_long_is_said_in_chinese(amount: int, unit: str, said: str) -> None:
    assert allowance_said({"amount": amount, "unit": unit}, "zh_CN") == said
