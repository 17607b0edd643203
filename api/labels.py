"""Names that staff read for what the domain keeps as codes."""

from __future__ import annotations

from geo.messages import Message, msg

STATES: dict[str, Message] = {
    "triage": msg("Waiting for a decision"),
    "collected": msg("Collected"),
    "sorted": msg("Sorted out"),
    "dispatched": msg("Dispatched"),
    "accepted": msg("Accepted"),
    "returned": msg("Returned"),
    "on_open_list": msg("Carried openly"),
    "handled": msg("Handled"),
    "verified": msg("Verified"),
    "fed_back": msg("Fed back"),
    "closed": msg("Closed"),
    "duplicate": msg("Duplicate"),
    "cancelled": msg("Cancelled"),
    "reopened": msg("Reopened"),
}

STAGES: dict[str, Message] = {
    "dispatch": msg("Dispatch by"),
    "accept": msg("Accept by"),
    "handle": msg("Handle by"),
    "feed_back": msg("Feed back by"),
}

ISSUE_ACTIONS: dict[str, Message] = {
    "collect": msg("Reported"),
    "report": msg("Reported"),
    "load": msg("Loaded from a file"),
    "redraw": msg("Moved by new boundaries"),
    "route": msg("Given to a grid"),
    "sort": msg("Sorted out"),
    "dispatch": msg("Dispatched"),
    "accept": msg("Accepted"),
    "return": msg("Returned"),
    "handle": msg("Handled"),
    "carry_openly": msg("Carried openly"),
    "verify": msg("Verified"),
    "reject": msg("Rejected after verification"),
    "feed_back": msg("Fed back"),
    "close": msg("Closed"),
    "mark_duplicate": msg("Marked as a duplicate"),
    "cancel": msg("Cancelled"),
    "reopen": msg("Reopened"),
    "transfer": msg("Transferred"),
    "resume": msg("Taken up again"),
    "transfer_grid": msg("Transferred to another grid"),
    "transfer_department": msg("Transferred to another department"),
    "set_deadline": msg("Deadline set"),
    "show": msg("Made public"),
    "hide": msg("Made not public"),
    "remark": msg("Remark"),
    "remind": msg("Reminder"),
    "escalate": msg("Passed on to the street"),
}
"""What was done, in a history."""

ACTIONS: dict[str, Message] = {
    "route": msg("Give to a grid"),
    "sort": msg("Sort out"),
    "handle": msg("Report as handled"),
    "dispatch": msg("Dispatch"),
    "accept": msg("Accept"),
    "return": msg("Return"),
    "carry_openly": msg("Carry openly"),
    "resume": msg("Take up again"),
    "verify": msg("Verify"),
    "reject": msg("Reject"),
    "feed_back": msg("Feed back"),
    "close": msg("Close the case"),
    "mark_duplicate": msg("Merge as a duplicate"),
    "cancel": msg("Cancel the case"),
    "reopen": msg("Reopen"),
    "transfer_grid": msg("Transfer to another grid"),
    "transfer_department": msg("Transfer to another department"),
    "set_deadline": msg("Set a deadline"),
    "show": msg("Make public"),
    "hide": msg("Make not public"),
    "remark": msg("Add a remark"),
}
"""What somebody may do, on a button."""

CLOCK_STATES: dict[str, Message] = {
    "forecast": msg("Not begun"),
    "running": msg("Running"),
    "overdue": msg("Overdue"),
    "paused": msg("Paused"),
    "met": msg("In time"),
    "missed": msg("Late"),
}

SOURCES: dict[str, Message] = {
    "resident": msg("Resident"),
    "worker": msg("Grid worker"),
    "staff": msg("Staff"),
    "program": msg("Program"),
    "import": msg("File"),
}

AUDIT_ACTIONS: dict[str, Message] = {
    "read": msg("Personal details read"),
    "insert": msg("Added"),
    "update": msg("Changed"),
    "delete": msg("Deleted"),
    "export": msg("Exported"),
    "erase": msg("A person erased"),
    "retention": msg("Kept long enough"),
    "cut": msg("Trail cut off"),
    "sign_in": msg("Signed in"),
    "sign_in_refused": msg("Sign-in refused"),
    "sign_out": msg("Signed out"),
}

ACTORS: dict[str, Message] = {
    "resident": msg("A resident"),
    "service": msg("The service"),
    "retention": msg("Retention"),
    "command": msg("A command on the server"),
    "demonstration": msg("The demonstration's set-up"),
    "hongge load": msg("Loading of data"),
    "openid": msg("The sign-in provider"),
    "releases": msg("Releasing to the public"),
    "reporter": msg("The reporter"),
    "system": msg("The system"),
}
