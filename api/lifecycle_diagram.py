"""The diagram of the lifecycle: states in lanes by who has to act, steps between them as arrows.

Boxes have places here; which arrows there are, and what they are called, comes from the table.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import NamedTuple

from api.lifecycle_names import ACTIONS, OWNERS, STAGES, STATES
from geo.core.lifecycle import COLLECTED, STATE_TABLE, TRANSITIONS, TRIAGE

WIDTH, HEIGHT = 1720, 1010
BOX_W, BOX_H = 156, 66
ARROW_GAP = 5
LINE = 19

Point = tuple[float, float]

LANES = (("grid", 20, 200), ("desk", 220, 470), ("department", 490, 730), (None, 750, 900))
"""Who has to act, and from where to where the lane goes."""

PLACES: dict[str, Point] = {
    "triage": (290, 300),
    "collected": (540, 110),
    "sorted": (790, 300),
    "dispatched": (790, 620),
    "accepted": (1090, 620),
    "returned": (1000, 400),
    "on_open_list": (1390, 620),
    "handled": (1250, 110),
    "verified": (1530, 110),
    "fed_back": (1530, 345),
    "closed": (1530, 825),
    "duplicate": (790, 825),
    "cancelled": (540, 825),
    "reopened": (540, 400),
}

BADGES = {"mark_duplicate": "◆", "cancel": "×"}
"""Steps that many states allow are marks on their boxes."""

RUNNING, PAUSED = "◎", "Ⅱ"
START: Point = (210, 110)

ROUTES: dict[tuple[str, str], tuple[Point, ...]] = {
    ("sorted", "handled"): ((790, 195), (1210, 195)),
    ("closed", "reopened"): ((1480, 745), (490, 745)),
    ("duplicate", "reopened"): ((750, 760), (515, 760)),
    ("returned", "dispatched"): ((880, 510),),
    ("dispatched", "returned"): ((930, 540),),
}
"""Where an arrow bends."""

SHIFTS: dict[tuple[str, str], tuple[Point, Point]] = {
    ("dispatched", "accepted"): ((0, -16), (0, -16)),
    ("accepted", "dispatched"): ((0, 16), (0, 16)),
    ("accepted", "on_open_list"): ((0, -16), (0, -16)),
    ("on_open_list", "accepted"): ((0, 16), (0, 16)),
    ("accepted", "handled"): ((10, 0), (-50, 0)),
    ("handled", "accepted"): ((-5, 0), (55, 0)),
    ("on_open_list", "handled"): ((0, 0), (50, 0)),
    ("accepted", "returned"): ((-40, 0), (20, 0)),
    ("sorted", "handled"): ((0, 0), (-40, 0)),
    ("closed", "reopened"): ((-50, 0), (-50, 0)),
    ("duplicate", "reopened"): ((-40, 0), (-25, 0)),
    ("cancelled", "reopened"): ((0, 0), (0, 0)),
    ("returned", "dispatched"): ((-60, 0), (20, 0)),
    ("dispatched", "returned"): ((60, 0), (-25, 0)),
    ("returned", "sorted"): ((-40, 0), (50, 0)),
    ("sorted", "dispatched"): ((-30, 0), (-30, 0)),
    ("reopened", "dispatched"): ((20, 0), (-60, 0)),
}
"""How far from the middles of its boxes an arrow begins and ends."""

LABELS: dict[tuple[str, str], Point] = {
    ("accepted", "handled"): (1128, 330),
    ("handled", "accepted"): (1210, 420),
    ("accepted", "dispatched"): (940, 676),
    ("fed_back", "closed"): (1530, 560),
    ("on_open_list", "handled"): (1358, 330),
    ("returned", "dispatched"): (900, 486),
    ("dispatched", "returned"): (955, 545),
    ("accepted", "returned"): (1062, 500),
    ("closed", "reopened"): (1160, 745),
    ("duplicate", "reopened"): (660, 781),
    ("cancelled", "reopened"): (580, 690),
    ("reopened", "dispatched"): (640, 520),
    ("sorted", "dispatched"): (760, 470),
    ("returned", "sorted"): (915, 342),
    ("reopened", "sorted"): (655, 340),
    ("sorted", "handled"): (1000, 195),
}
"""Where an arrow's words stand, if not in its middle."""


class Arrow(NamedTuple):
    """An arrow and its words."""

    path: tuple[Point, ...]
    label: Point
    words: tuple[str, ...]


