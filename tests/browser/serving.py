"""The service in a process of its own, begun by a process that has all modules loaded already.

Loading them is most of what a start takes; each process is as new as one that began with that.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from api.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess
    from pathlib import Path

LOADED = ("api.app", "api.commands.serve", "api.logs", "geo.flows.demonstration", "geo.flows.ready")
START_S = 120
END_S = 30

_starting = multiprocessing.get_context("forkserver")
_starting.set_forkserver_preload([__name__, *LOADED])


@contextmanager
def serving(url: str, folder: Path) -> Iterator[str]:
    """Run ``hongge serve`` on a database until the block ends, and yield its address.

    Its data and its log are in an empty folder: what an installation here has in its own stays.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    process = _starting.Process(target=_serve, args=(url, port, folder, log))
    process.start()
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, log)
        yield address
    finally:
        process.terminate()
        process.join(END_S)
        process.kill()
        process.join()


def _serve(url: str, port: int, folder: Path, log: Path) -> None:
    with log.open("wb") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    os.environ |= {"HONGGE_DATABASE_URL": url, "HONGGE_DATA_DIR": str(folder)}
    sys.argv[1:] = ["serve", "--port", str(port)]
    main()


def _wait(address: str, process: BaseProcess, log: Path) -> None:
    """Wait until the service answers, which it does as soon as it listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.is_alive():
        try:
            with urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == HTTPStatus.OK:
                    return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    pytest.fail(f"the service did not start:\n{log.read_text()}")
