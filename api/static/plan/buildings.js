/** Where buildings stand in the plane of the map, and how many households they have. */

import { boxAlong, squareToSegment } from "./geometry.js";

/** Side of the squares by which buildings are found. */
const SQUARE = 400;

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./shapes.js").Shapes} Shapes
 *
 * @typedef {{x: number, y: number, households: number}} Placed
 */

/** Buildings, found by squares of the plane. */
export class Buildings {
  /**
   * @param {Shapes} shapes
   * @param {import("./draft.js").Building[]} buildings
   */
  constructor(shapes, buildings) {
    this.shapes = shapes;
    /** @type {Map<number, Placed[]>} */
    this._squares = new Map();
    for (const [lon, lat, households] of buildings) {
      const [x, y] = shapes.toPlane(lon, lat);
      const square = squareOf(Math.floor(x / SQUARE), Math.floor(y / SQUARE));
      const there = this._squares.get(square);
      if (there) there.push({ x, y, households });
      else this._squares.set(square, [{ x, y, households }]);
    }
  }

  /** Buildings of the squares that a box meets.
   * @param {Box} box
   * @returns {Iterable<Placed>}
   */
  * near([west, north, east, south]) {
    for (let row = Math.floor(north / SQUARE); row <= Math.floor(south / SQUARE); row += 1) {
      for (let column = Math.floor(west / SQUARE); column <= Math.floor(east / SQUARE); column += 1) {
        yield* this._squares.get(squareOf(column, row)) || [];
      }
    }
  }

  /** Cells of the buildings near a way, the way the brush goes.
   * @param {Point} from
   * @param {Point} to
   * @param {number} radius
   * @returns {string[]}
   */
  cellsAlong(from, to, radius) {
    const cells = new Set();
    for (const { x, y } of this.near(boxAlong(from, to, radius))) {
      if (squareToSegment(x, y, from[0], from[1], to[0], to[1]) <= radius * radius) {
        cells.add(this.shapes.at([x, y]));
      }
    }
    cells.delete("");
    return Array.from(cells);
  }
}

/** @param {number} column @param {number} row */
const squareOf = (column, row) => row * 1e6 + column;
