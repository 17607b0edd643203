"""The page of a station (驿站), and the poster that hangs at its door."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from babel.numbers import format_decimal, format_percent
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.responses import Response

from api.deps import BoardDep, SessionDep
from api.i18n import language_of, translate
from api.public_stops import Reader, Stop, book_url, station_url, stop_of
from api.rendering import environment, local, local_time, page
from api.routes.public_pages import (
    city_of,
    frame_context,
    home_address,
    packed,
    page_data,
    reader_of,
    remember_view,
    time_of,
)
from api.station_words import KINDS, ROOM_ZONES, day_said, kind_said, week_said
from geo.core.opening import Closure, DayHours, days, service, status
from geo.core.space import SpaceUse, space_use
from geo.errors import NotFoundError
from geo.files.printing import to_pdf
from geo.files.qr_codes import qr_svg
from geo.flows.station_areas import Standing
from geo.flows.station_board import StationBoard
from geo.messages import Message, msg
from geo.store.engine import Session
from geo.store.overview import Overview
from geo.store.station_board import KnownStation, StationHome
from geo.store.station_details import rooms_of, services_of
from geo.store.tiles import data_version

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

DAYS = 7
HUNDRED = 100.0
BOTH = ("zh_CN", "en")
SPECIAL: dict[str, Message] = {
    "holiday": msg("Public holiday"),
    "workday": msg("Make-up working day"),
}
SERVICE_MARKS: dict[str, Message] = {
    "around_the_clock": msg("Around the clock"),
    "every_day": msg("Every day of the year"),
    "lunch": msg("Open over lunch"),
    "evening": msg("Open in the evening"),
    "weekend": msg("Open at weekends"),
    "holiday": msg("Open on public holidays"),
}
"""What hours offer beyond those of offices, by the fields of :class:`geo.core.opening.Service`."""

WAYS: dict[str, Message] = {
    "appointment": msg("By appointment"),
    "errand": msg("Done for you by a helper"),
}
SCAN = msg("Scan: is it open now, and what is inside?")
INVENTED = msg("Demonstration data, invented")


class Found(NamedTuple):
    """A station and where it is in the list of its jurisdiction."""

    home: StationHome
    row: int

    @property
    def station(self) -> KnownStation:
        """The station."""
        return self.home.stations[self.row]


@router.get("/stations/{slug}/{code}")
def get_station(
    request: Request, slug: str, code: str, session: SessionDep, board: BoardDep
) -> Response:
    """Answer with what there is to know of a station."""
    found, city = _find(board, slug, code), _city(session, slug)
    language = language_of(request)
    text = request.query_params.get("at", "")
    at, refusal = time_of(text, found.home.calendar.zone, language)
    reader = reader_of(request, session, city, at)
    standing = Standing(found.home, at)
    opening, staffed = standing.opening(found.row), bool(standing.staffed(found.row))
    stop = stop_of(found.station, opening, reader, staffed=staffed)
    context = {
        **frame_context(request),
        **_hours(found, reader),
        **_inside(session, found, reader),
        **_links(found, stop),
        "city": city,
        "city_name": local(language, city),
        "kind_name": translate(KINDS[stop.kind], language),
        "page_data": page_data(city, language, data_version(session))
        | {"station": _mark(stop), "place": {"lon": stop.lon, "lat": stop.lat, "code": "-"}},
        "refusal": refusal,
        "stop": stop,
        "time": f"{at:%H:%M}",
    }
    return packed(request, remember_view(request, page(request, "station.html", **context)))


@router.get("/stations/{slug}/{code}/poster.pdf", response_class=Response)
def get_poster(
    request: Request, slug: str, code: str, session: SessionDep, board: BoardDep
) -> Response:
    """Answer with the poster for a station's door, A4, with a QR code that leads to its page."""
    station, city = _find(board, slug, code).station, _city(session, slug)
    link = f"{home_address(request)}{station_url(slug, code)}"
    weeks = [week_said(station.week, language) for language in BOTH]
    html = (
        environment(BOTH[0])
        .get_template("poster.html")
        .render(
            station=station,
            kind=_both(KINDS[station.kind]),
            qr=Markup(qr_svg(link, station.name)),  # noqa: S704 - made here, its title escaped
            scan=_both(SCAN),
            week=list(zip(*weeks, strict=False)),
            link=link,
            synthetic=_both(INVENTED) if city.synthetic else None,
        )
    )
    headers = {"Content-Disposition": f'inline; filename="poster-{slug}.pdf"'}
    return Response(to_pdf(html), media_type="application/pdf", headers=headers)


def _both(message: Message) -> tuple[str, ...]:
    return tuple(translate(message, language) for language in BOTH)


