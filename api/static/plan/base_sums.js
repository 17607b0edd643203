/** What grids added up to when the draft began, by today's figures: what changed is shown against it. */

/**
 * @typedef {import("./store.js").PlanStore} PlanStore
 *
 * @typedef {object} Before of one grid
 * @property {number} households
 * @property {number} people
 * @property {number} issues
 * @property {number} workers
 * @property {number | null} householdsPerWorker
 * @property {number | null} walkMean
 * @property {number} pieces
 */

/** @param {PlanStore} store */
export function baseSums(store) {
  /** @type {Map<string, Set<string>> | null} */
  let members = null;
  /** @type {Map<string, Before>} */
  let known = new Map();

  function cellsOf(/** @type {string} */ grid) {
    if (!members) {
      members = new Map();
      for (const cell of store.cells.keys()) {
        const owner = store.baseOwner(cell);
        const cells = members.get(owner) || new Set();
        members.set(owner, cells.add(cell));
      }
    }
    return members.get(grid) || new Set();
  }

  return {
    /** Forget everything: cells were cut, or figures read anew. */
    forget() {
      members = null;
      known = new Map();
    },

    /** What a grid added up to; null of a grid that the draft did not begin with.
     * @param {string} grid
     * @returns {Before | null}
     */
    of(grid) {
      if (!store.base.grids[grid]) return null;
      const found = known.get(grid) || summed(store, grid, cellsOf(grid));
      known.set(grid, found);
      return found;
    },
  };
}

/**
 * @param {PlanStore} store
 * @param {string} grid
 * @param {Set<string>} cells
 * @returns {Before}
 */
function summed(store, grid, cells) {
  let [households, people, issues, walk, walking] = [0, 0, 0, 0, 0];
  const workers = store.workers(grid).length;
  const parts = Array.from(cells, (cell) => store.sums.of(cell));
  for (const one of parts.concat(store.sums.extra.get(grid) || [])) {
    households += one.households;
    people += one.people;
    issues += one.issues;
    walk += one.walk_m;
    walking += one.walk_households;
  }
  return {
    households, people, issues, workers,
    householdsPerWorker: workers ? households / workers : null,
    walkMean: walking ? walk / walking : null,
    pieces: store.adjacency.pieces(cells).length,
  };
}
