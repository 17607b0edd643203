"""Documents of a plan: what they hold, and that names are names there."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from datetime import date
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import docx
import pytest

from geo.core.drafts import PlannedGrid
from geo.core.effects import Home, Layout, MovedBuilding, MovedHome, StationEffect
from geo.core.ground import Worker
from geo.core.notices import Notice, Occasion, Office, Part, notices
from geo.files.filing import _stations
from geo.files.notices import lines_of, notices_docx, notices_pdf
from tests import town

OLD = Office("第1网格", "999002001001001", "一支部", "1")
NEW = Office("第2<网格>", "999002001001002", "二支部", "2")
OCCASION = Occasion(
    "小镇", "十二月&方案", "town-2026", date(2026, 12, 1), date(2026, 11, 1), remarks=("虚构",)
)


def notice(*parts: Part) -> Notice:
    return Notice("大街社区", "花园3号楼", "H3", "大街3号", parts, ("驿站", "大街4号", "3"))


WHOLE = notice(Part("全部住户", 12, OLD, NEW, ("某甲（网格员）",)))
SPLIT = notice(
    Part("1单元", 3, OLD, NEW, ()), Part("2单元", 4, OLD, None, ()), Part("3单元", 5, None, OLD, ())
)


def page_count(written: bytes) -> int:
    """Return how many pages a PDF has; its objects are compressed."""
    told = b""
    for part in re.findall(rb"stream\n(.*?)\nendstream", written, re.DOTALL):
        with suppress(zlib.error):
            told += zlib.decompress(part)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", told))


def test_a_notice_says_who_what_and_when() -> None:
    greeting, before, after = lines_of(WHOLE, OCCASION)
    assert greeting == "花园3号楼各住户："
    assert "2026年12月1日起" in before[0]
    told = "".join(after)
    for what in ("二支部", "电话2", "某甲（网格员）", "驿站", "大街4号", "大街社区居民委员会"):
        assert what in told
    split = "".join(lines_of(SPLIT, OCCASION)[2])
    assert "1单元：网格党支部：二支部" in split


def test_a_docx_has_a_page_for_every_building() -> None:
    document = docx.Document(BytesIO(notices_docx([WHOLE, SPLIT], OCCASION)))
    words = [one.text for one in document.paragraphs]
    assert words.count("网格调整告知书") == 2
    assert words.count("（征求意见稿）") == 2
    assert [len(table.rows) for table in document.tables] == [2, 4]
    assert document.tables[0].rows[1].cells[3].text == "第2<网格>\n999002001001002"
    assert document.sections[0].footer.paragraphs[0].text == "虚构"
    assert document.element.xml.count('w:type="page"') == 1


@pytest.mark.parametrize(("given", "pages"), [([], 1), ([WHOLE], 1), ([WHOLE, SPLIT], 2)])
def test_a_pdf_has_a_page_for_every_building(given: list[Notice], pages: int) -> None:
    written = notices_pdf(given, OCCASION)
    assert written.startswith(b"%PDF-")
    assert page_count(written) == pages


def moved_home() -> tuple[Any, Any]:
    """Return effects and ground: a unit moves, and a station has households of two grids."""
    codes = {"z": OLD.code, "a": NEW.code}
    grids = {key: PlannedGrid(code, key, key) for key, code in codes.items()}
    home = Home(7, 0, 1, "1单元", 3, 5, "z")
    found = SimpleNamespace(
        before=Layout(grids, {}),
        after=Layout(grids, {}),
        buildings=(MovedBuilding(0, (MovedHome(home, "z", "a"),), whole=False),),
        stations=(StationEffect(0, {"a": 1, "z": 4}, {"a": 4, "z": 1}),),
    )
    ground = SimpleNamespace(
        buildings=SimpleNamespace(codes=("H3",), addresses=("大街3号",), compounds=("",)),
        stations=SimpleNamespace(codes=("H01",), names=("驿站",)),
        workers=(
            Worker("M1", "某甲", "grid_worker", town.A, (), (), (7,)),
            Worker("M2", "某乙", "grid_worker", town.A, ("z",), (), (8,)),
        ),
        walk_station=[-1],
    )
    return found, ground


def test_a_notice_names_who_answers_for_the_unit() -> None:
    found, ground = moved_home()
    ((part,),) = [one.parts for one in notices(found, ground, OCCASION)]
    assert part.workers == ("某甲（网格员）",)


def test_a_stations_grids_are_filed_by_code() -> None:
    found, ground = moved_home()
    assert [row[2] for row in _stations(found, ground)] == [OLD.code, NEW.code]
