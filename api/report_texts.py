"""What residents' pages say: the page of a report, and the one that tells what became of it."""

from __future__ import annotations

from geo.messages import Message, msg

REPORT_PAGE: dict[str, Message] = {
    "needPlace": msg("Say where it is: move the map, use your position, or search the address."),
    "needWords": msg("Say in a few words what is wrong, or add a photo."),
    "sending": msg("Sending…"),
    "send": msg("Send"),
    "waiting": msg(
        "No connection. Your report is kept on this device and sent once the connection is back;"
        " it counts from now. You can close this page and open it again later."
    ),
    "waitingShort": msg(
        "No connection. Your report is sent once the connection is back. Leave this page open: this"
        " browser keeps nothing."
    ),
    "tooSlow": msg("The server does not answer just now; it is tried again by itself."),
    "resumed": msg("An earlier report from this device is being sent."),
    "elsewhere": msg("This place seems to belong to %(place)s. Report it there:"),
}
"""Of ``static/report/report.js``."""

FOLLOW_PAGE: dict[str, Message] = {
    "copied": msg("Copied"),
    "copyFailed": msg("Copying did not work; press long on the link and copy it by hand."),
    "shareTitle": msg("My report %(number)s"),
}
"""Of ``static/report/follow.js``."""

STEPS_SAID: dict[str, Message] = {
    "collect": msg("Reported"),
    "load": msg("Reported"),
    "route": msg("Given to the grid"),
    "sort": msg("Looked at and sorted out"),
    "dispatch": msg("Sent to the department"),
    "accept": msg("Taken on by the department"),
    "return": msg("Sent back by the department, being assigned anew"),
    "handle": msg("Handled; it will be checked"),
    "carry_openly": msg("Takes longer; kept on the open list until it is done"),
    "resume": msg("Being worked on again"),
    "verify": msg("Checked and found in order"),
    "reject": msg("Checked and not in order yet; back to be worked on"),
    "feed_back": msg("Answered"),
    "close": msg("Closed"),
    "mark_duplicate": msg("Joined with another report of the same thing"),
    "cancel": msg("Not followed up"),
    "reopen": msg("Taken up again"),
    "transfer_grid": msg("Passed on to another grid"),
    "transfer_department": msg("Passed on to another department"),
}
"""What happened, in the words of those who reported it."""

PHASES: tuple[Message, ...] = (
    msg("Reported"),
    msg("Sorted out"),
    msg("Sent"),
    msg("Handled"),
    msg("Answered"),
)
"""The loop as residents see it: 收集 梳理 分流 处理 反馈."""
