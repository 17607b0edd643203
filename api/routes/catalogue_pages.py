"""Pages of the catalogue of duties: for everybody to read, for administrators to amend."""

from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from api.deps import FormDep, SessionDep, VisitorDep
from api.duty_words import ANSWERERS, FIELDS, KINDS, STAGES, UNITS, allowance_said
from api.errors import wrong_value
from api.forms import Form
from api.i18n import language_of, translate, translate_all
from api.rendering import local, page
from api.routes.duties import values_of
from api.routes.personal import staff_page
from api.schemas.duties import AmendedDutyIn, NewDutyIn
from api.trail import actor_said
from geo.core.answering import FIRST_ANSWERER
from geo.errors import ActionRefusedError, HonggeError, InvalidFieldError
from geo.flows import duty_catalogue as flow
from geo.flows.sign_in import Visitor
from geo.messages import Message, msg
from geo.store.accounts import list_accounts
from geo.store.board import time_zone_of
from geo.store.duty_versions import amended_jurisdictions, duty_homes, list_departments
from geo.store.engine import Session
from geo.store.overview import jurisdictions
from geo.store.zones import read_zones

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

ADMIN = "/admin/catalogue"
LONGEST_SEARCH = 60
SEARCHED = ("code", "name", "name_en", "counts", "counts_en")
PLAIN = ("name", "name_en", "kind", "department", "answers_first")
LONG = ("counts", "counts_en", "settled", "settled_en", "note")
TICKED = ("private", "retired")
SAVED = msg("Saved as version %(number)s.")


@router.get("/catalogue")
def get_catalogue(request: Request, session: SessionDep) -> HTMLResponse:
    """Show the duties by department: what counts, who answers first, how long it takes."""
    known = jurisdictions(session)
    if not known:
        return page(request, "empty.html")
    language = language_of(request)
    asked = request.query_params
    slugs = [one.slug for one in known]
    slug = asked.get("place", slugs[0])
    home = slug if slug in slugs else slugs[0]
    duties = flow.duties(session, home)
    wanted = asked.get("q", "").strip()[:LONGEST_SEARCH]
    found = [one for one in duties if _fits(one, wanted, asked.get("kind", ""))]
    places = [
        {
            "name": local(language, one),
            "url": f"/catalogue?{urlencode({'place': one.slug})}",
            "current": one.slug == home,
        }
        for one in known
    ]
    return page(
        request,
        "catalogue.html",
        departments=_by_department(found),
        found=len(found),
        total=len(duties),
        home=home,
        wanted=wanted,
        kind=asked.get("kind", ""),
        places=places,
        home_url=f"/?place={home}",
        **_words(language),
    )


