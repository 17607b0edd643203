"""What the desk and its wall say: words of the scripts, queues, letters of actions, all keys.

A script finds them in the page's JSON block, at ``words``. Places such as ``%(number)s`` stay in
them; ``say`` in ``desk/board.js`` puts the values in.
"""

from __future__ import annotations

from api.i18n import translate_all
from geo.messages import Message, msg

ACTION_KEYS: dict[str, str] = {
    "route": "R",
    "sort": "S",
    "dispatch": "D",
    "accept": "A",
    "return": "B",
    "handle": "H",
    "carry_openly": "O",
    "resume": "U",
    "verify": "V",
    "reject": "N",
    "feed_back": "F",
    "close": "C",
    "mark_duplicate": "M",
    "cancel": "Z",
    "reopen": "E",
    "transfer_grid": "G",
    "transfer_department": "T",
    "set_deadline": "L",
    "show": "P",
    "hide": "P",
    "remark": "W",
}
"""The letter of each action that somebody may take; of ``show`` and ``hide`` one is offered."""

QUEUE_NAMES: dict[str, Message] = {
    "triage": msg("Triage"),
    "sort": msg("To sort out"),
    "dispatch": msg("To dispatch"),
    "returned": msg("Sent back"),
    "accept": msg("To accept"),
    "in_hand": msg("In hand"),
    "open_list": msg("Carried openly"),
    "handling": msg("With departments"),
    "verify": msg("To verify"),
    "feedback": msg("To feed back and close"),
    "overdue": msg("Overdue"),
    "escalated": msg("Passed on"),
    "open": msg("All open"),
    "ended": msg("Ended"),
}
"""Queues in the order of the loop."""

ACTION_WORDS: dict[str, Message] = {
    "route": msg("Give to a grid"),
    "sort": msg("Sort out"),
    "dispatch": msg("Dispatch"),
    "accept": msg("Accept"),
    "return": msg("Send back"),
    "handle": msg("Report as handled"),
    "carry_openly": msg("Carry openly"),
    "resume": msg("Take up again"),
    "verify": msg("Verify"),
    "reject": msg("Not in order"),
    "feed_back": msg("Feed back"),
    "close": msg("Close the case"),
    "mark_duplicate": msg("Merge into another"),
    "cancel": msg("Cancel the case"),
    "reopen": msg("Open again"),
    "transfer_grid": msg("Move to another grid"),
    "transfer_department": msg("Move to another department"),
    "set_deadline": msg("Set a deadline"),
    "show": msg("Show to residents"),
    "hide": msg("Hide from residents"),
    "remark": msg("Add a remark"),
}
"""What each action is called before it is done."""

