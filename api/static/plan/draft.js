/** A draft as it is: cells, grids and locks, what they add up to, and what is wrong with them.
 *
 * Dispatches `changed` and `figures`, as `store.js` tells.
 */

import { Adjacency } from "./adjacency.js";
import { Beginning } from "./beginning.js";
import { NOTHING, same, SUBJECTS, told } from "./changes.js";
import { boxAround, boxOf } from "./geometry.js";
import { partByHand, Sums } from "./sums.js";

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./sums.js").CellFigures} CellFigures
 * @typedef {import("./sums.js").Problem} Trouble
 * @typedef {import("./sums.js").Totals} Totals
 * @typedef {import("./changes.js").Subject} Subject
 * @typedef {import("./changes.js").Changes} Changes
 *
 * @typedef {object} Cell
 * @property {string} community
 * @property {string} block
 * @property {string} compound
 * @property {string} kind
 * @property {number[][][]} rings polygons of rings x, y, x, y, … in degrees times ten million
 *
 * @typedef {object} Grid
 * @property {string} code
 * @property {string} name
 * @property {string} name_en
 * @property {string} kind
 * @property {string} branch_name
 * @property {string} branch_name_en
 * @property {string} branch_phone
 *
 * @typedef {object} Worker
 * @property {string} code
 * @property {string} name
 * @property {string} role
 *
 * @typedef {[number, number, number, number, string, string]} Building longitude, latitude,
 *   households, people, cell, address
 */

/** What stands in degrees times ten million. */
export const SCALE = 1e7;
const NOBODY = "";

/** The state of a draft and its figures. */
export class Draft extends EventTarget {
  constructor() {
    super();
    this.version = 0;
    /** @type {Record<Subject, Map<string, any>>} */
    this.values = {
      shape: new Map(), owner: new Map(), lock: new Map(), grid: new Map(), grid_lock: new Map(),
    };
    /** How the draft began: `base.owner` by cell, `base.grids` by key. */
    this.base = new Beginning({}, {}, this.values.shape);
    this.adjacency = new Adjacency();
    this.sums = new Sums(this.adjacency);
    /** @type {Record<string, {workers: Worker[]}>} */
    this.gridFigures = {};
    /** @type {Building[]} */
    this.buildings = [];
    /** @type {{code: string, name: string, name_en: string}[]} */
    this.communities = [];
    /** @type {Record<string, {name: string, name_en: string}>} */
    this.compounds = {};
    /** Cells with units that count in another grid: which piece they lie in, only the server knows.
     * @type {Set<string>} */
    this._handCells = new Set();
    /** @type {Trouble[] | null} */
    this._troubles = null;
  }

  /** @type {Map<string, Cell>} */
  get cells() {
    return this.values.shape;
  }

  /** @type {Map<string, Grid>} */
  get grids() {
    return this.values.grid;
  }

  /** The grid of a cell; empty when nobody has it.
   * @param {string} cell
   * @returns {string}
   */
  owner(cell) {
    return this.values.owner.get(cell) || NOBODY;
  }

  /** The grid that had a cell when the draft began; of a piece, that of what it was cut from.
   * @param {string} cell
   * @returns {string}
   */
  baseOwner(cell) {
    return this.base.ownerOf(cell);
  }

  /** Whether a cell has another grid than when the draft began.
   * @param {string} cell
   */
  isChanged(cell) {
    return this.owner(cell) !== this.baseOwner(cell);
  }

  /** Whether a cell stays where it is, locked by itself or with its grid.
   * @param {string} cell
   */
  isLocked(cell) {
    return this.values.lock.get(cell) === true || this.isGridLocked(this.owner(cell));
  }

  /** @param {string} grid */
  isGridLocked(grid) {
    return this.values.grid_lock.get(grid) === true;
  }

  /** Code of a grid's community; empty for nobody.
   * @param {string} grid
   */
  communityOf(grid) {
    const found = this.grids.get(grid);
    return found ? found.code.slice(0, 12) : "";
  }

  /** @param {string} grid */
  members(grid) {
    return this.sums.members.get(grid) || new Set();
  }

