/** A reading of the draft by other owners than its own: a proposal, an earlier state, another draft. */

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./draft.js").Grid} Grid
 * @typedef {import("./store.js").PlanStore} PlanStore
 */

/** Read the draft's cells by other owners.
 * @param {PlanStore} store
 * @param {(cell: string) => string} owner
 * @param {Map<string, Grid>} grids
 * @param {Reading} [before] what it is held against
 * @returns {Reading}
 */
export function asTold(store, owner, grids, before) {
  /** @type {Map<string, string[]>} */
  const members = new Map();
  /** @type {Map<string, number>} */
  const households = new Map();
  for (const cell of store.cells.keys()) {
    const grid = owner(cell);
    const known = members.get(grid);
    if (known) known.push(cell);
    else members.set(grid, [cell]);
    households.set(grid, (households.get(grid) || 0) + store.sums.of(cell).households);
  }
  for (const [grid, extra] of store.sums.extra) {
    if (grids.has(grid)) households.set(grid, (households.get(grid) || 0) + extra.households);
  }
  const counted = (/** @type {string} */ grid) => households.get(grid) || 0;
  return {
    owner,
    grids: () => grids.keys(),
    cells: (grid) => members.get(grid) || [],
    grid: (grid) => grids.get(grid),
    households: counted,
    fit: (grid) => store.sums.judge(
      (grids.get(grid) || { kind: "general" }).kind, (members.get(grid) || []).length, counted(grid)),
    before: (grid) => (before && before.grid(grid) ? before.households(grid) : null),
    isChanged: (cell) => (before ? before.owner(cell) !== owner(cell) : false),
    isLocked: (cell) => store.values.lock.get(cell) === true,
    isGridLocked: (grid) => store.isGridLocked(grid),
    name: before && before.name ? (grid) => nameOf(store, grids, before, grid) : undefined,
  };
}

/** What a state that the server told says of the draft's cells; a piece is looked up by its block.
 * @param {PlanStore} store
 * @param {{owner: Record<string, string>, grids: Record<string, Grid>}} state
 * @param {Reading} [before]
 */
export function asStated(store, state, before) {
  const owner = (/** @type {string} */ cell) => {
    const own = state.owner[cell];
    if (own !== undefined) return own || "";
    const told = store.cells.get(cell);
    return (told && state.owner[told.block]) || "";
  };
  return asTold(store, owner, new Map(Object.entries(state.grids)), before);
}

/** What a proposal makes of the draft.
 * @param {PlanStore} store
 * @param {Record<string, string>} moved the new grid of every cell that gets another one
 * @param {Record<string, Grid | null>} made grids that it makes; null for those that it gives up
 * @param {Reading} before the draft as it is
 */
export function asProposed(store, moved, made, before) {
  const grids = new Map(store.grids);
  for (const [key, grid] of Object.entries(made)) {
    if (grid) grids.set(key, grid);
    else grids.delete(key);
  }
  const owner = (/** @type {string} */ cell) => moved[cell] || store.owner(cell);
  return asTold(store, owner, grids, before);
}

/** What a grid is called on the map; one that the draft doesn't have by its own name.
 * @param {PlanStore} store
 * @param {Map<string, Grid>} grids
 * @param {Reading} reading
 * @param {string} grid
 */
function nameOf(store, grids, reading, grid) {
  if (reading.name && (store.grids.has(grid) || store.base.grids[grid])) return reading.name(grid);
  const made = grids.get(grid);
  return made ? made.name : "";
}
