"""Deliveries to reporters: the desk's page of them, and what programs and the gateway ask."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.answering import model_as_json
from api.deliveries import STATES, deliveries_page, has_gateway
from api.deps import LanguageDep, SessionDep, UrlDep, VisitorDep
from api.i18n import language_of, translate
from api.queries import without
from api.routes.personal import NO_STORE, staff_page
from api.schemas.deliveries import (
    AcknowledgedIn,
    AcknowledgedOut,
    DeliveriesOut,
    WantedDeliveries,
)
from api.schemas.problems import REFUSED, UNKNOWN
from geo.errors import InvalidFieldError, NotFoundError
from geo.flows.delivering import SIGNATURE_HEADER, TIME_HEADER, acknowledged
from geo.messages import msg
from geo.store.deliveries import read_delivery, try_again
from geo.store.engine import Session
from geo.store.models import DELIVERY_STATES

PAGE = 30

api_router = APIRouter(prefix="/api/v1/deliveries", tags=["deliveries"])
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@api_router.get("", response_model=DeliveriesOut, summary="What is told to reporters")
def get_deliveries(
    session: SessionDep, wanted: Annotated[WantedDeliveries, Query()], language: LanguageDep
) -> Response:
    """List deliveries about issues of one's desk, the latest first."""
    found = deliveries_page(session, wanted.state, wanted.cursor, wanted.limit, language)
    body = DeliveriesOut.model_validate({"gateway": has_gateway(), **found._asdict()})
    return model_as_json(body, headers=NO_STORE)


@api_router.post(
    "/{delivery_id}/retry",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Try it again",
    responses={**REFUSED, **UNKNOWN},
)
def post_retry(delivery_id: UUID, session: SessionDep) -> Response:
    """Let a delivery that was given up, or that waits for its next try, be tried now."""
    _retry(session, delivery_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@api_router.post(
    "/{delivery_id}/acknowledge",
    response_model=AcknowledgedOut,
    summary="Say that it has arrived; for the gateway",
    responses={**REFUSED, **UNKNOWN},
)
async def post_acknowledgement(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    delivery_id: UUID,
    given: AcknowledgedIn,
    request: Request,
    url: UrlDep,
    timestamp: Annotated[str, Header(alias=TIME_HEADER, description="Seconds since 1970.")] = "",
    signature: Annotated[
        str, Header(alias=SIGNATURE_HEADER, description="Of time and body; see docs/feedback.md.")
    ] = "",
) -> Response:
    """Take the gateway's word, signed with the secret that both know."""
    if given.id != delivery_id:
        raise InvalidFieldError(field="id", reason=msg("This is another delivery."))
    body = await request.body()
    known = await run_in_threadpool(acknowledged, delivery_id, body, timestamp, signature, url)
    if known is None:
        raise InvalidFieldError(
            field=SIGNATURE_HEADER, reason=msg("The signature does not fit, or it is too old.")
        )
    if not known:
        raise NotFoundError(kind=msg("delivery"), name=str(delivery_id))
    told = AcknowledgedOut(id=delivery_id, state="acknowledged")
    return model_as_json(told)


@router.get("/desk/deliveries")
def get_page(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Show how far what is told to reporters is."""
    language, asked = language_of(request), request.query_params
    state = asked.get("state") or None
    if state is not None and state not in DELIVERY_STATES:
        raise InvalidFieldError(
            field="state",
            reason=msg("This is none of: %(expected)s.", expected=", ".join(DELIVERY_STATES)),
        )
    found = deliveries_page(session, state, asked.get("cursor") or None, PAGE, language)
    shown = [
        {
            **one,
            "created_at": datetime.fromisoformat(one["created_at"]),
            "next_try_at": one["next_try_at"] and datetime.fromisoformat(one["next_try_at"]),
            "ended_at": one["ended_at"] and datetime.fromisoformat(one["ended_at"]),
        }
        for one in found.deliveries
    ]
    return staff_page(
        request,
        "deliveries.html",
        visitor,
        asked=asked,
        gateway=has_gateway(),
        deliveries=shown,
        may_retry="street_dispatcher" in visitor.roles,
        states=[(code, translate(label, language)) for code, label in STATES.items()],
        next_url=without(request, "cursor", cursor=found.next) if found.next else None,
        first_url=without(request, "cursor") if asked.get("cursor") else None,
    )


@router.post("/desk/deliveries/{delivery_id}/retry")
def post_page_retry(delivery_id: UUID, session: SessionDep) -> Response:
    """Let a delivery be tried again, and come back to the page."""
    _retry(session, delivery_id)
    return RedirectResponse("/desk/deliveries", HTTPStatus.SEE_OTHER)


def _retry(session: Session, delivery_id: UUID) -> None:
    state = read_delivery(session, delivery_id)
    if state is None:
        raise NotFoundError(kind=msg("delivery"), name=str(delivery_id))
    if not try_again(session, delivery_id):
        raise InvalidFieldError(
            field="state", reason=msg("This delivery is on its way, or needs no other try.")
        )