  /** Whether a grid's households are in bounds.
   * @param {string} grid
   */
  fit(grid) {
    const found = this.grids.get(grid);
    return this.sums.fit(grid, found ? found.kind : "general");
  }

  /** Cells of a grid when the draft began.
   * @param {string} grid
   */
  baseMembers(grid) {
    return this.base.members(grid);
  }

  /** Workers of a grid, as far as the reader may know them.
   * @param {string} grid
   * @returns {Worker[]}
   */
  workers(grid) {
    const known = this.gridFigures[grid];
    return (known && known.workers) || [];
  }

  /** What a grid adds up to now.
   * @param {string} grid
   * @returns {Totals}
   */
  totals(grid) {
    const found = this.grids.get(grid);
    return this.sums.totals(grid, found ? found.kind : "general", this.workers(grid).length);
  }

  /** What a grid added up to when the draft began; null when there was none.
   * @param {string} grid
   * @returns {import("./beginning.js").Before | null}
   */
  baseTotals(grid) {
    return this.base.totals(grid, this.sums, this.workers(grid).length);
  }

  /** Connected parts of a grid's cells, the largest first.
   * @param {string} grid
   */
  pieces(grid) {
    return this.sums.pieces(grid);
  }

  /** All that is wrong, the worst first.
   * @returns {Trouble[]}
   */
  problems() {
    if (!this._troubles) {
      const grids = new Map(Array.from(this.grids, ([key, grid]) =>
        /** @type {[string, {code: string, kind: string, community: string}]} */ (
          [key, { code: grid.code, kind: grid.kind, community: grid.code.slice(0, 12) }])));
      this._troubles = this.sums.problems(grids);
    }
    return this._troubles;
  }

  /** Box of some cells in degrees: west, south, east, north; null of none.
   * @param {Iterable<string>} cells
   * @returns {Box | null}
   */
  boxOf(cells) {
    const boxes = [];
    for (const cell of cells) {
      const found = this.cells.get(cell);
      if (found) boxes.push(boxOf(found.rings));
    }
    if (!boxes.length) return null;
    const [west, south, east, north] = boxAround(boxes);
    return [west / SCALE, south / SCALE, east / SCALE, north / SCALE];
  }

  /** Box of a grid; of one without cells, that of its community.
   * @param {string} grid
   */
  gridBox(grid) {
    const own = this.boxOf(this.members(grid));
    if (own) return own;
    const community = this.communityOf(grid);
    return this.boxOf(Array.from(this.cells.keys()).filter((cell) =>
      /** @type {Cell} */ (this.cells.get(cell)).community === community));
  }

  /** Take in what the server says a draft is.
   * @param {any} state
   * @param {any} figures
   */
  read(state, figures) {
    this.version = state.version;
    this._readFigures(figures);
    const given = {
      shape: state.cells, owner: state.owner, lock: state.lock, grid: state.grids,
      grid_lock: state.grid_lock,
    };
    for (const subject of SUBJECTS) {
      if (subject === "owner") continue;
      this.values[subject] = new Map(Object.entries(given[subject]));
    }
    this.values.owner = new Map(Object.entries(state.owner).filter(([, grid]) => grid));
    this.base = new Beginning(state.base.owner, state.base.grids, this.values.shape);
    this.adjacency = new Adjacency();
    const { cells, extra } = partByHand(figures);
    this.sums = Object.assign(new Sums(this.adjacency), { bounds: figures.bounds, extra });
    this.sums.figures = cells;
    for (const [cell, { rings, compound, community }] of this.cells) {
      this.adjacency.set(cell, rings);
      this.sums.add(cell, this.owner(cell), compound, community);
    }
    this._troubles = null;
    this.base.forget();
  }

  /** Take in other figures of all cells and grids.
   * @param {any} figures
   */
  learn(figures) {
    this._readFigures(figures);
    this.sums.bounds = figures.bounds;
    const { cells, extra } = partByHand(figures);
    this.sums.extra = extra;
    this.sums.learn(cells);
    this._troubles = null;
    this.base.forget();
    this._tell("figures", {});
  }

