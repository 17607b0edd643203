"""What the script of the page for importing a plan says."""

from __future__ import annotations

from api.i18n import translate_all
from geo.messages import Message, msg

PLAN_IMPORT: dict[str, Message] = {
    "reading": msg("Reading the file …"),
    "noConnection": msg("There is no connection to the server."),
    "failed": msg("This didn't work."),
    "tooLarge": msg("The file is larger than %(most)s MB."),
    "refused": msg("Nothing was taken: %(count)s places in the file have to be put right first."),
    "row": msg("Row"),
    "field": msg("Field"),
    "problem": msg("Problem"),
    "remarks": msg("Good to know"),
    "found": msg("Found in the outlines"),
    "area": msg("%(area)s m²"),
    "repaired": msg("Repaired"),
    "repairable": msg("Repairing would change this; choose “Repair overlaps and gaps” for it"),
    "grid": msg("Grid"),
    "areaBefore": msg("Area before, m²"),
    "areaAfter": msg("Area after, m²"),
    "areaChanged": msg("Won or lost, m²"),
    "pieces": msg("Pieces"),
    "differences": msg("Differences from %(label)s"),
    "same": msg("No grid differs."),
    "added": msg("New"),
    "gone": msg("Gone"),
    "changed": msg("Changed"),
    "change": msg("Change"),
    "code": msg("Code"),
    "name": msg("Name of the grid"),
    "before": msg("Households before"),
    "after": msg("Households after"),
    "blocks": msg("Blocks won and lost"),
    "renamed": msg("%(name)s (before: %(before)s)"),
    "summary": msg(
        "%(blocks)s blocks with %(households)s households change their grid; %(same)s grids stay"
        " as they are."
    ),
    "cut": msg("%(count)s blocks are cut by the boundaries."),
    "unassigned": msg("%(blocks)s blocks with %(households)s households lie in no grid."),
    "untouched": msg("Communities that the file has no grid of stay as they are: %(codes)s."),
    "moved": msg("Blocks that change their grid"),
    "block": msg("Block"),
    "from": msg("Grid before"),
    "to": msg("Grid now"),
    "households": msg("Households"),
    "nobody": msg("none"),
    "open": msg("Open the draft"),
    "made": msg("The draft has been made."),
}


def plan_import_texts(language: str) -> dict[str, str]:
    """Return the texts in a language, with their places.

    Examples
    --------
    >>> plan_import_texts("en")["row"]
    'Row'
    """
    return translate_all(PLAN_IMPORT, language)
