"""The filing table of a plan (网格调整备案表), a workbook: what the district keeps of a redraw."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from geo.core.notices import CHANGES, KINDS, ROLES, day_said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geo.core.effects import Effects, Layout
    from geo.core.ground import Ground
    from geo.core.notices import Occasion

TITLE = "网格调整备案表"
NONE = "无"
WIDEST, NARROWEST = 42, 8
SHARE_DIGITS = 4
WIDE_FROM = 0x2E80
"""From which code point on characters take two columns: CJK and what follows."""


class Sheet(NamedTuple):
    """A sheet: its name, the headings of its columns, and its rows."""

    name: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def filing_xlsx(found: Effects, ground: Ground, occasion: Occasion) -> bytes:
    """Return the filing table as an XLSX workbook.

    Parameters
    ----------
    found
        What the plan does.
    ground
        Buildings, stations, workers.
    occasion
        Names and dates.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - heavy, for few requests

    book = Workbook()
    book.properties.title = f"{TITLE}：{occasion.plan}"
    book.remove(book.active)
    for sheet in sheets(found, ground, occasion):
        _write(book, sheet)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def sheets(found: Effects, ground: Ground, occasion: Occasion) -> list[Sheet]:
    """Return the sheets of the filing table; see :func:`filing_xlsx`."""
    return [
        Sheet("方案概况", ("项目", "内容"), list(_summary(found, occasion))),
        Sheet(
            "网格备案",
            (
                *("网格编码", "网格名称", "类型", "所属社区", "变化", "原网格编码", "原网格名称"),
                *("原户数", "现户数", "网格党支部", "党支部电话"),
            ),
            list(_grids(found, occasion)),
        ),
        Sheet(
            "新旧网格对照",
            (
                "原网格编码",
                "原网格名称",
                "现网格编码",
                "现网格名称",
                "单元数",
                "户数",
                "占原网格户数",
            ),
            sorted(_crosswalk(found)),
        ),
        Sheet(
            "楼栋调整明细",
            (
                *("所属社区", "楼栋编码", "楼栋", "地址", "单元"),
                *("户数", "人数", "原网格编码", "现网格编码"),
            ),
            list(_buildings(found, ground, occasion)),
        ),
        Sheet(
            "未办结事项移交",
            ("事项编号", "状态", "原网格编码", "现网格编码", "办理部门编码"),
            list(_cases(found, occasion)),
        ),
        Sheet(
            "人员负荷变化",
            (
                *("人员编号", "姓名", "角色", "所属社区", "原户数", "现户数"),
                *("增加户数", "减少户数", "换网格户数", "所负责而撤销的网格"),
            ),
            list(_workers(found, occasion)),
        ),
        Sheet(
            "驿站服务范围",
            ("驿站编码", "驿站", "网格编码", "原户数", "现户数"),
            list(_stations(found, ground)),
        ),
        Sheet(
            "共建单位",
            ("单位编码", "单位", "所属社区", "包片网格编码", "原户数", "现户数", "网格是否撤销"),
            list(_pairing(found, occasion)),
        ),
    ]


def _summary(found: Effects, occasion: Occasion) -> Iterator[tuple[str, Any]]:
    changes = Counter(one.change for one in found.grids)
    walk = found.crosswalk
    yield "辖区", occasion.jurisdiction
    yield "方案名称", occasion.plan + ("（未发布）" if occasion.draft else "")
    yield "上一期方案", occasion.before
    yield "启用日期", day_said(occasion.starts)
    yield "制表日期", day_said(occasion.issued)
    yield "原网格数", len(found.before.grids)
    yield "现网格数", len(found.after.grids)
    for change in ("added", "retired", "redrawn", "renamed"):
        yield f"{CHANGES[change]}网格数", changes[change]
    yield "总户数", walk.households
    yield "换网格户数", walk.moved_households
    yield "涉及楼栋数", len(found.buildings)
    yield "移交未办结事项数", len(found.cases)
    for remark in occasion.remarks:
        yield "说明", remark


def _grids(found: Effects, occasion: Occasion) -> Iterator[tuple[Any, ...]]:
    for one in found.grids:
        grid, was = one.after, one.before
        shown = grid or was
        if shown is None:
            continue
        yield (
            grid.code if grid else "",
            grid.name if grid else "",
            KINDS.get(shown.kind, shown.kind),
            occasion.communities.get(shown.community, shown.community),
            CHANGES[one.change],
            was.code if was else "",
            was.name if was else "",
            one.households_before if was else None,
            one.households_after if grid else None,
            grid.branch_name if grid else "",
            grid.branch_phone if grid else "",
        )


