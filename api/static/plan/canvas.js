/** A plan on the map: fills, borders, buildings, names; repaints only what has changed.
 *
 * Outlines are made once for all zooms. A stroke of the brush repaints the boxes of the cells it
 * changes; moving the map repaints all. Nothing needs a graphics processor.
 *
 *     const canvas = new PlanCanvas(map.leaflet, store, shapes);
 *     canvas.choose(grid);
 *     canvas.overlay = (pen, stage) => { …; return true; };  // what the tool in hand shows
 *     canvas.drawOverlay();
 */

import { Buildings } from "./buildings.js";
import { SCALE } from "./draft.js";
import { boxAround, boxesMeet } from "./geometry.js";
import { drawLock } from "./labels.js";
import { readLook } from "./look.js";
import { Names } from "./names.js";
import { asItIs } from "./reading.js";
import { Stage } from "./stage.js";

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./look.js").Look} Look
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./shapes.js").Shapes} Shapes
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./store.js").PlanStore} PlanStore
 *
 * @typedef {"bounds" | "changes" | "walk"} View what the fills tell
 *
 * @typedef {object} CanvasOptions
 * @property {Reading} [reading]
 * @property {boolean} [english] whether names are told in English
 * @property {View} [view]
 */

const NOBODY = "";
/** Pixels beyond a cell's box that its borders and marks may take. */
const BLEED_PX = 8;
/** Boxes that are repainted one by one; more are repainted as one. */
const MOST_BOXES = 6;
const LINES_ZOOM = 13.5;
const POINTS_ZOOM = 15.5;
const NUMBERS_ZOOM = 17.5;
const LOCKS_ZOOM = 14.5;
const CASING_ZOOM = 14;
/** Metres on foot to the nearest station from which a block is far, and farther. */
const FAR_M = [500, 1000];

/** The drawing of a plan over a map. */
export class PlanCanvas {
  /**
   * @param {any} leaflet
   * @param {PlanStore} store
   * @param {Shapes} shapes
   * @param {CanvasOptions} [options]
   */
  constructor(leaflet, store, shapes, options = {}) {
    this.store = store;
    this.shapes = shapes;
    this.reading = options.reading || asItIs(store);
    this.english = options.english || false;
    /** @type {View} */
    this.view = options.view || "bounds";
    this.chosen = NOBODY;
    /** Draws what the tool in hand shows, and tells whether that was anything.
     * @type {((pen: CanvasRenderingContext2D, stage: Stage) => boolean) | null} */
    this.overlay = null;
    this._overlaid = false;
    /** @type {Box[]} */
    this._dirty = [];
    this._frame = 0;
    this._overlayFrame = 0;
    /** What grids were filled for when they were painted.
     * @type {Map<string, string>} */
    this._painted = new Map();
    /** Outlines in the plane, by those in degrees.
     * @type {WeakMap<object, {neighbour: string, line: Float64Array}[]>} */
    this._lines = new WeakMap();
    this.buildings = new Buildings(shapes, store.buildings);
    this._names = new Names(this);
    this.stage = new Stage(
      leaflet, /** @type {Point} */ (shapes.corner), ["plan", "names", "hand"], () => this.redraw(),
    );
    this.look = readLook(this.stage.pens.plan, window.devicePixelRatio || 1);
    this._onChanged = (/** @type {any} */ event) => this._refresh(event.detail);
    this._onEdited = () => this._settle();
    store.addEventListener("changed", this._onChanged);
    store.addEventListener("edited", this._onEdited);
    store.addEventListener("figures", this._onEdited);
    this._followTheme();
    this.stage.update();
  }

  /** Take the drawing off the map. */
  remove() {
    this.store.removeEventListener("changed", this._onChanged);
    this.store.removeEventListener("edited", this._onEdited);
    this.store.removeEventListener("figures", this._onEdited);
    this.stage.remove();
  }

  /** Let a grid stand out; an empty key lets none.
   * @param {string} grid
   */
  choose(grid) {
    const before = this.chosen;
    this.chosen = grid;
    this._dirtyGrid(before);
    this._dirtyGrid(grid);
    this._later();
  }

  /** @param {View} view */
  show(view) {
    this.view = view;
    this.redraw();
  }

  /** Paint everything. */
  redraw() {
    this._names.forget();
    this._dirty = [];
    this._paint(null);
    this._names.paint();
    this._paintOverlay();
  }

  /** Paint what the tool in hand shows, before the next frame. */
  drawOverlay() {
    if (this._overlayFrame) return;
    this._overlayFrame = requestAnimationFrame(() => {
      this._overlayFrame = 0;
      this._paintOverlay();
    });
  }

