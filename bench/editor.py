"""The planner's editor on 6,000 blocks and 25,000 households, in Chromium without a GPU.

Prints how long the page takes until the plan stands on the map, how long a step of the brush takes
and how long until the table's numbers follow, whole town in view and close by. Work is what scripts
compute; painted adds the wait for the frame and the drawing of the canvas. Run from the project's
folder:

    python -m bench.editor [--steps N] [--brush SIZE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import sync_playwright

from bench.databases import empty_database
from bench.http import PROJECT, serving
from bench.town import LABEL, SLUG, store, town
from geo.flows.plans import FromGeneration, create_draft
from geo.flows.sign_in import Place, admit
from geo.store.asking import Asker
from geo.store.engine import session as open_session

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Browser, Page, ViewportSize

DATA = PROJECT / "var" / "bench"
SCREEN: ViewportSize = {"width": 1440, "height": 900}
CLOSE_ZOOM = 16
OPENING_MS = 120_000

COUNT_FRAMES = """() => {
    window.worked = 0;
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (work) => ask((now) => {
        const start = performance.now();
        work(now);
        window.worked += performance.now() - start;
    });
}"""

STROKE = """async ([steps, size, zoom]) => {
    const { store, bench, canvas } = window.editor;
    const map = document.getElementById("map");
    const box = map.getBoundingClientRect();
    const table = document.getElementById("tab-grids");
    const pen = canvas.stage.pens.plan;
    const found = { work: [], painted: [], numbers: [], cells: 0 };
    let changed = 0;
    new MutationObserver(() => { changed = changed || performance.now(); })
        .observe(table, { subtree: true, childList: true, characterData: true, attributes: true });
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const send = (name, x, y) => map.dispatchEvent(new PointerEvent(name, {
        clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", isPrimary: true, button: 0,
        buttons: 1, bubbles: true, cancelable: true,
    }));
    map.setPointerCapture = () => undefined;
    const home = store.communities[Math.floor(store.communities.length / 2)].code;
    const cells = Array.from(store.cells).filter(([, cell]) => cell.community === home);
    const [west, south, east, north] = store.boxOf(cells.map(([key]) => key));
    const leaflet = canvas.stage.leaflet;
    if (zoom) leaflet.setView([(south + north) / 2, (west + east) / 2], zoom, { animate: false });
    const centre = leaflet.latLngToContainerPoint([(south + north) / 2, (west + east) / 2]);
    const corner = leaflet.latLngToContainerPoint([north, west]);
    const radius = Math.min(
        centre.x - corner.x, centre.y - corner.y, 0.45 * box.width, 0.45 * box.height);
    const middle = bench.shapes.at(canvas.stage.toPlane([centre.x, centre.y]));
    const grid = store.owner(middle);
    bench.limited = true;
    bench.choose(grid);
    bench.use("paint");
    bench.setBrush(size);
    store.addEventListener("changed", ({ detail }) => { found.cells += detail.cells.length; });
    const at = (step) => {
        const turn = (step / steps) * 8 * Math.PI;
        const reach = radius * (step / steps);
        return [box.left + centre.x + reach * Math.cos(turn),
            box.top + centre.y + reach * Math.sin(turn)];
    };
    await frame();
    send("pointerdown", ...at(0));
    await frame();
    for (let step = 1; step <= steps; step += 1) {
        window.worked = 0;
        changed = 0;
        const start = performance.now();
        send("pointermove", ...at(step));
        const sent = performance.now() - start;
        await frame();
        pen.getImageData(0, 0, 1, 1);
        found.painted.push(performance.now() - start);
        found.work.push(sent + window.worked);
        if (changed) found.numbers.push(changed - start);
    }
    send("pointerup", ...at(steps));
    await frame();
    store.undo();
    await frame();
    return found;
}"""


def draft(url: str, account: int) -> UUID:
    """Branch a draft from the town's plan."""
    with open_session(url, Asker("account", account)) as session:
        return create_draft(session, SLUG, "bench", "", FromGeneration(LABEL))


def measure(
    browser: Browser, site: str, key: UUID, cookie: str, chosen: argparse.Namespace
) -> None:
    """Open the editor, paint, and print what it took."""
    context = browser.new_context(viewport=SCREEN, locale="zh-CN")
    context.add_cookies([{"name": "hongge_session", "value": cookie, "url": site}])
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"the page failed: {error}"))
    page.add_init_script(f"({COUNT_FRAMES})()")
    page.add_init_script(
        "document.addEventListener('hongge:plan', ({ detail }) => { window.editor = detail; })"
    )
    start = time.perf_counter()
    page.goto(f"{site}/plan/{key}")
    page.wait_for_selector("#plan[data-ready]", timeout=OPENING_MS)
    print(f"plan on the map after {time.perf_counter() - start:.2f} s")
    print(_opening(page))
    page.evaluate("() => { document.querySelector('[data-tool=fit]').click(); }")
    page.wait_for_timeout(1000)
    print(f"redraw of everything: {_redraw(page):.0f} ms")
    print(f"{'':12} {'steps':>5} {'cells':>6} {'work p50':>9} {'p95':>6} {'painted p50':>12} "
          f"{'p95':>6} {'numbers p50':>12} {'p95':>6}  (ms)")  # fmt: skip
    _print("whole town", page.evaluate(STROKE, [chosen.steps, chosen.brush, None]))
    _print("close by", page.evaluate(STROKE, [chosen.steps, chosen.brush, CLOSE_ZOOM]))
    context.close()


def _opening(page: Page) -> str:
    told = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter(({ name }) => /(state|figures)$/.test(name))
            .map(({ name, duration, decodedBodySize }) =>
                `${name.split("/").pop()} ${Math.round(duration)} ms, `
                + `${Math.round(decodedBodySize / 1024)} kB`).join("; ")"""
    )
    return f"of that, asking the server: {told}"


def _redraw(page: Page) -> float:
    took: list[float] = page.evaluate(
        """() => Array.from({ length: 7 }, () => {
            const start = performance.now();
            window.editor.canvas.redraw();
            window.editor.canvas.stage.pens.plan.getImageData(0, 0, 1, 1);
            return performance.now() - start;
        })"""
    )
    return float(np.median(took))


def _print(name: str, found: dict[str, Any]) -> None:
    parts = []
    for kind, width in (("work", 9), ("painted", 12), ("numbers", 12)):
        p50, p95 = np.quantile(found[kind] or [np.nan], [0.5, 0.95])
        parts.append(f"{p50:{width}.1f} {p95:6.1f}")
    print(f"{name:12} {len(found['work']):5} {found['cells']:6} {' '.join(parts)}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--brush", type=int, default=5, help="number of the brush's size, 0 to 10")
    chosen = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    switches = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    one = town()
    print("command: python -m bench.editor")
    print(f"{len(one.blocks)} blocks, {one.households.sum()} households")
    with empty_database(DATA) as url:
        account = store(url, one)
        key = draft(url, account)
        cookie = admit(account, Place("127.0.0.1"), None, url).session
        served = serving(["--factory", "api.app:create_app"], "/healthz", HONGGE_DATABASE_URL=url)
        with served as port, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=switches)
            measure(browser, f"http://127.0.0.1:{port}", key, cookie, chosen)
            browser.close()


if __name__ == "__main__":
    main()