  /** @param {any} figures */
  _readFigures(figures) {
    this.gridFigures = figures.grids;
    this.buildings = figures.buildings || [];
    this.communities = figures.communities;
    this.compounds = figures.compounds || {};
    this._handCells = new Set((figures.by_hand || []).map((/** @type {any} */ unit) => unit.cell));
  }

  /** Figures of cells that are not known yet; known ones are in sums already.
   * @param {Record<string, CellFigures>} figures
   */
  _newFigures(figures) {
    /** @type {Record<string, CellFigures>} */
    const fresh = {};
    for (const [cell, one] of Object.entries(figures)) {
      if (!this.cells.has(cell)) fresh[cell] = one;
      else this._changeFigures(cell, one);
    }
    return fresh;
  }

  /**
   * @param {string} cell
   * @param {CellFigures} figures
   */
  _changeFigures(cell, figures) {
    const { compound, community } = /** @type {Cell} */ (this.cells.get(cell));
    this.sums.remove(cell, this.owner(cell), compound);
    this.sums.figures[cell] = figures;
    this.sums.add(cell, this.owner(cell), compound, community);
  }

  /** Write values, sums and neighbours, and tell who listens.
   * @param {Changes} changes
   */
  _write(changes) {
    const grids = this._concerned(changes);
    const cells = new Set();
    const shapes = Object.keys(changes.shape || {});
    for (const [subject, key, , becomes] of told(changes)) {
      if (subject === "shape") this._writeShape(key, becomes);
      else if (subject === "owner") this._writeOwner(key, becomes);
      else this._set(subject, key, becomes);
      if (subject === "owner" || subject === "lock") cells.add(key);
    }
    if (!cells.size && !grids.size && !shapes.length) return;
    this._troubles = null;
    if (shapes.length) this.base.forget();
    if (shapes.length) this.sums.forgetPieces(Array.from(this.grids.keys()).concat(NOBODY));
    this._tell("changed", { cells: Array.from(cells), grids: Array.from(grids), shapes });
  }

  /**
   * @param {string} key
   * @param {Cell | null} cell
   */
  _writeShape(key, cell) {
    const was = this.cells.get(key);
    if (was) this.sums.remove(key, this.owner(key), was.compound);
    this._set("shape", key, cell);
    if (!cell) {
      this.adjacency.delete(key);
      return;
    }
    this.adjacency.set(key, cell.rings);
    this.sums.add(key, this.owner(key), cell.compound, cell.community);
  }

  /**
   * @param {string} key
   * @param {string | null} grid
   */
  _writeOwner(key, grid) {
    const cell = this.cells.get(key);
    if (cell) this.sums.remove(key, this.owner(key), cell.compound);
    this._set("owner", key, grid);
    if (cell) this.sums.add(key, this.owner(key), cell.compound, cell.community);
  }

  /** Grids whose sums or names some changes change.
   * @param {Changes} changes
   * @returns {Set<string>}
   */
  _concerned(changes) {
    const grids = new Set();
    for (const [subject, key, was, becomes] of told(changes)) {
      if (subject === "owner") grids.add(was || NOBODY).add(becomes || NOBODY);
      else if (subject === "grid" || subject === "grid_lock") grids.add(key);
      else if (subject === "shape") grids.add(this.owner(key));
    }
    return grids;
  }

  /**
   * @param {Subject} subject
   * @param {string} key
   */
  _value(subject, key) {
    const value = this.values[subject].get(key);
    return value === undefined ? NOTHING[subject] : value;
  }

  /**
   * @param {Subject} subject
   * @param {string} key
   * @param {any} value
   */
  _set(subject, key, value) {
    if (value === NOTHING[subject] || value === undefined) this.values[subject].delete(key);
    else this.values[subject].set(key, value);
  }

  /** Whether things are what changes say they were.
   * @param {Changes} changes
   */
  _fits(changes) {
    for (const [subject, key, was] of told(changes)) {
      if (!same(this._value(subject, key), was)) return false;
    }
    return true;
  }

  /**
   * @param {Iterable<string>} grids
   * @returns {Map<string, Totals>}
   */
  _totalsOf(grids) {
    return new Map(Array.from(grids, (grid) => /** @type {[string, Totals]} */ ([grid, this.totals(grid)])));
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  _tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
