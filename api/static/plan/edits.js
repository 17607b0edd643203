/** Edits of whole grids and of many cells, as changes of a draft. */

import { newKey } from "./wire.js";

/**
 * @typedef {import("./changes.js").Changes} Changes
 * @typedef {import("./draft.js").Grid} Grid
 * @typedef {import("./store.js").PlanStore} PlanStore
 */

/** Give cells to a grid, or to nobody.
 * @param {Iterable<string>} cells
 * @param {string | null} grid
 * @returns {Changes}
 */
export function given(cells, grid) {
  /** @type {Record<string, [any, any]>} */
  const owner = {};
  for (const cell of cells) owner[cell] = [null, grid];
  return { owner };
}

/** Put all cells of a grid into another one; the one with more households keeps its key and code.
 * @param {PlanStore} store
 * @param {string} one
 * @param {string} other
 * @returns {{changes: Changes, kept: string, gone: string}}
 */
export function merged(store, one, other) {
  const [kept, gone] = store.sums.households(other) > store.sums.households(one)
    ? [other, one] : [one, other];
  const changes = Object.assign(given(store.members(gone), kept), withoutGrid(store, gone));
  return { changes, kept, gone };
}

/** Give a grid up; its cells are nobody's.
 * @param {PlanStore} store
 * @param {string} grid
 * @returns {Changes}
 */
export function retired(store, grid) {
  return Object.assign(given(store.members(grid), null), withoutGrid(store, grid));
}

/**
 * @param {PlanStore} store
 * @param {string} grid
 * @returns {Changes}
 */
function withoutGrid(store, grid) {
  /** @type {Changes} */
  const changes = { grid: { [grid]: [store.grids.get(grid), null] } };
  if (store.isGridLocked(grid)) changes.grid_lock = { [grid]: [true, false] };
  return changes;
}

/** Make a grid with a first cell.
 * @param {string} code
 * @param {string} name
 * @param {string} nameInEnglish
 * @param {Iterable<string>} cells
 * @returns {{changes: Changes, grid: string}}
 */
export function created(code, name, nameInEnglish, cells) {
  const grid = newKey();
  /** @type {Grid} */
  const made = {
    code, name, name_en: nameInEnglish, kind: "general", branch_name: "", branch_name_en: "",
    branch_phone: "",
  };
  return { changes: Object.assign({ grid: { [grid]: [null, made] } }, given(cells, grid)), grid };
}

/** Lock cells, or unlock them.
 * @param {Iterable<string>} cells
 * @param {boolean} locked
 * @returns {Changes}
 */
export function cellsLocked(cells, locked) {
  /** @type {Record<string, [any, any]>} */
  const lock = {};
  for (const cell of cells) lock[cell] = [!locked, locked];
  return { lock };
}

/** Lock a grid, or unlock it.
 * @param {string} grid
 * @param {boolean} locked
 * @returns {Changes}
 */
export const gridLocked = (grid, locked) => ({ grid_lock: { [grid]: [!locked, locked] } });
