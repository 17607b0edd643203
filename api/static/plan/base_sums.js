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
      const found = known.get(grid) || summed(store, cellsOf(grid), store.workers(grid).length);
      known.set(grid, found);
      return found;
    },
  };
}

/**
 * @param {PlanStore} store
 * @param {Set<string>} cells
 * @param {number} workers
 * @returns {Before}
 */
function summed(store, cells, workers) {
  let [households, people, issues, walk, walking] = [0, 0, 0, 0, 0];
  for (const cell of cells) {
    const one = store.sums.of(cell);
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
