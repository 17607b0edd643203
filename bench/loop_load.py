"""The closed loop under load, and through the death of a worker and of the database.

Many clients report and act on what they reported, each request with an idempotency key that it is
repeated with until it is answered. Two workers of uvicorn serve them; in the middle one worker is
killed (SIGKILL), and the database is restarted after a crash (SIGQUIT: no checkpoint). In the end
everything that was acknowledged is there, once, and nothing else is there twice. Run from the
project's folder:

    python -m bench.loop_load [--clients N] [--seconds N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2
import psycopg
from sqlalchemy import text

from bench.databases import empty_database
from geo.flows.load import load
from geo.flows.sign_in import Place, admit, visitor_of_session
from geo.store import cluster
from geo.store.cluster_home import find_home
from geo.store.cluster_server import server_pid
from geo.store.engine import owner_session, plain_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "data" / "boundaries" / "jinggangshan"
BENCH = PROJECT / "var" / "bench"
READY_S = 60.0
PATIENCE_S = 60.0
PAUSE_S = 0.2
LEAST = 3
"""Reports of every client, however slow the machine is."""
ACTING = 0.6
"""Share of turns in which a client acts on what it reported, if there is anything."""

LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE})
STEPS = (
    {"action": "sort", "note": "x"},
    {"action": "dispatch", "note": "x"},
    {"action": "accept"},
    {"action": "handle", "note": "x"},
    {"action": "verify"},
    {"action": "feed_back", "note": "x"},
    {"action": "close"},
)


@dataclass
class Tally:
    """What clients were told.

    Parameters
    ----------
    reported
        Text of a report to the issue's key and number.
    acted
        Issue's key to the actions that were acknowledged, in order.
    repeated
        Why requests were sent again: statuses and kinds of transport errors, counted.
    errors
        Answers that nobody should get.
    seconds
        How long each request took until it was answered, repetitions included.
    """

    reported: dict[str, tuple[str, str]] = field(default_factory=dict)
    acted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    repeated: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass
class Loop:
    """Where to send requests, as whom, and what about.

    Parameters
    ----------
    base
        The service's address.
    headers
        Of somebody who may take every step.
    places
        Positions in the territory, in degrees.
    duty
        Code of a duty that is not private.
    """

    base: str
    headers: dict[str, str]
    places: list[tuple[float, float]]
    duty: str
    tally: Tally = field(default_factory=Tally)

    async def run(self, clients: int, seconds: float, between: Callable[[], None]) -> Tally:
        """Let clients report and act for some seconds; ``between`` happens in the middle."""
        until = time.monotonic() + seconds
        # One connection each, as browsers have them, and no queue of the client's own.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx2.AsyncClient(base_url=self.base, limits=limits, timeout=30.0) as client:
            disturbing = asyncio.create_task(self._disturb(seconds / 3, between))
            await asyncio.gather(*(self._act(client, one, until) for one in range(clients)))
            await disturbing
        return self.tally

    async def _disturb(self, after_s: float, between: Callable[[], None]) -> None:
        await asyncio.sleep(after_s)
        await asyncio.to_thread(between)

    async def _act(self, client: httpx2.AsyncClient, number: int, until: float) -> None:
        """Be one client: report, or take the next step of an issue that one reported."""
        dice = random.Random(number)  # noqa: S311 - no secret
        mine: list[tuple[str, int]] = []
        count = 0
        while (time.monotonic() < until or count < LEAST) and not self.tally.errors:
            if mine and dice.random() < ACTING:
                issue_id, step = mine.pop(dice.randrange(len(mine)))
                path = f"/api/v1/issues/{issue_id}/actions"
                told = await self._send(client, path, dict(STEPS[step]), self.headers)
                if told is None:
                    return
                self.tally.acted[issue_id].append(STEPS[step]["action"])
                if step + 1 < len(STEPS):
                    mine.append((issue_id, step + 1))
                continue
            count += 1
            name = f"{number}-{count}"
            lon, lat = dice.choice(self.places)
            body = {"text": name, "duty": self.duty, "location": {"lon": lon, "lat": lat}}
            told = await self._send(client, "/api/v1/issues", body, {})
            if told is None:
                return
            self.tally.reported[name] = (told["id"], told["number"])
            mine.append((told["id"], 0))

    async def _send(
        self, client: httpx2.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any] | None:
        """Send a request until it is answered; ``None`` when the answer is an error."""
        sent = {**headers, "Idempotency-Key": str(uuid4())}
        begun = time.monotonic()
        while time.monotonic() < begun + PATIENCE_S:
            try:
                answer = await client.post(path, json=body, headers=sent)
            except httpx2.TransportError as error:
                self.tally.repeated[type(error).__name__] += 1
                await asyncio.sleep(PAUSE_S)
                continue
            if answer.status_code in LATER and "retry-after" in answer.headers:
                self.tally.repeated[str(answer.status_code)] += 1
                await asyncio.sleep(PAUSE_S)
                continue
            if answer.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
                self.tally.errors.append(f"{path} {body}: {answer.status_code} {answer.text}")
                return None
            self.tally.seconds.append(time.monotonic() - begun)
            told: dict[str, Any] = answer.json()
            return told
        self.tally.errors.append(f"{path}: no answer in {PATIENCE_S} s")
        return None


def found_wrong(url: str, tally: Tally) -> list[str]:
    """Return what the database has lost, doubled or mixed up of what clients were told."""
    with psycopg.connect(plain_url(url)) as connection:
        # Those of the clients: a city that was loaded has others.
        issues = connection.execute(
            "SELECT text, id::text, number FROM issue WHERE text ~ '^[0-9]+-[0-9]+$'"
        ).fetchall()
        events = connection.execute(
            "SELECT issue_id::text, array_agg(action ORDER BY sequence),"
            " array_agg(sequence ORDER BY sequence) FROM issue_event"
            " WHERE issue_id IN (SELECT id FROM issue WHERE text ~ '^[0-9]+-[0-9]+$')"
            " AND action NOT IN ('remind', 'escalate') GROUP BY 1"
        ).fetchall()
        left = connection.execute(
            "SELECT payload ->> 'issue_id', count(*) FROM outbox"
            " WHERE topic = 'issue.received' GROUP BY 1"
        ).fetchall()
    stored = defaultdict(list)
    for name, issue_id, number in issues:
        stored[name].append((issue_id, number))
    wrong = [f"doubled: {name} {rows}" for name, rows in stored.items() if len(rows) > 1]
    wrong += [
        f"lost: {name} {told}" for name, told in tally.reported.items() if stored[name] != [told]
    ]
    numbers = Counter(number for _, _, number in issues)
    wrong += [f"number given twice: {one}" for one, times in numbers.items() if times > 1]
    history = {issue_id: (actions, sequence) for issue_id, actions, sequence in events}
    for issue_id, (actions, sequence) in history.items():
        expected = ["collect", *(step["action"] for step in STEPS)][: len(actions)]
        if actions != expected or sequence != list(range(1, len(actions) + 1)):
            wrong.append(f"mixed up: {issue_id} {actions} {sequence}")
    for issue_id, acted in tally.acted.items():
        actions = history.get(issue_id, ([], []))[0]
        if actions[1 : 1 + len(acted)] != acted:
            wrong.append(f"lost of {issue_id}: told {acted}, stored {actions}")
    sent: dict[str, int] = dict(left)
    wrong += [
        f"told elsewhere {sent.get(one, 0)} times: {one}"
        for _, one, _ in issues
        if sent.get(one) != 1
    ]
    return wrong


@contextmanager
def two_workers(url: str, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the service with two workers; yield its address and the process that keeps them.

    What it says goes to a log: while the database is away it has much to say.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app"]
    command += ["--workers", "2", "--port", str(port), "--log-level", "error", "--no-access-log"]
    environment = os.environ | {"HONGGE_DATABASE_URL": url, "HONGGE_LOG_LEVEL": "error"}
    with (
        log.open("wb") as said,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=said) as process,
    ):
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(base)
            yield base, process
        finally:
            process.terminate()


def _wait(base: str) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            if httpx2.get(f"{base}/readyz").status_code == HTTPStatus.OK:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    message = f"nothing answers at {base}"
    raise RuntimeError(message)


def kill_a_worker(keeper: subprocess.Popen[bytes]) -> int:
    """Kill one of a keeper's workers, and return which."""
    for child in Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(int(child), signal.SIGKILL)
            return int(child)
    message = "there is no worker"
    raise RuntimeError(message)


