"""What the worker's page says; a script finds its texts at ``texts.<module>``."""

from __future__ import annotations

from api.i18n import translate_all
from geo.messages import Message, msg

APP: dict[str, Message] = {
    "offline": msg("Offline"),
    "loading": msg("Loading your grids…"),
    "noGrid": msg("No grid in force is yours. Ask your community to give you one."),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
    "nobody": msg(
        "Without a connection nobody can be signed in here. Sign in once with a connection;"
        " from then on the page opens without one."
    ),
    "signIn": msg(
        "You are not signed in any more. What you wrote is kept; sign in again to send it."
    ),
    "signInNow": msg("Sign in"),
    "insecure": msg(
        "This page was opened without encryption (http): the phone tells no position, and the"
        " page does not open without a network. Drafts are kept and sent all the same. Open it"
        " by https to have both."
    ),
    "memory": msg(
        "This browser keeps nothing: what you write goes when the page is closed. Send it"
        " before, or allow this page to store data."
    ),
    "noWorker": msg(
        "This browser can't open the page without a network. Leave it open on your way: drafts"
        " are kept and sent."
    ),
    "full": msg(
        "This phone has no room left to keep everything. Delete drafts or files, then open the"
        " page again."
    ),
    "areaOld": msg(
        "Your grids could not be brought up to date; they are shown as of %(time)s. %(reason)s"
    ),
    "areaFailed": msg("Your grids could not be loaded. %(reason)s"),
    "synthetic": msg("Demonstration data, invented"),
    "zoomIn": msg("Zoom in"),
    "zoomOut": msg("Zoom out"),
    "close": msg("Close"),
}

GRID: dict[str, Message] = {
    "locating": msg("Finding your position…"),
    "noGrid": msg("No grid in force is yours. Ask your community to give you one."),
    "here": msg("You are in %(grid)s"),
    "hereOther": msg("You are in %(grid)s, not in a grid of yours"),
    "hereNone": msg("In none of the grids here"),
    "nearest": msg("%(metres)s m from %(grid)s"),
    "accuracy": msg("to about %(metres)s m"),
    "crossing": msg("The circle reaches into %(grids)s, too: it may be there."),
    "maybeOutside": msg("The circle reaches beyond the grids."),
    "comma": msg(", "),
    "toMe": msg("Show where I am"),
    "findBuilding": msg("Find a building in the list"),
    "things": msg("Buildings and stations"),
    "searchHint": msg("Name, address or number"),
    "counts": msg("Buildings: %(buildings)s · stations: %(stations)s"),
    "more": msg("%(count)s more: search to find them"),
    "close": msg("Close"),
    "storeys": msg("storeys: %(count)s"),
    "units": msg("units: %(count)s"),
    "doors": msg("households: %(count)s"),
    "reportHere": msg("Report here"),
    "casesHere": msg("Its cases"),
    "homesHere": msg("Its households"),
}

REPORT: dict[str, Message] = {
    "what": msg("What it is about"),
    "words": msg("In your words"),
    "wordsHint": msg("What is wrong, and where exactly"),
    "goes": msg("Where it goes"),
    "send": msg("Report"),
    "keep": msg("Keep, and send later"),
    "keepChanges": msg("Keep the changes and send"),
    "to": msg("→ %(grid)s"),
    "guessed": msg("as far as this phone knows; the service decides"),
    "noPlace": msg("Say where it is: by your position, on the map or by building."),
    "noWords": msg("Say what it is about: choose it, write a few words or add a photo."),
    "full": msg(
        "This phone has no room left, so it was not kept. Delete drafts or take photos away,"
        " and try again."
    ),
    "notKept": msg("This browser could not keep it. Try again, or copy the text elsewhere."),
    "sending": msg("Being sent…"),
    "kept": msg("Kept on this phone"),
    "keptMore": msg("Written %(time)s. It is sent by itself as soon as there is a network."),
    "arrived": msg("Arrived: %(number)s"),
    "wentTo": msg("It went to %(grid)s."),
    "wentToDesk": msg("The street's desk decides who gets it."),
    "refused": msg("It was not taken"),
    "followed": msg("You follow %(number)s"),
    "followedMore": msg("It was known already; nothing was reported twice."),
    "another": msg("Report something else"),
    "openCase": msg("Open the case"),
    "openDrafts": msg("See what is unsent"),
}

