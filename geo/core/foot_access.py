"""Who may walk where, by the tags of OpenStreetMap (步行通行规则).

What applies to everybody (``access``) is overruled by what applies to walkers (``foot``), and a
permission for walkers overrules what a class of road implies; ``vehicle``, ``motor_vehicle`` and
their like concern no walker, nor does ``oneway``. Conditions (``foot:conditional``,
``opening_hours``) are not looked at: a way open by day counts as open.

Sources: the pages Key:access, Key:foot, Key:motorroad, Key:sidewalk, Key:barrier, Key:locked,
Key:area and "OSM tags for routing/Access restrictions" of the OpenStreetMap wiki.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOWING = frozenset(
    {
        *("yes", "designated", "official", "permissive", "destination", "customers"),
        *("public", "discouraged"),
    }
)
REFUSING = frozenset(
    {
        *("no", "private", "permit", "agricultural", "forestry", "delivery", "use_sidepath"),
        *("military", "emergency", "restricted", "residents", "employees"),
    }
)

WALKED = frozenset(
    {
        *("footway", "path", "pedestrian", "steps", "corridor", "platform", "elevator"),
        *("living_street", "residential", "unclassified", "service", "track", "road"),
        *("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"),
        "bridleway",
    }
)
"""Classes that anybody may walk on, where nothing else is said."""

BY_SIDEWALK = frozenset({"trunk", "trunk_link"})
"""Classes that are walked on where there is a sidewalk: they include urban expressways (快速路)."""

NOT_WALKED = frozenset({"motorway", "motorway_link", "cycleway", "busway", "bus_guideway"})
"""Classes that walkers need a permission for."""

SIDEWALK_KEYS = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
SIDEWALKS = frozenset({"yes", "both", "left", "right"})
"""Values by which a road has a sidewalk; one that is ``separate`` is a way of its own."""

UNFINISHED = frozenset({"construction", "proposed", "planned"})
"""Classes of what isn't there yet; like everything unknown they are no road."""

CLOSING_BARRIERS = frozenset(
    {
        *("wall", "fence", "hedge", "retaining_wall", "city_wall", "guard_rail", "cable_barrier"),
        "ditch",
    }
)
"""Barriers that nobody walks through; a gate, a bollard, a stile or a turnstile is passed."""


class Verdict(NamedTuple):
    """What a way is to a walker.

    Parameters
    ----------
    kind
        The class of road; ``None`` where it is none.
    walkable
        Whether one may walk on it.
    because
        The tag that stands in the way, as ``key=value``; empty where none does.
    """

    kind: str | None
    walkable: bool
    because: str = ""


def verdict(tags: Mapping[str, str]) -> Verdict | None:
    """Return what a way is to a walker; ``None`` where it has nothing to do with ways.

    Parameters
    ----------
    tags
        Of a way, or of the relation that it outlines.

    Examples
    --------
    >>> verdict({"highway": "track", "access": "no", "foot": "yes", "oneway": "yes"})
    Verdict(kind='track', walkable=True, because='')
    >>> verdict({"highway": "service", "access": "private"})
    Verdict(kind='service', walkable=False, because='access=private')
    >>> verdict({"highway": "construction"}).kind, verdict({"building": "yes"}), verdict({})
    (None, None, None)
    """
    kind = tags.get("highway")
    if kind is None:
        if tags.get("route") == "ferry":
            return Verdict(None, walkable=False, because="route=ferry")
        platform = "platform" in (tags.get("railway"), tags.get("public_transport"))
        return _verdict("platform", tags) if platform else None
    if kind not in WALKED | BY_SIDEWALK | NOT_WALKED:
        return Verdict(None, walkable=False, because=f"highway={kind}")
    return _verdict(kind, tags)


def _verdict(kind: str, tags: Mapping[str, str]) -> Verdict:
    told = permission(tags)
    if told is not None:
        return Verdict(kind, told.walkable, told.because)
    because = f"highway={kind}"
    if tags.get("motorroad") == "yes":
        return Verdict(kind, walkable=False, because="motorroad=yes")
    by_sidewalk = kind in BY_SIDEWALK and any(tags.get(key) in SIDEWALKS for key in SIDEWALK_KEYS)
    walkable = kind in WALKED or by_sidewalk
    return Verdict(kind, walkable, "" if walkable else because)


class Permission(NamedTuple):
    """What tags of access say to walkers."""

    walkable: bool
    because: str = ""


def permission(tags: Mapping[str, str]) -> Permission | None:
    """Return what tags of access say to walkers; ``None`` where they leave it open.

    That everybody may use a motorway (``access=yes``) tells nothing of walkers: only a refusal of
    everybody is one of theirs.

    Examples
    --------
    >>> permission({"access": "private", "foot": "permissive"})
    Permission(walkable=True, because='')
    >>> permission({"access": "yes"}), permission({"vehicle": "no"}), permission({})
    (None, None, None)
    """
    foot = _allowed(tags.get("foot", ""))
    if foot is not None:
        return Permission(foot, "" if foot else f"foot={tags['foot']}")
    if _allowed(tags.get("access", "")) is False:
        return Permission(walkable=False, because=f"access={tags['access']}")
    return None


def _allowed(value: str) -> bool | None:
    """Read a value or several: one that allows is enough; unknown ones say nothing."""
    told = {one.strip() for one in value.split(";")}
    if told & ALLOWING:
        return True
    return False if told & REFUSING else None


def closed_by(tags: Mapping[str, str]) -> str:
    """Return the tag by which a barrier on a way stops walkers, as ``key=value``; or nothing.

    Parameters
    ----------
    tags
        Of a node.

    Examples
    --------
    >>> closed_by({"barrier": "gate"}), closed_by({"barrier": "gate", "locked": "yes"})
    ('', 'locked=yes')
    >>> closed_by({"barrier": "wall"}), closed_by({"barrier": "wall", "foot": "yes"}), closed_by({})
    ('barrier=wall', '', '')
    """
    if "barrier" not in tags:
        return ""
    told = permission(tags)
    if told is not None:
        return told.because
    if _allowed(tags.get("access", "")):
        return ""
    if tags.get("locked") == "yes":
        return "locked=yes"
    return f"barrier={tags['barrier']}" if tags["barrier"] in CLOSING_BARRIERS else ""


__all__ = ["Permission", "Verdict", "closed_by", "permission", "verdict"]