def crash_and_start(folder: Path) -> None:
    """Let the private cluster of a folder crash, and start it again."""
    pid = server_pid(find_home(folder))
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
    cluster.ensure_running(folder)


def everybody(url: str) -> dict[str, str]:
    """Make an account that may take every step everywhere, and return its session's headers."""
    with owner_session(url) as opened:
        account_id = opened.execute(
            text(
                "INSERT INTO account (name, display_name, created_by)"
                " VALUES ('everybody', 'everybody', 'bench') RETURNING id"
            )
        ).scalar_one()
        roles = (
            "SELECT 'street_dispatcher', slug, street.code FROM street"
            " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
            " UNION ALL SELECT 'department_handler', slug, department.code FROM department"
            " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
        )
        opened.execute(
            text(
                "INSERT INTO account_role (account_id, role, jurisdiction, place, granted_by)"  # noqa: S608 - of constants
                f" SELECT :account, held.*, 'bench' FROM ({roles}) AS held"
            ),
            {"account": account_id},
        )
        for community in opened.execute(
            text(
                "SELECT slug, community.code FROM community"
                " JOIN street ON street.id = street_id"
                " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
            )
        ):
            opened.execute(
                text(
                    "INSERT INTO account_role (account_id, role, jurisdiction, place, granted_by)"
                    " VALUES (:account, 'community_staff', :slug, :code, 'bench')"
                ),
                {"account": account_id, "slug": community.slug, "code": community.code},
            )
    token = admit(account_id, Place("127.0.0.1"), None, url).session
    visitor = visitor_of_session(token, url)
    csrf_token = visitor.csrf_token if visitor else None
    return {"Cookie": f"hongge_session={token}", "X-CSRF-Token": csrf_token or ""}


