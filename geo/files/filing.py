"""The filing table of a plan (网格调整备案表), a workbook: what the district keeps of a redraw."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from geo.core.notices import CHANGES, KINDS, ROLES, day_said
from geo.files.workbooks import Cell, Sheet, workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.core.effects import Effects, Layout
    from geo.core.ground import Ground
    from geo.core.notices import Occasion

TITLE = "网格调整备案表"
NONE = "无"
SHARE_DIGITS, SHARE_FORMAT = 4, "0.0%"


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
    return workbook(sheets(found, ground, occasion), f"{TITLE}：{occasion.plan}")


def sheets(found: Effects, ground: Ground, occasion: Occasion) -> list[Sheet]:
    """Return the sheets of the filing table; see :func:`filing_xlsx`."""
    return [
        _sheet("方案概况", ("项目", "内容"), _summary(found, occasion)),
        _sheet(
            "网格备案",
            (
                *("网格编码", "网格名称", "类型", "所属社区", "变化", "原网格编码", "原网格名称"),
                *("原户数", "现户数", "网格党支部", "党支部电话"),
            ),
            _grids(found, occasion),
        ),
        _sheet(
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
        _sheet(
            "楼栋调整明细",
            (
                *("所属社区", "楼栋编码", "楼栋", "地址", "单元"),
                *("户数", "人数", "原网格编码", "现网格编码"),
            ),
            _buildings(found, ground, occasion),
        ),
        _sheet(
            "未办结事项移交",
            ("事项编号", "状态", "原网格编码", "现网格编码", "办理部门编码"),
            _cases(found, occasion),
        ),
        _sheet(
            "人员负荷变化",
            (
                *("人员编号", "姓名", "角色", "所属社区", "原户数", "现户数"),
                *("增加户数", "减少户数", "换网格户数", "所负责而撤销的网格"),
            ),
            _workers(found, occasion),
        ),
        _sheet(
            "驿站服务范围",
            ("驿站编码", "驿站", "网格编码", "原户数", "现户数"),
            _stations(found, ground),
        ),
        _sheet(
            "共建单位",
            ("单位编码", "单位", "所属社区", "包片网格编码", "原户数", "现户数", "网格是否撤销"),
            _pairing(found, occasion),
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


def _sheet(name: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Sheet:
    """Return a sheet as forms have it; shares are percentages."""
    cells = [
        [Cell(one, SHARE_FORMAT if isinstance(one, float) else "General") for one in row]
        for row in rows
    ]
    return Sheet(name, (), columns, cells, ruled=True)


__all__ = ["filing_xlsx", "sheets"]
