/** What grids add up to, kept while cells move: households, workers, pieces, and what is wrong. */

/**
 * @typedef {import("./adjacency.js").Adjacency} Adjacency
 *
 * @typedef {object} CellFigures
 * @property {number} buildings
 * @property {number} households
 * @property {number} people
 * @property {number} issues open cases
 * @property {number} walk_m metres to the nearest station, over all households that can reach one
 * @property {number} walk_households households that can reach one
 * @property {number} unreachable households that can't
 * @property {number} answered_households households that somebody answers for
 *
 * @typedef {object} Bounds households of a general grid
 * @property {number} min
 * @property {number} max
 *
 * @typedef {"dedicated" | "empty" | "low" | "fit" | "high"} Fit
 *
 * @typedef {object} Totals of one grid
 * @property {string} grid
 * @property {number} cells
 * @property {number} buildings
 * @property {number} households
 * @property {number} people
 * @property {number} issues open cases
 * @property {number} workers
 * @property {number | null} householdsPerWorker null without workers
 * @property {number | null} walkMean metres; null where nobody can reach a station
 * @property {number} unreachable households that reach no station
 * @property {number} answered households that somebody answers for
 * @property {number} pieces
 * @property {Fit} fit
 * @property {number} off households above the most (positive) or below the least (negative)
 *
 * @typedef {object} Problem
 * @property {"unassigned" | "pieces" | "community" | "empty" | "high" | "low" | "compound"} kind
 * @property {string} id the same for the same problem, before and after an edit
 * @property {string} grid key of the grid; empty where there is none
 * @property {string[]} cells where it is
 * @property {number} households that it is about
 * @property {number} by households out of bounds, or number of pieces or grids
 * @property {string} compound code of the compound that is cut
 */

const NOBODY = "";
/** @type {(keyof CellFigures)[]} */
const ADDED = [
  "buildings", "households", "people", "issues", "walk_m", "walk_households", "unreachable",
  "answered_households",
];
/** @type {Problem["kind"][]} */
const IN_ORDER = ["unassigned", "pieces", "community", "empty", "high", "low", "compound"];

/** @returns {CellFigures} */
const nothing = () => ({
  buildings: 0, households: 0, people: 0, issues: 0, walk_m: 0, walk_households: 0,
  unreachable: 0, answered_households: 0,
});

/** Count units that were put into a grid by hand there, and not in the cell that they stand in.
 * @param {{cells: Record<string, CellFigures>, by_hand?: any[]}} told
 * @returns {{cells: Record<string, CellFigures>, extra: Map<string, CellFigures>}} figures of cells
 *   without those units, and what grids have besides their cells
 */
export function partByHand({ cells, by_hand: units = [] }) {
  const left = Object.assign({}, cells);
  /** @type {Map<string, CellFigures>} */
  const extra = new Map();
  for (const unit of units) {
    const there = extra.get(unit.grid) || nothing();
    extra.set(unit.grid, there);
    if (unit.cell && left[unit.cell]) left[unit.cell] = Object.assign({}, left[unit.cell]);
    for (const name of ADDED) {
      there[name] += unit[name] || 0;
      if (unit.cell && left[unit.cell]) left[unit.cell][name] -= unit[name] || 0;
    }
  }
  return { cells: left, extra };
}

/** Sums by grid of cells that come, go and change hands. */
export class Sums {
  /**
   * @param {Adjacency} adjacency
   */
  constructor(adjacency) {
    this.adjacency = adjacency;
    /** @type {Bounds} */
    this.bounds = { min: 0, max: Infinity };
    /** @type {Record<string, CellFigures>} */
    this.figures = {};
    /** What grids have besides their cells: units that were put into them by hand.
     * @type {Map<string, CellFigures>} */
    this.extra = new Map();
    /** Key of a grid, or nobody's, to its cells.
     * @type {Map<string, Set<string>>} */
    this.members = new Map();
    /** @type {Map<string, CellFigures>} */
    this._sums = new Map();
    /** @type {Map<string, string[][]>} */
    this._pieces = new Map();
    /** Code of a compound to grids to how many of its cells they have.
     * @type {Map<string, Map<string, number>>} */
    this._compounds = new Map();
    /** @type {Map<string, string>} */
    this._compoundOf = new Map();
    /** @type {Map<string, string>} */
    this._communities = new Map();
  }

