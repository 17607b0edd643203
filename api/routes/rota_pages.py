"""The page of duty rotas: proposed, kept, changed and published by a station's staff."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from api.booking_texts import day_named
from api.deps import FormDep, SessionDep, VisitorDep
from api.duty_words import ROLES as MEMBER_ROLES
from api.forms import Form
from api.i18n import language_of, translate
from api.rota_shape import (
    KINDS,
    LOADS,
    MARKS,
    clocks_said,
    conflicts_out,
    hours_of,
    loads_out,
    people_of,
    proposed_out,
    shift_out,
    span_said,
)
from api.routes.personal import NO_STORE, staff_page
from api.routes.rota import asked_of, check_kept, find_watched, this_week
from api.schemas.rota import FIRST_DAY, LARGEST_KEY, LAST_DAY, MOST_SHIFTS, ProposalIn
from api.schemas.values import MOST_NAME, NoNul
from geo.core.opening import kind_of_day
from geo.core.worktime import WorkCalendar
from geo.errors import HonggeError, InvalidFieldError, StepRefusedError
from geo.flows import rota as flow
from geo.flows.rota import BY_DAY, ROLES, Proposed, Table
from geo.flows.sign_in import Visitor
from geo.flows.station_details import find_station
from geo.messages import Message, msg
from geo.store.engine import Session
from geo.store.rota import watched_stations
from geo.store.station_details import kept_stations, list_stations

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = "/desk/rota"
Text = Annotated[str, Path(min_length=1, max_length=MOST_NAME), NoNul]
ShiftKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
WEEKS = (1, 2, 4, 8)
WEEK = 7
USUAL_WEEKS = 4
ABSENCES = 6
MINUTE_S = 60
NUMBERS = ("day_max", "week_max", "rest_min", "longest_min", *KINDS)
DEFAULTS = {"day_max": "1", "week_max": "6", "rest_min": "600", "longest_min": "300"}
SAVED: dict[str, Message] = {
    "draft": msg("Kept as a draft. Nobody but the staff sees it."),
    "published": msg("Published. Everybody sees when somebody is on duty, and nobody sees who."),
    "shift": msg("Saved."),
    "removed": msg("The shift is removed."),
}
FIELDS: dict[str, Message] = {
    "day_max": msg("Shifts a day, at most"),
    "week_max": msg("Shifts a week, at most"),
    "rest_min": msg("Minutes of rest between shifts"),
    "longest_min": msg("Minutes a shift, at most"),
    "begins": msg("Duty from"),
    "ends": msg("Duty until"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A station, and who wants to change its rota by which form."""

    request: Request
    session: Session
    visitor: Visitor
    form: Form
    station: Any

    @property
    def first(self) -> date:
        """The first day that the page shows."""
        return _day(self.form["from"], this_week(self.session, self.station))

    @property
    def weeks(self) -> int:
        """How many weeks it shows."""
        return _weeks(self.form["weeks"])


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows besides the rota that is kept."""

    proposed: Proposed | None = None
    errors: tuple[str, ...] = ()
    form: Form | None = None


def get_kept(  # noqa: PLR0913, PLR0917 - which, and what a page needs
    slug: Text,
    code: Text,
    request: Request,
    session: SessionDep,
    visitor: VisitorDep,
    form: FormDep,
) -> Kept:
    """Return the station of an address, for whoever may change its rota."""
    station = find_station(session, code, slug)
    check_kept(session, station)
    return Kept(request, session, visitor, form, station)


KeptDep = Annotated[Kept, Depends(get_kept)]


@router.get(PAGE)
def get_page(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Show the rota of a station: by default the first that one keeps, from this week on."""
    watched = watched_stations(session)
    stations = [one for one in list_stations(session) if one["id"] in watched]
    if not stations:
        return staff_page(request, "desk_rota.html", visitor, station=None)
    slug, _, code = request.query_params.get("station", "").partition("/")
    if code:
        station = find_watched(session, code, slug)
    else:
        kept = kept_stations(session)
        station = next((one for one in stations if one["id"] in kept), stations[0])
    return _page(request, session, visitor, station, Shown())