@router.get(ADMIN)
def get_list(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """List the duties that the administrator amends."""
    home, homes = _home(request, session)
    duties = flow.duties(session, home, retired=True) if home else []
    wanted = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
    found = [one for one in duties if _fits(one, wanted, "")]
    return staff_page(
        request,
        "admin_catalogue.html",
        visitor,
        duties=found,
        total=len(duties),
        wanted=wanted,
        home=home,
        homes=homes,
        **_words(language_of(request)),
    )


@router.get(f"{ADMIN}/new")
def get_new(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Show the form for a further duty."""
    home, _ = _home(request, session)
    return _form_page(request, session, visitor, _Filled(home, None, _blank(), {}))


@router.post(ADMIN)
def post_new(request: Request, session: SessionDep, visitor: VisitorDep, form: FormDep) -> Response:
    """Add a duty."""
    home, given = form["jurisdiction"], _given(form)
    errors: dict[str, str] = {}
    try:
        read = NewDutyIn.model_validate(_values(form) | {"code": form["code"].strip()})
        flow.add(session, home, read.code, values_of(read))
    except (ValidationError, HonggeError) as error:
        errors = _errors(error, language_of(request))
    if not errors:
        return _back(home, form["code"].strip(), 1)
    return _form_page(request, session, visitor, _Filled(home, None, given, errors))


@router.get(f"{ADMIN}/duties/{{code}}")
def get_duty(code: str, request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Show a duty with its versions and the form that amends it."""
    home, _ = _home(request, session)
    latest = flow.versions(session, _plain(code), home)[0]
    return _form_page(request, session, visitor, _Filled(home, code, _filled(latest), {}))


@router.post(f"{ADMIN}/duties/{{code}}")
def post_duty(
    code: str, request: Request, session: SessionDep, visitor: VisitorDep, form: FormDep
) -> Response:
    """Write a further version of a duty."""
    home, given = form["jurisdiction"], _given(form)
    number, errors = 0, {}
    try:
        read = AmendedDutyIn.model_validate(_values(form) | {"version": form["version"]})
        number = flow.amend(session, home, _plain(code), read.version, values_of(read))
    except (ValidationError, HonggeError) as error:
        errors = _errors(error, language_of(request))
    if not errors:
        return _back(home, code, number)
    return _form_page(request, session, visitor, _Filled(home, code, given, errors))


class _Filled(NamedTuple):
    """A form: whose duty, and which (``None`` for a new one), what is in it, what is wrong."""

    home: str | None
    code: str | None
    given: Mapping[str, str]
    errors: Mapping[str, str]


def _form_page(
    request: Request, session: Session, visitor: Visitor, filled: _Filled
) -> HTMLResponse:
    home, code, given, errors = filled
    language = language_of(request)
    versions = flow.versions(session, _plain(code), home) if code else []
    keys = {slug: key for key, slug in duty_homes(session, None)}
    saved = request.query_params.get("saved", "")
    names = {f"account:{one.id}": one.display_name for one in list_accounts(session)}
    answer = staff_page(
        request,
        "admin_duty.html",
        visitor,
        code=code,
        home=home,
        given=given,
        errors=errors,
        versions=[_version_said(one, then, language, names) for one, then in _pairs(versions)],
        latest=versions[0] if versions else None,
        departments=list_departments(session, keys[home]) if home in keys else [],
        saved=translate(Message(SAVED.template, {"number": saved}), language)
        if saved.isdigit()
        else "",
        stages=translate_all(STAGES, language),
        units=translate_all(UNITS, language),
        zone=(home and time_zone_of(session, home)) or read_zones(session).reader,
        **_words(language),
    )
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return answer


def _words(language: str) -> dict[str, Any]:
    return {
        "allowance": partial(allowance_said, language=language),
        "answerers": translate_all(ANSWERERS, language),
        "field_names": translate_all(FIELDS, language),
        "kinds": translate_all(KINDS, language),
        "stage_names": translate_all(STAGES, language),
    }


def _home(request: Request, session: Session) -> tuple[str | None, list[str]]:
    """Return whose catalogue is shown, and all that the administrator amends."""
    own = set(amended_jurisdictions(session))
    homes = [slug for key, slug in duty_homes(session, None) if key in own]
    asked = request.query_params.get("jurisdiction", "")
    return asked if asked in homes else next(iter(homes), None), homes


def _fits(duty: Mapping[str, Any], wanted: str, kind: str) -> bool:
    told = " ".join([*(duty[name] for name in SEARCHED), duty["department"]["name"]]).lower()
    return kind in {"", duty["kind"]} and all(word in told for word in wanted.lower().split())


def _by_department(duties: Iterable[Mapping[str, Any]]) -> list[tuple[dict[str, Any], list[Any]]]:
    ordered = sorted(duties, key=lambda one: (one["department"]["code"], one["code"]))
    grouped = groupby(ordered, key=lambda one: one["department"])
    return sorted(((one, list(of)) for one, of in grouped), key=lambda pair: -len(pair[1]))


def _blank() -> dict[str, str]:
    amounts = {f"{stage}_amount": "" for stage in STAGES}
    units = {f"{stage}_unit": "work_day" for stage in STAGES}
    plain = dict.fromkeys((*PLAIN, *LONG, *TICKED, "code"), "")
    return plain | amounts | units | {"kind": "event", "version": ""}


def _filled(duty: Mapping[str, Any]) -> dict[str, str]:
    """Return a duty as its form shows it."""
    given = _blank() | {name: str(duty[name]) for name in (*PLAIN, *LONG) if name != "department"}
    given |= {"department": duty["department"]["code"], "note": "", "version": str(duty["version"])}
    given |= {name: "yes" if duty[name] else "" for name in TICKED}
    for stage, one in duty["deadlines"].items():
        if one:
            given |= {f"{stage}_amount": str(one["amount"]), f"{stage}_unit": one["unit"]}
    return given


def _given(form: Form) -> dict[str, str]:
    return {name: form[name] for name in _blank()}


def _values(form: Form) -> dict[str, Any]:
    """Return what a form says, as a body says it."""
    deadlines: dict[str, Any] = {}
    for stage in STAGES:
        amount = form[f"{stage}_amount"].strip()
        if amount:
            deadlines[stage] = {"amount": amount, "unit": form[f"{stage}_unit"]}
    return {
        **{name: form[name] for name in (*PLAIN, *LONG) if name != "answers_first"},
        **{name: bool(form[name]) for name in TICKED},
        "answers_first": form["answers_first"] or FIRST_ANSWERER.get(form["kind"]),
        "jurisdiction": form["jurisdiction"],
        "deadlines": deadlines,
    }


def _errors(error: ValidationError | HonggeError, language: str) -> dict[str, str]:
    """Return what is wrong, by the name of the form's field; ``""`` for the form as a whole."""
    if isinstance(error, ValidationError):
        found: dict[str, str] = {}
        for one in error.errors():
            path = [str(part) for part in one["loc"]]
            field = "_".join(path[1:]) if path[0] == "deadlines" else path[0]
            found[field] = translate(wrong_value(one), language)
        return found
    if isinstance(error, InvalidFieldError):
        values = error.message.values
        return {str(values["field"]): translate(values["reason"], language)}
    if isinstance(error, ActionRefusedError):
        return {"": translate(error.message, language)}
    raise error


def _pairs(
    versions: list[dict[str, Any]],
) -> Iterable[tuple[dict[str, Any], dict[str, Any] | None]]:
    return zip(versions, [*versions[1:], None], strict=False)


def _version_said(
    one: dict[str, Any], then: dict[str, Any] | None, language: str, names: Mapping[str, str]
) -> dict[str, Any]:
    fields = translate_all(FIELDS, language)
    changes = [
        (fields[field], _value(then, field, language), _value(one, field, language))
        for field in one["changed"]
        if then is not None
    ]
    by = names.get(one["made_by"]) or actor_said(one["made_by"], language) or "–"
    return {**one, "by": by, "changes": changes}


def _value(duty: Mapping[str, Any], field: str, language: str) -> str:
    value = duty[field]
    if field == "deadlines":
        stages = translate_all(STAGES, language)
        told = [f"{stages[stage]} {allowance_said(one, language)}" for stage, one in value.items()]
        return " · ".join(told)
    if field == "department":
        return str(value["name_en"] if language == "en" and value["name_en"] else value["name"])
    if isinstance(value, bool):
        return translate(msg("Yes") if value else msg("No"), language)
    named = {"kind": KINDS, "answers_first": ANSWERERS}.get(field)
    return translate(named[value], language) if named else str(value) or "–"


def _plain(code: str) -> str:
    """Return a code that can be looked for."""
    return code.replace("\0", "")


def _back(home: str, code: str, number: int) -> Response:
    query = urlencode({"jurisdiction": home, "saved": number})
    return RedirectResponse(f"{ADMIN}/duties/{code}?{query}", HTTPStatus.SEE_OTHER)
