"""`locate` over HTTP against a hello-world endpoint and against tipg's items filter.

One uvicorn process each (uvloop, httptools), one PostGIS with the same plan; 16 clients, rounds
interleaved, medians. Run from the project's folder, with the packages of the extra `bench`:

    python -m bench.http
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

import numpy as np
import shapely
import uvloop
from sqlalchemy import make_url

from bench.databases import empty_database
from bench.tessellation import plan
from geo.flows.publish import publish
from geo.store.engine import owner_session
from geo.store.models import Community, Jurisdiction, Street
from geo.store.publishing import DrawnGrid, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT = Path(__file__).resolve().parent.parent
HELLO = """
from fastapi import FastAPI
app = FastAPI()

@app.get("/hello")
async def hello(lon: float, lat: float) -> dict[str, float]:
    return {"lon": lon, "lat": lat}
"""
DIVISION = "999003"
COMMUNITY = f"{DIVISION}001001"
READY_S = 60
CHECKED = 300
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Peer:
    """A server under load: what to ask it, and what it did in each round."""

    name: str
    port: int
    paths: list[str]
    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def requests(self) -> list[bytes]:
        """Return the requests, ready to be sent."""
        return [
            f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n".encode()
            for path in self.paths
        ]


class Client(asyncio.Protocol):
    """One connection that asks its next question as soon as it has an answer."""

    def __init__(self, requests: Iterable[bytes], until: float, took: list[float]) -> None:
        self.requests = iter(requests)
        self.until = until
        self.took = took
        self.answer = b""
        self.sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first question."""
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collect an answer; ask again when it is complete."""
        self.answer += data
        if not _complete(self.answer):
            return
        if not self.answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            self.done.set_exception(RuntimeError(self.answer[:500].decode()))
            return
        now = time.perf_counter()
        self.took.append(now - self.sent)
        self.answer = b""
        if now < self.until:
            self._ask()
        else:
            self.transport.close()
            self.done.set_result(None)

    def _ask(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(next(self.requests))  # type: ignore[attr-defined]


def _complete(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = LENGTH.search(answer, 0, end)
    if length is None:
        return answer.endswith(b"0\r\n\r\n")
    return len(answer) - end - 4 >= int(length[1])


async def load(peer: Peer, clients: int, seconds: float) -> None:
    """Put one peer under load and note how it did."""
    requests, took = peer.requests(), []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    share = len(requests) // clients
    opened = [
        await loop.create_connection(
            lambda first=first: Client(
                cycle(requests[first * share :] + requests[: first * share]), begun + seconds, took
            ),
            "127.0.0.1",
            peer.port,
        )
        for first in range(clients)
    ]
    await asyncio.gather(*(client.done for _transport, client in opened))
    peer.per_second.append(len(took) / (time.perf_counter() - begun))
    peer.seconds += took


@contextmanager
def database(grids: int) -> Iterator[str]:
    """Make a database with one plan, and drop it at the end."""
    with empty_database(PROJECT / "var" / "bench") as url:
        _fill(url, grids)
        yield url


def _fill(url: str, grids: int) -> None:
    polygons = plan(grids)
    area = shapely.union_all(polygons)
    whole = f"SRID=4326;{shapely.MultiPolygon(shapely.get_parts(area).tolist()).wkt}"
    named = {"name": "bench", "name_en": "bench"}
    with owner_session(url) as opened:
        home = Jurisdiction(
            slug="bench", division_code=DIVISION, timezone="Asia/Shanghai", metric_srid=4547,
            area=whole, synthetic=True, notice="", notice_en="", source="", licence="", **named,
        )  # fmt: skip
        opened.add(home)
        opened.flush()
        street = Street(jurisdiction_id=home.id, code=COMMUNITY[:9], **named)
        opened.add(street)
        opened.flush()
        row = Community(street_id=street.id, code=COMMUNITY, invented=True, area=whole, **named)
        opened.add(row)
    drawn = [
        DrawnGrid(
            f"{COMMUNITY}{place:03}", f"网格{place}", f"Grid {place}", geom, branch_name="支部"
        )
        for place, geom in enumerate(polygons, 1)
    ]
    publish("bench", Plan("bench-1", drawn, "bench"), url)


@contextmanager
def serving(arguments: list[str], path: str, **environment: str) -> Iterator[int]:
    """Run uvicorn on an application, and yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", *arguments, "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command += ["--log-level", "warning"]
    folders = {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'var'}"}
    with subprocess.Popen(command, env=os.environ | folders | environment) as process:
        try:
            _wait(f"http://127.0.0.1:{port}{path}")
            yield port
        finally:
            process.terminate()


