"""The description of the interface, tried out at random: no fault, nothing undescribed.

``HONGGE_TEST_API_EXAMPLES`` tries more of each endpoint than the few that every run does.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from geo.store.engine import owner_session
from tests import town
from tests.people import make_accounts
from tests.visitors import ENDLESS, session_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

EXAMPLES = int(os.environ.get("HONGGE_TEST_API_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


WHO = (
    "nobody",
    "grid_worker",
    "community_staff",
    "street_dispatcher",
    "department_handler",
    "planner",
    "auditor",
    "administrator",
)
NOT_AT_WORK_THERE = {"nobody", "grid_worker", "community_staff", "planner"}
LONG = ("/events", "/proposals", "/documents/{name}", "/scorecard.{form}")
"""What never ends, or takes long: only tried out on what isn't there."""
SECRET = "九号楼无人知晓之事"  # noqa: S105 - the text of an issue


class Service(NamedTuple):
    """A running service, and an issue and a draft of a plan that it knows."""

    address: str
    issue_id: str
    plan_id: str


@pytest.fixture(scope="module")
def headers(database_url: str, grids: dict[str, UUID]) -> dict[str, dict[str, str]]:
    """What everybody's browser sends along."""
    assert grids
    with owner_session(database_url) as opened:
        accounts = make_accounts(opened)
    known = {who: session_headers(database_url, accounts[who]) for who in WHO if who in accounts}
    return {"nobody": {}} | known


@pytest.fixture(scope="module")
def service(database_url: str, headers: dict[str, dict[str, str]]) -> Iterator[Service]:
    """Run the service in this process, with an issue in grid B1 and a draft."""
    assert headers
    config = uvicorn.Config(create_app(database_url), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    lon, lat = town.spot(2.2, 1.8)
    body = {"text": SECRET, "duty": town.DUTY, "location": {"lon": lon, "lat": lat}}
    reported = httpx2.post(f"{address}/api/v1/issues", json=body, timeout=60).raise_for_status()
    draft = {
        "jurisdiction": town.SLUG,
        "name": "方案",
        "from": {"generation": town.SECOND_LABEL},
    }
    drafted = httpx2.post(
        f"{address}/api/v1/plans", json=draft, headers=headers["planner"], timeout=60
    ).raise_for_status()
    yield Service(address, reported.json()["id"], drafted.json()["id"])
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def operations(service: Service) -> list[Any]:
    config = schemathesis.Config()
    # Who asks is what this test says: no made-up sessions and tokens besides.
    config.projects.default.generation.update(with_security_parameters=False)
    schema = schemathesis.openapi.from_url(f"{service.address}/api/openapi.json", config=config)
    every = [found.ok() for found in schema.get_all_operations()]
    return [one for one in every if one.path not in ENDLESS]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_the_service_does_what_it_says(
    service: Service,
    operations: list[Any],
    headers: dict[str, dict[str, str]],
    mode: GenerationMode,
) -> None:
    assert len(operations) > 10
    assert set(WHO) <= set(headers)
    found = [fault for one in operations for fault in faults(one, service, mode, headers)]
    assert found == [], "\n\n".join(found)


def let_in(operation: Any, who: str) -> bool:
    """Tell whether somebody is let in, as the endpoint says itself; else one try will do."""
    described = operation.definition.raw
    ways = described["security"]
    open_to_all = {} in ways or {"follow": []} in ways
    return open_to_all if who == "nobody" else who in described["x-roles"]


def faults(
    operation: Any, service: Service, mode: GenerationMode, headers: dict[str, dict[str, str]]
) -> list[str]:
    """Try an endpoint out, with what isn't there and what is, and return what it did wrong.

    Making cases up is what takes time: everybody tries the first one, and those who are let in
    try each of them.
    """
    found: list[str] = []
    tried: list[Any] = []

    @trying(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(operation, service, mode))
    def attempt(case: Any) -> None:
        for who in WHO:
            if not tried or let_in(operation, who):
                found.extend(f"{who}: {wrong}" for wrong in faults_of(case, service, headers, who))
        tried.append(case)

    with suppress(Unsatisfiable):  # there is nothing to get wrong
        attempt()
    return found


def cases_of(operation: Any, service: Service, mode: GenerationMode) -> Any:
    """Return what makes up requests of an endpoint: of what isn't there, and of what is."""
    cases = operation.as_strategy(mode)
    there = {"issue_id": service.issue_id, "number": 1, "plan_id": service.plan_id}
    known = {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}
    if known and not operation.path.endswith(LONG):
        return st.one_of(cases, operation.as_strategy(mode, path_parameters=known))
    return cases


def faults_of(
    case: Any, service: Service, headers: dict[str, dict[str, str]], who: str
) -> Iterator[str]:
    """Send a request as somebody, and yield what is wrong with the answer."""
    label = case.operation.label
    answer = case.call(base_url=service.address, headers=headers[who], timeout=60)
    if who in NOT_AT_WORK_THERE and SECRET.encode() in answer.content:
        yield f"{label} tells what is secret"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for one in group.exceptions:
            yield f"{label}: {one}"
