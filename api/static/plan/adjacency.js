/** Which cells lie side by side, from the sides their outlines share.
 *
 * Cells and all their neighbours share their vertices exactly (a valid coverage), so two cells are
 * neighbours where the same two vertices follow each other in both. Touching in a point is not enough.
 */

/**
 * @typedef {import("./geometry.js").Outline} Outline
 *
 * @typedef {object} Seam the sides that a cell shares with one neighbour
 * @property {string} neighbour empty where no cell lies beyond
 * @property {number[]} sides x, y of the start and x, y of the end of each side, one after another
 */

const NOBODY = "";

/** Neighbours of cells whose outlines come and go. */
export class Adjacency {
  constructor() {
    /** @type {Map<string, number>} */
    this._vertices = new Map();
    /** Cells on the two sides of a line between two vertices.
     * @type {Map<number, string[]>} */
    this._sides = new Map();
    /** @type {Map<string, Outline>} */
    this._outlines = new Map();
    /** @type {Map<string, Map<string, number>>} */
    this._neighbours = new Map();
    /** @type {Map<string, Seam[]>} */
    this._seams = new Map();
  }

  /** Put a cell in, or give it another outline.
   * @param {string} cell
   * @param {Outline} outline
   */
  set(cell, outline) {
    if (this._outlines.has(cell)) this.delete(cell);
    this._outlines.set(cell, outline);
    this._forget(cell);
    this._eachSide(outline, (side) => {
      const beside = this._sides.get(side);
      if (!beside) this._sides.set(side, [cell]);
      else {
        beside.forEach((other) => this._forget(other));
        beside.push(cell);
      }
    });
  }

  /** Take a cell out.
   * @param {string} cell
   */
  delete(cell) {
    const outline = this._outlines.get(cell);
    if (!outline) return;
    this._eachSide(outline, (side) => {
      const left = (this._sides.get(side) || []).filter((other) => other !== cell);
      left.forEach((other) => this._forget(other));
      if (left.length) this._sides.set(side, left);
      else this._sides.delete(side);
    });
    this._outlines.delete(cell);
    this._forget(cell);
  }

  /** Neighbours of a cell, with the number of sides shared with each.
   * @param {string} cell
   * @returns {Map<string, number>}
   */
  neighbours(cell) {
    let found = this._neighbours.get(cell);
    if (found) return found;
    found = new Map();
    for (const seam of this.seams(cell)) {
      if (seam.neighbour !== NOBODY) found.set(seam.neighbour, seam.sides.length / 4);
    }
    this._neighbours.set(cell, found);
    return found;
  }

  /** A cell's outline, taken apart by who lies beyond.
   * @param {string} cell
   * @returns {Seam[]}
   */
  seams(cell) {
    const known = this._seams.get(cell);
    if (known) return known;
    /** @type {Map<string, Seam>} */
    const found = new Map();
    this._eachSide(this._outlines.get(cell) || [], (side, ax, ay, bx, by) => {
      const beyond = (this._sides.get(side) || []).find((other) => other !== cell) || NOBODY;
      let seam = found.get(beyond);
      if (!seam) {
        seam = { neighbour: beyond, sides: [] };
        found.set(beyond, seam);
      }
      seam.sides.push(ax, ay, bx, by);
    });
    const seams = Array.from(found.values());
    this._seams.set(cell, seams);
    return seams;
  }

  /** The connected parts of some cells, those with the most cells first.
   * @param {Iterable<string>} cells
   * @returns {string[][]}
   */
  pieces(cells) {
    const left = new Set(cells);
    /** @type {string[][]} */
    const pieces = [];
    for (const first of left) {
      left.delete(first);
      const piece = [first];
      for (let i = 0; i < piece.length; i += 1) {
        for (const next of this.neighbours(piece[i]).keys()) {
          if (left.delete(next)) piece.push(next);
        }
      }
      pieces.push(piece);
    }
    return pieces.sort((one, other) => other.length - one.length);
  }

  /** @param {string} cell */
  _forget(cell) {
    this._neighbours.delete(cell);
    this._seams.delete(cell);
  }

  /**
   * @param {Outline} outline
   * @param {(side: number, ax: number, ay: number, bx: number, by: number) => void} tell
   */
  _eachSide(outline, tell) {
    for (let p = 0; p < outline.length; p += 1) {
      for (let r = 0; r < outline[p].length; r += 1) {
        const ring = outline[p][r];
        let before = this._vertex(ring[0], ring[1]);
        for (let i = 2; i + 1 < ring.length; i += 2) {
          const here = this._vertex(ring[i], ring[i + 1]);
          if (here !== before) tell(sideOf(before, here), ring[i - 2], ring[i - 1], ring[i], ring[i + 1]);
          before = here;
        }
      }
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  _vertex(x, y) {
    const name = `${x},${y}`;
    const known = this._vertices.get(name);
    if (known !== undefined) return known;
    this._vertices.set(name, this._vertices.size);
    return this._vertices.size - 1;
  }
}

/** One number for a line between two vertices, whichever way it runs.
 * @param {number} one
 * @param {number} other
 */
function sideOf(one, other) {
  const most = 67108864; // 2^26: two such numbers fit into a double exactly
  return one < other ? one * most + other : other * most + one;
}
