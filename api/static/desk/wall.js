/** The wall: figures that are read from afar, kept up to date; nobody's words, names or homes. */

import { CityMap } from "../map.js";
import { byId, make, readPage } from "../plan/page.js";
import { Board } from "./board.js";
import { follow, liveSign, unhurried } from "./live.js";
import { readBoard, readCounts } from "./wire.js";

/* global L */

const CLOCK_MS = 1000;
const TICK_MS = 30000;
/** A wall need not be newer than this. */
const EVERY_MS = 2000;
const COUNT_PX = 44;
const WHOLE = 100;
const MOST_LATE = 30;
const FRAME_PX = 24;

const board = new Board(/** @type {any} */ (readPage()));
const { page } = board;
const map = new CityMap(byId("map"), {
  language: page.language, version: page.version, attribution: page.attribution,
  bounds: page.bounds, texts: page.texts, unnamed: true,
});
const marks = L.layerGroup().addTo(map.leaflet);
const sayLive = liveSign(board, "wall", "wall-live");
/** @type {any} */
let told = null;

/** Everything is there once this is. */
export const ready = start();

async function start() {
  const day = new Intl.DateTimeFormat(page.language, {
    timeZone: page.timeZone, month: "long", day: "numeric", weekday: "long",
  });
  const tell = () => {
    const now = new Date();
    byId("wall-clock").textContent = board.clock(now);
    byId("wall-day").textContent = day.format(now);
  };
  tell();
  window.setInterval(tell, CLOCK_MS);
  window.setInterval(() => told && showLate(), TICK_MS);
  byId("wall-full").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => undefined);
  });
  map.frame(page.bounds, false, FRAME_PX);
  await refresh();
  follow({
    changed: unhurried(refresh, EVERY_MS),
    state: sayLive,
  });
  byId("wall").dataset.ready = "yes";
}

async function refresh() {
  try {
    const [counts, figures] = await Promise.all([readCounts(page.city), readBoard(page.city)]);
    told = figures;
    for (const one of Array.from(document.querySelectorAll("[data-queue]"))) {
      const count = counts[String(one.getAttribute("data-queue"))] || 0;
      const place = /** @type {HTMLElement} */ (one.querySelector("dd"));
      place.textContent = board.number(count);
      one.classList.toggle("wall-figure--none", !count);
    }
    byId("wall-received").textContent = board.number(figures.today.received);
    byId("wall-ended").textContent = board.number(figures.today.closed);
    byId("wall-open").textContent = board.number(counts.open || 0);
    showCommunities();
    showLate();
    showGrids();
  } catch {
    sayLive(false);
  }
}

/** Open and overdue cases of each community, as bars. */
function showCommunities() {
  /** @type {Map<string, {open: number, overdue: number}>} */
  const sums = new Map(page.communities.map(({ code }) => [code, { open: 0, overdue: 0 }]));
  const nowhere = { open: 0, overdue: 0 };
  for (const { code, open, overdue } of told.grids) {
    const grid = board.grids.get(code);
    const sum = (grid && sums.get(grid.community)) || nowhere;
    sum.open += open;
    sum.overdue += overdue;
  }
  const rows = page.communities.map((one) => ({ name: board.nameOf(one), sum: sums.get(one.code) || nowhere }));
  rows.sort((one, other) => other.sum.overdue - one.sum.overdue || other.sum.open - one.sum.open);
  if (nowhere.open) rows.unshift({ name: board.say("outsideGrids"), sum: nowhere });
  const most = Math.max(1, ...rows.map(({ sum }) => sum.open));
  byId("wall-communities").replaceChildren(...rows.filter(({ sum }) => sum.open).map(({ name, sum }) => {
    const bar = make("span", { class: "wall-bar", "aria-hidden": "true" }, make("span", null), make("span", { class: "wall-bar-late" }));
    bar.children[0].style.width = `${((sum.open - sum.overdue) / most) * WHOLE}%`;
    bar.children[1].style.width = `${(sum.overdue / most) * WHOLE}%`;
    return make("tr", null, make("th", { scope: "row" }, name), make("td", { class: "wall-bar-cell" }, bar),
      make("td", { class: "figures" }, board.number(sum.open)),
      make("td", { class: sum.overdue ? "figures wall-late" : "figures wall-none" }, board.number(sum.overdue)));
  }));
  const more = byId("wall-communities").children.length - fitted("wall-communities");
  byId("wall-rest").textContent = more > 0 ? board.say("moreLate", { count: board.number(more) }) : "";
}

/** Take away the last rows of a table until it fits its part of the wall.
 * @param {string} id
 * @returns {number} how many are left
 */
function fitted(id) {
  const body = byId(id);
  const frame = /** @type {HTMLElement} */ (body.closest("section"));
  while (body.children.length > 1 && frame.scrollHeight > frame.clientHeight) body.removeChild(/** @type {Node} */ (body.lastChild));
  return body.children.length;
}

/** What is overdue, the longest first: number, duty, grid, since when. */
function showLate() {
  const { late } = told;
  byId("wall-late").replaceChildren(...late.slice(0, MOST_LATE).map((/** @type {any} */ one) => make(
    "tr", null,
    make("td", { class: "figures wall-number" }, one.number),
    make("td", null, one.withheld ? board.say("privateDuty") : board.nameOf({ name: one.duty || board.say("noDuty"), name_en: one.duty_en })),
    make("td", null, one.grid ? board.nameOf({ name: one.grid, name_en: one.grid_en }) : board.say("outsideGrids")),
    make("td", { class: "figures wall-late" }, board.span(Date.now() - Date.parse(one.due_at))),
  )));
  const shown = fitted("wall-late");
  if (!late.length) byId("wall-late").append(make("tr", null, make("td", { colspan: "4", class: "wall-none" }, board.say("nothingLate"))));
  const more = late.length - shown;
  byId("wall-more").textContent = more > 0 ? board.say("moreLate", { count: board.number(more) }) : "";
}

/** How many open cases each grid has, in the middle of the grid. */
function showGrids() {
  marks.clearLayers();
  const seen = map.leaflet.getBounds();
  /** @type {Map<string, number>} */
  const elsewhere = new Map();
  for (const { code, open, overdue } of told.grids) {
    const grid = board.grids.get(code);
    if (!grid) continue;
    if (!seen.contains([grid.lat, grid.lon])) {
      elsewhere.set(grid.community, (elsewhere.get(grid.community) || 0) + open);
      continue;
    }
    const icon = L.divIcon({
      className: "wall-count-holder", iconSize: [COUNT_PX, COUNT_PX],
      html: make("span", { class: overdue ? "wall-count wall-count--late" : "wall-count" }, board.number(open)),
    });
    L.marker([grid.lat, grid.lon], { icon, keyboard: false, interactive: false, alt: "" }).addTo(marks);
  }
  byId("wall-elsewhere").replaceChildren(...Array.from(elsewhere, ([code, open]) => make(
    "li", null, board.nameOf(board.communities.get(code)), make("strong", { class: "figures" }, board.number(open)))));
}
