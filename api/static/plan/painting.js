/** Tools that give many cells at a stroke: brush, box, lasso. */

import { cellsLocked, given } from "./edits.js";

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./hand.js").Touch} Touch
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./changes.js").Changes} Changes
 * @typedef {import("./store.js").Stroke} Stroke
 * @typedef {import("./tools.js").Tool} Tool
 * @typedef {import("./tools.js").Workbench} Workbench
 *
 * @typedef {"paint" | "erase" | "compound" | "building" | "lock"} BrushKind
 */

/** Cells that are shown one by one while a ring is drawn; of more, only the sum is. */
const SHOWN_CELLS = 600;
/** How near a building the middle of the brush must come, in pixels, to paint it. */
const NEAR_BUILDING_PX = 12;
const LEAST_DRAG_PX = 4;
const LASSO_STEP_PX = 3;

/** What stands in the way of giving cells away. */
class Skipped {
  constructor() {
    this.locked = new Set();
    this.elsewhere = new Set();
    /** What “this community only” keeps out; told where nothing else was done. */
    this.beyond = new Set();
    this.given = false;
  }

  /** @param {Workbench} bench */
  tell(bench) {
    if (this.locked.size) bench.hint(bench.say("skippedLocked", { count: this.locked.size }));
    else if (this.elsewhere.size) bench.hint(bench.say("skippedElsewhere", { count: this.elsewhere.size }));
    else if (this.beyond.size && !this.given) bench.hint(bench.say("skippedBeyond", { count: this.beyond.size }));
  }
}

/** A round brush.
 * @implements {Tool}
 */
export class Brush {
  /**
   * @param {Workbench} bench
   * @param {BrushKind} kind
   */
  constructor(bench, kind) {
    this.bench = bench;
    this.kind = kind;
    this.cursor = "none";
    this.sized = true;
    this.into = kind !== "erase" && kind !== "lock";
    this.edits = true;
    /** @type {Stroke | null} */
    this.stroke = null;
    this.skipped = new Skipped();
    /** @type {Point} */
    this.last = [0, 0];
    this.community = "";
    /** @type {string | null} */
    this.target = null;
    this.locking = true;
  }

  /** @param {Touch} touch */
  down(touch) {
    const cell = this.bench.shapes.at(touch.place);
    if (touch.alt) {
      this.bench.pick(cell);
      return;
    }
    if (!this._begin(cell)) return;
    this.last = touch.place;
    this._dab(touch.place);
  }

  /** @param {Touch} touch */
  move(touch) {
    if (this.stroke) this._dab(touch.place);
  }

  up() {
    if (!this.stroke) return;
    this.stroke.commit({ tool: this.kind });
    this.stroke = null;
    this.skipped.tell(this.bench);
  }

  cancel() {
    if (this.stroke) this.stroke.cancel();
    this.stroke = null;
  }