WORDS: dict[str, Message] = {
    "live": msg("Live"),
    "notLive": msg("Not live: looked up every half minute"),
    "failed": msg("That could not be done just now. Try it again."),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
    "metres": msg("%(number)s m"),
    "kilometres": msg("%(number)s km"),
    "spanDays": msg("%(days)s d"),
    "spanDaysHours": msg("%(days)s d %(hours)s h"),
    "spanHours": msg("%(hours)s h %(minutes)s min"),
    "spanMinutes": msg("%(minutes)s min"),
    "over": msg("%(time)s over"),
    "left": msg("%(time)s left"),
    "paused": msg("Clock stands still"),
    "empty": msg("Nothing waits here."),
    "chosenCount": msg("%(count)s chosen"),
    "chooseNone": msg("Choose none"),
    "chooseCase": msg("Choose %(number)s"),
    "withheld": msg("Private duty: withheld"),
    "withheldLong": msg("What was reported is withheld: it belongs to a private duty."),
    "noText": msg("No words"),
    "escalated": msg("Passed on to the street"),
    "outsideGrids": msg("Outside every grid"),
    "inDoubt": msg("Grid in doubt"),
    "noDuty": msg("No duty yet"),
    "transfersShort": msg("%(count)s transfers"),
    "photos": msg("Photos"),
    "opened": msg("Case %(number)s: %(state)s"),
    "done": msg("%(number)s: %(action)s. Now: %(state)s."),
    "notYours": msg("This case is not part of your work any more, or there is none."),
    "somebodyElse": msg(
        "Somebody else was faster: %(actor)s, %(time)s – %(action)s. Now: %(state)s."
    ),
    "stillPossible": msg(
        "Look at what changed above. “%(action)s” is still possible: send it again if "
        "it is still right."
    ),
    "notAnyMore": msg("“%(action)s” is not possible any more."),
    "actions": msg("What may be done"),
    "nothingToDo": msg("Nothing for you to do here."),
    "closeCase": msg("Close the view of this case"),
    "backToList": msg("Back to the list"),
    "asPage": msg("As a page"),
    "close": msg("Close"),
    "cancel": msg("Cancel"),
    "isPublic": msg("Shown to residents"),
    "duplicateOf": msg("Duplicate of %(number)s"),
    "clocks": msg("Deadlines"),
    "place": msg("Place and grid"),
    "theCase": msg("The case"),
    "whoAnswers": msg("Who answers for the place"),
    "reporter": msg("Reporter"),
    "history": msg("History"),
    "duty": msg("Duty"),
    "department": msg("Department"),
    "grid": msg("Grid"),
    "occurred": msg("Occurred"),
    "received": msg("Received"),
    "version": msg("version %(number)s of the catalogue"),
    "source": msg("Came from"),
    "source_resident": msg("A resident"),
    "source_worker": msg("A grid worker"),
    "source_staff": msg("Staff"),
    "source_program": msg("A program"),
    "source_import": msg("A file"),
    "followers": msg("Followers"),
    "transfers": msg("Transfers"),
    "noGrid": msg("No grid yet"),
    "reportedGrid": msg("As reported"),
    "routed": msg("How it was routed"),
    "nearest": msg("Nearest grid"),
    "branch": msg("Branch"),
    "method_inside": msg("Inside the grid"),
    "method_edge": msg("On an edge"),
    "method_nearest": msg("By the nearest grid"),
    "method_outside": msg("Outside every grid"),
    "method_unit": msg("By building and unit"),
    "method_none": msg("No position"),
    "sure": msg("sure"),
    "unsure": msg("in doubt"),
    "candidates": msg("Grids it may lie in, with shares"),
    "noClocks": msg("No clock has begun: the duty is not known yet."),
    "clock_forecast": msg("To come"),
    "clock_running": msg("Runs"),
    "clock_paused": msg("Stands still"),
    "clock_met": msg("In time"),
    "clock_missed": msg("Late"),
    "clock_overdue": msg("Overdue"),
    "until": msg("by %(time)s"),
    "extended": msg("set anew %(count)s times"),
    "calendarUnknown": msg("holidays not published yet"),
    "nobodyAnswers": msg("Nobody is named for this place yet."),
    "level_household": msg("Household"),
    "level_unit": msg("Unit"),
    "level_building": msg("Building"),
    "level_area": msg("Area"),
    "role_committee_member": msg("committee member"),
    "role_paired_unit_member": msg("paired unit"),
    "role_grid_worker": msg("grid worker"),
    "role_owners_committee_member": msg("owners' committee"),
    "role_volunteer": msg("volunteer"),
    "role_party_member": msg("party member"),
    "enlarge": msg("Enlarge photo %(number)s"),
    "photoOf": msg("Photo %(number)s of %(case)s"),
    "before": msg("Photo before"),
    "after": msg("Photo after"),
    "fromTo": msg("%(name)s: %(before)s → %(after)s"),
    "nowIs": msg("%(name)s: %(after)s"),
    "becameStreets": msg("The third transfer: from now on the street decides."),
    "noReporter": msg("Not known, or not part of your work."),
    "name": msg("Name"),
    "phone": msg("Telephone"),
    "whatFor": msg("What for"),
    "unmask": msg("Show"),
    "onRecord": msg("Who looks, when and what for goes on record."),
    "wasOnRecord": msg("You have looked at these details; that is on record."),
    "missing_purpose": msg("Choose what for."),
    "nearTitle": msg("Open cases within %(metres)s"),
    "clickGrid": msg("Click the grid on the map"),
    "onlyThisGrid": msg("Only this grid"),
    "sendHint": msg("Ctrl+Enter sends"),
    "reason": msg("Reason"),
    "note": msg("What was done"),
    "noteOptional": msg("Remark (may stay empty)"),
    "note_feed_back": msg("What the reporter is told"),
    "note_remark": msg("Remark"),
    "searchHint": msg("Code or name"),
    "ownHint": msg("Each keeps its own"),
    "nothingFits": msg("Nothing fits."),
    "orOnMap": msg("or click the map"),
    "stage": msg("Stage"),
    "dueAt": msg("New end"),
    "addHours": msg("+4 hours"),
    "addDay": msg("+1 day"),
    "addDays": msg("+3 days"),
    "duplicate_of": msg("The case that stays"),
    "findCase": msg("Find another case"),
    "numberOrWords": msg("Number or words"),
    "noneNear": msg("No other open case near by."),
    "missing_reason": msg("Say why."),
    "missing_note": msg("Say what was done."),
    "missing_grid": msg("Choose a grid."),
    "missing_duty": msg("Choose a duty."),
    "missing_department": msg("Choose a department."),
    "missing_duplicate_of": msg("Choose the case that stays."),
    "missing_stage": msg("Choose a stage."),
    "missing_due_at": msg("Say until when."),
    "photos_add": msg("Add photos"),
    "photos_working": msg("Making the photos smaller…"),
    "photos_unread": msg("%(count)s files are no pictures that this device can read."),
    "photos_tooMany": msg("No more than %(most)s photos."),
    "photos_photo": msg("Photo %(number)s"),
    "photos_remove": msg("Remove photo %(number)s"),
    "photos_count": msg("%(count)s of %(most)s photos, %(size)s MB"),
    "bulkTitle": msg("%(action)s: %(count)s cases"),
    "nothingForAll": msg("Nothing that all of them allow."),
    "bulkProgress": msg("%(done)s of %(count)s done"),
    "bulkDone": msg("%(action)s: %(count)s cases"),
    "bulkFailed": msg("%(count)s could not be carried out; they stay chosen."),
    "newInQueue": msg("%(queue)s: now %(count)s"),
    "privateDuty": msg("Private duty"),
    "nothingLate": msg("Nothing is overdue."),
    "moreLate": msg("and %(count)s more"),
}

