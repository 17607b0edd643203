/** Which names stand on the map and where: grids with their households, communities beside them. */

import { boxAround } from "./geometry.js";
import { writeLabels, writeNames } from "./labels.js";

/** Up to here communities have their names on the map. */
const NAMES_ZOOM = 15.5;

/**
 * @typedef {import("./canvas.js").PlanCanvas} PlanCanvas
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./shapes.js").Shape} Shape
 *
 * @typedef {{cell: string, width: number}} Anchor the cell in which a grid's name stands, and how wide
 *   the grid is in the plane
 */

/** Names of a drawing. */
export class Names {
  /** @param {PlanCanvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {Map<string, Anchor>} */
    this._anchors = new Map();
    /** @type {Map<string, Point> | null} */
    this._communities = null;
  }

  /** Let names go to their best places. */
  forget() {
    this._anchors.clear();
  }

  paint() {
    const { stage, look, reading } = this.canvas;
    const pen = stage.pens.names;
    stage.inPixels(pen);
    pen.clearRect(0, 0, stage.width, stage.height);
    const labels = [];
    for (const grid of reading.grids()) {
      const label = this._labelOf(grid);
      if (label) labels.push(label);
    }
    /** @type {Box[]} */
    const taken = [];
    writeLabels(pen, labels, look, stage.density, taken);
    if ((stage.zoom || 0) < NAMES_ZOOM) writeNames(pen, this._communityNames(), look, stage.density, taken);
  }

  /** Names of communities, each in the middle of its blocks. */
  _communityNames() {
    if (!this._communities) this._communities = this._middles();
    const { store, english, stage } = this.canvas;
    const found = [];
    for (const { code, name, name_en: other } of store.communities) {
      const at = this._communities.get(code);
      if (at) found.push({ name: (english && other) || name, at: stage.toPixels(at) });
    }
    return found;
  }

  /** @returns {Map<string, Point>} middle of every community in the plane */
  _middles() {
    /** @type {Map<string, Box[]>} */
    const boxes = new Map();
    for (const [cell, { box }] of this.canvas.shapes.all) {
      const community = this.canvas.communityOf(cell);
      const known = boxes.get(community);
      if (known) known.push(box);
      else boxes.set(community, [box]);
    }
    return new Map(Array.from(boxes, ([community, all]) => {
      const [west, north, east, south] = boxAround(all);
      return /** @type {[string, Point]} */ ([community, [(west + east) / 2, (north + south) / 2]]);
    }));
  }

  /**
   * @param {string} grid
   * @returns {import("./labels.js").Label | null}
   */
  _labelOf(grid) {
    const { reading, stage, shapes, english, chosen } = this.canvas;
    const anchor = this._anchor(grid);
    const told = reading.grid(grid);
    if (!anchor || !told) return null;
    const at = stage.toPixels(/** @type {Shape} */ (shapes.all.get(anchor.cell)).inner);
    if (at[0] < 0 || at[1] < 0 || at[0] > stage.width || at[1] > stage.height) return null;
    const households = reading.households(grid);
    const before = reading.before(grid);
    const change = before === null ? 0 : households - before;
    return {
      name: reading.name ? reading.name(grid) : (english && told.name_en) || told.name,
      number: households || told.kind !== "dedicated" ? String(households) : "",
      change: change ? `${change > 0 ? "+" : "−"}${Math.abs(change)}` : "",
      fit: reading.fit(grid),
      locked: reading.isGridLocked(grid),
      chosen: grid === chosen,
      at,
      room: anchor.width * stage.scale,
    };
  }

  /** Where a grid's name stands: in the middle, or in the cell next to it.
   * @param {string} grid
   * @returns {Anchor | null}
   */
  _anchor(grid) {
    const { reading, shapes } = this.canvas;
    const known = this._anchors.get(grid);
    if (known && reading.owner(known.cell) === grid && shapes.all.has(known.cell)) return known;
    const found = this._middleCell(grid);
    if (found) this._anchors.set(grid, found);
    return found;
  }

  /**
   * @param {string} grid
   * @returns {Anchor | null}
   */
  _middleCell(grid) {
    let [sumX, sumY, sum] = [0, 0, 0];
    /** @type {{cell: string, shape: Shape}[]} */
    const shapes = [];
    for (const cell of this.canvas.reading.cells(grid)) {
      const shape = this.canvas.shapes.all.get(cell);
      if (!shape) continue;
      const [west, north, east, south] = shape.box;
      const weight = (east - west) * (south - north);
      sumX += weight * shape.inner[0];
      sumY += weight * shape.inner[1];
      sum += weight;
      shapes.push({ cell, shape });
    }
    let [best, least] = ["", Infinity];
    for (const { cell, shape: { inner } } of shapes) {
      const off = (inner[0] - sumX / sum) ** 2 + (inner[1] - sumY / sum) ** 2;
      if (off < least) [best, least] = [cell, off];
    }
    const [west, , east] = boxAround(shapes.map(({ shape }) => shape.box));
    return best ? { cell: best, width: east - west } : null;
  }
}
