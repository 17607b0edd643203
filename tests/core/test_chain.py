"""A chain of entries, whole and spoilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.chain import BEGINNING, ChainedEntry, Head, Link, digest, read_head, verify

if TYPE_CHECKING:
    from collections.abc import Sequence


def chain(count: int, start: Head | None = None) -> list[Link]:
    at = start or Head(0, BEGINNING)
    made = []
    for _ in range(count):
        number = at.entries + 1
        entry = ChainedEntry(
            *(str(number), "2026-01-01T00:00:00.000000Z", None, "resident", "1"),
            *("insert", "issue", f"row {number}", "{}", None),
        )
        at = Head(number, digest(at.sha256, entry))
        made.append(Link(entry, at.sha256))
    return made


def end(links: Sequence[Link]) -> Head:
    return Head(int(links[-1].entry.id), links[-1].sha256)


def changed(link: Link, **values: str) -> Link:
    return Link(link.entry._replace(**values), link.sha256)


@given(st.integers(0, 12))
def test_a_whole_chain_is_found_whole(count: int) -> None:
    links = chain(count)
    head = end(links) if links else Head(0, BEGINNING)
    verdict = verify(links, head, expected=head)
    assert verdict.problem is None
    assert (verdict.checked, verdict.head) == (count, head)


@given(st.data())
def test_whatever_is_changed_is_named(data: st.DataObject) -> None:
    links = chain(data.draw(st.integers(1, 12)))
    at = data.draw(st.integers(0, len(links) - 1))
    column = data.draw(st.sampled_from(ChainedEntry._fields[1:]))
    spoilt = [*links[:at], changed(links[at], **{column: "other"}), *links[at + 1 :]]
    assert verify(spoilt, end(links)).wrong_entry == at + 1


@given(st.data())
def test_whatever_is_removed_is_named(data: st.DataObject) -> None:
    links = chain(data.draw(st.integers(1, 12)))
    at = data.draw(st.integers(0, len(links) - 1))
    assert verify([*links[:at], *links[at + 1 :]], end(links)).wrong_entry == at + 1


@given(st.data())
def test_two_that_changed_places_are_named(data: st.DataObject) -> None:
    links = chain(data.draw(st.integers(2, 12)))
    first, second = sorted(
        data.draw(st.lists(st.integers(0, len(links) - 1), min_size=2, max_size=2, unique=True))
    )
    spoilt = list(links)
    spoilt[first] = changed(links[second], id=links[first].entry.id)
    spoilt[second] = changed(links[first], id=links[second].entry.id)
    assert verify(spoilt, end(links)).wrong_entry == first + 1


def test_an_entry_put_between_is_named() -> None:
    links = chain(5)
    foreign = changed(links[2], row_key="row 9")
    moved = [changed(one, id=str(int(one.entry.id) + 1)) for one in links[3:]]
    spoilt = [*links[:3], changed(foreign, id="4"), *moved]
    assert verify(spoilt, end(links)).wrong_entry == 4
    assert verify([*links[:3], foreign, *links[3:]], end(links)).wrong_entry == 3


def test_a_tail_cut_off_with_its_head_is_found_by_what_was_noted() -> None:
    links = chain(9)
    noted = end(links)
    left = links[:6]
    assert verify(left, noted).wrong_entry == 7
    assert verify(left, end(left)).problem is None
    assert verify(left, end(left), expected=noted).wrong_entry == 7


def test_a_rewritten_chain_is_found_by_what_was_noted() -> None:
    noted = end(chain(6))
    other = chain(1)
    entry = other[0].entry._replace(row_key="rewritten")
    first = Link(entry, digest(BEGINNING, entry))
    rewritten = [first, *chain(8, Head(1, first.sha256))]
    assert verify(rewritten, end(rewritten)).problem is None
    verdict = verify(rewritten, end(rewritten), expected=noted)
    assert verdict.wrong_entry == 6


def test_an_entry_behind_the_end_is_named() -> None:
    links = chain(4)
    assert verify(links, end(links[:3])).wrong_entry == 4


def test_a_head_of_another_digest_is_told() -> None:
    verdict = verify(chain(3), Head(3, BEGINNING))
    assert verdict.wrong_entry == 3
    assert verdict.problem is not None
    assert verdict.problem.template.startswith("The last entry")


def test_a_lost_head_is_told() -> None:
    verdict = verify(chain(2), None)
    assert verdict.problem is not None
    assert verdict.checked == 2


def cut_off(links: list[Link], after: int, told: bytes) -> tuple[list[Link], Head]:
    """Return a chain without its beginning, its last entry telling of the cut."""
    last = end(links)
    entry = ChainedEntry(
        *(str(last.entries + 1), "2026-06-01T00:00:00.000000Z", None, "retention", None),
        *("cut", "audit_entry", str(after), f'{{"sha256": "{told.hex()}"}}', None),
    )
    teller = Link(entry, digest(last.sha256, entry))
    return [*links[after:], teller], end(links[:after])


def test_a_cut_that_the_chain_tells_of_is_whole() -> None:
    links = chain(8)
    kept, cut = cut_off(links, 3, links[2].sha256)
    assert verify(kept, end(kept), cut).problem is None
    assert verify(kept, end(kept), cut, expected=end(links)).problem is None
    assert verify(kept, end(kept), cut, expected=end(links[:3])).problem is None
    assert verify(kept, end(kept), cut, expected=end(links[:2])).problem is not None


def test_a_cut_that_nobody_tells_of_is_found() -> None:
    links = chain(8)
    kept = links[3:]
    assert verify(kept, end(kept)).wrong_entry == 1
    assert verify(kept, end(kept), end(links[:3])).problem is not None


@pytest.mark.parametrize("text", ["", "5", "5:", "5:zz", "x:" + 64 * "0", "5:" + 62 * "0"])
def test_what_is_no_head_is_not_read_as_one(text: str) -> None:
    assert read_head(text) is None


@given(st.integers(0, 10**12), st.binary(min_size=32, max_size=32))
def test_a_head_reads_as_it_was_printed(entries: int, found: bytes) -> None:
    head = Head(entries, found)
    assert read_head(str(head)) == head