  /** Figures of a cell; zeros where the server told none.
   * @param {string} cell
   * @returns {CellFigures}
   */
  of(cell) {
    return this.figures[cell] || nothing();
  }

  /** Add a cell to a grid, or to nobody's.
   * @param {string} cell
   * @param {string} grid
   * @param {string} compound
   * @param {string} community
   */
  add(cell, grid, compound, community) {
    this._membersOf(grid).add(cell);
    this._communities.set(cell, community);
    this._count(cell, grid, compound, 1);
  }

  /** Take a cell from a grid, or from nobody's.
   * @param {string} cell
   * @param {string} grid
   * @param {string} compound
   */
  remove(cell, grid, compound) {
    this._membersOf(grid).delete(cell);
    this._count(cell, grid, compound, -1);
  }

  /** Put other figures in, of some or all cells; all sums are made anew.
   * @param {Record<string, CellFigures>} figures
   */
  learn(figures) {
    Object.assign(this.figures, figures);
    for (const [grid, cells] of this.members) this._sums.set(grid, this.over(grid, cells));
  }

  /** Note that shapes changed beside some grids' cells, so that their pieces are looked for anew.
   * @param {Iterable<string>} grids
   */
  forgetPieces(grids) {
    for (const grid of grids) this._pieces.delete(grid);
  }

  /**
   * @param {string} grid
   * @returns {string[][]}
   */
  pieces(grid) {
    let known = this._pieces.get(grid);
    if (!known) {
      known = this.adjacency.pieces(this._membersOf(grid));
      this._pieces.set(grid, known);
    }
    return known;
  }

  /** What a grid adds up to.
   * @param {string} grid
   * @param {string} kind "general" or "dedicated"
   * @param {number} workers
   * @returns {Totals}
   */
  totals(grid, kind, workers) {
    const sum = this._sum(grid);
    const cells = this._membersOf(grid).size;
    const off = this._off(sum.households);
    return {
      grid,
      cells,
      buildings: sum.buildings,
      households: sum.households,
      people: sum.people,
      issues: sum.issues,
      workers,
      householdsPerWorker: workers ? sum.households / workers : null,
      walkMean: sum.walk_households > 0 ? sum.walk_m / sum.walk_households : null,
      unreachable: sum.unreachable,
      answered: sum.answered_households,
      pieces: this.pieces(grid).length,
      fit: this.judge(kind, cells, sum.households),
      off: kind === "dedicated" ? 0 : off,
    };
  }

  /** Figures of some cells, with what a grid has besides its own.
   * @param {string} grid
   * @param {Iterable<string>} cells
   * @returns {CellFigures}
   */
  over(grid, cells) {
    const sum = Object.assign(nothing(), this.extra.get(grid));
    for (const cell of cells) for (const name of ADDED) sum[name] += this.of(cell)[name];
    return sum;
  }

  /** @param {string} grid */
  households(grid) {
    return this._sum(grid).households;
  }

  /** Whether a grid's households are in bounds.
   * @param {string} grid
   * @param {string} kind
   * @returns {Fit}
   */
  fit(grid, kind) {
    return this.judge(kind, this._membersOf(grid).size, this._sum(grid).households);
  }

  /** Whether so many households in so many cells are in bounds.
   * @param {string} kind
   * @param {number} cells
   * @param {number} households
   * @returns {Fit}
   */
  judge(kind, cells, households) {
    if (!cells) return "empty";
    if (kind === "dedicated") return "dedicated";
    const off = this._off(households);
    if (off === 0) return "fit";
    return off > 0 ? "high" : "low";
  }

  /** All that is wrong, the worst first.
   * @param {Map<string, {code: string, kind: string, community: string}>} grids
   * @returns {Problem[]}
   */
  problems(grids) {
    /** @type {Problem[]} */
    const found = [];
    for (const cells of this.pieces(NOBODY)) {
      found.push(problem("unassigned", `~${cells.slice().sort()[0]}`, NOBODY, cells, this._households(cells)));
    }
    for (const [key, grid] of grids) this._problemsOf(key, grid, found);
    for (const [compound, owners] of this._compounds) {
      if (owners.size > 1) found.push(this._cutCompound(compound, owners));
    }
    return found.sort(byWeight);
  }

