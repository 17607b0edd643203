/** Outlines in the plane of the map: where they are, what lies under a brush, how they are drawn.
 *
 * The plane is Web Mercator in pixels of one zoom, from a corner of its own, so that small numbers
 * stand for places and what is made once is drawn at every zoom.
 */

import { SCALE } from "./draft.js";
import { boxAlong, boxesMeet, boxOf, brushTouches, innerPoint, outlineHolds } from "./geometry.js";

/** Zoom whose pixels are the plane's unit: some 0.6 m on the equator. */
export const PLANE_ZOOM = 18;
const WORLD_PX = 256 * 2 ** PLANE_ZOOM;
/** Side of the squares by which outlines are found. */
const SQUARE_PX = 320;

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./draft.js").Cell} Cell
 *
 * @typedef {object} Shape
 * @property {Float64Array[][]} outline in the plane
 * @property {Box} box
 * @property {Path2D} path
 * @property {Point} inner a point well inside
 */

/** Outlines of cells in the plane. */
export class Shapes {
  /**
   * @param {Point} corner longitude and latitude where the plane begins
   */
  constructor(corner) {
    this._x0 = worldX(corner[0]);
    this._y0 = worldY(corner[1]);
    /** @type {Map<string, Shape>} */
    this.all = new Map();
    /** @type {Map<number, Set<string>>} */
    this._squares = new Map();
  }

  /** @param {number} lon @param {number} lat @returns {Point} */
  toPlane(lon, lat) {
    return [worldX(lon) - this._x0, worldY(lat) - this._y0];
  }

  /** @param {number} x @param {number} y @returns {Point} longitude and latitude */
  toDegrees(x, y) {
    const lon = ((x + this._x0) / WORLD_PX) * 360 - 180;
    const angle = Math.PI * (1 - (2 * (y + this._y0)) / WORLD_PX);
    return [lon, (Math.atan(Math.sinh(angle)) * 180) / Math.PI];
  }

  /** Where the plane's corner is in the pixels of all the world. */
  get corner() {
    return [this._x0, this._y0];
  }

  /**
   * @param {string} cell
   * @param {Cell} told
   */
  set(cell, told) {
    this.delete(cell);
    const outline = told.rings.map((polygon) => polygon.map((ring) => this._planeRing(ring)));
    const box = boxOf(outline);
    const shape = { outline, box, path: pathOf(outline), inner: innerPoint(outline) };
    this.all.set(cell, shape);
    for (const square of squaresOf(box)) {
      const cells = this._squares.get(square);
      if (cells) cells.add(cell);
      else this._squares.set(square, new Set([cell]));
    }
  }

  /** @param {string} cell */
  delete(cell) {
    const shape = this.all.get(cell);
    if (!shape) return;
    for (const square of squaresOf(shape.box)) {
      const cells = this._squares.get(square);
      if (cells) cells.delete(cell);
    }
    this.all.delete(cell);
  }

  /** Cells whose boxes meet a box.
   * @param {Box} box
   * @returns {Set<string>}
   */
  near(box) {
    const found = new Set();
    for (const square of squaresOf(box)) {
      for (const cell of this._squares.get(square) || []) {
        if (boxesMeet(/** @type {Shape} */ (this.all.get(cell)).box, box)) found.add(cell);
      }
    }
    return found;
  }

  /** The cell at a place; empty where there is none.
   * @param {Point} place
   */
  at([x, y]) {
    for (const cell of this.near([x, y, x, y])) {
      if (outlineHolds(/** @type {Shape} */ (this.all.get(cell)).outline, x, y)) return cell;
    }
    return "";
  }

  /** Cells that a round brush touches on its way.
   * @param {Point} from
   * @param {Point} to
   * @param {number} radius
   * @returns {string[]}
   */
  underBrush(from, to, radius) {
    return this._those(boxAlong(from, to, radius), ({ outline }) => brushTouches(outline, from, to, radius));
  }

  /** Cells whose middle lies in a ring.
   * @param {number[]} ring closed
   * @returns {string[]}
   */
  inRing(ring) {
    const outline = [[ring]];
    return this._those(boxOf(outline), ({ inner }) => outlineHolds(outline, inner[0], inner[1]));
  }

  /**
   * @param {Box} box
   * @param {(shape: Shape) => boolean} fits
   */
  _those(box, fits) {
    return Array.from(this.near(box)).filter((cell) =>
      fits(/** @type {Shape} */ (this.all.get(cell))));
  }

  /** @param {number[]} ring */
  _planeRing(ring) {
    const plane = new Float64Array(ring.length);
    for (let i = 0; i + 1 < ring.length; i += 2) {
      plane[i] = worldX(ring[i] / SCALE) - this._x0;
      plane[i + 1] = worldY(ring[i + 1] / SCALE) - this._y0;
    }
    return plane;
  }
}

/** @param {number} lon */
const worldX = (lon) => ((lon + 180) / 360) * WORLD_PX;

/** @param {number} lat */
function worldY(lat) {
  const angle = (lat * Math.PI) / 180;
  return (0.5 - Math.log(Math.tan(Math.PI / 4 + angle / 2)) / (2 * Math.PI)) * WORLD_PX;
}

/**
 * @param {Box} box
 * @returns {number[]} numbers of the squares that it meets
 */
function squaresOf([west, north, east, south]) {
  const [x0, x1] = [Math.floor(west / SQUARE_PX), Math.floor(east / SQUARE_PX)];
  const [y0, y1] = [Math.floor(north / SQUARE_PX), Math.floor(south / SQUARE_PX)];
  const squares = [];
  for (let y = y0; y <= y1; y += 1) for (let x = x0; x <= x1; x += 1) squares.push(y * 1e6 + x);
  return squares;
}

/** @param {Float64Array[][]} outline */
function pathOf(outline) {
  const path = new Path2D();
  for (const polygon of outline) {
    for (const ring of polygon) {
      path.moveTo(ring[0], ring[1]);
      for (let i = 2; i + 3 < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
      path.closePath();
    }
  }
  return path;
}
