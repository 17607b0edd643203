from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from geo.store import cluster
from geo.store.cluster_server import PostgresMissingError, find_binaries

if TYPE_CHECKING:
    from collections.abc import Iterator

HONGGE = Path(sys.executable).with_name("hongge")
READY = "Hongge is ready:"
PATIENCE_S = 180


@contextmanager
def served(port: int, *options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run the service in English until the block ends; standard error goes to our own."""
    serving = subprocess.Popen(
        [str(HONGGE), "serve", "--port", str(port), *options],
        env={**os.environ, "HONGGE_LANGUAGE": "en", **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield serving
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def announced(serving: subprocess.Popen[str], pages: int) -> list[str]:
    """Return the addresses that the service prints when it is ready."""
    assert serving.stdout
    assert serving.stdout.readline().strip() == READY
    lines = [serving.stdout.readline() for _ in range(pages)]
    return [re.findall(r"http://\S+", line)[0] for line in lines]


def fetch(address: str) -> tuple[int, str]:
    with urlopen(address, timeout=30) as answer:  # noqa: S310 - our own service
        return answer.status, answer.read().decode()


def until_ready(port: int) -> dict[str, object]:
    """Ask until the service has its database, and return what it says of itself."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        try:
            _, body = fetch(f"http://127.0.0.1:{port}/readyz")
        except (URLError, OSError):
            time.sleep(0.2)
            continue
        found: dict[str, object] = json.loads(body)
        return found
    return pytest.fail("the service never became ready")


def test_from_an_empty_folder_to_pages_that_answer_and_back(tmp_path: Path) -> None:
    try:
        find_binaries()
    except PostgresMissingError as error:
        pytest.skip(str(error))
    folder, port = tmp_path / "var", free_port()
    try:
        with served(port, HONGGE_DATABASE_URL="", HONGGE_DATA_DIR=str(folder)) as serving:
            for address in announced(serving, pages=2):
                assert fetch(address)[0] == 200
            assert until_ready(port)["generations"], "the demonstration city is there"
            pid = cluster.status(folder).pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)
            assert until_ready(port)["generations"], "the database came back after a crash"
        assert cluster.status(folder).pid is None, "the last one stops the server"
    finally:
        cluster.remove(folder)


def test_several_processes_serve_a_database_that_is_set(
    demo_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    given = {"HONGGE_DATABASE_URL": demo_database_url, "HONGGE_DATA_DIR": str(tmp_path)}
    with served(port, "--workers", "2", **given) as serving:
        announced(serving, pages=2)
        assert until_ready(port)["generations"]


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [str(HONGGE), "serve", "--port", str(port)],
            env={**os.environ, "HONGGE_LANGUAGE": "en"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"can't listen on 127.0.0.1 port {port}" in done.stderr