  /** Cells changed: paint them before the next frame.
   * @param {{cells: string[], grids: string[], shapes: string[]}} changed
   */
  _refresh({ cells, grids, shapes }) {
    for (const cell of shapes) {
      this._dirtyCell(cell);
      const told = this.store.cells.get(cell);
      if (told) this.shapes.set(cell, told);
      else this.shapes.delete(cell);
      this._dirtyCell(cell);
    }
    for (const cell of cells) this._dirtyCell(cell);
    for (const grid of grids) if (this._fitChanged(grid)) this._dirtyGrid(grid);
    this._later();
  }

  /** Whether a grid is filled otherwise than it was painted last.
   * @param {string} grid
   */
  _fitChanged(grid) {
    const now = this.reading.grid(grid) ? this._fitted(grid) : NOBODY;
    const before = this._painted.get(grid);
    this._painted.set(grid, now);
    return before !== undefined && before !== now;
  }

  /** @param {string} grid */
  _fitted(grid) {
    return `${this.reading.fit(grid)}${this.reading.isGridLocked(grid) ? "!" : ""}`;
  }

  /** An edit is finished: names go to their best places. */
  _settle() {
    this._names.forget();
    this._later();
  }

  /** @param {string} cell */
  _dirtyCell(cell) {
    const shape = this.shapes.all.get(cell);
    if (shape) this._dirty.push(shape.box);
  }

  /** @param {string} grid */
  _dirtyGrid(grid) {
    const boxes = [];
    for (const cell of this.store.members(grid)) {
      const shape = this.shapes.all.get(cell);
      if (shape) boxes.push(shape.box);
    }
    if (grid && boxes.length) this._dirty.push(boxAround(boxes));
  }