  /**
   * @param {string} key
   * @param {{kind: string, community: string}} grid
   * @param {Problem[]} found
   */
  _problemsOf(key, grid, found) {
    const cells = Array.from(this._membersOf(key));
    const { households } = this._sum(key);
    const fit = this.fit(key, grid.kind);
    if (fit === "empty") found.push(problem("empty", key, key, [], 0));
    if (fit === "high" || fit === "low") {
      found.push(problem(fit, key, key, cells, households, Math.abs(this._off(households))));
    }
    const pieces = this.pieces(key);
    if (pieces.length > 1) {
      const stray = pieces.slice(1).reduce((all, piece) => all.concat(piece));
      found.push(problem("pieces", key, key, stray, this._households(stray), pieces.length));
    }
    const strangers = cells.filter((cell) => this._communities.get(cell) !== grid.community);
    if (strangers.length) {
      found.push(problem("community", key, key, strangers, this._households(strangers), strangers.length));
    }
  }

  /**
   * @param {string} compound
   * @param {Map<string, number>} owners
   */
  _cutCompound(compound, owners) {
    const cells = this.cellsOfCompound(compound);
    const least = Array.from(owners).sort((one, other) => one[1] - other[1])[0][0];
    const found = problem("compound", compound, least, cells, this._households(cells), owners.size);
    return Object.assign(found, { compound });
  }

  /** Cells of a compound, whoever has them.
   * @param {string} compound
   * @returns {string[]}
   */
  cellsOfCompound(compound) {
    /** @type {string[]} */
    const cells = [];
    for (const grid of (this._compounds.get(compound) || new Map()).keys()) {
      for (const cell of this._membersOf(grid)) {
        if (this._compoundOf.get(cell) === compound) cells.push(cell);
      }
    }
    return cells;
  }

  /** @param {Iterable<string>} cells */
  _households(cells) {
    let sum = 0;
    for (const cell of cells) sum += this.of(cell).households;
    return sum;
  }

  /** @param {number} households */
  _off(households) {
    if (households > this.bounds.max) return households - this.bounds.max;
    return Math.min(0, households - this.bounds.min);
  }

  /** @param {string} grid */
  _membersOf(grid) {
    let cells = this.members.get(grid);
    if (!cells) {
      cells = new Set();
      this.members.set(grid, cells);
    }
    return cells;
  }

  /** @param {string} grid */
  _sum(grid) {
    let sum = this._sums.get(grid);
    if (!sum) {
      sum = Object.assign(nothing(), this.extra.get(grid));
      this._sums.set(grid, sum);
    }
    return sum;
  }

  /**
   * @param {string} cell
   * @param {string} grid
   * @param {string} compound
   * @param {1 | -1} sign
   */
  _count(cell, grid, compound, sign) {
    const [sum, figures] = [this._sum(grid), this.of(cell)];
    for (const name of ADDED) sum[name] += sign * figures[name];
    this._pieces.delete(grid);
    if (!compound) return;
    this._compoundOf.set(cell, compound);
    const owners = this._compounds.get(compound) || new Map();
    this._compounds.set(compound, owners);
    const left = (owners.get(grid) || 0) + sign;
    if (left) owners.set(grid, left);
    else owners.delete(grid);
  }
}

/**
 * @param {Problem["kind"]} kind
 * @param {string} about
 * @param {string} grid
 * @param {string[]} cells
 * @param {number} households
 * @param {number} [by]
 * @returns {Problem}
 */
function problem(kind, about, grid, cells, households, by = 0) {
  return { kind, id: `${kind} ${about}`, grid, cells, households, by, compound: "" };
}

/**
 * @param {Problem} one
 * @param {Problem} other
 */
function byWeight(one, other) {
  return IN_ORDER.indexOf(one.kind) - IN_ORDER.indexOf(other.kind)
    || other.by - one.by || other.households - one.households || (one.id < other.id ? -1 : 1);
}
