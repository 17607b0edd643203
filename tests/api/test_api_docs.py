"""The examples of the interface's page do what the page says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import PROJECT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PAGE = (PROJECT / "docs" / "api.md").read_text("utf-8")
EXAMPLE = re.compile(r"```http\n(.*?)```\s+```json (\d+)\n(.*?)```", re.DOTALL)
ANYTHING = "…"


class Example(NamedTuple):
    request: str
    status: int
    answer: object


EXAMPLES = [
    Example(request, int(status), json.loads(answer))
    for request, status, answer in EXAMPLE.findall(PAGE)
]


def send(client: TestClient, request: str) -> tuple[int, object]:
    head, _, body = request.partition("\n\n")
    first, *rest = head.strip().splitlines()
    method, path = first.split(" ", 1)
    headers = dict(line.split(": ", 1) for line in rest)
    content = {"json": json.loads(body)} if body.strip() else {}
    answer = client.request(method, path, headers=headers, **content)
    return answer.status_code, answer.json()


def differences(told: object, shown: object, path: str = "") -> list[str]:
    """Return the paths at which an answer is not what the page shows."""
    if shown == ANYTHING:
        return []
    if isinstance(shown, dict) and isinstance(told, dict):
        if told.keys() != shown.keys():
            return [f"{path}: {list(told)}"]
        return [
            one for name in shown for one in differences(told[name], shown[name], f"{path}.{name}")
        ]
    if isinstance(shown, list) and isinstance(told, list) and len(shown) == len(told):
        pairs = enumerate(zip(told, shown, strict=True))
        return [
            one for at, (mine, page) in pairs for one in differences(mine, page, f"{path}[{at}]")
        ]
    return [] if told == shown else [f"{path}: {told!r}"]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```http") >= 5


@pytest.mark.parametrize("example", EXAMPLES, ids=[one.request.splitlines()[0] for one in EXAMPLES])
def test_an_example_is_answered_as_shown(client: TestClient, example: Example) -> None:
    status, told = send(client, example.request)
    assert status == example.status
    assert differences(told, example.answer) == []