  _later() {
    if (this._frame) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      for (const box of joined(this._dirty)) this._paint(box);
      this._dirty = [];
      this._names.paint();
    });
  }

  /** Paint the plan, or what lies in a box of the plane.
   * @param {Box | null} box
   */
  _paint(box) {
    const { stage } = this;
    const pen = stage.pens.plan;
    const window = box ? this._pixels(box) : { x: 0, y: 0, width: stage.width, height: stage.height };
    if (window.width <= 0 || window.height <= 0) return;
    pen.save();
    stage.inPixels(pen);
    if (box) {
      pen.beginPath();
      pen.rect(window.x, window.y, window.width, window.height);
      pen.clip();
    }
    pen.clearRect(window.x, window.y, window.width, window.height);
    const bleed = BLEED_PX / stage.scale;
    const [x0, y0] = [(window.x - stage.shift[0]) / stage.scale, (window.y - stage.shift[1]) / stage.scale];
    /** @type {Box} */
    const seen = [
      x0 - bleed, y0 - bleed, x0 + window.width / stage.scale + bleed,
      y0 + window.height / stage.scale + bleed,
    ];
    this._paintCells(pen, this.shapes.near(seen), seen);
    pen.restore();
    if (!box) this._painted = new Map(Array.from(this.reading.grids(), (grid) => [grid, this._fitted(grid)]));
  }

  /** Whole device pixels around a box, cut to the canvas.
   * @param {Box} box
   */
  _pixels(box) {
    const { stage } = this;
    const [x0, y0] = stage.toPixels([box[0], box[1]]);
    const [x1, y1] = stage.toPixels([box[2], box[3]]);
    const down = (/** @type {number} */ value) => Math.floor(value * stage.density) / stage.density;
    const x = Math.max(0, down(x0 - BLEED_PX));
    const y = Math.max(0, down(y0 - BLEED_PX));
    return {
      x, y,
      width: Math.min(stage.width, down(x1 + BLEED_PX + 1)) - x,
      height: Math.min(stage.height, down(y1 + BLEED_PX + 1)) - y,
    };
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Set<string>} cells
   * @param {Box} seen
   */
  _paintCells(pen, cells, seen) {
    const { stage, look } = this;
    stage.inPlane(pen);
    for (const pattern of [look.hatched, look.dotted, look.crossed]) stage.steady(pattern);
    for (const cell of cells) this._fill(pen, cell);
    if ((stage.zoom || 0) >= LINES_ZOOM) this._drawLines(pen, cells);
    stage.inPixels(pen);
    if ((stage.zoom || 0) >= POINTS_ZOOM) this._drawBuildings(pen, seen);
    stage.inPlane(pen);
    this._drawBorders(pen, cells);
    stage.inPixels(pen);
    if ((stage.zoom || 0) >= LOCKS_ZOOM) this._drawLocks(pen, cells);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {string} cell
   */
  _fill(pen, cell) {
    const { look, reading } = this;
    const { path } = /** @type {Shape} */ (this.shapes.all.get(cell));
    const grid = reading.owner(cell);
    const colour = this._colourOf(cell, grid);
    if (colour) {
      pen.fillStyle = colour;
      pen.fill(path, "evenodd");
    }
    if (grid !== NOBODY && grid === this.chosen) {
      pen.fillStyle = look.colour["chosen-fill"];
      pen.fill(path, "evenodd");
    }
    const pattern = this._patternOf(cell, grid);
    if (pattern) {
      pen.fillStyle = pattern;
      pen.fill(path, "evenodd");
    }
  }

  /**
   * @param {string} cell
   * @param {string} grid
   */
  _colourOf(cell, grid) {
    const { colour } = this.look;
    if (grid === NOBODY) return colour.open;
    if (this.view === "changes") return this.reading.isChanged(cell) ? colour.moved : colour.fit;
    if (this.view === "walk") {
      const { walk_m: sum, walk_households: reached } = this.store.sums.of(cell);
      if (!reached) return colour.fit;
      if (sum / reached < FAR_M[0]) return colour.fit;
      return sum / reached < FAR_M[1] ? colour.far : colour.farther;
    }
    return colour[this.reading.fit(grid)] || colour.fit;
  }

  /**
   * @param {string} cell
   * @param {string} grid
   */
  _patternOf(cell, grid) {
    if (grid === NOBODY) return this.look.hatched;
    if (this.view === "walk") return this.store.sums.of(cell).unreachable ? this.look.crossed : null;
    return this.reading.isChanged(cell) ? this.look.dotted : null;
  }

  /** Draw the lines between the cells of a grid.
   * @param {CanvasRenderingContext2D} pen
   * @param {Set<string>} cells
   */
  _drawLines(pen, cells) {
    pen.beginPath();
    for (const cell of cells) {
      for (const seam of this._seams(cell)) {
        if (seam.neighbour === NOBODY || cell < seam.neighbour) trace(pen, seam.line);
      }
    }
    this._stroke(pen, this.look.colour.block, 0.8);
  }

  /** Draw the borders of grids and communities, and of the grid that is chosen.
   * @param {CanvasRenderingContext2D} pen
   * @param {Set<string>} cells
   */
  _drawBorders(pen, cells) {
    const { colour } = this.look;
    const [grids, communities, chosen] = this._borders(cells);
    const near = Math.max(0, Math.min(1, ((this.stage.zoom || 0) - 12.5) / 3));
    pen.lineJoin = "round";
    pen.lineCap = "round";
    if ((this.stage.zoom || 0) >= CASING_ZOOM) {
      this._strokeAll(pen, grids, colour.casing, 2.6 + 2.6 * near);
      this._strokeAll(pen, communities, colour.casing, 4 + 4 * near);
    }
    this._strokeAll(pen, grids, colour.border, 1.1 + 1.3 * near);
    this._strokeAll(pen, communities, colour.community, 1.8 + 2.2 * near);
    this._strokeAll(pen, chosen, colour.casing, 4.5 + 3 * near);
    this._strokeAll(pen, chosen, colour.chosen, 2.5 + 1.5 * near);
  }

  /** Lines between grids, between communities, and around the chosen grid.
   * @param {Set<string>} cells
   * @returns {[Float64Array[], Float64Array[], Float64Array[]]}
   */
  _borders(cells) {
    /** @type {[Float64Array[], Float64Array[], Float64Array[]]} */
    const found = [[], [], []];
    const { owner } = this.reading;
    for (const cell of cells) {
      const grid = owner(cell);
      const community = this.communityOf(cell);
      for (const { neighbour, line } of this._seams(cell)) {
        const beyond = neighbour === NOBODY ? null : owner(neighbour);
        if (grid !== NOBODY && grid === this.chosen && beyond !== grid) found[2].push(line);
        if (beyond !== null && neighbour < cell) continue;
        if (beyond === null || community !== this.communityOf(neighbour)) found[1].push(line);
        else if (beyond !== grid) found[0].push(line);
      }
    }
    return found;
  }

  /** Code of a cell's community.
   * @param {string} cell
   */
  communityOf(cell) {
    const told = this.store.cells.get(cell);
    return told ? told.community : NOBODY;
  }

  /** A cell's outline in the plane, by who lies beyond.
   * @param {string} cell
   * @returns {{neighbour: string, line: Float64Array}[]}
   */
  _seams(cell) {
    const told = this.store.adjacency.seams(cell);
    const known = this._lines.get(told);
    if (known) return known;
    const made = told.map(({ neighbour, sides }) => ({ neighbour, line: this._line(sides) }));
    this._lines.set(told, made);
    return made;
  }

  /** @param {number[]} sides */
  _line(sides) {
    const line = new Float64Array(sides.length);
    for (let i = 0; i + 1 < sides.length; i += 2) {
      const [x, y] = this.shapes.toPlane(sides[i] / SCALE, sides[i + 1] / SCALE);
      line[i] = x;
      line[i + 1] = y;
    }
    return line;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Float64Array[]} lines
   * @param {string} colour
   * @param {number} width
   */
  _strokeAll(pen, lines, colour, width) {
    if (!lines.length) return;
    pen.beginPath();
    for (const line of lines) trace(pen, line);
    this._stroke(pen, colour, width);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {string} colour
   * @param {number} width in pixels
   */
  _stroke(pen, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width / this.stage.scale;
    pen.stroke();
  }

  /** Draw a line around a grid.
   * @param {CanvasRenderingContext2D} pen
   * @param {string} grid
   */
  outline(pen, grid) {
    const lines = [];
    for (const cell of this.reading.cells(grid)) {
      for (const { neighbour, line } of this._seams(cell)) {
        if (neighbour === NOBODY || this.reading.owner(neighbour) !== grid) lines.push(line);
      }
    }
    this.stage.inPlane(pen);
    pen.lineCap = "round";
    this._strokeAll(pen, lines, this.look.colour.casing, 6);
    this._strokeAll(pen, lines, this.look.colour.cursor, 2.5);
    this.stage.inPixels(pen);
  }

  /** Draw the households of buildings: as dots, close by as numbers.
   * @param {CanvasRenderingContext2D} pen
   * @param {Box} seen
   */
  _drawBuildings(pen, seen) {
    const { stage, look } = this;
    const zoom = stage.zoom || 0;
    const numbers = zoom >= NUMBERS_ZOOM;
    const growth = 0.5 + 0.35 * (zoom - POINTS_ZOOM);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `600 11px ${look.font}`;
    for (const { x, y, households } of this.buildings.near(seen)) {
      if (!households) continue;
      const [px, py] = stage.toPixels([x, y]);
      const radius = numbers ? 9 + (households > 99 ? 3 : 0) : Math.max(1.2, growth * Math.sqrt(households));
      pen.fillStyle = look.colour.point;
      pen.beginPath();
      pen.arc(px, py, radius, 0, 2 * Math.PI);
      pen.fill();
      if (!numbers) continue;
      pen.fillStyle = look.colour["point-text"];
      pen.fillText(String(households), px, py + 0.5);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Set<string>} cells
   */
  _drawLocks(pen, cells) {
    for (const cell of cells) {
      if (!this.reading.isLocked(cell)) continue;
      const [x, y] = this.stage.toPixels(/** @type {Shape} */ (this.shapes.all.get(cell)).inner);
      drawLock(pen, x, y, this.look.colour.lock);
    }
  }

  /** A canvas that stays empty is not touched: every touched one is put on the screen anew. */
  _paintOverlay() {
    const { stage } = this;
    const pen = stage.pens.hand;
    stage.inPixels(pen);
    if (this._overlaid) pen.clearRect(0, 0, stage.width, stage.height);
    this._overlaid = Boolean(this.overlay && this.overlay(pen, stage));
  }

  _followTheme() {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    if (!dark.addEventListener) return;
    dark.addEventListener("change", () => {
      this.look = readLook(this.stage.pens.plan, this.stage.density);
      this.redraw();
    });
  }
}

/** Add a line to the pen's path.
 * @param {CanvasRenderingContext2D} pen
 * @param {Float64Array} line starts and ends of its sides
 */
function trace(pen, line) {
  let [x, y] = [NaN, NaN];
  for (let i = 0; i + 3 < line.length; i += 4) {
    if (line[i] !== x || line[i + 1] !== y) pen.moveTo(line[i], line[i + 1]);
    [x, y] = [line[i + 2], line[i + 3]];
    pen.lineTo(x, y);
  }
}

/** Boxes of which none meets another.
 * @param {Box[]} boxes
 * @returns {Box[]}
 */
function joined(boxes) {
  /** @type {Box[]} */
  const apart = [];
  for (const box of boxes) {
    let grown = box;
    for (let i = apart.length - 1; i >= 0; i -= 1) {
      if (boxesMeet(apart[i], grown)) grown = boxAround([grown, ...apart.splice(i, 1)]);
    }
    apart.push(grown);
  }
  return apart.length > MOST_BOXES ? [boxAround(apart)] : apart;
}
