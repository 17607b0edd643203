/** The planner's page: puts the draft, the map, the tools and the panels together.
 *
 * Other modules import `ready` and are given the editor when the draft is there:
 *
 *     import { ready } from "./editor.js";
 *     ready.then(({ store, bench, canvas, map, desk }) => { … });
 *
 * It dispatches `hongge:plan` on the document, too, with the editor as its `detail`.
 */

import { CityMap } from "../map.js";
import { PlanCanvas } from "./canvas.js";
import { mountDetails } from "./details.js";
import { byId, fill, make, readPage } from "./page.js";
import { mountFrame, mountPanels, openTab } from "./panels.js";
import { mountOptions } from "./options.js";
import { problemTold } from "./problems.js";
import { mountProposals } from "./proposals.js";
import { asItIs } from "./reading.js";
import { Shapes } from "./shapes.js";
import { showSheet } from "./sheet.js";
import { PlanStore } from "./store.js";
import { asProposed } from "./told_reading.js";
import { mountKeys, Workbench } from "./tools.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./desk.js").Guide} Guide
 * @typedef {import("./desk.js").Pin} Pin
 *
 * @typedef {object} Editor
 * @property {PlanStore} store
 * @property {Workbench} bench the tools; `bench.grid` is the chosen grid
 * @property {PlanCanvas} canvas
 * @property {Shapes} shapes
 * @property {CityMap} map
 * @property {Desk} desk
 * @property {Guide} guide
 */

/** Grids of which an announcement tells the numbers. */
const MOST_TOLD = 4;
const HINT_MS = 9000;

const page = readPage();
const say = (/** @type {string} */ key, /** @type {Record<string, string | number>} */ values = {}) =>
  fill(page.texts.editor[key] || key, values);

/** Let screen readers say something.
 * @param {string} text
 */
function announce(text) {
  byId("plan-announce").textContent = text;
}

let hintTimer = 0;

/** Say something over the map.
 * @param {string} text
 */
function hint(text) {
  const place = byId("map-message");
  place.textContent = text;
  place.hidden = !text;
  clearTimeout(hintTimer);
  if (text) hintTimer = window.setTimeout(() => hint(""), HINT_MS);
}

/** @returns {Promise<Editor>} */
async function open() {
  mountFrame();
  const map = new CityMap(byId("map"), Object.assign({}, page, {
    texts: /** @type {any} */ (page.texts.map), without: ["grids", "communities"],
  }));
  const store = await PlanStore.open({
    id: page.plan.id, account: page.me && page.me.id, follow: page.secret || "",
  });
  const shapes = new Shapes([page.bounds[0], page.bounds[3]]);
  for (const [cell, told] of store.cells) shapes.set(cell, told);
  const reading = asItIs(store);
  const canvas = new PlanCanvas(map.leaflet, store, shapes, {
    reading, english: page.language.startsWith("en"),
  });
  const bench = new Workbench(store, canvas, page, announce, hint);
  const guide = guideOf(bench);
  const panels = mountPanels(page, store, guide);
  reading.name = (grid) => panels.desk.shortName(grid);
  canvas.redraw();
  bench.addEventListener("choose", () => panels.choose(bench.grid));
  panels.desk.addEventListener("meta", () => {
    bench.mayEdit = page.mayEdit && panels.desk.may("edit");
    if (!bench.mayEdit && bench.tool.edits) bench.use("select");
  });
  mountOptions(bench);
  mountDetails(bench, panels.desk);
  mountKeys(bench, acts(bench, panels.desk, panels.comment));
  mountPlace(bench);
  watchNetwork(store);
  store.addEventListener("gone", () => {
    bench.mayEdit = false;
    hint(say("gone"));
    clearTimeout(hintTimer);
  });
  tellEdits(bench);
  const editor = { store, bench, canvas, shapes, map, desk: panels.desk, guide };
  mountProposals(editor, openTab);
  document.dispatchEvent(new CustomEvent("hongge:plan", { detail: editor }));
  byId("plan").dataset.ready = "";
  return editor;
}

/** What is done at once when its button or its keys are pressed.
 * @param {Workbench} bench
 * @param {Desk} desk
 * @param {(place: [number, number]) => void} comment
 * @returns {Record<string, () => void>}
 */