LIST: dict[str, Message] = {
    "building": msg("Building"),
    "all": msg("All of my grids"),
    "more": msg("Show more"),
    "count": msg("%(count)s open, those due first"),
    "countLate": msg("%(count)s open, %(late)s of them overdue"),
    "none": msg("Nothing open here."),
    "keptAt": msg("No connection: the list as it was on %(time)s."),
    "keptAll": msg("No connection: all cases as they were on %(time)s, of every building."),
    "noDuty": msg("No duty yet"),
    "noWords": msg("Without words"),
    "noClock": msg("no clock runs"),
    "paused": msg("clock stands still"),
    "due": msg("%(stage)s: %(when)s"),
    "overdue": msg("Overdue · %(stage)s: %(when)s"),
}

ACT: dict[str, Message] = {
    "back": msg("Back to my list"),
    "steps": msg("What can be done"),
    "nothing": msg("There is nothing to do for you here just now."),
    "history": msg("History and details"),
    "cancel": msg("Cancel"),
    "note": msg("What was done or found"),
    "noteOptional": msg("Note (may stay empty)"),
    "reason": msg("Reason"),
    "duty": msg("Duty"),
    "grid": msg("Grid"),
    "duplicate_of": msg("The case that stays"),
    "missing_note": msg("Write what was done or found."),
    "missing_reason": msg("Give a reason."),
    "missing_duty": msg("Choose a duty."),
    "missing_grid": msg("Choose a grid."),
    "missing_duplicate_of": msg("Choose the case that stays."),
    "nothingNear": msg("There is no other open case near it."),
    "done": msg("Done: %(step)s"),
    "clock_running": msg("the clock runs"),
    "clock_overdue": msg("overdue"),
    "clock_paused": msg("paused"),
    "clock_met": msg("in time"),
    "clock_missed": msg("late"),
}

HOMES: dict[str, Message] = {
    "loading": msg("Loading your grids…"),
    "none": msg("There are no households in your grids."),
    "building": msg("Building"),
    "unit": msg("Unit"),
    "doors": msg("Doors"),
    "noDoors": msg("No household is recorded here."),
    "people": msg("people: %(count)s"),
    "visits": msg("Visits"),
    "noVisits": msg("Nobody has written down a visit yet."),
    "visitsLater": msg("Earlier visits can't be shown just now. %(reason)s"),
    "write": msg("Write a visit down"),
    "at": msg("When"),
    "remark": msg("Remark"),
    "remarkHint": msg("What is worth knowing the next time"),
    "noTime": msg("Give the time of the visit; it can't lie in the future."),
    "residents": msg("Residents of this building"),
    "waits": msg("waits on this phone"),
    "refused": msg("not taken: see what is unsent"),
    "waiting": msg("Visits that wait to be sent: %(count)s"),
}

DRAFTS: dict[str, Message] = {
    "count": msg("Drafts on this phone: %(count)s"),
    "none": msg("No drafts wait"),
    "about": msg(
        "Each is sent once, by itself, as soon as there is a network; a report goes to the grid"
        " in force when it was written."
    ),
    "noneMore": msg("Whatever you write without a network waits here until it has arrived."),
    "sendNow": msg("Send now"),
    "sending": msg("Being sent…"),
    "report": msg("Report"),
    "visit": msg("Visit"),
    "photoReport": msg("Photos without words"),
    "photos": msg("photos: %(count)s"),
    "waits": msg("Waits"),
    "refused": msg("Not taken"),
    "tried": msg(
        "It was sent, and no answer came: it may have arrived. It is sent again as it is, and"
        " counts once."
    ),
    "edit": msg("Change"),
    "drop": msg("Delete"),
    "sure": msg("Delete this draft? It has not been sent."),
    "sureTried": msg("Delete this draft? It may have arrived already; then it stays there."),
    "dropIt": msg("Delete it"),
    "keepIt": msg("Keep it"),
    "arrived": msg("Arrived lately"),
    "arrivedAt": msg("written %(written)s, arrived %(time)s"),
}

MODULES: dict[str, dict[str, Message]] = {
    "app": APP,
    "grid": GRID,
    "report": REPORT,
    "list": LIST,
    "act": ACT,
    "homes": HOMES,
    "drafts": DRAFTS,
}


def texts_said(language: str) -> dict[str, dict[str, str]]:
    """Return the texts of the page's modules in a language.

    Examples
    --------
    >>> texts_said("en")["report"]["arrived"]
    'Arrived: %(number)s'
    """
    return {name: translate_all(texts, language) for name, texts in MODULES.items()}
