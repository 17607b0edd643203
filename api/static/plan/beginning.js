/** How a draft began, by today's figures: whose cells were, what grids added up to. */

/**
 * @typedef {import("./draft.js").Cell} Cell
 * @typedef {import("./draft.js").Grid} Grid
 * @typedef {import("./sums.js").Sums} Sums
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

const NOBODY = "";

/** The beginning, told of the cells that there are now. */
export class Beginning {
  /**
   * @param {Record<string, string>} owner
   * @param {Record<string, Grid>} grids
   * @param {Map<string, Cell>} cells of today
   */
  constructor(owner, grids, cells) {
    this.owner = owner;
    this.grids = grids;
    this._cells = cells;
    /** Pieces and what they were cut from.
     * @type {Map<string, string>} */
    this._origins = new Map();
    /** @type {Map<string, string[]> | null} */
    this._members = null;
    /** @type {Map<string, Before>} */
    this._sums = new Map();
  }

  /** The grid that had a cell; of a piece, that of what it was cut from.
   * @param {string} cell
   * @returns {string}
   */
  ownerOf(cell) {
    const known = this.owner[cell];
    if (known !== undefined) return known || NOBODY;
    const origin = this._origins.get(cell);
    if (origin !== undefined) return this.ownerOf(origin);
    const { block } = this._cells.get(cell) || { block: "" };
    return block && block !== cell ? this.owner[block] || NOBODY : NOBODY;
  }

  /** Remember what pieces were cut from.
   * @param {Record<string, [Cell | null, Cell | null]>} shapes
   * @param {Record<string, [string | null, string | null]>} owners
   */
  noteCut(shapes, owners) {
    const gone = Object.keys(shapes).filter((key) => !shapes[key][1]);
    for (const key of Object.keys(shapes)) {
      const [was, becomes] = shapes[key];
      if (was || !becomes) continue;
      const beside = gone.filter((one) => /** @type {Cell} */ (shapes[one][0]).block === becomes.block);
      const grid = owners[key] ? owners[key][1] : null;
      const origin = beside.find((one) => (owners[one] ? owners[one][0] : null) === grid) || beside[0];
      if (origin) this._origins.set(key, origin);
    }
  }

  /** Cells that a grid had.
   * @param {string} grid
   */
  members(grid) {
    if (!this._members) this._members = this._grouped();
    return this._members.get(grid) || [];
  }

  /** What a grid added up to; null when there was none.
   * @param {string} grid
   * @param {Sums} sums
   * @param {number} workers
   * @returns {Before | null}
   */
  totals(grid, sums, workers) {
    if (!this.grids[grid]) return null;
    const known = this._sums.get(grid) || this._summed(grid, sums, workers);
    this._sums.set(grid, known);
    return known;
  }

  /** Cells or figures are others now. */
  forget() {
    this._members = null;
    this._sums.clear();
  }

  _grouped() {
    /** @type {Map<string, string[]>} */
    const members = new Map();
    for (const cell of this._cells.keys()) {
      const owner = this.ownerOf(cell);
      const known = members.get(owner);
      if (known) known.push(cell);
      else members.set(owner, [cell]);
    }
    return members;
  }

  /**
   * @param {string} grid
   * @param {Sums} sums
   * @param {number} workers
   * @returns {Before}
   */
  _summed(grid, sums, workers) {
    const cells = this.members(grid);
    const { households, people, issues, walk_m: walk, walk_households: walking } = sums.over(grid, cells);
    return {
      households, people, issues, workers,
      householdsPerWorker: workers ? households / workers : null,
      walkMean: walking ? walk / walking : null,
      pieces: sums.adjacency.pieces(cells).length,
    };
  }
}
