/** The line above the map: what the tool in hand can be told, and what the map shows. */

import { byId, make } from "./page.js";
import { BRUSH_PX } from "./tools.js";

/**
 * @typedef {import("./canvas.js").View} View
 * @typedef {import("./drawing.js").Line} Line
 * @typedef {import("./tools.js").Workbench} Workbench
 */

/** @type {[View, string][]} */
const VIEWS = [["bounds", "viewBounds"], ["changes", "viewChanges"], ["walk", "viewWalk"]];
/** Windows in which the legend is unfolded to begin with. */
const ROOMY = "(min-width: 48.01rem)";
/** Entries of the legend: class of their sign, and text.
 * @type {Record<View, [string, string][]>} */
const LEGENDS = {
  bounds: [
    ["low", "legendLow"], ["fit", "legendFit"], ["high", "legendHigh"], ["dedicated", "legendDedicated"],
    ["open", "legendOpen"], ["changed", "legendChanged"],
  ],
  changes: [["moved", "legendChanged"], ["open", "legendOpen"]],
  walk: [
    ["far", "legendFar"], ["farther", "legendFarther"], ["unreachable", "legendUnreachable"],
    ["open", "legendOpen"],
  ],
};

/** Let the line follow the workbench, and the workbench the line.
 * @param {Workbench} bench
 */
export function mountOptions(bench) {
  mountView(bench);
  if (!document.getElementById("plan-target")) return;
  const target = /** @type {HTMLSelectElement} */ (byId("plan-target"));
  const brush = /** @type {HTMLInputElement} */ (byId("plan-brush"));
  const limited = /** @type {HTMLInputElement} */ (byId("plan-only-community"));
  limited.checked = bench.limited;
  brush.max = String(BRUSH_PX.length - 1);
  limited.addEventListener("change", () => { bench.limited = limited.checked; });
  brush.addEventListener("input", () => bench.setBrush(Number(brush.value)));
  target.addEventListener("change", () => bench.choose(target.value));
  bench.addEventListener("choose", () => writeTargets(bench, target));
  bench.addEventListener("brush", () => writeBrush(bench, brush));
  bench.addEventListener("tool", () => writeTool(bench));
  bench.store.addEventListener("changed", (/** @type {any} */ event) => {
    if (event.detail.grids.some((/** @type {string} */ grid) => isNews(bench, target, grid))) {
      writeTargets(bench, target);
    }
  });
  writeTargets(bench, target);
  writeBrush(bench, brush);
  writeTool(bench);
}

/** Whether a grid has come, gone or changed its name since the list was written.
 * @param {Workbench} bench
 * @param {HTMLSelectElement} target
 * @param {string} grid
 */
function isNews(bench, target, grid) {
  const listed = Array.from(target.options).find((option) => option.value === grid);
  const exists = grid !== "" && bench.store.grids.has(grid);
  return exists !== Boolean(listed && grid) || Boolean(listed && exists && listed.text !== bench.gridName(grid));
}

/**
 * @param {Workbench} bench
 * @param {HTMLSelectElement} target
 */
function writeTargets(bench, target) {
  const groups = bench.store.communities.map(({ code, name, name_en: english }) => make("optgroup", {
    label: (bench.page.language.startsWith("en") && english) || name,
  }, ...bench.gridsOf(code).map(([grid]) => make("option", { value: grid }, bench.gridName(grid)))));
  target.replaceChildren(make("option", { value: "" }, bench.say("noTarget")), ...groups);
  target.value = bench.grid;
}

/**
 * @param {Workbench} bench
 * @param {HTMLInputElement} brush
 */
function writeBrush(bench, brush) {
  const radius = BRUSH_PX[bench.size];
  const told = radius ? bench.say("brushSize", { size: 2 * radius }) : bench.say("brushBlock");
  brush.value = String(bench.size);
  brush.setAttribute("aria-valuetext", told);
  byId("plan-brush-size").textContent = told;
}

/** @param {Workbench} bench */
function writeTool(bench) {
  const { tool, inHand } = bench;
  const button = document.querySelector(`#plan-tools [data-tool="${inHand}"]`);
  byId("plan-tool-name").textContent = (button && button.getAttribute("aria-label")) || "";
  byId("plan-into").hidden = !tool.into;
  byId("plan-brush-option").hidden = !tool.sized;
  const extra = byId("plan-option-extra");
  extra.replaceChildren(...extras(bench, inHand));
}

/**
 * @param {Workbench} bench
 * @param {string} name
 * @returns {Node[]}
 */
function extras(bench, name) {
  const hint = (/** @type {string} */ key) => make("span", { class: "plan-option-hint" }, bench.say(key));
  if (name === "box" || name === "lasso") return [hint("takeOut")];
  if (name === "cut") return [hint("lineHint")];
  if (name === "border") return [hint("borderHint")];
  if (name !== "split") return [];
  const propose = make("button", {
    type: "button", class: "plan-mini", id: "plan-split-proposed",
    onclick: () => /** @type {Line} */ (/** @type {unknown} */ (bench.tool)).propose(),
  }, bench.say("splitProposed"));
  return [propose, hint("lineHint")];
}

/** @param {Workbench} bench */
function mountView(bench) {
  const view = /** @type {HTMLSelectElement} */ (byId("plan-view"));
  view.replaceChildren(...VIEWS.map(([value, key]) => make("option", { value }, bench.say(key))));
  view.value = bench.canvas.view;
  view.addEventListener("change", () => {
    bench.canvas.show(/** @type {View} */ (view.value));
    writeLegend(bench);
  });
  /** @type {HTMLDetailsElement} */ (byId("plan-signs")).open = window.matchMedia(ROOMY).matches;
  writeLegend(bench);
}

/** @param {Workbench} bench */
function writeLegend(bench) {
  const entries = LEGENDS[bench.canvas.view];
  byId("plan-legend").replaceChildren(...entries.map(([sign, key]) => make("li", null,
    make("span", { class: `plan-swatch plan-swatch--${sign}`, "aria-hidden": "true" }), bench.say(key))));
}
