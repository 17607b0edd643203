"""Masks never tell what they hide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.masking import COMPOUND_SURNAMES, mask_name, mask_phone, mask_remark

DIGITS = st.text("0123456789", min_size=1, max_size=15)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
NAMES = st.text(HAN, min_size=1, max_size=8)


@given(DIGITS)
def test_at_most_seven_digits_of_a_number_show_and_never_its_middle(phone: str) -> None:
    masked = mask_phone(phone)
    assert len(masked) == len(phone)
    shown = [at for at, digit in enumerate(masked) if digit != "*"]
    assert all(masked[at] == phone[at] for at in shown)
    assert len(shown) <= (7 if len(phone) >= 11 else 2)
    hidden = range(3, len(phone) - 4)
    assert all(masked[at] == "*" for at in hidden)


@given(st.text("0123456789 -+()", max_size=20))
def test_a_short_number_shows_nothing(phone: str) -> None:
    if sum(one.isdigit() for one in phone) < 7:
        assert set(mask_phone(phone)) <= {"*"}


@given(st.text("0123456789", min_size=11, max_size=11), st.sampled_from(["+86", "0086", "+86 "]))
def test_a_prefix_or_spaces_change_nothing(phone: str, prefix: str) -> None:
    assert mask_phone(f"{prefix}{phone}") == mask_phone(phone)
    assert mask_phone(f"{phone[:3]} {phone[3:7]}-{phone[7:]}") == mask_phone(phone)


@given(st.text(min_size=1, max_size=20))
def test_what_is_no_number_shows_nothing(text: str) -> None:
    if not any(one in "0123456789" for one in text):
        assert set(mask_phone(text)) <= {"*"}


@given(NAMES)
def test_of_a_name_only_the_surname_shows(name: str) -> None:
    masked = mask_name(name)
    surname = masked.rstrip("*")
    assert masked.count("*") == 1
    assert len(surname) < len(name)
    assert name.startswith(surname)
    assert len(surname) <= 1 or surname in COMPOUND_SURNAMES


@given(NAMES, NAMES)
def test_names_of_one_surname_look_alike(one: str, other: str) -> None:
    assert mask_name("张" + one) == mask_name("张" + other)


@pytest.mark.parametrize("name", ["欧阳", "张", "A"])
def test_a_name_is_never_shown_whole(name: str) -> None:
    assert name not in mask_name(name)


@given(st.text(min_size=1))
def test_a_remark_shows_nothing(remark: str) -> None:
    assert mask_remark(remark) in {"", "****"}


@pytest.mark.parametrize("mask", [mask_phone, mask_name, mask_remark])
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_stays_nothing(mask: object, nothing: str | None) -> None:
    assert callable(mask)
    assert mask(nothing) == ""
