"""A growing table is read to the end, whatever order its transactions commit in."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from geo.core.watermark import GRACE_S, Gap, Horizon, Watermark

STEPS = st.lists(
    st.sampled_from(["begin", "write", "commit", "roll back", "read", "wait", "come again"]),
    max_size=60,
)


@dataclass
class Table:
    """Transactions that write numbered rows, and a reader."""

    running: dict[int, list[int]] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    transaction: int = 10
    number: int = 0

    def horizon(self) -> Horizon:
        return Horizon(min(self.running, default=self.transaction), self.transaction)

    def read(self, mark: Watermark, now_s: float) -> list[int]:
        wanted = mark.wanted()
        found = sorted(
            one
            for one in self.rows
            if one > mark.top or any(first <= one <= last for first, last in wanted)
        )
        mark.take(found, self.horizon(), now_s)
        return found


@given(STEPS, st.data())
def test_nothing_is_lost_and_nothing_told_twice(steps: list[str], data: st.DataObject) -> None:
    table, mark, told, now_s = Table(), Watermark(0), [], 0.0
    before = 0
    for step in steps:
        if step == "begin":
            table.running[table.transaction] = []
            table.transaction += 1
        elif step == "write" and table.running:
            table.number += 1
            chosen = data.draw(st.sampled_from(sorted(table.running)))
            table.running[chosen].append(table.number)
        elif step in {"commit", "roll back"} and table.running:
            written = table.running.pop(data.draw(st.sampled_from(sorted(table.running))))
            table.rows |= set(written) if step == "commit" else set()
        elif step == "wait":
            now_s += GRACE_S
        elif step == "read":
            told += table.read(mark, now_s)
            assert mark.position >= before
            before = mark.position
            assert {one for one in table.rows if one <= mark.position} <= set(told)
        elif step == "come again":
            missed = {one for one in table.rows if one > mark.position}
            assert set(told) | missed >= table.rows
    for written in table.running.values():
        table.rows |= set(written)
    table.running.clear()
    told += table.read(mark, now_s)
    assert sorted(told) == sorted(table.rows)
    for _ in range(3):
        now_s += GRACE_S
        table.read(mark, now_s)
    assert mark.wanted() == []
    assert mark.position == mark.top == max(table.rows, default=0)


def test_a_gap_is_kept_while_somebody_may_fill_it() -> None:
    mark = Watermark(3)
    mark.take([6], Horizon(50, 60), 0.0)
    assert mark.wanted() == [(4, 5)]
    mark.take([], Horizon(50, 61), 100.0)
    mark.take([5], Horizon(60, 70), 200.0)
    assert (mark.wanted(), mark.position) == ([(4, 4)], 3)
    mark.take([], Horizon(61, 70), 300.0)
    assert (mark.wanted(), mark.position) == ([], 6)


def test_a_fresh_gap_waits_for_whoever_has_a_number_and_is_not_counted_yet() -> None:
    gap = Gap(4, 5, 100.0, before=60)
    assert not gap.is_settled(Horizon(60, 60), 100.0 + GRACE_S / 2)
    assert gap.is_settled(Horizon(60, 60), 100.0 + GRACE_S)
    assert not gap.is_settled(Horizon(59, 60), 100.0 + GRACE_S)