  /** Work on one cell, as keys do.
   * @param {string} cell
   */
  at(cell) {
    if (!this._begin(cell)) return;
    this._give([cell]);
    this.up();
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   */
  draw(pen, stage) {
    const { hover, brushPx, canvas, shapes } = this.bench;
    if (!hover || hover.byKeys || brushPx || this.stroke) return false;
    this.bench.drawCell(pen, stage, shapes.at(hover.place), canvas.look.colour.cursor, 1.5);
    return true;
  }

  /** Begin a stroke at a cell, if there is something to paint with.
   * @param {string} cell
   */
  _begin(cell) {
    const { bench } = this;
    const { store } = bench;
    this.skipped = new Skipped();
    this.target = null;
    if (this.into) {
      if (!bench.grid && !bench.pick(cell)) {
        bench.hint(bench.say("chooseFirst"));
        return false;
      }
      if (store.isGridLocked(bench.grid)) {
        bench.hint(bench.say("gridLocked", { grid: bench.gridName(bench.grid) }));
        return false;
      }
      this.target = bench.grid;
    }
    if (this.kind === "lock") this.locking = !store.values.lock.get(cell);
    const found = store.cells.get(cell);
    const own = this.target ? store.communityOf(this.target) : found && found.community;
    this.community = bench.limited ? own || "" : "";
    this.stroke = store.begin(this._verb());
    return true;
  }

  _verb() {
    if (this.kind === "lock") return this.locking ? "lock" : "unlock";
    return this.kind === "erase" ? "erase" : "paint";
  }

  /** @param {Point} place */
  _dab(place) {
    const { bench } = this;
    const radius = bench.brushPx / bench.canvas.stage.scale;
    const cells = this.kind === "building"
      ? bench.canvas.buildings.cellsAlong(this.last, place, radius + NEAR_BUILDING_PX / bench.canvas.stage.scale)
      : bench.shapes.underBrush(this.last, place, radius);
    this.last = place;
    this._give(cells);
  }

  /** @param {string[]} cells */
  _give(cells) {
    const { stroke, bench } = this;
    const whole = this.kind === "compound" ? bench.withCompounds(cells) : cells;
    const fit = whole.filter((cell) => this._fits(cell));
    if (!stroke || !fit.length) return;
    this.skipped.given = true;
    stroke.change(this.kind === "lock" ? cellsLocked(fit, this.locking) : given(fit, this.target));
  }

  /** @param {string} cell */
  _fits(cell) {
    const { store } = this.bench;
    const told = store.cells.get(cell);
    if (!told) return false;
    if (this.community && told.community !== this.community) {
      this.skipped.beyond.add(cell);
      return false;
    }
    if (this.kind === "lock") return Boolean(store.values.lock.get(cell)) !== this.locking;
    if (store.owner(cell) === (this.target || "")) return false;
    if (this.target && told.community !== store.communityOf(this.target)) this.skipped.elsewhere.add(cell);
    else if (store.isLocked(cell)) this.skipped.locked.add(cell);
    else return true;
    return false;
  }
}

/** A ring around what is to be given: a box, or a lasso.
 * @implements {Tool}
 */
export class Ring {
  /**
   * @param {Workbench} bench
   * @param {"box" | "lasso"} kind
   */
  constructor(bench, kind) {
    this.bench = bench;
    this.kind = kind;
    this.cursor = "crosshair";
    this.sized = false;
    this.into = true;
    this.edits = true;
    /** Corners in the plane; a box has two.
     * @type {Point[]} */
    this.corners = [];
    /** @type {Point} */
    this._from = [0, 0];
    this._taking = false;
  }

  /** @param {Touch} touch */
  down(touch) {
    const { bench } = this;
    if (touch.alt) {
      bench.pick(bench.shapes.at(touch.place));
      return;
    }
    this._taking = touch.shift;
    if (!this._taking && !bench.grid) {
      bench.pick(bench.shapes.at(touch.place));
      bench.hint(bench.say("chooseFirst"));
      return;
    }
    this.corners = [touch.place];
    this._from = touch.position;
  }

  /** @param {Touch} touch */
  move(touch) {
    if (!this.corners.length) return;
    if (this.kind === "box") this.corners[1] = touch.place;
    else if (far(touch.position, this._from) > LASSO_STEP_PX) {
      this.corners.push(touch.place);
      this._from = touch.position;
    }
    this.bench.canvas.drawOverlay();
  }

  up() {
    const cells = this._caught();
    const meant = this.corners.length > 1;
    this.corners = [];
    this.bench.canvas.drawOverlay();
    if (meant) this._give(cells);
  }

  cancel() {
    this.corners = [];
    this.bench.canvas.drawOverlay();
  }