def some_places(url: str) -> tuple[list[tuple[float, float]], str]:
    """Return positions of buildings, and the code of a duty that is not private."""
    with psycopg.connect(plain_url(url)) as connection:
        places = connection.execute(
            "SELECT ST_X(site), ST_Y(site) FROM building ORDER BY md5(code) LIMIT 500"
        ).fetchall()
        row = connection.execute("SELECT code FROM duty WHERE NOT private ORDER BY code LIMIT 1")
        (duty,) = row.fetchone() or ("",)
    return [(lon, lat) for lon, lat in places], duty


def main() -> None:
    """Run the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    print("command: python -m bench.loop_load", *sys.argv[1:])
    with empty_database(BENCH) as url:
        load(FOLDER, url=url)
        places, duty = some_places(url)
        with two_workers(url, BENCH / "loop_load.log") as (base, keeper):
            loop = Loop(base, everybody(url), places, duty)

            def disturb() -> None:
                print("killed worker", kill_a_worker(keeper))
                time.sleep(chosen.seconds / 6)
                crash_and_start(BENCH)
                print("the database crashed and is back")

            tally = asyncio.run(loop.run(chosen.clients, chosen.seconds, disturb))
        wrong = found_wrong(url, tally)
    took = sorted(tally.seconds)
    acted = sum(map(len, tally.acted.values()))
    print(f"{len(tally.reported)} reports and {acted} actions acknowledged")
    print("sent again:", dict(tally.repeated))
    if took:
        middle, late = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"seconds, median {middle:.2f}, 99 of 100 {late:.2f}")
    print("errors:", tally.errors[:5] or "none")
    print("lost, doubled or mixed up:", wrong[:5] or "nothing")
    raise SystemExit(bool(tally.errors or wrong))


if __name__ == "__main__":
    main()
