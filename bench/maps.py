"""How long map pages take, and how large they are, beside pages that geopandas and folium make.

The demonstration city with its 62 grids and 3,379 buildings, and as many issues as are asked for:
those of the demonstration again and again, each a few minutes later and some metres away. Pages are
asked for as a planner, of a service that has just started, then warm: medians of five. Their size
is that of the page and of every script and style that it loads, each compressed. The peer,
``GeoDataFrame.explore``, draws the same grids and buildings in the same run. Run from the project's
folder:

    python -m bench.maps [--issues 100000]
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from bench.databases import empty_database
from geo.core.coverage_figures import MEASURES
from geo.flows.coverage_maps import coverage
from geo.flows.load import load
from geo.flows.registry import Registry
from geo.flows.sign_in import Place, admit
from geo.store.asking import SERVICE
from geo.store.basemap import read_basemap
from geo.store.engine import owner_session, session
from geo.store.models import Account, AccountRole

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).resolve().parent.parent
SLUG = "jinggangshan"
FOLDER = PROJECT / "data" / "boundaries" / SLUG
ROUNDS = 5
READY_S = 120.0
PAGES = {
    "coverage page": "/maps/coverage",
    "coverage, two generations": "/maps/coverage?against=jinggangshan-2024&compare=beside",
    "coverage, difference": "/maps/coverage?against=jinggangshan-2024&compare=difference",
    "coverage file (standalone)": "/maps/coverage.html",
    "hotspot page, Gi*": "/maps/hotspots",
    "hotspot page, density": "/maps/hotspots?statistic=density",
    "hotspot page, emerging": "/maps/hotspots?statistic=emerging",
}


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=100_000)
    wanted = parser.parse_args()
    with empty_database(PROJECT / "var" / "bench") as url:
        load(FOLDER, url=url)
        count = more_issues(url, wanted.issues)
        print(f"{count} issues")
        headers = {"Cookie": f"hongge_session={planner(url)}", "Accept-Encoding": "gzip"}
        with TestClient(create_app(url), headers=headers) as client:
            started = time.perf_counter()
            ask(client, PAGES["coverage page"])
            print(f"first map of a fresh service: {time.perf_counter() - started:.2f} s")
            for name, address in PAGES.items():
                measure(name, client, address)
        peers(url)


def more_issues(url: str, wanted: int) -> int:
    """Write issues like those that there are, until there are so many; return how many there are.

    Nothing is triggered by them: what a map counts is the rows alone.
    """
    with owner_session(url) as opened:
        opened.execute(text("ALTER TABLE issue DISABLE TRIGGER USER"))
        columns = opened.scalars(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'issue'")
        ).all()
        changed = {
            "id": "gen_random_uuid()",
            "number": "issue.number || '-' || turn",
            "follow_sha256": "NULL",
            "location": "ST_Translate(location, 0.0004 * sin(turn), 0.0004 * cos(turn * 1.7))",
            "occurred_at": "occurred_at - turn * interval '7 minutes'",
            "received_at": "received_at - turn * interval '7 minutes'",
        }
        chosen = ", ".join(changed.get(one, one) for one in columns)
        statement = (
            f"INSERT INTO issue ({', '.join(columns)}) SELECT {chosen} FROM issue,"  # noqa: S608
            " generate_series(1, :most) AS turn ORDER BY turn, issue.number"
            " LIMIT :wanted - (SELECT count(*) FROM issue)"
        )
        own = opened.scalars(text("SELECT count(*) FROM issue")).one()
        if wanted > own:
            opened.execute(text(statement), {"most": -(-wanted // own), "wanted": wanted})
        opened.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        opened.execute(text("ALTER TABLE issue ENABLE TRIGGER USER"))
        count: int = opened.scalars(text("SELECT count(*) FROM issue")).one()
    with owner_session(url) as opened:
        opened.execute(text("ANALYZE issue"))
    return count


def planner(url: str) -> str:
    """Write an account that plans the city, and return a session of it."""
    with owner_session(url) as opened:
        account = Account(name="bench", display_name="bench", created_by="bench")
        opened.add(account)
        opened.flush()
        role = AccountRole(
            account_id=account.id, role="planner", jurisdiction=SLUG, granted_by="bench"
        )
        opened.add(role)
        key = account.id
    return admit(key, Place("127.0.0.1"), None, url).session


def ask(client: TestClient, address: str) -> Any:
    """Ask for a page."""
    joined = "&" if "?" in address else "?"
    answer = client.get(f"{address}{joined}place={SLUG}&lang=zh")
    assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text[:300]}"  # noqa: PLR2004
    return answer


def measure(name: str, client: TestClient, address: str) -> None:
    """Ask for a page again and again, and print what came out."""
    first, answer = timed(lambda: ask(client, address))
    later = median(timed(lambda: ask(client, address))[0] for _ in range(ROUNDS))
    page_kb = compressed_kb(answer.content)
    whole_kb = page_kb + sum(
        compressed_kb(client.get(one).content) for one in linked(client, answer.text)
    )
    print(
        f"{name:32} first {first:6.2f} s, then {later:6.3f} s;"
        f" {page_kb:6.0f} kB, with all it loads {whole_kb:6.0f} kB"
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds some work takes, and what comes of it."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def linked(client: TestClient, page: str) -> set[str]:
    """Return the addresses of scripts and styles of a page, and of the modules these import."""
    found = set(re.findall(r"""<(?:script|link)[^>]*\s(?:src|href)="(/static/[^"]+)\"""", page))
    waiting = sorted(found)
    while waiting:
        address = waiting.pop()
        if address.endswith(".js"):
            folder = address.rpartition("/")[0]
            for one in re.findall(r"""from\s+"(\.[^"]+)\"""", client.get(address).text):
                other = _joined(folder, one)
                if other not in found:
                    found.add(other)
                    waiting.append(other)
    return found


def _joined(folder: str, relative: str) -> str:
    parts = folder.split("/")
    for part in relative.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def compressed_kb(content: bytes) -> float:
    """Return the size of something, compressed, in thousands of bytes."""
    return len(gzip.compress(content)) / 1000


def peers(url: str) -> None:
    """Draw grids and buildings by geopandas and folium, and print what came out."""
    registry = Registry(url)
    registry.refresh()
    with session(url, SERVICE) as opened:
        told = coverage(opened, registry, SLUG, url=url)
        buildings = read_basemap(opened, SLUG).buildings
    values = {key: told.figures.values[key] for key in told.figures.values if key in MEASURES}
    figures = {key: np.where(np.isinf(one), np.nan, one) for key, one in values.items()}
    grids = gpd.GeoDataFrame(figures, geometry=list(told.shapes), crs=4326)
    houses = gpd.GeoDataFrame(geometry=list(buildings), crs=4326)

    def explored() -> str:
        fmap = grids.explore(column="households", scheme="FisherJenks", k=5)
        page: str = houses.explore(m=fmap, color="gray").get_root().render()
        return page

    first, page = timed(explored)
    later = median(timed(explored)[0] for _ in range(ROUNDS))
    print(
        f"{'geopandas.explore, one measure':32} first {first:6.2f} s, then {later:6.3f} s;"
        f" {compressed_kb(page.encode()):6.0f} kB, and 10 files of other servers"
    )


if __name__ == "__main__":
    main()
