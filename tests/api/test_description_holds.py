"""The description of the interface, tried out at random: no fault, nothing undescribed.

``HONGGE_TEST_API_EXAMPLES`` tries more of each endpoint than the few that every run does.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as trying
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

EXAMPLES = int(os.environ.get("HONGGE_TEST_API_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def service(database_url: str, grids: dict[str, UUID]) -> Iterator[str]:
    """Address of the service, running in this process."""
    assert grids
    config = uvicorn.Config(create_app(database_url), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def operations(service: str) -> list[Any]:
    schema = schemathesis.openapi.from_url(f"{service}/api/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_the_service_does_what_it_says(
    service: str, operations: list[Any], mode: GenerationMode
) -> None:
    assert len(operations) > 10
    found = [fault for one in operations for fault in faults(one, service, mode, {})]
    assert found == [], "\n\n".join(found)


def faults(
    operation: Any, service: str, mode: GenerationMode, headers: dict[str, str]
) -> Iterator[str]:
    """Try an endpoint out, and yield what it should not have done."""
    try:
        with suppress(Unsatisfiable):  # there is nothing to get wrong
            try_out(operation, service, mode, headers)
    except FailureGroup as group:
        for one in group.exceptions:
            yield f"{operation.label}: {one}"


def try_out(operation: Any, service: str, mode: GenerationMode, headers: dict[str, str]) -> None:
    @trying(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def attempt(case: Any) -> None:
        answer = case.call(base_url=service, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    attempt()
