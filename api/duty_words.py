"""What pages say of duties and of those who answer: names of kinds, stages, levels and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.i18n import catalogue
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: dict[str, Message] = {
    "component": msg("Component"),
    "event": msg("Event"),
}

ANSWERERS: dict[str, Message] = {
    "owner": msg("Whoever owns the thing"),
    "territory": msg("Whoever has the territory"),
}

STAGES: dict[str, Message] = {
    "dispatch": msg("Dispatch"),
    "accept": msg("Accept"),
    "handle": msg("Handle"),
    "feed_back": msg("Feed back"),
}

UNITS: dict[str, Message] = {
    "work_hour": msg("working hours"),
    "work_day": msg("working days"),
}

FIELDS: dict[str, Message] = {
    "name": msg("Name of the duty"),
    "name_en": msg("Name in English"),
    "kind": msg("Kind"),
    "department": msg("Department"),
    "private": msg("Private"),
    "answers_first": msg("Who answers first"),
    "counts": msg("What counts"),
    "counts_en": msg("What counts, in English"),
    "settled": msg("What settles it"),
    "settled_en": msg("What settles it, in English"),
    "deadlines": msg("Deadlines"),
    "retired": msg("Retired"),
}
"""What a version of a duty says."""

LEVELS: dict[str, Message] = {
    "household": msg("Household"),
    "unit": msg("Unit"),
    "building": msg("Building"),
    "area": msg("Area"),
}

ROLES: dict[str, Message] = {
    "committee_member": msg("committee member"),
    "paired_unit_member": msg("paired unit"),
    "grid_worker": msg("grid worker"),
    "owners_committee_member": msg("owners' committee"),
    "volunteer": msg("volunteer"),
    "party_member": msg("party member"),
}


def allowance_said(one: Mapping[str, object] | None, language: str) -> str:
    """Return how long a stage may take, as people say it; a dash where it has no deadline.

    Examples
    --------
    >>> allowance_said({"amount": 2, "unit": "work_day"}, "en"), allowance_said(None, "en")
    ('2 working days', '–')
    """
    if one is None:
        return "–"
    amount = int(str(one["amount"]))
    ngettext = catalogue(language).ngettext
    if one["unit"] == "work_day":
        return ngettext("%(num)s working day", "%(num)s working days", amount) % {"num": amount}
    return ngettext("%(num)s working hour", "%(num)s working hours", amount) % {"num": amount}
