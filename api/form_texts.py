"""What the forms of a report say: the modules in ``static/issues`` and the states for residents.

A script finds its texts in the page's JSON block, at ``texts.<module>``; see
:mod:`api.plan_texts`.
"""

from __future__ import annotations

from api.i18n import translate_all
from geo.messages import Message, msg

POSITION: dict[str, Message] = {
    "map": msg("Map for the place: move it until the pin stands where it is"),
    "help": msg(
        "Arrow keys move the map under the pin, plus and minus zoom. You can also search an address"
        " below."
    ),
    "start": msg("Move the map until the pin stands on the place"),
    "byHand": msg("Place set on the map"),
    "accuracy": msg("Your position, to about %(metres)s m. Move the map to correct it."),
    "locate": msg("Use my position"),
    "locating": msg("Finding your position…"),
    "insecure": msg(
        "This page was opened without encryption (http), so the browser does not tell where you"
        " are."
    ),
    "unsupported": msg("This browser can't tell where you are."),
    "denied": msg(
        "You have not allowed this page to know where you are. You can allow it in the browser's"
        " settings for this page, or say where in another way."
    ),
    "unavailable": msg(
        "Your device can't find its position just now. It works better near a window or outdoors."
    ),
    "timeout": msg("Finding your position took too long."),
    "again": msg("Try again"),
    "toMap": msg("Set it on the map"),
    "toSearch": msg("Search an address"),
    "search": msg("Or compound, road or building"),
    "searchHint": msg("Name of the compound, road, number"),
    "searchFailed": msg("Addresses can't be searched just now. Set the place on the map."),
    "found": msg("%(count)s found"),
    "nothing": msg("Nothing by that name. Set the place on the map."),
    "buildings": msg("%(count)s buildings"),
    "unit": msg("Stairwell"),
    "unitNumber": msg("Unit %(number)s"),
    "unitUnknown": msg("Whole building"),
}

DUTIES: dict[str, Message] = {
    "label": msg("What it is about"),
    "search": msg("Search what it is about"),
    "hint": msg("Street light, rubbish, noise…"),
    "unknown": msg("I don't know"),
    "unknownMeans": msg("Somebody at the street office sorts it out."),
    "all": msg("Show all"),
    "change": msg("Choose another"),
    "nothing": msg("Nothing fits these words."),
}

PHOTOS: dict[str, Message] = {
    "add": msg("Add photos"),
    "photo": msg("Photo %(number)s"),
    "remove": msg("Take photo %(number)s away"),
    "working": msg("Making photos smaller…"),
    "unread": msg("%(count)s could not be read as a photo."),
    "tooMany": msg("At most %(most)s photos."),
    "count": msg("%(count)s of %(most)s photos, %(size)s MB"),
}

PREVIEW: dict[str, Message] = {
    "start": msg("Once you say where, it stands here who gets it."),
    "offline": msg(
        "Without a connection it can't be told yet. It goes to the grid in which it is."
    ),
    "desk": msg("The street's desk"),
    "outside": msg(
        "The place lies in no grid; the nearest, %(grid)s, is %(metres)s m away. Somebody decides,"
        " nothing is lost."
    ),
    "noGrid": msg("The place lies in no grid. Somebody decides, nothing is lost."),
    "branch": msg("Party branch"),
    "department": msg("Department"),
    "departmentLater": msg("Chosen by the street's desk"),
    "due": msg("To be handled by"),
    "nearEdge": msg(
        "Close to a boundary: %(grids)s. If that is where it is, move the pin; otherwise it goes as"
        " above."
    ),
    "onEdge": msg(
        "On the line between grids; by rule it goes as above. The other side: %(grids)s."
    ),
    "shareOf": msg("%(grid)s (%(share)s likely)"),
    "distanceOf": msg("%(grid)s (%(metres)s m away)"),
    "comma": msg(", "),
}

NEARBY: dict[str, Message] = {
    "title": msg("Known already?"),
    "about": msg(
        "Open near here, within %(metres)s m: %(count)s. If it is the same, follow it; you needn't"
        " report it again."
    ),
    "distance": msg("%(metres)s m away"),
    "followers": msg("followed by %(count)s"),
    "all": msg("Show all"),
    "noWords": msg("Without words"),
    "photo": msg("Photo of the case"),
    "thisOne": msg("This one"),
    "thisOneOf": msg("This one: %(text)s"),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
}

STATES_SAID: dict[str, Message] = {
    "triage": msg("received, being assigned"),
    "collected": msg("received"),
    "sorted": msg("looked at"),
    "dispatched": msg("sent to the department"),
    "accepted": msg("taken on by the department"),
    "returned": msg("being assigned anew"),
    "on_open_list": msg("takes longer, kept on the open list"),
    "handled": msg("handled, being checked"),
    "verified": msg("checked"),
    "fed_back": msg("answered"),
    "closed": msg("closed"),
    "duplicate": msg("dealt with under another number"),
    "cancelled": msg("not followed up"),
    "reopened": msg("taken up again"),
}
"""The states of a case in the words of those who reported it."""

MODULES: dict[str, dict[str, Message]] = {
    "position": POSITION,
    "duties": DUTIES,
    "photos": PHOTOS,
    "preview": PREVIEW,
    "nearby": NEARBY | {f"state_{state}": said for state, said in STATES_SAID.items()},
}


def form_texts(language: str) -> dict[str, dict[str, str]]:
    """Return the texts of the forms' modules in a language."""
    return {name: translate_all(texts, language) for name, texts in MODULES.items()}
