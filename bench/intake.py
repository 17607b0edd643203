"""Taking in issues: over HTTP against a hello-world POST, and in the database by itself.

Over HTTP one uvicorn process (uvloop, httptools) serves the application and, under the same
middleware and guard, an endpoint with the same body that does nothing; beside it stands the same
endpoint in an application of its own. In the database the function that takes in an issue is
compared with the same as separate statements: by the service, whom policies bind, and by the owner;
both by the driver that the service uses, and by pgbench, which sends statements at no cost of its
own. pgbench's bare insert of a row is printed beside it. Everything commits synchronously. Rounds
are interleaved, medians are told. Run from the project's folder:

    python -m bench.intake [--rounds N] [--seconds N] [--http-alone]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import uvloop
from sqlalchemy import make_url

from api.schemas.issues import IssueIn  # noqa: TC001 - read by FastAPI
from bench.databases import empty_database
from bench.http import Peer, load, serving
from geo.flows.load import load as load_folder
from geo.flows.locate import read_position
from geo.flows.received import asked_of
from geo.flows.registry import Registry
from geo.flows.report import Report, decide
from geo.store.asking import RESIDENT
from geo.store.cluster_server import find_binaries
from geo.store.engine import plain_url, service_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "data" / "boundaries" / "jinggangshan"
CLIENTS = (1, 8, 16)
HELLO = "/bench/hello"
INTAKE = "/api/v1/issues"
DIFFERENT = 500

SEPARATE = """
BEGIN;
SELECT set_config('hongge.asker', 'resident', true), set_config('hongge.account_id', '', true),
       set_config('hongge.actor', '', true), set_config('hongge.request_id', '', true),
       set_config('hongge.follow_sha256', :new_digest, true) AS secret \\gset
SELECT clock_timestamp() AS present FROM (
    SELECT pg_advisory_xact_lock_shared(x'67656E'::integer, :home) AS held) AS held \\gset
SELECT id FROM generation WHERE jurisdiction_id = :home AND validity @> :present::timestamptz;
SELECT id FROM duty WHERE id = :duty AND version = 1 AND retired_at IS NULL;
SELECT max(id) AS around FROM building
WHERE jurisdiction_id = :home AND ST_Covers(geom, :place)
  AND ST_Distance(ST_Boundary(geom)::geography, (:place)::geography) >= :accuracy;
SELECT next_issue_number(:home, 2026) AS number, gen_random_uuid() AS id \\gset
INSERT INTO issue SELECT one.* FROM jsonb_populate_record(
    NULL::issue, :issue || jsonb_build_object(
        'id', :id::uuid, 'number', :number::text, 'follow_sha256', '\\x' || :secret::text,
        'occurred_at', :present::timestamptz, 'received_at', :present::timestamptz)) AS one;
INSERT INTO issue_deadline (issue_id, stage, due_at, started_at, amount, unit, remind_at)
SELECT :id::uuid, stage, due_at, CASE WHEN runs THEN :present::timestamptz END, amount, unit,
       remind_at
FROM jsonb_to_recordset(:clocks) AS clock (
    stage text, due_at timestamptz, runs boolean, amount integer, unit text,
    remind_at timestamptz);
INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, detail)
VALUES (:id::uuid, 1, :present::timestamptz, 'collect', 'collected', 'reporter', :detail);
SELECT * FROM responsible_for(:grid, NULL, NULL, NULL);
INSERT INTO outbox (topic, payload) VALUES ('issue.received', '{}');
COMMIT;
"""
FUNCTION = """
CALL take_in_durably(:given || jsonb_build_object(
    'minute', date_trunc('minute', clock_timestamp()),
    'issue', :issue || jsonb_build_object(
        'id', gen_random_uuid(), 'follow_sha256', '\\x' || :new_digest)), '{}', NULL);
