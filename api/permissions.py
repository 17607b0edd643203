"""Who may call which endpoint: the one table, by which requests are let through.

What somebody sees of the rows behind an endpoint is decided by the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.routing import Mount

from geo.store.catchments import PLANNING_STATIONS
from geo.store.models import ACCOUNT_ROLES, AT_WORK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.routing import BaseRoute

RESIDENT = "resident"
ACCOUNT = "account"
EVERY_ROLE = frozenset(ACCOUNT_ROLES)
ANY_TOKEN = "any"  # noqa: S105 - no secret, but a rule about tokens


class Rule(NamedTuple):
    """Who may call an endpoint.

    Parameters
    ----------
    who
        Roles; ``resident`` for anybody who isn't signed in, ``account`` for whoever is.
    scope
        What a program's token has to be for; ``any`` for every valid one, ``None`` where tokens
        are not taken.
    follow
        Whether whoever has the secret may: of the one issue, or of a link to the one draft.
    """

    who: frozenset[str]
    scope: str | None = None
    follow: bool = False

    def admits(self, roles: Iterable[str], *, signed_in: bool) -> bool:
        """Tell whether somebody with these roles may call the endpoint.

        Examples
        --------
        >>> OPEN.admits((), signed_in=False), PERSONAL.admits((), signed_in=False)
        (True, False)
        """
        own = {*roles, ACCOUNT} if signed_in else {RESIDENT}
        return not own.isdisjoint(self.who)


def rule(*who: str, scope: str | None = None, follow: bool = False) -> Rule:
    """Make a :class:`Rule`."""
    return Rule(frozenset(who), scope, follow)


READING_CASES = (*AT_WORK, "auditor", "administrator")
COUNTING_CASES = (*READING_CASES, "planner")

OPEN = rule(RESIDENT, ACCOUNT, scope=ANY_TOKEN)
PERSONAL = rule(ACCOUNT)
READING = rule(*READING_CASES, scope="issues:read")
READING_ONE = rule(*READING_CASES, scope="issues:read", follow=True)
ADMINISTRATION = rule("administrator")
READING_PLANS = ("planner", "auditor", "administrator")
WATCHING_DELIVERIES = ("street_dispatcher", "auditor", "administrator")
LOOKING_AFTER = ("grid_worker", "community_staff")
UNMASKING_REPORTERS = rule(*AT_WORK, "auditor", scope="people:read")
READING_A_PLAN = rule(*READING_PLANS, scope="plans:read", follow=True)
DRAWING_PLANS = rule("planner", scope="plans:write")
READING_PROPOSALS = rule(*READING_PLANS, scope="plans:read")
REPORTING = rule(RESIDENT, *AT_WORK, scope="issues:write")

READING_BOOKINGS = rule("community_staff", "auditor", scope="people:read")
READING_A_BOOKING = rule("community_staff", "auditor", scope="people:read", follow=True)
SERVING = rule("community_staff", scope="issues:write")
CANCELLING = rule("community_staff", scope="issues:write", follow=True)

COUNTING_HOMES = rule(*PLANNING_STATIONS, scope="plans:read")

SEEING_MEMBERS = (*LOOKING_AFTER, "street_dispatcher", "auditor", "administrator")
READING_MEMBERS = rule(*SEEING_MEMBERS, scope="people:read")
HANDING_OVER = rule("community_staff", "administrator")
KEEPING_STATIONS = rule("community_staff", "administrator")
READING_ROTAS = rule(*SEEING_MEMBERS, scope="people:read")

ENDPOINTS: dict[tuple[str, str], Rule] = {
    ("GET", "/"): OPEN,
    ("GET", "/grids"): OPEN,
    ("GET", "/nearest"): OPEN,
    ("GET", "/elder"): OPEN,
    ("GET", "/sw.js"): OPEN,
    ("GET", "/stations/{slug}/{code}"): OPEN,
    ("GET", "/stations/{slug}/{code}/poster.pdf"): OPEN,
    ("GET", "/answer"): OPEN,
    ("GET", "/api/docs"): OPEN,
    ("GET", "/api/openapi.json"): OPEN,
    ("GET", "/static"): OPEN,
    ("GET", "/tiles/{layer}/{z}/{x}/{y}.mvt"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/api/v1/locate"): OPEN,
    ("GET", "/api/v1/grids"): OPEN,
    ("GET", "/api/v1/communities"): OPEN,
    ("GET", "/api/v1/stations"): OPEN,
    ("GET", "/api/v1/stations/nearest"): OPEN,
    ("GET", "/api/v1/stations/{code}"): OPEN,
    ("PUT", "/api/v1/stations/{code}/hours"): KEEPING_STATIONS,
    ("POST", "/api/v1/stations/{code}/closures"): KEEPING_STATIONS,
    ("POST", "/api/v1/stations/{code}/closures/{closure_id}/end"): KEEPING_STATIONS,
    ("PUT", "/api/v1/stations/{code}/rooms/{room}"): KEEPING_STATIONS,
    ("DELETE", "/api/v1/stations/{code}/rooms/{room}"): KEEPING_STATIONS,
    ("PUT", "/api/v1/stations/{code}/services/{service}"): KEEPING_STATIONS,
    ("GET", "/api/v1/stations/{code}/rota"): READING_ROTAS,
    ("GET", "/api/v1/stations/{code}/rota.xlsx"): READING_ROTAS,
    ("POST", "/api/v1/stations/{code}/rota/propose"): KEEPING_STATIONS,
    ("PUT", "/api/v1/stations/{code}/rota/draft"): KEEPING_STATIONS,
    ("POST", "/api/v1/stations/{code}/rota/shifts"): KEEPING_STATIONS,
    ("PUT", "/api/v1/stations/{code}/rota/shifts/{shift_id}"): KEEPING_STATIONS,
    ("DELETE", "/api/v1/stations/{code}/rota/shifts/{shift_id}"): KEEPING_STATIONS,
    ("POST", "/api/v1/stations/{code}/rota/publish"): KEEPING_STATIONS,
    ("GET", "/desk/rota"): rule(*SEEING_MEMBERS),
    ("POST", "/desk/rota/{slug}/{code}/propose"): KEEPING_STATIONS,
    ("POST", "/desk/rota/{slug}/{code}/keep"): KEEPING_STATIONS,
    ("POST", "/desk/rota/{slug}/{code}/publish"): KEEPING_STATIONS,
    ("POST", "/desk/rota/{slug}/{code}/shifts"): KEEPING_STATIONS,
    ("POST", "/desk/rota/{slug}/{code}/shifts/{shift_id}"): KEEPING_STATIONS,
    ("GET", "/desk/stations"): KEEPING_STATIONS,
    ("GET", "/desk/stations/{slug}/{code}"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/hours"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/closures"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/closures/{closure_id}/end"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/rooms"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/rooms/{room}/remove"): KEEPING_STATIONS,
    ("POST", "/desk/stations/{slug}/{code}/services"): KEEPING_STATIONS,
    ("GET", "/api/v1/places"): OPEN,
    ("GET", "/api/v1/blocks"): OPEN,
    ("GET", "/api/v1/plans/{plan_id}/feasibility"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/proposals"): READING_PROPOSALS,
    ("POST", "/api/v1/plans/{plan_id}/proposals"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/proposals/{job_id}"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/proposals/{job_id}/moves"): READING_PROPOSALS,
    ("POST", "/api/v1/plans/{plan_id}/proposals/{job_id}/cancel"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/proposals/{job_id}/take"): DRAWING_PLANS,
    ("GET", "/api/v1/generations"): OPEN,
    ("GET", "/api/v1/generations/{label}/grids"): OPEN,
    ("GET", "/api/v1/generations/{label}/statistics"): rule(
        "planner", "auditor", scope="plans:read"
    ),
    ("GET", "/api/v1/grids/{code}/history"): OPEN,
    ("GET", "/api/v1/history"): OPEN,
    ("GET", "/api/v1/plans"): rule(*READING_PLANS, scope="plans:read"),
    ("POST", "/api/v1/plans"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}"): READING_A_PLAN,
    ("PATCH", "/api/v1/plans/{plan_id}"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/state"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/figures"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/scorecard"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/scorecard.{form}"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/compare"): READING_A_PLAN,
    ("GET", "/api/v1/generations/{label}/scorecard"): READING_PROPOSALS,
    ("GET", "/api/v1/generations/{label}/scorecard.{form}"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/log"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/events"): READING_A_PLAN,
    ("GET", "/api/v1/plans/{plan_id}/marks"): READING_A_PLAN,
    ("POST", "/api/v1/plans/{plan_id}/marks"): DRAWING_PLANS,
    ("DELETE", "/api/v1/plans/{plan_id}/marks/{mark_id}"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/comments"): READING_A_PLAN,
    ("POST", "/api/v1/plans/{plan_id}/comments"): DRAWING_PLANS,
    ("PATCH", "/api/v1/plans/{plan_id}/comments/{comment_id}"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/shares"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/shares"): DRAWING_PLANS,
    ("DELETE", "/api/v1/plans/{plan_id}/shares/{key}"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/next-code"): DRAWING_PLANS,
    ("GET", "/api/v1/plans/{plan_id}/effects"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/checks"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/documents/{name}"): READING_PROPOSALS,
    ("GET", "/api/v1/plans/{plan_id}/steps"): READING_PROPOSALS,
    ("POST", "/api/v1/plans/{plan_id}/steps"): DRAWING_PLANS,
    ("POST", "/api/v1/generations/{label}/republish"): DRAWING_PLANS,
    ("POST", "/api/v1/generations/{label}/withdraw"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/edits"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/import"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/cut"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/border"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/split"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/undo"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/redo"): DRAWING_PLANS,
    ("POST", "/api/v1/plans/{plan_id}/restore"): DRAWING_PLANS,
    ("POST", "/api/v1/issues"): REPORTING,
    ("POST", "/api/v1/issues/preview"): REPORTING,
    ("GET", "/api/v1/issues/nearby"): rule(RESIDENT, *AT_WORK, scope="issues:read"),
    ("POST", "/api/v1/issues/{issue_id}/follow"): REPORTING,
    ("GET", "/api/v1/public/issues/{issue_id}/photos/{number}"): OPEN,
    ("GET", "/api/v1/issues"): READING,
    ("GET", "/api/v1/issues/counts"): READING,
    ("GET", "/api/v1/issues/events"): READING,
    ("GET", "/api/v1/figures"): rule(*COUNTING_CASES, scope="issues:read"),
    ("GET", "/api/v1/figures.xlsx"): rule(*COUNTING_CASES, scope="issues:read"),
    ("POST", "/api/v1/issues/actions"): rule(*AT_WORK, scope="issues:write"),
    ("GET", "/api/v1/issues/board"): READING,
    ("GET", "/api/v1/issues/{issue_id}"): READING_ONE,
    ("GET", "/api/v1/issues/{issue_id}/responsibility"): READING,
    ("GET", "/api/v1/issues/{issue_id}/reporter"): rule(*READING_CASES, scope="people:read"),
    ("GET", "/api/v1/issues/{issue_id}/history"): READING_ONE,
    ("GET", "/api/v1/issues/{issue_id}/photos/{number}"): READING_ONE,
    ("POST", "/api/v1/issues/{issue_id}/actions"): rule(*AT_WORK, scope="issues:write"),
    ("POST", "/api/v1/issues/{issue_id}/reporter/unmask"): UNMASKING_REPORTERS,
    ("GET", "/api/v1/households"): rule(*LOOKING_AFTER, "auditor", scope="people:read"),
    ("POST", "/api/v1/households/{household_id}/unmask"): rule(
        *LOOKING_AFTER, "auditor", scope="people:read"
    ),
    ("GET", "/api/v1/households/{household_id}/visits"): rule(
        *LOOKING_AFTER, "auditor", scope="people:read"
    ),
    ("POST", "/api/v1/visits"): rule(*LOOKING_AFTER),
    ("GET", "/api/v1/worker/area"): rule(*LOOKING_AFTER, scope="people:read"),
    ("GET", "/worker"): rule(*LOOKING_AFTER),
    ("GET", "/worker/shell"): OPEN,
    ("GET", "/worker/sw.js"): OPEN,
    ("GET", "/worker/manifest.webmanifest"): OPEN,
    ("GET", "/api/v1/deliveries"): rule(*WATCHING_DELIVERIES, scope="issues:read"),
    ("POST", "/api/v1/deliveries/{delivery_id}/retry"): rule(
        "street_dispatcher", scope="issues:write"
    ),
    ("POST", "/api/v1/deliveries/{delivery_id}/acknowledge"): OPEN,
    ("GET", "/desk/deliveries"): rule(*WATCHING_DELIVERIES),
    ("POST", "/desk/deliveries/{delivery_id}/retry"): rule("street_dispatcher"),
    ("GET", "/api/v1/stations/{code}/services"): OPEN,
    ("GET", "/api/v1/stations/{code}/services/{service}/slots"): OPEN,
    ("POST", "/api/v1/stations/{code}/services/{service}/bookings"): REPORTING,
    ("GET", "/api/v1/bookings"): READING_BOOKINGS,
    ("GET", "/api/v1/bookings/{number}"): READING_A_BOOKING,
    ("POST", "/api/v1/bookings/{number}/cancel"): CANCELLING,
    ("POST", "/api/v1/bookings/{number}/actions"): SERVING,
    ("POST", "/api/v1/bookings/{number}/unmask"): READING_BOOKINGS,
    ("GET", "/book/{slug}/{station}"): OPEN,
    ("POST", "/book/{slug}/{station}"): rule(RESIDENT, *AT_WORK),
    ("GET", "/booking/{secret}"): OPEN,
    ("GET", "/booking/{secret}/cancel"): OPEN,
    ("POST", "/booking/{secret}/cancel"): OPEN,
    ("GET", "/booking/{secret}/booking.ics"): OPEN,
    ("GET", "/desk/bookings"): rule("community_staff", "auditor"),
    ("POST", "/desk/bookings/{number}"): rule("community_staff"),
    ("POST", "/desk/bookings/{number}/unmask"): rule("community_staff", "auditor"),
    ("GET", "/desk"): rule(*READING_CASES),
    ("GET", "/desk/wall"): rule(*READING_CASES),
    ("GET", "/report"): OPEN,
    ("POST", "/report"): rule(RESIDENT, *AT_WORK),
    ("GET", "/follow/{secret}"): OPEN,
    ("GET", "/api/v1/duties"): OPEN,
    ("GET", "/api/v1/duties/{code}/versions"): OPEN,
    ("POST", "/api/v1/duties"): ADMINISTRATION,
    ("PUT", "/api/v1/duties/{code}"): ADMINISTRATION,
    ("GET", "/api/v1/responsibility"): OPEN,
    ("GET", "/api/v1/responsibility/gaps"): READING_MEMBERS,
    ("GET", "/api/v1/members"): READING_MEMBERS,
    ("GET", "/api/v1/members/{member_id}"): READING_MEMBERS,
    ("POST", "/api/v1/members/{member_id}/hand-over"): HANDING_OVER,
    ("POST", "/api/v1/members/{member_id}/hand-back"): HANDING_OVER,
    ("GET", "/catalogue"): OPEN,
    ("GET", "/admin/catalogue"): ADMINISTRATION,
    ("POST", "/admin/catalogue"): ADMINISTRATION,
    ("GET", "/admin/catalogue/new"): ADMINISTRATION,
    ("GET", "/admin/catalogue/duties/{code}"): ADMINISTRATION,
    ("POST", "/admin/catalogue/duties/{code}"): ADMINISTRATION,
    ("GET", "/responsibility"): rule(*SEEING_MEMBERS),
    ("GET", "/responsibility/members"): rule(*SEEING_MEMBERS),
    ("GET", "/responsibility/members/{member_id}"): rule(*SEEING_MEMBERS),
    ("POST", "/responsibility/members/{member_id}/hand-over"): HANDING_OVER,
    ("POST", "/responsibility/members/{member_id}/hand-back"): HANDING_OVER,
    ("GET", "/cases"): rule(*READING_CASES),
    ("GET", "/cases/{issue_id}"): rule(*READING_CASES),
    ("POST", "/cases/{issue_id}/reporter"): rule(*AT_WORK, "auditor"),
    ("GET", "/households"): rule(*LOOKING_AFTER, "auditor"),
    ("POST", "/households/unmask"): rule(*LOOKING_AFTER, "auditor"),
    ("GET", "/plan"): rule(*READING_PLANS),
    ("GET", "/plan/import"): rule("planner"),
    ("GET", "/plan/{plan_id:uuid}"): rule(*READING_PLANS),
    ("GET", "/plan/shared/{secret}"): OPEN,
    ("GET", "/plan/generations"): OPEN,
    ("GET", "/figures"): rule(*COUNTING_CASES),
    ("GET", "/catchments"): rule(*PLANNING_STATIONS),
    ("GET", "/maps"): OPEN,
    ("GET", "/maps/coverage"): OPEN,
    ("GET", "/maps/coverage.{form}"): OPEN,
    ("GET", "/maps/coverage/thumbnail.svg"): OPEN,
    ("GET", "/maps/hotspots"): OPEN,
    ("GET", "/maps/hotspots.{form}"): OPEN,
    ("GET", "/maps/hotspots/thumbnail.svg"): OPEN,
    ("GET", "/api/v1/catchments"): COUNTING_HOMES,
    ("GET", "/api/v1/catchments/figures"): COUNTING_HOMES,
    ("GET", "/api/v1/catchments/figures.xlsx"): COUNTING_HOMES,
    ("GET", "/api/v1/catchments/best-site"): COUNTING_HOMES,
    ("GET", "/scorecard"): rule(*READING_PLANS),
    ("GET", "/audit"): rule("auditor", "administrator"),
    ("GET", "/audit/export"): rule("auditor", "administrator", scope="audit:read"),
    ("GET", "/api/v1/me"): rule(ACCOUNT, scope=ANY_TOKEN),
    ("GET", "/login"): OPEN,
    ("POST", "/login"): OPEN,
    ("GET", "/login/openid"): OPEN,
    ("GET", "/login/openid/return"): OPEN,
    ("POST", "/logout"): PERSONAL,
    ("GET", "/account"): PERSONAL,
    ("GET", "/account/password"): PERSONAL,
    ("POST", "/account/password"): PERSONAL,
    ("POST", "/account/sessions/end"): PERSONAL,
    ("POST", "/account/sessions/end-all"): PERSONAL,
    ("POST", "/account/tokens"): PERSONAL,
    ("POST", "/account/tokens/revoke"): PERSONAL,
    ("GET", "/admin/users"): ADMINISTRATION,
    ("POST", "/admin/users"): ADMINISTRATION,
    ("GET", "/admin/users/{account_id}"): ADMINISTRATION,
    ("POST", "/admin/users/{account_id}/disable"): ADMINISTRATION,
    ("POST", "/admin/users/{account_id}/enable"): ADMINISTRATION,
    ("POST", "/admin/users/{account_id}/reset-password"): ADMINISTRATION,
    ("POST", "/admin/users/{account_id}/roles"): ADMINISTRATION,
    ("POST", "/admin/users/{account_id}/roles/revoke"): ADMINISTRATION,
}

BEFORE_OWN_PASSWORD = frozenset({"/account/password", "/logout"})
"""Endpoints of an account whose password was given out by somebody else."""


class EndpointsDifferError(Exception):
    """The application's endpoints are not those of the table."""


def check_endpoints(routes: Iterable[BaseRoute]) -> None:
    """Make sure that every endpoint has its rule, and every rule its endpoint.

    Raises
    ------
    EndpointsDifferError
        Naming the others.
    """
    found = set(endpoints(routes))
    without, left_over = found - set(ENDPOINTS), set(ENDPOINTS) - found
    if without or left_over:
        told = f"without a rule: {sorted(without)}; rules of nothing: {sorted(left_over)}"
        raise EndpointsDifferError(told)


def endpoints(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield method and path of every endpoint; what is mounted counts as read."""
    for route in routes:
        included: Any = getattr(route, "original_router", None)
        if included is not None:
            yield from endpoints(included.routes)
        elif isinstance(route, Mount):
            yield "GET", route.path
        else:
            methods: set[str] = getattr(route, "methods", None) or {"GET"}
            path: str = getattr(route, "path", "")
            yield from ((method, path) for method in methods - {"HEAD"})