@router.post(f"{PAGE}/{{slug}}/{{code}}/propose")
def post_proposal(kept: KeptDep) -> HTMLResponse:
    """Show the fairest rota, or who is missing; nothing is kept."""
    try:
        asked = asked_of(_asked(kept))
        proposed = flow.propose(kept.session, kept.station, asked)
    except (ValidationError, InvalidFieldError, StepRefusedError) as error:
        return _refused(kept, error)
    shown = Shown(proposed, form=kept.form)
    return _page(kept.request, kept.session, kept.visitor, kept.station, shown)


@router.post(f"{PAGE}/{{slug}}/{{code}}/keep")
def post_keep(kept: KeptDep) -> Response:
    """Keep what was proposed as a draft."""

    def change(station: Any) -> None:
        days = WEEK * kept.weeks
        flow.keep(kept.session, station, kept.first, days, _shifts(kept.form["shifts"]))

    return _changed(kept, "draft", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/publish")
def post_publication(kept: KeptDep) -> Response:
    """Publish the draft of the days that the page shows."""

    def change(station: Any) -> None:
        flow.publish(kept.session, station, kept.first, WEEK * kept.weeks)

    return _changed(kept, "published", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/shifts")
def post_shift(kept: KeptDep) -> Response:
    """Add a shift."""

    def change(station: Any) -> None:
        flow.add_shift(kept.session, station, kept.form.number("member"), _span(kept))

    return _changed(kept, "shift", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/shifts/{{shift_id}}")
def post_change(kept: KeptDep, shift_id: ShiftKey) -> Response:
    """Change a shift, or remove it."""
    if kept.form["action"] == "remove":
        return _changed(
            kept,
            "removed",
            lambda station: flow.remove_shift(kept.session, station, shift_id),
        )

    def change(station: Any) -> None:
        member = kept.form.number("member")
        flow.change_shift(kept.session, station, shift_id, member, _span(kept))

    return _changed(kept, "shift", change)


def page_url(station: Any, **asked: Any) -> str:
    """Return the address of a station's rota."""
    given = {name: str(one) for name, one in asked.items() if one}
    return f"{PAGE}?{urlencode({'station': _key(station), **given}, safe='/')}"


def _key(station: Any) -> str:
    return f"{station['jurisdiction']}/{station['code']}"


def _changed(kept: Kept, saved: str, change: Callable[[Any], None]) -> Response:
    """Change a rota and come back to its page; or show the page with what is wrong."""
    try:
        with kept.session.begin_nested():
            code, slug = kept.station["code"], kept.station["jurisdiction"]
            change(flow.find_held(kept.session, code, slug))
    except (ValidationError, InvalidFieldError, StepRefusedError) as error:
        return _refused(kept, error)
    asked = {"from": kept.first, "weeks": kept.weeks, "saved": saved}
    place = kept.form["day"]
    anchor = f"#d{place}" if place and _is_day(place) else ""
    address = page_url(kept.station, **asked) + anchor
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, NO_STORE)


def _refused(kept: Kept, error: ValidationError | HonggeError) -> HTMLResponse:
    language = language_of(kept.request)
    shown = Shown(errors=tuple(_errors(error, language)), form=kept.form)
    answer = _page(kept.request, kept.session, kept.visitor, kept.station, shown)
    conflict = isinstance(error, StepRefusedError)
    answer.status_code = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def _errors(error: ValidationError | HonggeError, language: str) -> list[str]:
    if isinstance(error, ValidationError):
        names = {str(one["loc"][-1]) for one in error.errors()}
        said = [
            translate(FIELDS.get(one) or KINDS.get(one) or Message(one), language) for one in names
        ]
        told = msg("%(field)s: %(reason)s", field="、".join(said), reason=msg("This can't be so."))
        return [translate(told, language)]
    reason = error.message.values.get("reason") or error.message
    return [translate(reason, language)]


def _page(
    request: Request, session: Session, visitor: Visitor, station: Any, shown: Shown
) -> HTMLResponse:
    language, given = language_of(request), request.query_params
    form = shown.form or Form([])
    first = _day(form["from"] or given.get("from", ""), this_week(session, station))
    weeks = _weeks(form["weeks"] or given.get("weeks", ""))
    table = flow.table(session, station, first, WEEK * weeks)
    watched = watched_stations(session)
    zone = table.calendar.zone
    told = proposed_out(shown.proposed, language) if shown.proposed else None
    shifts = told["shifts"] if told else [shift_out(one, zone) for one in table.shifts]
    ticked = {int(one) for one in form.all("member_of_rota") if one.isdigit()}
    on_duty = ticked | {one["member_id"] for one in table.shifts}
    mine = _mine(table, visitor, given.get("who", ""))
    url = partial(page_url, station, weeks=weeks)
    api = f"/api/v1/stations/{quote(station['code'], safe='')}/rota.xlsx"
    asked = {"first_day": first, "days": WEEK * weeks, "jurisdiction": station["jurisdiction"]}
    return staff_page(
        request,
        "desk_rota.html",
        visitor,
        station=station,
        stations=[(_key(one), one) for one in list_stations(session) if one["id"] in watched],
        chosen=_key(station),
        action=f"{PAGE}/{quote(_key(station))}",
        first=first,
        last=first + timedelta(days=WEEK * weeks - 1),
        weeks=weeks,
        week_choices=WEEKS,
        day_name=partial(day_named, language),
        earlier=url(**{"from": first - timedelta(days=WEEK * weeks)}),
        later=url(**{"from": first + timedelta(days=WEEK * weeks)}),
        here=partial(url, **{"from": first}),
        workbook_url=f"{api}?{urlencode(asked)}",
        keeps=station["id"] in kept_stations(session),
        days=_days(shifts, table.calendar, first, weeks, language),
        drafts=sum(one["published_at"] is None for one in table.shifts),
        proposed=told,
        packed=_packed(told["shifts"]) if told else "",
        fair=_fair(told, table),
        kinds={kind: translate(text, language) for kind, text in KINDS.items()},
        marks={kind: translate(text, language) for kind, text in MARKS.items()},
        load_names={kind: translate(text, language) for kind, text in LOADS.items()},
        hours_of=hours_of,
        clocks=clocks_said,
        conflicts=conflicts_out(table, language),
        gaps=[span_said(*one, zone, language) for one in table.gaps],
        members=table.members,
        staff=[one for one in table.members if one["role"] in ROLES],
        others=(others := [one for one in table.members if one["role"] not in ROLES]),
        helping=[one for one in others if one["id"] in on_duty],
        roles={role: translate(text, language) for role, text in MEMBER_ROLES.items()},
        edited=_edited(table, given.get("edit", ""), zone),
        mine=mine,
        own=[one for one in shifts if mine and one["member"]["id"] == mine["id"]],
        errors=shown.errors,
        saved=translate(SAVED[given["saved"]], language) if given.get("saved") in SAVED else None,
        fields={name: translate(text, language) for name, text in FIELDS.items()},
        value=partial(_value, form, table),
        ticked=ticked,
        absences=range(ABSENCES),
        form=form,
    )


def _value(form: Form, table: Table, name: str) -> str:
    """Return what a field of the rules holds at first, or what was sent."""
    if form[name]:
        return form[name]
    if table.always and name in {"begins", "ends"}:
        return f"{BY_DAY[name == 'ends']:%H:%M}"
    return DEFAULTS.get(name, "" if name in {"begins", "ends"} else "1")


def _days(
    shifts: Iterable[Mapping[str, Any]],
    calendar: WorkCalendar,
    first: date,
    weeks: int,
    language: str,
) -> list[dict[str, Any]]:
    """Return the days of a period, each with its shifts by their time."""
    by_day: dict[date, list[dict[str, Any]]] = {}
    for day, group in groupby(shifts, key=lambda one: one["starts_at"].date()):
        spans: dict[tuple[datetime, datetime], list[Mapping[str, Any]]] = {}
        for one in group:
            spans.setdefault((one["starts_at"], one["ends_at"]), []).append(one)
        by_day[day] = [
            {"clocks": clocks_said(*span), "kind": those[0]["kind"], "shifts": those}
            for span, those in spans.items()
        ]
    days = (first + timedelta(days=at) for at in range(WEEK * weeks))
    return [
        {
            "day": day,
            "name": day_named(language, day),
            "kind": kind_of_day(calendar, day),
            "spans": by_day.get(day, []),
        }
        for day in days
    ]


def _fair(told: dict[str, Any] | None, table: Table) -> list[dict[str, Any]]:
    """Return the rows of the table by person."""
    shifts = told["shifts"] if told else None
    rows = told["loads"] if told else loads_out(table.loads, people_of(table))
    counted = (
        [one["member"]["id"] for one in shifts]
        if shifts is not None
        else [one["member_id"] for one in table.shifts]
    )
    return [{**one, "shifts": counted.count(one["member"]["id"])} for one in rows]


def _mine(table: Table, visitor: Visitor, who: str) -> dict[str, Any] | None:
    """Return whose shifts are shown apart: who is chosen, else the one of the account's name."""
    people = people_of(table)
    if who:
        return next((one for one in people if one["code"] == who), None)
    name = visitor.holder.display_name if visitor.holder else ""
    named = [one for one in people if one["name"] == name]
    return named[0] if len(named) == 1 else None


def _edited(table: Table, key: str, zone: ZoneInfo) -> dict[str, Any] | None:
    return next((shift_out(one, zone) for one in table.shifts if str(one["id"]) == key), None)


def _asked(kept: Kept) -> ProposalIn:
    """Read the form of a proposal."""
    form = kept.form
    absences = []
    for at in range(ABSENCES):
        member, since, until = (form[f"{name}_{at}"] for name in ("away", "since", "until"))
        if member and since:
            absences.append({"member": member, "first_day": since, "last_day": until or since})
    rules: dict[str, Any] = {name: form[name].strip() for name in NUMBERS if form[name].strip()}
    rules |= {name: form[name].strip() for name in ("begins", "ends") if form[name].strip()}
    return ProposalIn.model_validate(
        {
            "first_day": kept.first.isoformat(),
            "days": str(WEEK * kept.weeks),
            "members": form.all("member_of_rota"),
            "absences": absences,
            "rules": rules,
            "seed": form["seed"].strip() or "0",
        }
    )


def _span(kept: Kept) -> tuple[datetime, datetime]:
    """Return the times of a form, in the station's time zone; an end before ends the next day."""
    form, zone = kept.form, ZoneInfo(kept.station["timezone"])
    day = _day(form["day"], None)
    begins, ends = (_clock(form, name) for name in ("starts", "ends"))
    over = day + timedelta(days=1) if ends <= begins else day
    return datetime.combine(day, begins, zone), datetime.combine(over, ends, zone)


def _clock(form: Form, name: str) -> time:
    text = form[name].strip()
    try:
        return time(0) if text == "24:00" else time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise InvalidFieldError(field=name, reason=msg("This is no time, such as 08:30.")) from None


def _packed(shifts: Iterable[Mapping[str, Any]]) -> str:
    """Return shifts as a field of a form carries them until they are kept."""
    return " ".join(
        f"{one['member']['id']}:{_minute(one['starts_at'])}:{_minute(one['ends_at'])}"
        for one in shifts
    )


def _minute(instant: datetime) -> int:
    return round(instant.timestamp()) // MINUTE_S


def _shifts(text: str) -> list[tuple[int, tuple[datetime, datetime]]]:
    """Read what :func:`_packed` wrote."""
    rows = [one.split(":") for one in text.split()]
    try:
        numbers = [[int(part) for part in row] for row in rows]
        found = [(member, (_instant(begins), _instant(ends))) for member, begins, ends in numbers]
    except (ValueError, OverflowError, OSError):
        found = []
    if not 0 < len(found) <= MOST_SHIFTS:
        raise InvalidFieldError(field="shifts", reason=msg("This does not look as it should."))
    return found


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * MINUTE_S, UTC)


def _weeks(text: str) -> int:
    return next((one for one in WEEKS if str(one) == text), USUAL_WEEKS)


def _is_day(text: str) -> bool:
    try:
        return FIRST_DAY <= date.fromisoformat(text) <= LAST_DAY
    except ValueError:
        return False


def _day(text: str, otherwise: date | None) -> date:
    """Return the day that a field names.

    Raises
    ------
    InvalidFieldError
        When it names none.
    """
    text = text.strip()
    if not text and otherwise is not None:
        return otherwise
    if not _is_day(text):
        raise InvalidFieldError(field="day", reason=msg("This is no day, such as 2026-01-31."))
    return date.fromisoformat(text)