def diagram() -> str:
    """Return the diagram as SVG."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">\n',
        '<title id="title">States of a case and the steps between them 事项的状态与流转</title>\n',
        STYLE,
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="12" fill="#fff"/>\n',
        *(_lane(*lane) for lane in LANES),
    ]
    arrows = [_arrow(*pair, actions) for pair, actions in _steps().items()]
    arrows += [_intake(state) for state in (COLLECTED, TRIAGE)]
    parts += [_line(one) for one in arrows]
    parts += [_circle(), *(_box(state) for state in STATES)]
    parts += [_words(one) for one in arrows]
    return "".join([*parts, _legend(), "</svg>\n"])


STYLE = """\
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" \
orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="#44546a"/></marker></defs>
<style>
text { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", \
sans-serif; }
.lane { fill: #f6f7f9; stroke: #d9dde3; }
.lane-name { font-size: 17px; fill: #5b6675; }
.box { fill: #fff; stroke: #2b5797; stroke-width: 2; }
.ended { stroke: #6b7280; fill: #eef0f3; }
.zh { font-size: 19px; font-weight: 600; fill: #14213d; }
.en { font-size: 13px; fill: #44546a; }
.clock { font-size: 12.5px; fill: #8a4b00; }
.badge { font-size: 14px; fill: #a3262a; }
.arrow { fill: none; stroke: #44546a; stroke-width: 1.6; }
.word { font-size: 13.5px; fill: #14213d; paint-order: stroke; stroke: #f6f7f9; \
stroke-width: 5px; stroke-linejoin: round; }
.legend { font-size: 15px; fill: #14213d; }
</style>
"""


def _steps() -> dict[tuple[str, str], list[str]]:
    """Return the actions that lead from each state to another, by both, without the marks."""
    found = defaultdict(list)
    for row in TRANSITIONS:
        if row.state != row.next and row.action not in BADGES:
            found[row.state, row.next].append(row.action)
    return found


def _lane(owner: str | None, top: float, bottom: float) -> str:
    name, _, chinese = OWNERS[owner].rpartition(" ")
    return (
        f'<rect class="lane" x="20" y="{top}" width="{WIDTH - 40}" height="{bottom - top}"'
        f' rx="10"/>\n<text class="lane-name" x="36" y="{top + 28}">{escape(chinese)}</text>'
        f'<text class="lane-name" x="36" y="{top + 50}" font-size="14">{escape(name)}</text>\n'
    )


def _box(name: str) -> str:
    x, y = PLACES[name]
    state = STATE_TABLE[name]
    kind = "box" if state.owner else "box ended"
    clocks = "、".join(STAGES[stage] for stage in state.clocks)
    told = f"{PAUSED if state.paused else RUNNING} {clocks}" if clocks else ""
    badges = " ".join(
        mark
        for action, mark in BADGES.items()
        if any(row.state == name and row.action == action for row in TRANSITIONS)
    )
    left, top = x - BOX_W / 2, y - BOX_H / 2
    corner = f'x="{left + BOX_W - 8}" y="{top + 17}" text-anchor="end"'
    lines = [
        f'<rect class="{kind}" x="{left}" y="{top}" width="{BOX_W}" height="{BOX_H}" rx="9"/>',
        _text("zh", x, y - 9, STATES[name]),
        _text("en", x, y + 9, name),
        _text("clock", x, y + 27, told),
        f'<text class="badge" {corner}>{badges}</text>' if badges else "",
    ]
    return "".join(lines) + "\n"


def _text(kind: str, x: float, y: float, words: str) -> str:
    if not words:
        return ""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="middle">{escape(words)}</text>'


def _arrow(state: str, following: str, actions: list[str]) -> Arrow:
    before, after = SHIFTS.get((state, following), ((0, 0), (0, 0)))
    start, end = _moved(PLACES[state], before), _moved(PLACES[following], after)
    bends = ROUTES.get((state, following), ())
    second, last = (*bends, end)[0], (start, *bends)[-1]
    path = (
        _edge(PLACES[state], start, second, 0),
        *bends,
        _edge(PLACES[following], end, last, ARROW_GAP),
    )
    middle = ((path[0][0] + path[-1][0]) / 2, (path[0][1] + path[-1][1]) / 2)
    label = LABELS.get((state, following), middle)
    return Arrow(path, label, tuple(f"{ACTIONS[one]} {one}" for one in actions))


def _circle() -> str:
    return f'<circle class="box" cx="{START[0]}" cy="{START[1]}" r="10"/>\n'


def _intake(state: str) -> Arrow:
    """Return the arrow of an issue that comes in."""
    path = (START, _edge(PLACES[state], PLACES[state], START, ARROW_GAP))
    middle = ((path[0][0] + path[1][0]) / 2, (path[0][1] + path[1][1]) / 2)
    return Arrow(path, middle, ("收集 collect",))


def _moved(place: Point, shift: Point) -> Point:
    return place[0] + shift[0], place[1] + shift[1]


def _edge(box: Point, inside: Point, outside: Point, gap: float) -> Point:
    """Return where the way from a point in a box to one outside leaves the box."""
    dx, dy = outside[0] - inside[0], outside[1] - inside[1]
    shares = []
    for step, centre, at, half in (
        (dx, box[0], inside[0], BOX_W / 2 + gap),
        (dy, box[1], inside[1], BOX_H / 2 + gap),
    ):
        if step:
            shares.append((centre + (half if step > 0 else -half) - at) / step)
    share = min(shares)
    return round(inside[0] + dx * share, 1), round(inside[1] + dy * share, 1)


def _line(arrow: Arrow) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in arrow.path)
    return f'<polyline class="arrow" points="{points}" marker-end="url(#tip)"/>\n'


def _words(arrow: Arrow) -> str:
    x, y = arrow.label
    top = y - LINE * (len(arrow.words) - 1) / 2 + 5
    return (
        "".join(
            _text("word", x, top + LINE * place, words) for place, words in enumerate(arrow.words)
        )
        + "\n"
    )


def _legend() -> str:
    marks = "　　".join(
        f"{mark} {ACTIONS[action]} {action} → {_target(action)}" for action, mark in BADGES.items()
    )
    clocks = f"{RUNNING} 计时中的环节 stages whose time runs　　{PAUSED} 暂停 paused"
    loops = sorted({row.action for row in TRANSITIONS if row.state == row.next})
    staying = "、".join(f"{ACTIONS[action]} {action}" for action in loops)
    lines = (f"{marks}　　{clocks}", f"状态不变 the state stays: {staying}")
    return "".join(
        f'<text class="legend" x="36" y="{930 + 28 * place}">{escape(line)}</text>\n'
        for place, line in enumerate(lines)
    )


def _target(action: str) -> str:
    return next(f"{STATES[row.next]} {row.next}" for row in TRANSITIONS if row.action == action)