def _find(board: StationBoard, slug: str, code: str) -> Found:
    """Return a station by its jurisdiction and code.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    home = next((area.home for area in board.areas() if area.home.slug == slug), None)
    rows = enumerate(home.stations) if home else ()
    row = next((row for row, one in rows if one.code == code), None)
    if home is None or row is None:
        raise NotFoundError(kind=msg("station"), name=code)
    return Found(home, row)


def _city(session: Session, slug: str) -> Overview:
    city = city_of(session, slug)
    if city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    return city


def _hours(found: Found, reader: Reader) -> dict[str, Any]:
    """Return when the station is open in the next days, and its closures."""
    station, calendar, at = found.station, found.home.calendar, reader.at
    coming = [one for one in station.closures if one.ends_at is None or one.ends_at > at]
    week = days(station.week, calendar, at.date(), DAYS)
    told = [(one, _closure_said(one, reader)) for one in coming]
    return {
        "calendar_known": status(station.week, (), calendar, at).calendar_known,
        "closures": [said for _, said in told],
        "days": [_day(one, found, told, reader) for one in week],
        "service_marks": [
            translate(name, reader.language)
            for field, name in SERVICE_MARKS.items()
            if getattr(service(station.week), field)
        ],
    }


def _day(
    day: DayHours, found: Found, closures: list[tuple[Closure, str]], reader: Reader
) -> dict[str, Any]:
    special = SPECIAL.get(day.kind)
    return {
        "name": day_said(day.day, reader.language),
        "special": translate(special, reader.language) if special else "",
        "hours": kind_said(found.station.week, day.kind, reader.language),
        "closures": [said for one, said in closures if _falls_on(one, day, reader.at)],
    }


def _falls_on(closure: Closure, day: DayHours, at: datetime) -> bool:
    begin = datetime.combine(day.day, datetime.min.time(), at.tzinfo)
    ends_later = closure.ends_at is None or closure.ends_at > begin
    return ends_later and closure.starts_at < begin + timedelta(days=1)


def _closure_said(closure: Closure, reader: Reader) -> str:
    language, zone = reader.language, reader.at.tzinfo or UTC
    values = {
        "reason": local(language, closure, "reason"),
        "start": local_time(language, closure.starts_at, zone),
    }
    if closure.ends_at is None:
        said = msg("Closed from %(start)s until further notice: %(reason)s", **values)
    else:
        end = local_time(language, closure.ends_at, zone)
        said = msg("Closed from %(start)s to %(end)s: %(reason)s", end=end, **values)
    return translate(said, language)


def _inside(session: Session, found: Found, reader: Reader) -> dict[str, Any]:
    """Return the station's services and rooms, and what the rooms are used for."""
    language = reader.language
    rooms = rooms_of(session, found.station.id)
    used = space_use((one["zone"], one["area_m2"]) for one in rooms)
    return {
        "rooms": [
            {
                "name": _named(one, language),
                "zone": translate(ROOM_ZONES[one["zone"]], language),
                "area": _area(one["area_m2"], language),
            }
            for one in rooms
        ],
        "services": [
            _service(one, found, language) for one in services_of(session, found.station.id)
        ],
        "space": _space(used, language) if rooms else None,
    }


def _space(used: SpaceUse, language: str) -> dict[str, Any]:
    share = used.service_share_pct
    return {
        "share": None if share is None else _percent(share, language),
        "zones": [
            {
                "name": translate(ROOM_ZONES[one.zone], language),
                "area": _area(one.area_m2, language),
                "share": _percent(one.share_pct, language),
            }
            for one in used.by_zone
        ],
    }


def _service(one: Any, found: Found, language: str) -> dict[str, Any]:
    marks = [WAYS[one["way"]]]
    marks += [msg("For residents of every community")] if one["anywhere"] else []
    marks += [msg("At the one window")] if one["one_window"] else []
    return {
        "name": _named(one, language),
        "marks": [translate(mark, language) for mark in marks],
        "needs": (language == "en" and one["needs_en"]) or one["needs"],
        "url": book_url(found.home.slug, found.station.code),
    }


def _named(one: Any, language: str) -> str:
    return str((language == "en" and one["name_en"]) or one["name"])


def _area(area_m2: float, language: str) -> str:
    """Return a floor area as it is kept, so that rooms add up.

    Examples
    --------
    >>> _area(12.25, "en"), _area(36.75, "en"), _area(11.0, "en")
    ('12.25 m²', '36.75 m²', '11 m²')
    """
    number = format_decimal(area_m2, "#,##0.##", locale=language)
    return translate(msg("%(area)s m²", area=number), language)


def _percent(share_pct: float, language: str) -> str:
    return str(format_percent(share_pct / HUNDRED, locale=language))


def _links(found: Found, stop: Stop) -> dict[str, str]:
    slug, place = found.home.slug, f"lon={stop.lon:.6f}&lat={stop.lat:.6f}"
    return {
        "list_url": f"/?place={slug}",
        "near_url": f"/?{place}",
        "poster_url": f"{stop.url}/poster.pdf",
        "report_url": f"/report?place={slug}&{place}",
    }


def _mark(stop: Stop) -> dict[str, Any]:
    names = ("code", "name", "kind", "state", "said", "lon", "lat", "route")
    return {name: getattr(stop, name) for name in names}
