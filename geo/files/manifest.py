"""The manifest of a jurisdiction's folder: what is in it, where it comes from, and in which CRS."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from geo.core.crs import Datum, parse_datum
from geo.errors import UnknownDatumError
from geo.files import values
from geo.files.problems import Place, RowProblem
from geo.files.rows import LAYERS, NEEDED_LAYERS
from geo.messages import Message, msg

if TYPE_CHECKING:
    from pathlib import Path

    from geo.files.values import Reader

MANIFEST = "manifest.toml"
FORMAT = 1
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SECTIONS = {
    "": {"format", "jurisdiction", "generations", "work_hours", "layers", "truth", "sha256"},
    "jurisdiction": {
        *("slug", "division_code", "name", "name_en", "timezone", "synthetic", "notice"),
        *("notice_en", "source", "source_en", "licence", "review_number", "crs"),
    },
    "generations": {
        *("number", "label", "file", "valid_from", "valid_to", "published_by", "note"),
    },
}
_MAX_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class GenerationEntry:
    """A generation of grids as the manifest announces it; the last one has no ``valid_to``."""

    number: int
    label: str
    file: str
    valid_from: datetime
    valid_to: datetime | None
    published_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the manifest of a folder says, read and checked."""

    slug: str
    division_code: str
    name: str
    name_en: str
    timezone: str
    synthetic: bool
    notice: str
    notice_en: str
    source: str
    source_en: str
    licence: str
    review_number: str | None
    crs: Datum
    generations: tuple[GenerationEntry, ...]
    work_hours: tuple[tuple[int, time, time], ...]
    layers: dict[str, str]
    sha256: dict[str, str]


@dataclass(slots=True)
class ReadManifest:
    """A manifest, where it could be read, with all that is wrong or odd about it."""

    manifest: Manifest | None = None
    problems: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)


def read_manifest(folder: Path) -> ReadManifest:
    """Read the manifest of a folder."""
    path = folder / MANIFEST
    if not path.is_file():
        return ReadManifest(problems=[_problem(None, msg("The folder has no such file."))])
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = msg("The file is not TOML: %(reason)s.", reason=str(error))
        return ReadManifest(problems=[_problem(None, reason)])
    return _Reading(told).manifest()


def _problem(key: str | None, message: Message) -> RowProblem:
    return RowProblem(Place("manifest", MANIFEST, None, key), message)


