"""Files that somebody sent: archives that are damaged or locked are refused by their names."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from geo.files.refusals import UnreadableFileError
from geo.files.spreadsheets import read_rows
from geo.files.uploads import store_upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSIDE = b"what is inside"
LOCKED = 1


def shapefile() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for suffix in ("shp", "shx", "dbf"):
            archive.writestr(f"网格.{suffix}", INSIDE)
    return kept.getvalue()


def cut_off(content: bytes) -> bytes:
    """Lose what lies before the end of the list of members."""
    return content[:-80] + content[-22:]


def damaged(content: bytes) -> bytes:
    return content.replace(INSIDE, INSIDE.upper(), 1)


def locked(content: bytes) -> bytes:
    """Mark all members as encrypted, in their own heads and in the list of members."""
    marked = bytearray(content)
    for head, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(head)
        while at >= 0:
            marked[at + flags] |= LOCKED
            at = content.find(head, at + 1)
    return bytes(marked)


@pytest.mark.parametrize("spoil", [cut_off, damaged, locked])
def test_archives_that_cannot_be_unpacked(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert store_upload(shapefile(), "方案.zip", tmp_path).read_bytes() == INSIDE
    with pytest.raises(UnreadableFileError, match=r"方案\.zip"):
        store_upload(spoil(shapefile()), "方案.zip", tmp_path)


def test_a_workbook_of_which_a_sheet_is_cut_off(tmp_path: Path) -> None:
    whole, kept = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.worksheets[0].append(["街区", "网格"])
    book.save(whole)
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(kept, "w") as written:
        for one in read.namelist():
            content = read.read(one)
            written.writestr(one, content[: len(content) // 2] if "sheet1" in one else content)
    path = store_upload(kept.getvalue(), "方案.xlsx", tmp_path)
    with pytest.raises(UnreadableFileError, match=path.name):
        read_rows(path)
