"""The chain of the audit trail (审计链): canonical text, digests, and what is wrong with it.

A hash chain as in S. Haber, W. S. Stornetta: "How to time-stamp a digital document", Journal of
Cryptology 3 (1991): every digest covers the entry and the digest before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGINNING = bytes(32)
"""The digest before the first entry."""

CUT = "cut"
"""The action of the entry that says where the beginning of the chain was cut off."""


class ChainedEntry(NamedTuple):
    """An entry as texts, the way its digest covers it.

    ``at`` is in UTC with microseconds, ``2026-01-31T08:00:00.000000Z``; ``detail`` is the text of a
    JSON object exactly as PostgreSQL prints its type jsonb.
    """

    id: str
    at: str
    account_id: str | None
    actor: str
    jurisdiction_id: str | None
    action: str
    table_name: str
    row_key: str
    detail: str
    request_id: str | None


class Link(NamedTuple):
    """An entry and the digest that is stored with it."""

    entry: ChainedEntry
    sha256: bytes


class Head(NamedTuple):
    """The number of a last entry and its digest; also written ``17:3f…``."""

    entries: int
    sha256: bytes

    def __str__(self) -> str:
        """Return the text that :func:`read_head` reads."""
        return f"{self.entries}:{self.sha256.hex()}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chain was found to be.

    Parameters
    ----------
    checked
        How many entries agree, counted up to the first that doesn't.
    head
        The last entry that agrees.
    wrong_entry
        The number of the first entry that is changed, missing or too many; ``None`` where nothing
        is wrong, or where what is wrong is not about one entry.
    problem
        What is wrong; ``None`` when the chain is whole.
    """

    checked: int
    head: Head
    wrong_entry: int | None = None
    problem: Message | None = None


def canonical(entry: ChainedEntry) -> str:
    r"""Return the text that a digest covers: a JSON array of ten strings or nulls.

    Separated by comma and space, with no more escapes than JSON asks for.

    Examples
    --------
    >>> canonical(ChainedEntry("1", "t", None, "a", None, "read", "resident", "7", "{}", None))
    '["1", "t", null, "a", null, "read", "resident", "7", "{}", null]'
    """
    return json.dumps(list(entry), ensure_ascii=False)


def digest(previous: bytes, entry: ChainedEntry) -> bytes:
    """Return the digest of an entry that follows another's."""
    return sha256(previous + canonical(entry).encode()).digest()


def read_head(text: str) -> Head | None:
    """Read a head that was noted earlier; ``None`` where it is none.

    Examples
    --------
    >>> read_head("2:" + 64 * "0") == Head(2, bytes(32))
    True
    >>> read_head("") is None
    True
    """
    number, _, digits = text.strip().partition(":")
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        return None
    return Head(int(number), found) if number.isdecimal() and len(found) == len(BEGINNING) else None


def verify(
    links: Iterable[Link], head: Head | None, cut: Head | None = None, expected: Head | None = None
) -> Verdict:
    """Follow a chain to its end, or to the first entry that is wrong.

    Parameters
    ----------
    links
        All entries in the order of their numbers; read once, none is kept.
    head
        Where the chain says that it ends; ``None`` where that is lost.
    cut
        Where its beginning was cut off, if it was.
    expected
        Where it ended at an earlier time, as somebody noted it then.

    Examples
    --------
    >>> verify([], Head(0, BEGINNING)).problem is None
    True
    """
    return _Walk(cut, expected).follow(links, head)


class _Walk:
    def __init__(self, cut: Head | None, expected: Head | None) -> None:
        self.cut, self.expected = cut, expected
        self.at = cut or Head(0, BEGINNING)
        self.cut_is_told = cut is None
        self.met = expected is None or expected == self.at
        self.checked = 0

    def follow(self, links: Iterable[Link], head: Head | None) -> Verdict:
        if self.expected and self.expected.entries < self.at.entries:
            return self._wrong(msg("The noted head lies before the entries that are kept."))
        for link in links:
            problem = self._step(link)
            if problem:
                return problem
        return self._end(head)

    def _step(self, link: Link) -> Verdict | None:
        wanted = self.at.entries + 1
        found = int(link.entry.id)
        if found > wanted:
            return self._wrong(msg("Entry %(entry)s is missing.", entry=wanted), wanted)
        if found < wanted:
            return self._wrong(
                msg("Entry %(entry)s does not belong where it stands.", entry=found), found
            )
        if digest(self.at.sha256, link.entry) != link.sha256:
            return self._wrong(
                msg(
                    "Entry %(entry)s is not what was written: it, or the one before it, has been"
                    " changed, removed, added or moved.",
                    entry=found,
                ),
                found,
            )
        self.at = Head(found, link.sha256)
        self.checked += 1
        return self._compare(link)

    def _compare(self, link: Link) -> Verdict | None:
        """Look for the noted head, and for the entry that tells of the cut."""
        expected = self.expected
        if expected and self.at.entries == expected.entries:
            if self.at != expected:
                number = expected.entries
                return self._wrong(
                    msg("Entry %(entry)s has another digest than the noted head.", entry=number),
                    number,
                )
            self.met = True
        entry, cut = link.entry, self.cut
        if cut and (entry.action, entry.row_key) == (CUT, str(cut.entries)):
            self.cut_is_told |= json.loads(entry.detail).get("sha256") == cut.sha256.hex()
        return None

    def _end(self, head: Head | None) -> Verdict:
        after = self.at.entries + 1
        if head is None:
            return self._wrong(msg("The record of where the trail ends is missing."))
        if head != self.at:
            return self._elsewhere(head)
        if self.expected and not self.met:
            return self._wrong(
                msg("The noted head is gone: entry %(entry)s is missing.", entry=after), after
            )
        if self.cut and not self.cut_is_told:
            return self._wrong(
                msg(
                    "The trail begins after entry %(entry)s, and no entry tells of that cut.",
                    entry=self.cut.entries,
                )
            )
        return Verdict(self.checked, self.at)

    def _elsewhere(self, head: Head) -> Verdict:
        """Say how the chain ends otherwise than it says of itself."""
        last, after = self.at.entries, min(self.at.entries, head.entries) + 1
        if head.entries > last:
            return self._wrong(
                msg("The trail ends too early: entry %(entry)s is missing.", entry=after), after
            )
        if head.entries < last:
            return self._wrong(
                msg("The trail goes on behind its end: entry %(entry)s was added.", entry=after),
                after,
            )
        return self._wrong(
            msg(
                "The last entry, %(entry)s, is not the one that the record of the trail's end"
                " tells of.",
                entry=last,
            ),
            last,
        )

    def _wrong(self, problem: Message, entry: int | None = None) -> Verdict:
        return Verdict(self.checked, self.at, entry, problem)