class _Reading:
    """One reading of a manifest: collects every problem before it gives up."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.result = ReadManifest()

    def manifest(self) -> ReadManifest:
        self._warn_of_unknown("", self.told)
        self.value(self.told, "", "format", values.whole(FORMAT, FORMAT))
        head = self.section("jurisdiction")
        self._warn_of_unknown("jurisdiction", head)
        zone = self.value(head, "jurisdiction", "timezone", _zone)
        read = {
            "timezone": zone and zone.key,
            "crs": self.value(head, "jurisdiction", "crs", _datum),
            "generations": self._generations(zone),
            "work_hours": self._work_hours(),
            "layers": self._layers(),
            "sha256": {name: str(one).lower() for name, one in self.section("sha256").items()},
            **self._naming(head),
        }
        if not self.result.problems:
            self.result.manifest = Manifest(**read)
        return self.result

    def _naming(self, head: dict[str, Any]) -> dict[str, Any]:
        def told(key: str, read: Reader = values.text, empty: Any = None) -> Any:
            return self.value(head, "jurisdiction", key, read, empty=empty)

        return {
            "slug": told("slug", _slug),
            "division_code": told("division_code", values.digits(6)),
            "name": told("name"),
            "name_en": told("name_en", empty=""),
            "synthetic": told("synthetic", values.truth),
            "notice": told("notice", empty=""),
            "notice_en": told("notice_en", empty=""),
            "source": told("source"),
            "source_en": told("source_en", empty=""),
            "licence": told("licence"),
            "review_number": told("review_number", empty="") or None,
        }

    def section(self, name: str) -> dict[str, Any]:
        found = self.told.get(name, {})
        if isinstance(found, dict):
            return found
        self.problem(name, msg("It should be a table of its own."))
        return {}

    def problem(self, key: str, message: Message) -> None:
        self.result.problems.append(_problem(key, message))

    def _warn_of_unknown(self, section: str, found: dict[str, Any]) -> None:
        for key in found:
            if key not in _SECTIONS[section]:
                message = msg("Nobody here knows this key; it is left aside.")
                self.result.warnings.append(_problem(f"{section}.{key}".lstrip("."), message))

    def value(
        self, table: dict[str, Any], section: str, key: str, read: Reader, *, empty: Any = None
    ) -> Any:
        """Read a value; without ``empty`` it may not be missing."""
        name = f"{section}.{key}".lstrip(".")
        found = values.cleaned(table.get(key))
        if found == "":
            if empty is None:
                self.problem(name, msg("It is missing."))
            return empty
        got = read(found)
        if isinstance(got, Message):
            self.problem(name, got)
            return empty
        return got

    def _generations(self, zone: ZoneInfo | None) -> tuple[GenerationEntry, ...]:
        listed = self.told.get("generations")
        if not isinstance(listed, list) or not listed:
            self.problem("generations", msg("It should list at least one generation of grids."))
            return ()
        entries = [self._generation(at, one, zone) for at, one in enumerate(listed, 1)]
        known = [one for one in entries if one]
        if len(known) == len(entries):
            self._check_periods(known)
        return tuple(known)

    def _generation(self, at: int, one: Any, zone: ZoneInfo | None) -> GenerationEntry | None:
        section = f"generations[{at}]"
        if not isinstance(one, dict):
            self.problem(section, msg("It should be a table of its own."))
            return None
        before = len(self.result.problems)
        for key in one.keys() - _SECTIONS["generations"]:
            message = msg("Nobody here knows this key; it is left aside.")
            self.result.warnings.append(_problem(f"{section}.{key}", message))
        entry = GenerationEntry(
            self.value(one, section, "number", values.whole(1, _MAX_NUMBER)),
            self.value(one, section, "label", values.text),
            self.value(one, section, "file", values.text),
            _local(self.value(one, section, "valid_from", values.instant), zone),
            _local(self.value(one, section, "valid_to", values.instant, empty=""), zone),
            self.value(one, section, "published_by", values.text, empty=""),
            self.value(one, section, "note", values.text, empty=""),
        )
        return entry if len(self.result.problems) == before else None

    def _check_periods(self, entries: list[GenerationEntry]) -> None:
        for at, one in enumerate(entries, 1):
            if one.valid_to is not None and one.valid_to <= one.valid_from:
                self.problem(f"generations[{at}].valid_to", msg("It is not after valid_from."))
        for at, (earlier, later) in enumerate(pairwise(entries), 2):
            self._check_succession(at, earlier, later)
        if entries[-1].valid_to is not None:
            message = msg("The last generation is the one in force: it has no end yet.")
            self.problem(f"generations[{len(entries)}].valid_to", message)
        labels = [one.label for one in entries]
        for at, label in enumerate(labels, 1):
            if label in labels[: at - 1]:
                message = msg("“%(found)s” is there already.", found=label)
                self.problem(f"generations[{at}].label", message)

    def _check_succession(self, at: int, earlier: GenerationEntry, later: GenerationEntry) -> None:
        if later.number <= earlier.number:
            message = msg("Numbers go up from one generation to the next.")
            self.problem(f"generations[{at}].number", message)
        if earlier.valid_to is None:
            message = msg("It is missing: only the last generation has no end.")
            self.problem(f"generations[{at - 1}].valid_to", message)
        elif earlier.valid_to > later.valid_from:
            message = msg("The generation begins before the one before it ends.")
            self.problem(f"generations[{at}].valid_from", message)
        elif earlier.valid_to < later.valid_from:
            message = msg("Between the generation before it and this one none is in force.")
            place = f"generations[{at}].valid_from"
            self.result.warnings.append(_problem(place, message))

    def _work_hours(self) -> tuple[tuple[int, time, time], ...]:
        read: list[tuple[int, time, time]] = []
        for name, intervals in self.section("work_hours").items():
            if name not in WEEKDAYS:
                message = msg("“%(found)s” is none of: %(choices)s.")
                message = Message(message.template, {"found": name, "choices": ", ".join(WEEKDAYS)})
                self.problem(f"work_hours.{name}", message)
                continue
            listed = intervals if isinstance(intervals, list) else [intervals]
            for one in listed:
                got = _interval(one)
                if isinstance(got, Message):
                    self.problem(f"work_hours.{name}", got)
                else:
                    read.append((WEEKDAYS.index(name) + 1, *got))
        self._check_hours(sorted(read))
        return tuple(sorted(read))

    def _check_hours(self, hours: list[tuple[int, time, time]]) -> None:
        for (day, _opens, closes), (next_day, opens, _closes) in pairwise(hours):
            if day == next_day and opens < closes:
                message = msg("Two intervals of one day overlap.")
                self.problem(f"work_hours.{WEEKDAYS[day - 1]}", message)

    def _layers(self) -> dict[str, str]:
        listed = self.section("layers")
        for name, file in listed.items():
            if name not in LAYERS:
                choices = ", ".join(LAYERS)
                message = msg("“%(found)s” is none of: %(choices)s.", found=name, choices=choices)
                self.problem(f"layers.{name}", message)
            elif not isinstance(file, str):
                self.problem(f"layers.{name}", msg("“%(found)s” should be text.", found=file))
        for name in NEEDED_LAYERS:
            if name not in listed:
                self.problem(f"layers.{name}", msg("It is missing."))
        return {name: str(file) for name, file in listed.items()}


def _slug(value: Any) -> str | Message:
    if isinstance(value, str) and _SLUG.fullmatch(value):
        return value
    return msg("“%(found)s” should be small letters, digits and hyphens.", found=value)


def _zone(value: Any) -> ZoneInfo | Message:
    try:
        return ZoneInfo(str(value))
    except (ValueError, OSError):
        return msg("“%(found)s” should be a time zone such as Asia/Shanghai.", found=value)
    except KeyError:
        return msg("“%(found)s” should be a time zone such as Asia/Shanghai.", found=value)


def _datum(value: Any) -> Datum | Message:
    try:
        return parse_datum(str(value))
    except UnknownDatumError as error:
        return error.message


def _local(value: Any, zone: ZoneInfo | None) -> Any:
    """Return an instant with its offset; ``None`` for what is missing."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _interval(value: Any) -> tuple[time, time] | Message:
    """Read ``08:30-12:00``."""
    halves = str(value).split("-")
    read = [values.clock(one.strip()) for one in halves]
    match read:
        case [time() as opens, time() as closes] if opens < closes:
            return opens, closes
    return msg("“%(found)s” should be hours such as 08:30-12:00.", found=value)
