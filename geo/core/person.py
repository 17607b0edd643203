"""How a person is looked for who asks what is kept about them (个人信息主体请求)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.errors import HonggeError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_PHONE = 7
SHORTEST_NAME = 2
LOOKS_LIKE_A_NUMBER = re.compile(r"[+0-9 ()（）-]+")
COUNTRY = re.compile(r"^(\+|00)?86(?=1[0-9]{10}$)")
WIDE = dict(zip("0123456789", "０１２３４５６７８９", strict=True))


class PersonTooVagueError(HonggeError):
    """A number or a name that would find half of the city."""

    template = (
        "“%(given)s” is too short to look for a person: a name has at least two characters, a"
        " telephone number seven digits."
    )


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody: telephone numbers, as digits alone, and names."""

    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def read_person(given: Iterable[str]) -> Person:
    """Tell numbers and names apart.

    Raises
    ------
    PersonTooVagueError
        When one is too short.

    Examples
    --------
    >>> read_person(["+86 138-0013-8000", " 张三 "])
    Person(phones=('13800138000',), names=('张三',))
    >>> read_person([])
    Person(phones=(), names=())
    """
    phones, names = [], []
    for one in (text.strip() for text in given):
        if LOOKS_LIKE_A_NUMBER.fullmatch(one):
            digits = COUNTRY.sub("", re.sub(r"[^0-9]", "", one))
            if len(digits) < SHORTEST_PHONE:
                raise PersonTooVagueError(given=one)
            phones.append(digits)
        elif len(one) < SHORTEST_NAME:
            raise PersonTooVagueError(given=one)
        else:
            names.append(one)
    return Person(tuple(phones), tuple(names))


def phone_pattern(digits: str) -> str:
    """Return a regular expression, for PostgreSQL as for Python, that finds a number in a text.

    With or without a prefix for the country, with spaces or hyphens, in wide digits.

    Examples
    --------
    >>> bool(re.search(phone_pattern("13800138000"), "打１３８-0013 8000找我"))
    True
    >>> bool(re.search(phone_pattern("13800138000"), "113800138000"))
    False
    >>> bool(re.search(phone_pattern("13800138000"), ""))
    False
    """
    spaced = "[ -]?".join(f"[{digit}{WIDE[digit]}]" for digit in digits)
    return rf"(?<![0-9０-９])(?:(?:\+|00)?86[ -]?)?{spaced}(?![0-9０-９])"


def name_pattern(name: str) -> str:
    """Return a regular expression, for PostgreSQL as for Python, that finds a name in a text.

    Examples
    --------
    >>> bool(re.search(name_pattern("J. Li"), "it was J. Li")), re.search(name_pattern("J. Li"), "")
    (True, None)
    """
    return "".join(f"\\{one}" if one in r".^$*+?()[]{}\|" else one for one in name)