"""
BARE = "INSERT INTO bench_bare (text) VALUES ('x');"
NEW_DIGEST = "encode(sha256(gen_random_uuid()::text::bytea), 'hex')"
RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def served() -> FastAPI:
    """Return the application, with an endpoint that takes the same body and does nothing."""
    from api.app import create_app  # noqa: PLC0415 - in the server's process alone
    from api.permissions import ENDPOINTS, OPEN  # noqa: PLC0415 - the same

    app = create_app()
    ENDPOINTS["POST", HELLO] = OPEN

    @app.post(HELLO)
    async def hello(issue: IssueIn) -> dict[str, str]:
        return {"hello": issue.text}

    return app


def bare() -> FastAPI:
    """Return an application of nothing but that endpoint."""
    from fastapi import FastAPI  # noqa: PLC0415 - in the server's process alone

    app = FastAPI()

    @app.post(HELLO)
    async def hello(issue: IssueIn) -> dict[str, str]:
        return {"hello": issue.text}

    @app.get("/healthz")
    async def healthy() -> dict[str, str]:
        return {}

    return app


class Poster(Peer):
    """A server that takes bodies."""

    bodies: list[bytes]

    def requests(self) -> list[bytes]:
        """Return the requests, ready to be sent."""
        head = f"POST {self.paths[0]} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json"
        return [
            f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in self.bodies
        ]


@dataclass
class Script:
    """A script of pgbench, whose login it runs under, and what it did in each round."""

    name: str
    url: str
    file: Path
    per_second: dict[int, list[float]] = field(default_factory=dict)

    def run(self, clients: int, seconds: int) -> None:
        """Run it for some seconds, and note the transactions a second."""
        parts = make_url(self.url)
        command = [str(find_binaries().folder / "pgbench"), "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"]
        command += [f"--file={self.file}", f"--host={parts.query['host']}"]
        command += [f"--username={parts.username}", str(parts.database)]
        if "port" in parts.query:
            command += [f"--port={parts.query['port']}"]
        environment = os.environ | {"PGPASSWORD": parts.password or ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        told = RATE.search(done.stdout)
        if told is None or done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        self.per_second.setdefault(clients, []).append(float(told[1]))


@dataclass
class Driven:
    """The statements of a script by the driver that the service uses, each sent by itself."""

    name: str
    url: str
    statements: list[str]
    per_second: dict[int, list[float]] = field(default_factory=dict)

    def run(self, clients: int, seconds: int) -> None:
        """Run it for some seconds, and note the transactions a second."""
        with ThreadPoolExecutor(clients) as threads:
            until = time.perf_counter() + seconds
            done = list(threads.map(self._repeat, [until] * clients))
        self.per_second.setdefault(clients, []).append(sum(done) / seconds)

    def _repeat(self, until: float) -> int:
        done = 0
        with psycopg.connect(plain_url(self.url), autocommit=True) as connection:
            while time.perf_counter() < until:
                known: dict[str, Any] = {}
                for statement in self.statements:
                    told = connection.execute(statement, known, prepare=True)
                    if told.description:
                        names = [column.name for column in told.description]
                        known |= dict(zip(names, told.fetchone() or (), strict=False))
                done += 1
        return done


def driven(script: Script) -> Driven:
    """Return a script of pgbench for the driver."""
    text = script.file.read_text("utf-8")
    statements = [one.strip() for one in re.split(r"(?:;|\\gset)\n", text) if one.strip()]
    used = [re.sub(r"(?<![:\w]):([a-z]\w*)\b", r"%(\1)s", one) for one in statements]
    return Driven(f"{script.name}, psycopg", script.url, used)


def bodies(places: list[tuple[float, float]], duty: str) -> list[bytes]:
    """Return bodies of reports, a place each."""
    return [
        json.dumps(
            {
                "text": f"路灯不亮 {number}",
                "duty": duty,
                "location": {"lon": lon, "lat": lat, "accuracy_m": 8},
                "reporter": {"name": "某", "phone": "000"},
            },
            ensure_ascii=False,
        ).encode()
        for number, (lon, lat) in enumerate(places)
    ]


def doors(url: str) -> tuple[list[tuple[float, float]], str]:
    """Return positions of buildings all over the city, and the code of a public duty."""
    with psycopg.connect(plain_url(url)) as connection:
        places = connection.execute(
            "SELECT round(ST_X(site)::numeric, 6)::float8, round(ST_Y(site)::numeric, 6)::float8"
            " FROM building ORDER BY md5(code) LIMIT %s",
            (DIFFERENT,),
        ).fetchall()
        (duty,) = connection.execute(
            "SELECT code FROM duty JOIN duty_deadline ON duty_id = duty.id"
            " WHERE NOT private GROUP BY code ORDER BY count(*) DESC, code LIMIT 1"
        ).fetchone() or ("",)
    return [(lon, lat) for lon, lat in places], duty


def scripts(url: str, folder: Path, place: tuple[float, float], duty: str) -> list[Script]:
    """Return the scripts of pgbench, with what this process decides put in."""
    registry = Registry(url)
    registry.refresh()
    given = Report("路灯不亮", read_position(*place, accuracy_m=8.0), duty=duty)
    decided = decide(registry, given, datetime.now(UTC), url, RESIDENT)
    asked = asked_of(uuid4(), given, decided, RESIDENT)
    issue = asked.pop("issue")
    for name in ("id", "follow_sha256", "occurred_at"):
        del issue[name]
    values = {
        "given": jsonb(asked),
        "issue": jsonb(issue),
        "clocks": jsonb(asked["clocks"]),
        "detail": jsonb(asked["detail"]),
        "new_digest": NEW_DIGEST,
        "home": str(issue["jurisdiction_id"]),
        "duty": str(issue["duty_id"]),
        "grid": f"'{issue['current_grid_id']}'",
        "place": f"'{issue['location']}'::geometry",
        "accuracy": "8",
    }
    service = service_address(url)
    texts = {"take_in": FUNCTION, "separate": SEPARATE, "separate (owner)": SEPARATE, "bare": BARE}
    found = []
    for name, text in texts.items():
        file = folder / f"{name.split()[0]}.sql"
        file.write_text(_filled(text, values), "utf-8")
        found.append(Script(name, url if name in {"separate (owner)", "bare"} else service, file))
    return found


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"(?<![:\w]):(\w+)\b", lambda found: values.get(found[1], found[0]), text)


def jsonb(value: Any) -> str:
    """Return a value as SQL."""
    told = json.dumps(value, default=str, ensure_ascii=False).replace("'", "''")
    return f"'{told}'::jsonb"


def tell(peers: list[Poster], clients: int) -> None:
    """Print what each did over HTTP, and what share of each intake is."""
    ours = list(peers[0].per_second)
    for peer in peers:
        ratios = [mine / other for mine, other in zip(ours, peer.per_second)]  # noqa: B905 - as many
        print(
            f"HTTP {clients:3} clients  {peer.name:22} {median(peer.per_second):7.0f}/s  intake is"
            f" {median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
        )
        peer.per_second.clear()


def tell_database(found: Sequence[Script | Driven]) -> None:
    """Print what each did in the database, and how much faster the function, the first, is."""
    ours = found[0].per_second
    for script in found:
        for clients, rates in script.per_second.items():
            ratios = [mine / other for mine, other in zip(ours[clients], rates)]  # noqa: B905 - as many
            print(
                f"database {clients:3} clients  {script.name:26} {median(rates):7.0f}/s  take_in is"
                f" {median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--http-alone", action="store_true")
    chosen = parser.parse_args()
    print("command: python -m bench.intake", *sys.argv[1:])
    with ExitStack() as stack:
        run = stack.enter_context
        url = run(empty_database(PROJECT / "var" / "bench"))
        folder = Path(run(TemporaryDirectory()))
        load_folder(FOLDER, url=url)
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            connection.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, text text)")
            connection.execute("ANALYZE")
            told = connection.execute(
                "SELECT current_setting('synchronous_commit'), current_setting('fsync')"
            ).fetchone()
            print("synchronous_commit, fsync:", told)
        places, duty = doors(url)
        found = scripts(url, folder, places[0], duty)
        by_driver = [driven(script) for script in found[:3]]
        every: list[Script | Driven] = [*found, *by_driver]
        for _ in range(0 if chosen.http_alone else chosen.rounds):
            for clients in CLIENTS:
                for script in every:
                    script.run(clients, chosen.seconds)
        tell_database(by_driver)
        tell_database(found)
        settings = {"HONGGE_DATABASE_URL": url, "HONGGE_REPORTS_AT_ONCE": "0"}
        ours = run(serving(["--factory", "bench.intake:served"], "/healthz", **settings))
        alone = run(serving(["--factory", "bench.intake:bare"], "/healthz"))
        peers = [
            Poster("intake", ours, [INTAKE]),
            Poster("hello, same server", ours, [HELLO]),
            Poster("hello, bare FastAPI", alone, [HELLO]),
        ]
        for peer in peers:
            peer.bodies = bodies(places, duty)
        for clients in CLIENTS:
            for _ in range(chosen.rounds):
                for peer in peers:
                    uvloop.run(load(peer, clients, chosen.seconds))
            tell(peers, clients)


if __name__ == "__main__":
    main()
