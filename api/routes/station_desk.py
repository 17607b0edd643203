"""Pages on which staff keep their stations: hours, closures, rooms and services."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from api.booking_texts import day_named
from api.deps import FormDep, SessionDep, VisitorDep
from api.errors import wrong_value
from api.forms import Form
from api.i18n import language_of, translate
from api.routes.booking_desk import bookings_url
from api.routes.personal import NO_STORE, staff_page
from api.routes.stations import ClosureKey
from api.schemas.station_details import ClosureIn, RoomIn, StationServiceIn
from api.schemas.values import MOST_NAME, NoNul
from api.station_words import ROOM_ZONES, day_said, hours_said, opening_said
from geo.core.opening import KINDS, DayHours, Week
from geo.core.space import space_use
from geo.errors import HonggeError, InvalidFieldError, NotFoundError, StepRefusedError
from geo.files.opening_hours import read_intervals
from geo.flows import station_details as flow
from geo.flows.sign_in import Visitor
from geo.messages import Message, msg
from geo.store.bookings import closures_hit
from geo.store.engine import Session
from geo.store.publishing import clock
from geo.store.station_details import kept_stations, list_stations

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = "/desk/stations"
LONGEST_CODE = 40
FIRST_YEAR, LAST_YEAR = 2000, 2999
Text = Annotated[str, Path(min_length=1, max_length=MOST_NAME), NoNul]

DAYS: dict[str, Message] = {
    "1": msg("Monday"),
    "2": msg("Tuesday"),
    "3": msg("Wednesday"),
    "4": msg("Thursday"),
    "5": msg("Friday"),
    "6": msg("Saturday"),
    "7": msg("Sunday"),
    "holiday": msg("Public holidays"),
    "workday": msg("Make-up working days"),
}
STATES: dict[str, Message] = {
    "open": msg("Open at"),
    "closed": msg("Not open"),
    "unknown": msg("Not known"),
}
WAYS: dict[str, Message] = {
    "appointment": msg("By appointment"),
    "errand": msg("Errand by a helper"),
}
LABELS: dict[str, Message] = {
    "opening_hours": msg("As OpenStreetMap writes it"),
    "starts_at": msg("Closed from"),
    "ends_at": msg("Closed until"),
    "reason": msg("Reason"),
    "reason_en": msg("Reason in English"),
    "code": msg("Code"),
    "name": msg("What it is called"),
    "name_en": msg("Name in English"),
    "zone": msg("What it is for"),
    "area_m2": msg("Floor area, m²"),
    "way": msg("How it is done"),
    "slot_minutes": msg("Minutes a slot"),
    "capacity": msg("People a slot"),
    "days_ahead": msg("Days ahead"),
    "needs": msg("What to bring"),
    "needs_en": msg("What to bring, in English"),
}
SAVED = msg("Saved. Everybody sees it at once.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A station, and who wants to change it by which form."""

    request: Request
    session: Session
    visitor: Visitor
    form: Form
    station: Any


def get_kept(  # noqa: PLR0913, PLR0917 - which, and what a page needs
    slug: Text,
    code: Text,
    request: Request,
    session: SessionDep,
    visitor: VisitorDep,
    form: FormDep,
) -> Kept:
    """Return the station of an address, for whoever may change it."""
    return Kept(request, session, visitor, form, flow.find_kept(session, code, slug))


KeptDep = Annotated[Kept, Depends(get_kept)]


Body = TypeVar("Body", bound=BaseModel)


class Refused(NamedTuple):
    """A part of the page whose form was refused, and what is wrong with it."""

    part: str
    errors: list[str]


