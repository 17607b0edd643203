/** How a draft began, by today's figures: whose cells were, what grids added up to. */

/**
 * @typedef {import("./store.js").Cell} Cell
 * @typedef {import("./store.js").Grid} Grid
 * @typedef {import("./sums.js").Sums} Sums
 *
 * @typedef {{households: number, people: number, issues: number}} Before of one grid
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
    /** @type {Map<string, Before> | null} */
    this._sums = null;
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
   * @returns {Before | null}
   */
  totals(grid, sums) {
    if (!this.grids[grid]) return null;
    if (!this._sums) this._sums = this._summed(sums);
    return this._sums.get(grid) || { households: 0, people: 0, issues: 0 };
  }

  /** Cells or figures are others now. */
  forget() {
    this._members = null;
    this._sums = null;
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

  /** @param {Sums} sums */
  _summed(sums) {
    /** @type {Map<string, Before>} */
    const found = new Map();
    for (const grid of Object.keys(this.grids)) {
      const extra = sums.extra.get(grid) || { households: 0, people: 0, issues: 0 };
      const sum = { households: extra.households, people: extra.people, issues: extra.issues };
      for (const cell of this.members(grid)) {
        const { households, people, issues } = sums.of(cell);
        sum.households += households;
        sum.people += people;
        sum.issues += issues;
      }
      found.set(grid, sum);
    }
    return found;
  }
}