def host_url(url: str) -> str:
    """Return the address of a database with the folder of its socket in the place of the host."""
    parts = make_url(url)
    folder, port = str(parts.query["host"]), parts.query.get("port", "5432")
    return f"postgresql://{parts.username}@{quote(folder, safe='')}:{port}/{parts.database}"


def _wait(url: str) -> None:
    for _ in range(READY_S * 10):
        try:
            urllib.request.urlopen(url).read()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = f"nothing answers at {url}"
    raise RuntimeError(message)


def positions(grids: int, count: int) -> list[tuple[float, float]]:
    """Return positions spread over the plan, all of them inside."""
    area = shapely.union_all(plan(grids))
    shapely.prepare(area)
    west, south, east, north = area.bounds
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(west, east, 2 * count), rng.uniform(south, north, 2 * count)
    inside = shapely.contains_xy(area, lon, lat)
    return [(round(x, 7), round(y, 7)) for x, y in zip(lon[inside], lat[inside], strict=True)][
        :count
    ]


def tipg_path(lon: float, lat: float) -> str:
    """Return the question that tipg understands: which row holds the point, without its shape."""
    where = quote(f"S_INTERSECTS(geom, POINT({lon} {lat}))")
    return (
        "/collections/public.grid_version/items?geom-column=none&limit=1"
        f"&filter-lang=cql2-text&filter={where}"
    )


def agree(ours: Peer, theirs: Peer) -> int:
    """Return how many of the first positions get the same grid from both."""
    same = 0
    for mine, other in zip(ours.paths[:CHECKED], theirs.paths[:CHECKED], strict=True):
        told = _json(f"http://127.0.0.1:{ours.port}{mine}")["grid"]["code"]
        features = _json(f"http://127.0.0.1:{theirs.port}{other}")["features"]
        same += [one["properties"]["code"] for one in features] == [told]
    return same


def _json(url: str) -> dict[str, dict[str, str]]:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        told: dict[str, dict[str, str]] = json.load(answer)
        return told


def report(peers: list[Peer]) -> None:
    """Print what each did, and its ratio to ours."""
    ours = median(peers[0].per_second)
    print(f"{'':10} {'req/s':>8} {'p50 ms':>7} {'p99 ms':>7}  locate is")
    for peer in peers:
        rate = median(peer.per_second)
        p50, p99 = (1000 * float(np.quantile(peer.seconds, q)) for q in (0.5, 0.99))
        ratios = [mine / other for mine, other in
                  zip(peers[0].per_second, peer.per_second, strict=True)]  # fmt: skip
        print(
            f"{peer.name:10} {rate:8.0f} {p50:7.2f} {p99:7.2f}  {ours / rate:.2f} ×"
            f" ({min(ratios):.2f} to {max(ratios):.2f})"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=62)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    chosen = parser.parse_args()
    hello = PROJECT / "var" / f"bench_hello_{uuid4().hex[:8]}.py"
    asked = positions(chosen.grids, 2000)
    numbers = [f"lon={lon}&lat={lat}" for lon, lat in asked]
    with ExitStack() as stack:
        url = stack.enter_context(database(chosen.grids))
        hello.write_text(HELLO, "utf-8")
        stack.callback(hello.unlink)
        run = stack.enter_context
        ports = (
            run(serving(["--factory", "api.app:create_app"], "/healthz", HONGGE_DATABASE_URL=url)),
            run(serving([f"{hello.stem}:app"], "/hello?lon=1&lat=1")),
            run(serving(["tipg.main:app"], "/healthz", DATABASE_URL=host_url(url))),
        )
        peers = [
            Peer("locate", ports[0], [f"/api/v1/locate?{query}" for query in numbers]),
            Peer("hello", ports[1], [f"/hello?{query}" for query in numbers]),
            Peer("tipg", ports[2], [tipg_path(lon, lat) for lon, lat in asked]),
        ]
        print("command: python -m bench.http", *sys.argv[1:])
        print(f"same grid from tipg: {agree(peers[0], peers[2])} of {CHECKED}")
        for _ in range(chosen.rounds):
            for peer in peers:
                uvloop.run(load(peer, chosen.clients, chosen.seconds))
        report(peers)


if __name__ == "__main__":
    main()
