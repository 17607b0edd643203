"""What figures are called and what they mean, on the page, in workbooks and in answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api.i18n import translate
from geo.messages import Message, msg

if TYPE_CHECKING:
    from datetime import date

    from geo.flows.figures import Counted

ROWS: dict[str, Message] = {
    "grid": msg("Grid"),
    "community": msg("Community"),
    "duty": msg("Duty"),
    "department": msg("Department"),
    "month": msg("Month"),
}
TABLES: dict[str, Message] = {
    "grid": msg("By grid"),
    "community": msg("By community"),
    "duty": msg("By duty"),
    "department": msg("By department"),
    "month": msg("By month"),
}
NOWHERE: dict[str, Message] = {
    "grid": msg("In no grid"),
    "community": msg("In no community"),
    "duty": msg("Without a duty"),
    "department": msg("With no department"),
    "month": msg("Without a date"),
}


class Word(NamedTuple):
    """A figure's name, and what it is."""

    name: Message
    meaning: Message


COUNTS: dict[str, Word] = {
    "received": Word(msg("Cases received"), msg("Cases that came in during the period.")),
    "closed": Word(msg("Closed"), msg("Of them, those that are closed by now.")),
    "in_hand": Word(msg("Still in hand"), msg("Of them, those that somebody still has to act on.")),
    "ended_otherwise": Word(msg("Ended otherwise"), msg("Of them, duplicates and cancelled ones.")),
    "on_time": Word(
        msg("Closed on time"),
        msg("Closed ones of which every stage with a deadline is recorded to have kept it."),
    ),
    "late": Word(
        msg("Closed late"),
        msg("Closed ones of which a stage is recorded to have missed its deadline."),
    ),
    "not_recorded": Word(
        msg("Not recorded"),
        msg(
            "Closed ones of which nobody wrote down when every stage was done: never counted as"
            " late."
        ),
    ),
    "no_deadline": Word(
        msg("No deadline"), msg("Closed ones to which the catalogue gives no deadline.")
    ),
    "overdue": Word(
        msg("Overdue"), msg("Those in hand of which a stage is past its deadline now.")
    ),
    "reopened": Word(msg("Reopened"), msg("Cases that were opened again at least once.")),
    "returned": Word(msg("Returned"), msg("Cases that a department sent back at least once.")),
    "transfers": Word(
        msg("Transfers"), msg("How often cases were sent to another grid or department.")
    ),
}
ON_TIME_PCT = Word(msg("On-time share"), msg("On time, in percent of what was on time or late."))
HOURS: dict[str, Word] = {
    "dispatch": Word(
        msg("Dispatch, h"), msg("Median working hours from receipt to the department.")
    ),
    "accept": Word(
        msg("Acceptance, h"), msg("Median working hours from dispatch until it is accepted.")
    ),
    "handle": Word(
        msg("Handling, h"),
        msg("Median working hours from dispatch until it is handled, without the open list."),
    ),
    "feed_back": Word(
        msg("Feedback, h"), msg("Median working hours from handling until the reporter is told.")
    ),
}
ROLES_NOTE = msg("Only cases that you may see are counted.")
NO_WORDS = msg(
    "Cases of private duties count like all others; nobody's words, names or homes are in here."
)


def basis_said(counted: Counted, language: str) -> str:
    """Return the sentence that says by which grids was counted."""
    labels = ("、" if language == "zh_CN" else ", ").join(counted.generations)
    return translate(_basis(counted.asked.basis, labels), language)


def _basis(basis: str, labels: str) -> Message:
    if basis == "now":
        return msg(
            "Counted by the grid that each case is in now; generation in force: %(labels)s.",
            labels=labels or "–",
        )
    if basis == "generation":
        return msg(
            "Recast on generation %(labels)s: each case counts in the grid that its place lies in"
            " there.",
            labels=labels,
        )
    return msg(
        "Counted by the generation in force when each case occurred: %(labels)s.",
        labels=labels or "–",
    )


def unplaced_said(counted: Counted, language: str) -> str:
    """Return the sentence on cases that lie in no grid; empty where there are none."""
    if not counted.unplaced:
        return ""
    told = msg(
        "%(count)s cases lie in no grid by this way of counting; they stand in a row of their own.",
        count=counted.unplaced,
    )
    return translate(told, language)


def summary_said(counted: Counted, days: tuple[date | None, date | None], language: str) -> str:
    """Return the sentence of what was received, closed and in hand.

    Parameters
    ----------
    counted
        The figures.
    days
        The first and the last day of the period, in local time; ``None`` for no limit.
    language
        Of the reader.
    """
    counts = counted.total.counts
    told = {name: counts[name] for name in ("received", "closed", "in_hand", "ended_otherwise")}
    when = translate(_period(counted, days), language)
    if told.pop("ended_otherwise"):
        message = msg(
            "%(when)s: %(received)s received, %(closed)s closed, %(in_hand)s in hand,"
            " %(other)s ended otherwise",
            when=when,
            other=counts["ended_otherwise"],
            **told,
        )
    else:
        message = msg(
            "%(when)s: %(received)s received, %(closed)s closed, %(in_hand)s in hand",
            when=when,
            **told,
        )
    return translate(message, language)


def period_said(counted: Counted, days: tuple[date | None, date | None], language: str) -> str:
    """Return the period's name; see :func:`summary_said`."""
    return translate(_period(counted, days), language)


def _period(counted: Counted, days: tuple[date | None, date | None]) -> Message:
    first, last = days
    if first is None and last is None:
        return msg("All the time")
    if first is None:
        return msg("Until %(last)s", last=str(last))
    whole_year = (first.month, first.day) == (1, 1) and last in {
        None,
        first.replace(month=12, day=31),
    }
    if whole_year and first.year == counted.local_at.year:
        return msg("This year")
    if whole_year and last is not None:
        return msg("%(year)s", year=first.year)
    if last is None:
        return msg("Since %(first)s", first=str(first))
    return msg("%(first)s to %(last)s", first=str(first), last=str(last))