function acts(bench, desk, comment) {
  const { store } = bench;
  const named = (/** @type {string} */ verb) => {
    const button = document.querySelector(`#plan-tools [data-tool="${verb}"]`);
    return (button && button.getAttribute("aria-label")) || verb;
  };
  return {
    undo: () => {
      if (!bench.mayEdit) return;
      const edit = store.undo();
      hint(edit ? say("undone", { edit: named(edit.verb) }) : say("nothingToUndo"));
    },
    redo: () => {
      if (!bench.mayEdit) return;
      const edit = store.redo();
      hint(edit ? say("redone", { edit: named(edit.verb) }) : say("nothingToRedo"));
    },
    next: () => bench.nextProblem((problem) => problemTold(desk, problem)),
    fit: () => bench.goTo(store.boxOf(store.cells.keys())),
    help: () => showSheet(bench, (title, body, buttons) => desk.dialog(title, body, buttons)),
    comment: async () => {
      const place = await bench.askPlace();
      if (place) comment(place);
    },
  };
}

/** What panels ask of the map.
 * @param {Workbench} bench
 * @returns {Guide}
 */
function guideOf(bench) {
  const pins = L.layerGroup().addTo(bench.canvas.stage.leaflet);
  const own = bench.canvas.reading;
  return {
    go: (box) => bench.goTo(box),
    sees: ([west, south, east, north]) =>
      bench.canvas.stage.leaflet.getBounds().intersects([[south, west], [north, east]]),
    choose: (grid) => bench.choose(grid),
    point: (cells) => bench.flash(cells),
    colour: (grid) => bench.canvas.look.colour[bench.store.fit(grid)] || "",
    pin: (all, chosen) => setPins(pins, all, chosen),
    preview: (moved) => {
      bench.canvas.reading = moved ? asProposed(bench.store, moved, {}, own) : own;
      bench.canvas.redraw();
    },
    place: () => bench.askPlace(),
  };
}

/**
 * @param {any} layer
 * @param {Pin[]} all
 * @param {(id: string) => void} chosen
 */
function setPins(layer, all, chosen) {
  layer.clearLayers();
  for (const pin of all) {
    const state = (pin.resolved ? " plan-pin--resolved" : "") + (pin.chosen ? " plan-pin--chosen" : "");
    const button = make("button", {
      type: "button", class: `plan-pin${state}`, "aria-label": pin.name, onclick: () => chosen(pin.id),
    }, make("span", null, pin.label));
    const icon = L.divIcon({ className: "plan-pin-place", html: button, iconSize: [44, 44], iconAnchor: [22, 44] });
    L.marker([pin.lat, pin.lon], { icon, keyboard: false, interactive: false }).addTo(layer);
  }
}

/** Say below the map which block the hand or the cursor is on.
 * @param {Workbench} bench
 */
function mountPlace(bench) {
  const place = byId("status-place");
  let shown = "";
  const write = () => {
    const cell = bench.cursor || (bench.hover ? bench.shapes.at(bench.hover.place) : "");
    const told = bench.cellTold(cell);
    if (told === shown) return;
    shown = told;
    place.textContent = told;
  };
  bench.addEventListener("hover", write);
  bench.store.addEventListener("edited", write);
}

/** Say below the map whether all edits are with the server; warn before the page is closed if not.
 * @param {PlanStore} store
 */
function watchNetwork(store) {
  if (!page.mayEdit) return;
  const place = byId("plan-status");
  const show = (/** @type {string} */ state, /** @type {number} */ count) => {
    place.dataset.state = state;
    const key = state === "waiting" ? "offline" : state;
    place.textContent = fill(page.texts.panels[key] || "", { count });
  };
  store.addEventListener("network", (/** @type {any} */ event) =>
    show(event.detail.state, event.detail.waiting));
  show("saved", 0);
  window.addEventListener("beforeunload", (event) => {
    if (!store.unsaved) return;
    event.preventDefault();
    event.returnValue = "";
  });
}

/** Let screen readers say what an edit did to the grids' households.
 * @param {Workbench} bench
 */
function tellEdits(bench) {
  bench.store.addEventListener("edited", (/** @type {any} */ event) => {
    /** @type {{grid: string, before: {households: number}, after: {households: number}}[]} */
    const grids = event.detail.grids;
    const known = (/** @type {string} */ grid) => bench.store.grids.has(grid) || grid in bench.store.base.grids;
    const moved = grids.filter(({ grid, before, after }) => known(grid) && before.households !== after.households);
    announce(moved.slice(0, MOST_TOLD).map(({ grid, before, after }) => say("edited", {
      grid: bench.gridName(grid), before: before.households, after: after.households,
    })).join(" "));
  });
}

/** The editor, when the draft is there. */
export const ready = open();
ready.catch((error) => {
  hint(say("notOpened", { reason: (error && error.message) || String(error) }));
  clearTimeout(hintTimer);
  throw error;
});
