"""Personal details as they are shown to those who don't need all of them (脱敏).

What is hidden can't be told from its mask: of a telephone number the middle, of a name all but the
surname, of a remark everything. Whatever is too short to hide a part of is hidden as a whole.
"""

from __future__ import annotations

import re

HIDDEN = "*"
SHORTEST_PHONE = 7
MOBILE_DIGITS = 11
SHOWN_AHEAD, SHOWN_BEHIND = 3, 4
COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠"
        "公孙慕容仲孙钟离长孙宇文司徒鲜于司空令狐呼延百里东郭西门",
    )
)
"""Surnames of two characters (复姓), after the Hundred Family Surnames (百家姓)."""


def mask_phone(phone: str | None) -> str:
    """Mask a telephone number.

    Of eleven digits (a mobile number) the first three and the last four stay, of fewer the last
    two; fewer than seven digits, or another kind of text, are hidden as a whole.

    Parameters
    ----------
    phone
        As it is kept; spaces, hyphens and a prefix of +86 or 0086 don't count.

    Examples
    --------
    >>> mask_phone("+86 138-0013-0000")
    '138****0000'
    >>> mask_phone("8812345"), mask_phone("110"), mask_phone(""), mask_phone(None)
    ('*****45', '***', '', '')
    """
    digits = re.sub(r"[\s()（）-]", "", phone or "")
    digits = re.sub(r"^(\+|00)86(?=[0-9]{11}$)", "", digits)
    if not digits.isascii() or not digits.isdecimal() or len(digits) < SHORTEST_PHONE:
        return HIDDEN * len(digits)
    if len(digits) < MOBILE_DIGITS:
        return HIDDEN * (len(digits) - 2) + digits[-2:]
    hidden = HIDDEN * (len(digits) - SHOWN_AHEAD - SHOWN_BEHIND)
    return digits[:SHOWN_AHEAD] + hidden + digits[-SHOWN_BEHIND:]


def mask_name(name: str | None) -> str:
    """Mask a name: the surname stays, one star stands for the rest, however long it is.

    A name of one character is hidden; so is all of a Latin name but its first letter.

    Examples
    --------
    >>> mask_name("张三丰"), mask_name("欧阳修"), mask_name("Li Lei")
    ('张*', '欧阳*', 'L*')
    >>> mask_name("张"), mask_name(" "), mask_name(None)
    ('*', '', '')
    """
    plain = (name or "").strip()
    if len(plain) < 2:  # noqa: PLR2004 - one character has no part that could be shown
        return HIDDEN * len(plain)
    long_surname = plain[:2] in COMPOUND_SURNAMES and len(plain) > 2  # noqa: PLR2004 - surname of 2
    return plain[: 2 if long_surname else 1] + HIDDEN


def mask_remark(remark: str | None) -> str:
    """Mask a free text: only whether there is one can be seen.

    Examples
    --------
    >>> mask_remark("独居老人"), mask_remark(""), mask_remark(None)
    ('****', '', '')
    """
    return HIDDEN * 4 if (remark or "").strip() else ""
