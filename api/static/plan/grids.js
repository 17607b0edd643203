/** Tools of one click on a grid: choose, merge, make, retire, lock. */

import { created, gridLocked, merged, retired } from "./edits.js";
import { far, LEAST_DRAG_PX } from "./painting.js";

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./hand.js").Touch} Touch
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./tools.js").Tool} Tool
 * @typedef {import("./tools.js").Workbench} Workbench
 */

/** A tool that does something at a block; dragging moves the map.
 * @implements {Tool}
 */
export class Click {
  /**
   * @param {Workbench} bench
   * @param {(cell: string, touch: Touch | null) => void} act
   * @param {{into?: boolean, edits?: boolean}} [options]
   */
  constructor(bench, act, { into = false, edits = true } = {}) {
    this.bench = bench;
    this.act = act;
    this.cursor = "pointer";
    this.sized = false;
    this.into = into;
    this.edits = edits;
    this.movesMap = true;
    /** @type {Point | null} */
    this._pressed = null;
  }

  /** @param {Touch} touch */
  down(touch) {
    this._pressed = touch.position;
  }

  move() {}

  /** @param {Touch} touch */
  up(touch) {
    const still = this._pressed && far(this._pressed, touch.position) <= LEAST_DRAG_PX;
    this._pressed = null;
    if (!still) return;
    if (touch.alt) this.bench.pick(this.bench.shapes.at(touch.place));
    else this.act(this.bench.shapes.at(touch.place), touch);
  }

  cancel() {
    this._pressed = null;
  }

  /** @param {string} cell */
  at(cell) {
    this.act(cell, null);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} _stage
   */
  draw(pen, _stage) {
    const { bench } = this;
    const cell = bench.hover && !bench.hover.byKeys ? bench.shapes.at(bench.hover.place) : "";
    const grid = bench.store.owner(cell);
    if (!grid || grid === bench.grid) return false;
    bench.canvas.outline(pen, grid);
    return true;
  }
}

/** The tool that chooses the grid under the hand.
 * @param {Workbench} bench
 */
export const select = (bench) =>
  new Click(bench, (cell) => bench.choose(bench.store.owner(cell)), { edits: false });

/** The tool that merges the grid under the hand with the chosen one.
 * @param {Workbench} bench
 */
export const merge = (bench) => new Click(bench, (cell) => {
  const { store } = bench;
  const other = store.owner(cell);
  if (!other) return;
  if (!bench.grid || bench.grid === other) {
    bench.choose(other);
    bench.hint(bench.say("mergeWith", { grid: bench.gridName(other) }));
    return;
  }
  if (store.communityOf(bench.grid) !== store.communityOf(other)) {
    bench.hint(bench.say("mergeElsewhere"));
    return;
  }
  if (refusedAsLocked(bench, bench.grid) || refusedAsLocked(bench, other)) return;
  const { changes, kept, gone } = merged(store, bench.grid, other);
  const names = { kept: bench.gridName(kept), gone: bench.gridName(gone) };
  bench.choose(kept);
  store.apply("merge", {}, changes);
  bench.hint(bench.say("merged", names));
}, { into: true });

/** The tool that makes a grid out of the block under the hand.
 * @param {Workbench} bench
 */
export const create = (bench) => new Click(bench, async (cell) => {
  const { store } = bench;
  const told = store.cells.get(cell);
  if (!told) return;
  if (store.isLocked(cell)) {
    bench.hint(bench.say("skippedLocked", { count: 1 }));
    return;
  }
  const code = await freeCode(bench, told.community);
  if (!code) return;
  const number = Number(code.slice(12));
  const { changes, grid } = created(
    code, nameLike(bench, told.community, "name", number), nameLike(bench, told.community, "name_en", number),
    bench.withCompounds([cell]).filter((one) => !store.isLocked(one)),
  );
  store.apply("create", {}, changes);
  bench.choose(grid);
  bench.use("paint");
  bench.hint(bench.say("created", { grid: bench.gridName(grid) }));
});

/** A name in the manner of the community's other grids, with another number.
 * @param {Workbench} bench
 * @param {string} community
 * @param {"name" | "name_en"} which
 * @param {number} number
 */
function nameLike(bench, community, which, number) {
  const names = bench.gridsOf(community).map(([, grid]) => grid[which]);
  const numbered = names.find((name) => /[0-9]/.test(name));
  if (numbered) return numbered.replace(/[0-9]+(?=[^0-9]*$)/, String(number));
  const { [which]: home = "" } = bench.store.communities.find(({ code }) => code === community) || {};
  return `${home} ${number}`.trim();
}

/**
 * @param {Workbench} bench
 * @param {string} community
 * @returns {Promise<string>} empty when the server doesn't tell one
 */
async function freeCode(bench, community) {
  try {
    const { code } = await bench.store.get(`next-code?community=${encodeURIComponent(community)}`);
    return code;
  } catch (error) {
    bench.hint(error instanceof TypeError ? bench.say("noConnection") : String(/** @type {Error} */ (error).message));
    return "";
  }
}

/** The tool that gives the grid under the hand up.
 * @param {Workbench} bench
 */
export const retire = (bench) => new Click(bench, (cell) => {
  const { store } = bench;
  const grid = store.owner(cell);
  if (!grid || refusedAsLocked(bench, grid)) return;
  if (Array.from(store.members(grid)).some((one) => store.isLocked(one))) {
    bench.hint(bench.say("holdsLocked", { grid: bench.gridName(grid) }));
    return;
  }
  const values = { grid: bench.gridName(grid), count: store.members(grid).size };
  store.apply("retire", {}, retired(store, grid));
  if (bench.grid === grid) bench.choose("");
  bench.hint(bench.say("retired", values));
});

/** The tool that locks the grid under the hand, or unlocks it.
 * @param {Workbench} bench
 */
export const lockGrid = (bench) => new Click(bench, (cell) => {
  const { store } = bench;
  const grid = store.owner(cell);
  if (!grid) return;
  const locked = !store.isGridLocked(grid);
  store.apply(locked ? "lock_grid" : "unlock_grid", {}, gridLocked(grid, locked));
  bench.hint(bench.say(locked ? "nowLocked" : "nowUnlocked", { grid: bench.gridName(grid) }));
});

/**
 * @param {Workbench} bench
 * @param {string} grid
 */
function refusedAsLocked(bench, grid) {
  if (!bench.store.isGridLocked(grid)) return false;
  bench.hint(bench.say("gridLocked", { grid: bench.gridName(grid) }));
  return true;
}