MOVING: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("J", "K"), msg("Next case, case before; the open one goes along")),
    (("↓", "↑"), msg("The same in the list")),
    (("Enter",), msg("Open the case")),
    (("Esc",), msg("Leave the form, the choice, the case")),
    (("1", "–", "9"), msg("A queue by its place")),
    (("[", "]"), msg("Queue before, next queue")),
    (("/",), msg("Search")),
    (("Y",), msg("Map or list on a narrow screen")),
    (("?",), msg("All keys")),
)

CHOOSING: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("X",), msg("Choose the case, or leave it out")),
    (("Shift", "X"), msg("All from the last one chosen")),
    (("Shift", "↓"), msg("Choose along the way")),
    (("Ctrl", "A"), msg("All of the queue, or none")),
)

FORMS: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("Tab",), msg("Next field")),
    (("Ctrl", "Enter"), msg("Send")),
)

ACTING: tuple[tuple[tuple[str, ...], Message], ...] = tuple(
    ((key,), ACTION_WORDS[action]) for action, key in ACTION_KEYS.items()
)

SHEET: tuple[tuple[Message, tuple[tuple[tuple[str, ...], Message], ...]], ...] = (
    (msg("Move and open"), MOVING),
    (msg("Act"), ACTING),
    (msg("Choose many"), CHOOSING),
    (msg("In a form"), FORMS),
)
"""All keys: headings with their rows of keys and what they do."""


def texts_said(language: str) -> dict[str, str]:
    """Return the words of the scripts in a language, by key.

    Examples
    --------
    >>> texts_said("en")["do_dispatch"]
    'Dispatch'
    """
    words = {
        **WORDS,
        **{f"do_{name}": label for name, label in ACTION_WORDS.items()},
        **{f"queue_{name}": label for name, label in QUEUE_NAMES.items()},
    }
    return translate_all(words, language)
