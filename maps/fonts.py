"""Fonts for pictures: one that has Chinese characters, found among those of this machine."""

from __future__ import annotations

from functools import lru_cache

from geo.errors import HonggeError

SANS = (
    *("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC"),
    *("Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei"),
)
"""Families with Chinese characters in the forms of the mainland, the best one first."""

PACKAGE = "fonts-noto-cjk"


class NoChineseFontError(HonggeError):
    """No font of this machine has Chinese characters."""

    template = (
        "Pictures need a font with Chinese characters, and this machine has none."
        " Install the package %(package)s, or one of these fonts: %(fonts)s."
    )


@lru_cache(maxsize=1)
def chinese_family() -> str:
    """Return the name of the family that pictures are written in.

    Raises
    ------
    NoChineseFontError
        When none of the families that are known to have the characters is installed.
    """
    from matplotlib.font_manager import fontManager  # noqa: PLC0415 - heavy, for few requests

    known = frozenset(entry.name for entry in fontManager.ttflist)
    return chosen(known)


def chosen(known: frozenset[str]) -> str:
    """Return the best of the families that are there.

    Examples
    --------
    >>> chosen(frozenset({"SimHei", "DejaVu Sans"}))
    'SimHei'
    >>> chosen(frozenset())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    maps.fonts.NoChineseFontError: Pictures need a font with Chinese characters, and ...
    """
    found = next((family for family in SANS if family in known), None)
    if found is None:
        raise NoChineseFontError(package=PACKAGE, fonts=", ".join(SANS))
    return found


__all__ = ["NoChineseFontError", "chinese_family", "chosen"]