  /** Keys set corners in the middle of blocks; the second ends a box, the first again ends a lasso.
   * @param {string} cell
   */
  at(cell) {
    const { inner } = /** @type {import("./shapes.js").Shape} */ (this.bench.shapes.all.get(cell));
    const ended = this.kind === "box"
      ? this.corners.length === 1
      : this.corners.length > 2 && same(this.corners[this.corners.length - 1], inner);
    if (!this.corners.length) this._taking = false;
    this.corners.push(inner);
    this.bench.announce(this.bench.say(ended ? "ringClosed" : "cornerSet"));
    if (ended) this.up();
    else this.bench.canvas.drawOverlay();
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   */
  draw(pen, stage) {
    if (this.corners.length < 2) return false;
    const { look, shapes } = { look: this.bench.canvas.look, shapes: this.bench.shapes };
    const cells = this._caught();
    stage.inPlane(pen);
    pen.fillStyle = look.colour["chosen-fill"];
    for (const cell of cells.slice(0, SHOWN_CELLS)) {
      pen.fill(/** @type {import("./shapes.js").Shape} */ (shapes.all.get(cell)).path, "evenodd");
    }
    stage.inPixels(pen);
    const ring = this._ring();
    pen.beginPath();
    for (let i = 0; i + 1 < ring.length; i += 2) pen.lineTo(...stage.toPixels([ring[i], ring[i + 1]]));
    pen.setLineDash([6, 4]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = look.colour.cursor;
    pen.stroke();
    pen.setLineDash([]);
    this.bench.tag(pen, stage.toPixels(this.corners[this.corners.length - 1]), this._told(cells));
    return true;
  }

  /** @param {string[]} cells */
  _told(cells) {
    let households = 0;
    for (const cell of cells) households += this.bench.store.sums.of(cell).households;
    return this.bench.say("caught", { count: cells.length, households });
  }

  /** Corners of the ring as x, y, x, y, …, closed. */
  _ring() {
    const corners = this.corners.slice();
    if (this.kind === "box") {
      const [[ax, ay], [bx, by]] = [corners[0], corners[1] || corners[0]];
      corners.splice(0, corners.length, [ax, ay], [bx, ay], [bx, by], [ax, by]);
    }
    corners.push(corners[0]);
    return corners.reduce((all, corner) => all.concat(corner), /** @type {number[]} */ ([]));
  }

  _caught() {
    const { bench } = this;
    if (this.corners.length < 2) return [];
    const community = bench.limited ? bench.store.communityOf(bench.grid) : "";
    return bench.shapes.inRing(widened(this._ring())).filter((cell) => {
      const told = bench.store.cells.get(cell);
      return told && (!community || told.community === community);
    });
  }

  /** @param {string[]} cells */
  _give(cells) {
    const { bench } = this;
    const { store } = bench;
    const target = this._taking ? null : bench.grid;
    const skipped = new Skipped();
    const community = target ? store.communityOf(target) : "";
    const fit = cells.filter((cell) => {
      const told = store.cells.get(cell);
      if (store.owner(cell) === (target || "")) return false;
      if (community && told && told.community !== community) skipped.elsewhere.add(cell);
      else if (store.isLocked(cell) || (target && store.isGridLocked(target))) skipped.locked.add(cell);
      else return true;
      return false;
    });
    store.apply(target ? "paint" : "erase", { tool: this.kind }, given(fit, target));
    skipped.tell(bench);
  }
}

/** @param {Point} one @param {Point} other */
const far = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);

/** @param {Point} one @param {Point} other */
const same = (one, other) => one[0] === other[0] && one[1] === other[1];

/** A ring that is a hair wider, so that corners in the middle of blocks catch these.
 * @param {number[]} ring
 */
function widened(ring) {
  let [x, y] = [0, 0];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    x += ring[i];
    y += ring[i + 1];
  }
  const count = ring.length / 2 - 1;
  return ring.map((value, i) => {
    const middle = (i % 2 ? y : x) / count;
    return value + Math.sign(value - middle) * 0.01;
  });
}

export { LEAST_DRAG_PX, far };