@router.get(PAGE)
def get_list(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """List the stations that one keeps, and whether they are open."""
    language, kept = language_of(request), kept_stations(session)
    own = [one for one in list_stations(session) if one["id"] in kept]
    stations = [
        {
            "station": one.station,
            "open": one.opening.now,
            "known": one.opening.known,
            "said": translate(opening_said(one.opening, one.at), language),
            "url": station_url(one.station),
        }
        for one in flow.stations_now(session, own)
    ]
    return staff_page(request, "desk_stations.html", visitor, stations=stations)


@router.get(f"{PAGE}/{{slug}}/{{code}}")
def get_station(kept: KeptDep) -> HTMLResponse:
    """Show a station with the forms that change it."""
    return _page(kept, None)


@router.post(f"{PAGE}/{{slug}}/{{code}}/hours")
def post_hours(kept: KeptDep) -> Response:
    """Set the hours, day by day or as OpenStreetMap writes them."""

    def change() -> None:
        expression = kept.form["opening_hours"].strip()
        if expression:
            flow.set_opening_hours(kept.session, kept.station, expression)
        else:
            flow.set_rules(kept.session, kept.station, _rules(kept.form))

    return _changed(kept, "hours", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/closures")
def post_closure(kept: KeptDep) -> Response:
    """Announce a closure."""

    def change() -> None:
        instants = {name: _instant(kept, name) for name in ("starts_at", "ends_at")}
        given = _read(ClosureIn, kept.form, instants)
        flow.announce_closure(kept.session, kept.station, given.model_dump())

    return _changed(kept, "closures", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/closures/{{closure_id}}/end")
def post_end(kept: KeptDep, closure_id: ClosureKey) -> Response:
    """End a closure, now or later."""

    def change() -> None:
        flow.end_closure(kept.session, kept.station, closure_id, _instant(kept, "ends_at"))

    return _changed(kept, "closures", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/rooms")
def post_room(kept: KeptDep) -> Response:
    """Add a room, or change the one of this code."""

    def change() -> None:
        given = _read(RoomIn, kept.form, {})
        flow.put_room(kept.session, kept.station, _code(kept.form), given.model_dump())

    return _changed(kept, "rooms", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/rooms/{{room}}/remove")
def post_removal(kept: KeptDep, room: Text) -> Response:
    """Remove a room; it may be gone already."""

    def change() -> None:
        with suppress(NotFoundError):
            flow.remove_room(kept.session, kept.station, room)

    return _changed(kept, "rooms", change)


@router.post(f"{PAGE}/{{slug}}/{{code}}/services")
def post_service(kept: KeptDep) -> Response:
    """Add a service, change the one of this code, retire it, or bring it back."""

    def change() -> None:
        ticked = {name: kept.form[name] == "yes" for name in ("anywhere", "one_window", "retired")}
        given = _read(StationServiceIn, kept.form, ticked)
        flow.put_service(kept.session, kept.station, _code(kept.form), given.model_dump())

    return _changed(kept, "services", change)


def station_url(station: Any) -> str:
    """Return the address of the page on which a station is kept."""
    return f"{PAGE}/{quote(station['jurisdiction'], safe='')}/{quote(station['code'], safe='')}"


def _changed(kept: Kept, part: str, change: Callable[[], None]) -> Response:
    """Change a station and come back to its page; or show the page with what is wrong."""
    try:
        with kept.session.begin_nested():
            change()
    except (ValidationError, InvalidFieldError, StepRefusedError) as error:
        refused = Refused(part, _errors(error, language_of(kept.request)))
        answer = _page(kept, refused)
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer
    address = f"{station_url(kept.station)}?saved={part}#{part}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, NO_STORE)


def _page(kept: Kept, refused: Refused | None) -> HTMLResponse:
    language = language_of(kept.request)
    found = flow.details(kept.session, kept.station, retired=True)
    now = found.now
    given = {name: value for name, value in kept.form.pairs if refused is not None}
    return staff_page(
        kept.request,
        "desk_station.html",
        kept.visitor,
        station=kept.station,
        url=station_url(kept.station),
        said=translate(opening_said(now.opening, now.at), language),
        open=now.opening.now,
        opening_hours=now.opening_hours,
        days=_week(now.week, given, language),
        coming=[(day_said(one.day, language), _said(one, language)) for one in found.hours],
        closures=now.closures,
        hit=_hit(kept, language),
        local=lambda instant: f"{instant.astimezone(now.at.tzinfo):%Y-%m-%d %H:%M}",
        rooms=found.rooms,
        space=space_use((one["zone"], one["area_m2"]) for one in found.rooms),
        services=found.services,
        refused=refused,
        given=given,
        saved=translate(SAVED, language),
        saved_part=kept.request.query_params.get("saved"),
        **{
            name: {key: translate(text, language) for key, text in texts.items()}
            for name, texts in (
                *(("labels", LABELS), ("states", STATES), ("ways", WAYS), ("zones", ROOM_ZONES)),
            )
        },
    )


def _hit(kept: Kept, language: str) -> dict[int, list[tuple[str, int, str]]] | None:
    """Return the bookings that fall into closures: day by day how many, and where they are."""
    station = kept.station
    hit = closures_hit(kept.session, station["id"], clock(kept.session))
    if hit is None:
        return None
    return {
        key: [
            (day_named(language, day), count, bookings_url(station["code"], day))
            for day, count in days
        ]
        for key, days in hit.items()
    }


def _week(week: Week, given: dict[str, str], language: str) -> list[dict[str, str]]:
    """Return the rows of the form for hours: kind of day, its name, state and hours."""
    rows = []
    for kind in KINDS:
        stored = week.hours.get(kind)
        state = "unknown" if stored is None else "open" if stored else "closed"
        rows.append(
            {
                "kind": kind,
                "name": translate(DAYS[kind], language),
                "state": given.get(f"state_{kind}", state),
                "hours": given.get(f"hours_{kind}", hours_said(stored or ())),
            }
        )
    return rows


def _said(day: DayHours, language: str) -> str:
    if not day.known:
        return translate(STATES["unknown"], language)
    return hours_said(day.intervals) or translate(STATES["closed"], language)


def _rules(form: Form) -> list[tuple[str, time | None, time | None]]:
    """Return the rules of a form in which every kind of day has a state and hours."""
    rules: list[tuple[str, time | None, time | None]] = []
    for kind in KINDS:
        state = form[f"state_{kind}"]
        if state not in STATES:
            expected = ", ".join(STATES)
            raise InvalidFieldError(
                field=f"state_{kind}",
                reason=msg("This is none of: %(expected)s.", expected=expected),
            )
        if state == "closed":
            rules.append((kind, None, None))
        elif state == "open":
            found = read_intervals(form[f"hours_{kind}"])
            if isinstance(found, Message):
                raise InvalidFieldError(field=f"hours_{kind}", reason=found)
            rules += [(kind, *interval) for interval in found]
    return rules


def _instant(kept: Kept, name: str) -> datetime | None:
    """Return a time of the form, in the station's time zone; ``None`` where it is empty."""
    text = kept.form[name].strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min  # noqa: DTZ901 - refused below
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidFieldError(field=name, reason=msg("This is not a time."))
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(kept.station["timezone"]))


def _code(form: Form) -> str:
    code = form["code"].strip()
    if not 1 <= len(code) <= LONGEST_CODE or "/" in code:
        raise InvalidFieldError(
            field="code", reason=msg("This is empty, longer than 40 characters, or has a slash.")
        )
    return code


def _read(body: type[Body], form: Form, read: dict[str, Any]) -> Body:
    """Return a form as a body of JSON would be read; empty fields are left out."""
    sent = {
        name: value for name, value in form.pairs if name in body.model_fields and value.strip()
    }
    return body.model_validate(sent | read)


def _errors(error: ValidationError | HonggeError, language: str) -> list[str]:
    """Return what is wrong, each with the name of its field."""
    if isinstance(error, ValidationError):
        found = [(str(one["loc"][0]), wrong_value(one)) for one in error.errors()]
    elif isinstance(error, InvalidFieldError):
        values = error.message.values
        found = [(str(values["field"]), values["reason"])]
    else:
        return [translate(error.message, language)]
    return [
        translate(msg("%(field)s: %(reason)s", field=_label(field), reason=reason), language)
        for field, reason in found
    ]


def _label(field: str) -> Message:
    kind = field.partition("_")[2]
    return LABELS.get(field) or DAYS.get(kind) or Message(field)
