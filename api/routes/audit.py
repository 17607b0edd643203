"""The auditor's page: the audit trail by filters, its export, and whether its chain is whole."""

from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.responses import Response

from api.deps import AskerDep, SessionDep, UrlDep, VisitorDep
from api.i18n import language_of, translate
from api.labels import AUDIT_ACTIONS
from api.queries import day_of, without
from api.routes.personal import NO_STORE, staff_page
from api.trail import TABLES, entry_said, runs
from geo.errors import InvalidFieldError
from geo.files.trail import FORMATS, trail_lines
from geo.messages import Message, msg
from geo.store import audit
from geo.store.asking import Asker
from geo.store.engine import session
from geo.store.overview import jurisdictions
from geo.store.retention import last_run
from geo.store.zones import Zones, read_zones

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = 50
LONGEST = 200
LARGEST_KEY = 2**63 - 1
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@router.get("/audit")
def get_audit(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with a page of entries, the latest first."""
    zones = read_zones(session)
    wanted = _wanted(request, zones)
    rows = audit.list_entries(session, wanted)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    language = language_of(request)
    return staff_page(
        request,
        "audit.html",
        visitor,
        asked=request.query_params,
        zone=zones.reader,
        actions=_said(AUDIT_ACTIONS, language),
        tables=sorted(_said(TABLES, language), key=lambda one: one[1]),
        runs=runs(entry_said(dict(row), language) for row in rows[:PAGE]),
        jurisdictions=jurisdictions(session),
        head=audit.head(session),
        checked=last_run(session, "retention"),
        next_url=without(request, "before", before=str(last["id"])) if last else None,
        first_url=without(request, "before") if wanted.before else None,
        export_urls=[
            (form, "/audit/export" + _query(without(request, "before", "form", form=form)))
            for form in FORMATS
        ],
    )


@router.get("/audit/export")
def get_export(request: Request, asker: AskerDep, url: UrlDep) -> Response:
    """Answer with all entries that the filters let through, after noting that."""
    form = request.query_params.get("form", FORMATS[0])
    if form not in FORMATS:
        expected = ", ".join(FORMATS)
        raise InvalidFieldError(
            field="form", reason=msg("This is none of: %(expected)s.", expected=expected)
        )
    with session(url, asker) as opened:
        wanted = _wanted(request, read_zones(opened), limit=None)
    filters = {
        name: value
        for name in ("action", "table", "jurisdiction")
        if (value := getattr(wanted, name)) is not None
    }
    with session(url, asker) as opened:
        audit.note(opened, "export", audit.Row("audit_entry"), {"format": form, **filters})
    return StreamingResponse(
        _exported(wanted, form, asker, url),
        headers={
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="audit.{form}"',
        },
        media_type=MEDIA_TYPES[form],
    )


def _exported(
    wanted: audit.WantedEntries, form: str, asker: Asker, url: str | None
) -> Iterator[str]:
    with session(url, asker) as opened:
        yield from trail_lines(audit.rows_wanted(opened, wanted), form)


def _wanted(request: Request, zones: Zones, limit: int | None = PAGE + 1) -> audit.WantedEntries:
    asked = request.query_params
    fields = ("who", "action", "table", "row", "jurisdiction")
    given = {name: _plain(name, asked.get(name, "")) or None for name in fields}
    return audit.WantedEntries(
        since=day_of(asked, "since", zones),
        until=day_of(asked, "until", zones, after=True),
        before=_number(asked.get("before", "")),
        limit=limit,
        **given,
    )


def _plain(name: str, text: str) -> str:
    if "\0" in text or len(text) > LONGEST:
        raise InvalidFieldError(field=name, reason=msg("This does not look as it should."))
    return text.strip()


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_KEY))):
        raise InvalidFieldError(field="before", reason=msg("This is not a whole number."))
    return min(int(text), LARGEST_KEY)


def _said(labels: dict[str, Message], language: str) -> list[tuple[str, str]]:
    return [(code, translate(label, language)) for code, label in labels.items()]


def _query(address: str) -> str:
    _path, mark, query = address.partition("?")
    return mark + query