def _crosswalk(found: Effects) -> Iterator[tuple[Any, ...]]:
    had: Counter[str | None] = Counter()
    for one in found.crosswalk.passages:
        had[one.before] += one.households
    for one in found.crosswalk.passages:
        share = round(one.households / had[one.before], SHARE_DIGITS) if had[one.before] else 0.0
        yield (
            *_called(found.before, one.before),
            *_called(found.after, one.after),
            one.rows,
            one.households,
            share,
        )


def _called(layout: Layout, key: str | None) -> tuple[str, str]:
    grid = layout.grids.get(key or "")
    return (grid.code, grid.name) if grid else (NONE, NONE)


def _buildings(found: Effects, ground: Ground, occasion: Occasion) -> Iterator[tuple[Any, ...]]:
    for one in found.buildings:
        code = ground.buildings.codes[one.building]
        compound = occasion.compounds.get(ground.buildings.compounds[one.building], "")
        for home, before, after in one.homes:
            grid = found.after.grids.get(after or "") or found.before.grids.get(before or "")
            community = grid.community if grid else ""
            yield (
                occasion.communities.get(community, community),
                code,
                f"{compound}{occasion.buildings.get(code) or ''}",
                ground.buildings.addresses[one.building],
                home.name or f"{home.number}单元",
                home.households,
                home.people,
                found.before.name(before) or NONE,
                found.after.name(after) or NONE,
            )


def _cases(found: Effects, occasion: Occasion) -> Iterator[tuple[Any, ...]]:
    for one in found.cases:
        yield (
            one.case.number,
            occasion.states.get(one.state, one.state),
            found.before.name(one.case.grid) or NONE,
            found.after.name(one.after) or NONE,
            one.case.department,
        )


def _workers(found: Effects, occasion: Occasion) -> Iterator[tuple[Any, ...]]:
    for one in found.workers:
        worker = one.worker
        yield (
            worker.code,
            worker.name,
            ROLES.get(worker.role, worker.role),
            occasion.communities.get(worker.community, worker.community),
            one.before,
            one.after,
            one.gained,
            one.lost,
            one.passed,
            "、".join(found.before.name(grid) for grid in one.retired),
        )


def _stations(found: Effects, ground: Ground) -> Iterator[tuple[Any, ...]]:
    def code_of(grid: str) -> str:
        return found.after.name(grid) or found.before.name(grid)

    for station, before, after in found.stations:
        for grid in sorted(before.keys() | after.keys(), key=lambda grid: (code_of(grid), grid)):
            name = ground.stations.names[station]
            had, has = before.get(grid, 0), after.get(grid, 0)
            yield ground.stations.codes[station], name, code_of(grid) or NONE, had, has


def _pairing(found: Effects, occasion: Occasion) -> Iterator[tuple[Any, ...]]:
    for pairing, before, after, retired in found.pairing:
        code = found.after.name(pairing.grid) or found.before.name(pairing.grid)
        community = occasion.communities.get(pairing.community, pairing.community)
        told = "是" if retired else "否"
        yield pairing.code, pairing.name, community, code, before, after, told


def _write(book: Any, sheet: Sheet) -> None:
    """Write a sheet: headings that stay in view and are printed on every page."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # noqa: PLC0415 - heavy
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    page = book.create_sheet(sheet.name)
    thin = Side(style="thin", color="FF999999")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    page.append(sheet.headings)
    for row in sheet.rows:
        page.append(row)
    for line in page.iter_rows():
        for cell in line:
            cell.border = border
            cell.alignment = Alignment(vertical="center", wrap_text=True)
            if isinstance(cell.value, float):
                cell.number_format = "0.0%"
            elif isinstance(cell.value, str):
                cell.data_type = "s"  # a name that begins with "=" is no formula
    for cell in page[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFEDE4E0")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for column, values in enumerate(zip(sheet.headings, *sheet.rows, strict=True), 1):
        width = max(_columns(value) for value in values) + 2
        letter = get_column_letter(column)
        page.column_dimensions[letter].width = min(max(width, NARROWEST), WIDEST)
    page.freeze_panes = "A2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _columns(value: Any) -> int:
    text = "" if value is None else str(value)
    return sum(2 if ord(one) >= WIDE_FROM else 1 for one in text)


__all__ = ["Sheet", "filing_xlsx", "sheets"]
