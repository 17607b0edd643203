/** What a map of a plan shows of each cell and grid: the draft as it is, or as it began. */

/**
 * @typedef {import("./store.js").PlanStore} PlanStore
 * @typedef {import("./draft.js").Grid} Grid
 * @typedef {import("./sums.js").Fit} Fit
 *
 * @typedef {object} Reading
 * @property {(cell: string) => string} owner
 * @property {() => Iterable<string>} grids
 * @property {(grid: string) => Iterable<string>} cells
 * @property {(grid: string) => Grid | undefined} grid
 * @property {(grid: string) => string} [name] what a grid is called on the map; by default its name
 * @property {(grid: string) => number} households
 * @property {(grid: string) => Fit} fit
 * @property {(grid: string) => number | null} before households when the draft began
 * @property {(cell: string) => boolean} isChanged
 * @property {(cell: string) => boolean} isLocked by itself
 * @property {(grid: string) => boolean} isGridLocked
 */

/** The draft as it is.
 * @param {PlanStore} store
 * @returns {Reading}
 */
export function asItIs(store) {
  return {
    owner: (cell) => store.owner(cell),
    grids: () => store.grids.keys(),
    cells: (grid) => store.members(grid),
    grid: (grid) => store.grids.get(grid),
    households: (grid) => store.sums.households(grid),
    fit: (grid) => store.fit(grid),
    before: (grid) => (store.baseTotals(grid) || { households: null }).households,
    isChanged: (cell) => store.isChanged(cell),
    isLocked: (cell) => store.values.lock.get(cell) === true,
    isGridLocked: (grid) => store.isGridLocked(grid),
  };
}

/** The draft as it began.
 * @param {PlanStore} store
 * @returns {Reading}
 */
export function asItBegan(store) {
  const households = (/** @type {string} */ grid) =>
    (store.baseTotals(grid) || { households: 0 }).households;
  return {
    owner: (cell) => store.baseOwner(cell),
    grids: () => Object.keys(store.base.grids),
    cells: (grid) => store.baseMembers(grid),
    grid: (grid) => store.base.grids[grid],
    households,
    fit: (grid) => store.sums.judge(
      (store.base.grids[grid] || { kind: "general" }).kind, store.baseMembers(grid).length, households(grid)),
    before: () => null,
    isChanged: (cell) => store.isChanged(cell),
    isLocked: () => false,
    isGridLocked: () => false,
  };
}
