/** Tools that change outlines: cutting along a line, splitting, dragging a border. The server redraws. */

import { DIRECTIONS } from "./cursor.js";
import { SCALE } from "./draft.js";
import { squareToSegment } from "./geometry.js";
import { far, LEAST_DRAG_PX } from "./painting.js";

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./hand.js").Touch} Touch
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./tools.js").Tool} Tool
 * @typedef {import("./tools.js").Workbench} Workbench
 */

const HANDLE_PX = 14;
const FINGER_PX = 26;
/** Handles are shown this near the hand. */
const SHOWN_PX = 90;
const KEY_STEP_PX = 8;
const LONG_STEP_PX = 40;

/** Let arrow keys move a cross over the map, as a hand would.
 * @param {Workbench} bench
 * @param {KeyboardEvent} event
 * @returns {Touch | null} where the cross is now; null for other keys
 */
function crossed(bench, event) {
  const step = DIRECTIONS[event.key];
  if (!step) return null;
  const size = bench.canvas.stage.leaflet.getSize();
  const from = bench.hover ? bench.hover.position : /** @type {Point} */ ([size.x / 2, size.y / 2]);
  const px = event.shiftKey ? LONG_STEP_PX : KEY_STEP_PX;
  /** @type {Point} */
  const to = [
    Math.max(0, Math.min(size.x, from[0] + step[0] * px)),
    Math.max(0, Math.min(size.y, from[1] + step[1] * px)),
  ];
  const touch = bench.hand.touchAt(to, undefined, true);
  bench.hovered(touch);
  return touch;
}

/** Whether a key presses where the cross is; with a mouse, the space bar moves the map.
 * @param {Workbench} bench
 * @param {KeyboardEvent} event
 */
function isPress(bench, event) {
  return event.key === "Enter" || (event.key === " " && Boolean(bench.hover && bench.hover.byKeys));
}

/** A line: dragged in one go, or point by point, ended by a double click or Enter.
 * @implements {Tool}
 */
export class Line {
  /**
   * @param {Workbench} bench
   * @param {"cut" | "split"} kind
   */
  constructor(bench, kind) {
    this.bench = bench;
    this.kind = kind;
    this.cursor = "crosshair";
    this.sized = false;
    this.into = kind === "split";
    this.edits = true;
    /** @type {Point[]} */
    this.points = [];
    /** @type {Point | null} */
    this._pressed = null;
    this._busy = false;
  }

  /** @param {Touch} touch */
  down(touch) {
    const { bench } = this;
    if (touch.alt) {
      bench.pick(bench.shapes.at(touch.place));
      return;
    }
    this._pressed = touch.position;
    this._fresh = !this.points.length;
    this.points.push(touch.place);
    bench.canvas.drawOverlay();
  }

  /** @param {Touch} touch */
  move(touch) {
    this.bench.hovered(touch);
  }

  /** @param {Touch} touch */
  up(touch) {
    if (!this._pressed) return;
    const dragged = far(touch.position, this._pressed) > LEAST_DRAG_PX;
    this._pressed = null;
    if (dragged) this.points.push(touch.place);
    if (dragged && this._fresh) this.finish();
    else if (this.points.length === 1 && this.kind === "split") this._choose(touch);
    this.bench.canvas.drawOverlay();
  }

  /** A click with the splitting tool chooses the grid, if it is another one.
   * @param {Touch} touch
   */
  _choose(touch) {
    const grid = this.bench.store.owner(this.bench.shapes.at(touch.place));
    if (!grid || grid === this.bench.grid) return;
    this.bench.choose(grid);
    this.points = [];
  }

  twice() {
    this.finish();
  }

  cancel() {
    this.points = [];
    this._pressed = null;
    this.bench.canvas.drawOverlay();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { bench } = this;
    if (crossed(bench, event)) return true;
    if (event.key === "Backspace" && this.points.length) this.points.pop();
    else if (isPress(bench, event)) this._enter();
    else return false;
    bench.canvas.drawOverlay();
    return true;
  }

  /** Enter sets a point; once more at the same place ends the line. */
  _enter() {
    const { hover } = this.bench;
    const last = this.points[this.points.length - 1];
    if (!hover) return;
    if (last && far(last, hover.place) < 1e-6) this.finish();
    else {
      this.points.push(hover.place);
      this.bench.announce(this.bench.say("pointSet"));
    }
  }

  /** Have the line carried out. */
  async finish() {
    const { bench, kind } = this;
    const points = this.points.filter((point, i) => !i || far(point, this.points[i - 1]) > 1e-6);
    this.points = [];
    bench.canvas.drawOverlay();
    if (points.length < 2 || this._busy) return;
    if (kind === "split" && !bench.grid) {
      bench.hint(bench.say("chooseFirst"));
      return;
    }
    const line = points.map((point) => bench.shapes.toDegrees(...point));
    await this._ask(kind === "cut" ? { line } : { grid: bench.grid, line });
  }

  /** Split the chosen grid as the server proposes. */
  async propose() {
    const { bench } = this;
    if (bench.grid) await this._ask({ grid: bench.grid, line: null });
    else bench.hint(bench.say("chooseFirst"));
  }

  /** @param {object} body */
  async _ask(body) {
    this._busy = true;
    this.bench.hint(this.bench.say("working"));
    try {
      this.bench.hint(this._done(await this.bench.store.request(this.kind, body)));
    } catch {
      // The store has told everybody why not.
      this.bench.hint("");
    }
    this._busy = false;
  }

  /** What was done, in words, and what to do next.
   * @param {import("./store.js").Entry} entry
   */
  _done({ changes: { shape = {}, grid = {} } }) {
    const [made] = Object.keys(grid).filter((key) => !grid[key][0]);
    if (this.kind === "split") return made ? this.bench.say("split", { grid: this.bench.gridName(made) }) : "";
    const pieces = Object.values(shape).filter(([was, becomes]) => !was && becomes).length;
    return this.bench.say("cut", { count: pieces });
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   */
  draw(pen, stage) {
    const { bench } = this;
    const { colour } = bench.canvas.look;
    const points = this.points.map((point) => stage.toPixels(point));
    if (bench.hover && points.length) points.push(bench.onCanvas(bench.hover));
    for (const [width, stroke] of /** @type {[number, string][]} */ ([[5, colour.casing], [2, colour.cursor]])) {
      pen.lineWidth = width;
      pen.strokeStyle = stroke;
      pen.beginPath();
      for (const point of points) pen.lineTo(...point);
      pen.stroke();
    }
    pen.fillStyle = colour.cursor;
    for (const [x, y] of points.slice(0, this.points.length)) {
      pen.beginPath();
      pen.arc(x, y, 4, 0, 2 * Math.PI);
      pen.fill();
    }
    if (bench.hover && bench.hover.byKeys) bench.drawCross(pen, bench.onCanvas(bench.hover));
    return true;
  }
}

/** A border between grids, dragged at its vertices: both sides move.
 * @implements {Tool}
 */
export class Border {
  /** @param {Workbench} bench */
  constructor(bench) {
    this.bench = bench;
    this.cursor = "default";
    this.sized = false;
    this.into = false;
    this.edits = true;
    /** The vertex that is dragged: in ten-millionths of a degree, and in the plane.
     * @type {{at: Point, place: Point, lines: Point[][]} | null} */
    this.held = null;
    /** @type {Point} */
    this.to = [0, 0];
  }

  /** @param {Touch} touch */
  down(touch) {
    this.held = this._nearest(touch);
    this.to = touch.place;
    if (!this.held) this.bench.hint(this.bench.say("noVertex"));
    this.bench.canvas.drawOverlay();
  }

  /** @param {Touch} touch */
  move(touch) {
    this.to = touch.place;
    this.bench.hovered(touch);
  }

  /** @param {Touch} touch */
  up(touch) {
    const { held, bench } = this;
    this.held = null;
    bench.canvas.drawOverlay();
    if (!held || far(touch.place, held.place) * bench.canvas.stage.scale < LEAST_DRAG_PX) return;
    this._send(held.at, touch.place);
  }

  cancel() {
    this.held = null;
    this.bench.canvas.drawOverlay();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { bench } = this;
    const moved = crossed(bench, event);
    if (moved) {
      this.to = moved.place;
      return true;
    }
    if (!isPress(bench, event) || !bench.hover) return false;
    if (this.held) this.up(bench.hover);
    else {
      this.down(bench.hover);
      if (this.held) bench.announce(bench.say("vertexHeld"));
    }
    return true;
  }

  /**
   * @param {Point} from
   * @param {Point} to
   */
  async _send([x, y], to) {
    const { bench } = this;
    bench.hint(bench.say("working"));
    const moves = [{ from: [x / SCALE, y / SCALE], to: bench.shapes.toDegrees(...to) }];
    try {
      await bench.store.request("border", { moves });
    } catch {
      // The store has told everybody why not.
    }
    bench.hint("");
  }

  /** The vertex under the hand, with the lines that hang on it.
   * @param {Touch} touch
   */
  _nearest(touch) {
    const reach = (touch.byKeys ? FINGER_PX : HANDLE_PX) / this.bench.canvas.stage.scale;
    let [best, least] = [/** @type {Vertex | null} */ (null), reach];
    for (const vertex of this._vertices(touch.place, reach)) {
      const off = far(vertex.place, touch.place);
      if (off < least) [best, least] = [vertex, off];
    }
    if (best) return Object.assign(best, { lines: this._lines(best) });
    return this._between(touch.place, reach / 2);
  }

  /** The point of a border under the hand, where it has no vertex.
   * @param {Point} place
   * @param {number} reach
   * @returns {Vertex | null}
   */
  _between([x, y], reach) {
    const { store, shapes } = this.bench;
    let [found, least] = [/** @type {Vertex | null} */ (null), reach * reach];
    for (const cell of shapes.near([x - reach, y - reach, x + reach, y + reach])) {
      for (const { neighbour, sides } of store.adjacency.seams(cell)) {
        if (!neighbour || store.owner(neighbour) === store.owner(cell)) continue;
        for (let i = 0; i + 3 < sides.length; i += 4) {
          const [ax, ay] = shapes.toPlane(sides[i] / SCALE, sides[i + 1] / SCALE);
          const [bx, by] = shapes.toPlane(sides[i + 2] / SCALE, sides[i + 3] / SCALE);
          const off = squareToSegment(x, y, ax, ay, bx, by);
          if (off >= least) continue;
          least = off;
          const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
          /** @type {Point} */
          const foot = [ax + along * (bx - ax), ay + along * (by - ay)];
          const [lon, lat] = shapes.toDegrees(...foot);
          found = { at: [lon * SCALE, lat * SCALE], place: foot, lines: [[[ax, ay]], [[bx, by]]] };
        }
      }
    }
    return found;
  }

  /** Vertices of borders near a place.
   * @param {Point} place
   * @param {number} reach
   * @returns {Vertex[]}
   */
  _vertices([x, y], reach) {
    const { bench } = this;
    const { store, shapes } = bench;
    /** @type {Map<string, Vertex>} */
    const found = new Map();
    for (const cell of shapes.near([x - reach, y - reach, x + reach, y + reach])) {
      for (const { neighbour, sides } of store.adjacency.seams(cell)) {
        if (!neighbour || store.owner(neighbour) === store.owner(cell)) continue;
        for (let i = 0; i + 1 < sides.length; i += 2) {
          const place = shapes.toPlane(sides[i] / SCALE, sides[i + 1] / SCALE);
          if (far(place, [x, y]) < reach) {
            found.set(`${sides[i]},${sides[i + 1]}`, { at: [sides[i], sides[i + 1]], place, lines: [] });
          }
        }
      }
    }
    return Array.from(found.values());
  }

  /** The far ends of all sides that meet in a vertex.
   * @param {Vertex} vertex
   */
  _lines({ at, place }) {
    const { store, shapes } = this.bench;
    /** @type {Map<string, Point[]>} */
    const ends = new Map();
    for (const cell of shapes.near([place[0] - 1, place[1] - 1, place[0] + 1, place[1] + 1])) {
      for (const { sides } of store.adjacency.seams(cell)) {
        for (let i = 0; i + 3 < sides.length; i += 4) {
          const [ax, ay, bx, by] = sides.slice(i, i + 4);
          const end = ax === at[0] && ay === at[1] ? [bx, by] : bx === at[0] && by === at[1] ? [ax, ay] : null;
          if (end) ends.set(end.join(","), [shapes.toPlane(end[0] / SCALE, end[1] / SCALE)]);
        }
      }
    }
    return Array.from(ends.values());
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   */
  draw(pen, stage) {
    const { bench } = this;
    const { colour } = bench.canvas.look;
    if (this.held) this._drawHeld(pen, stage, this.held);
    else if (bench.hover) {
      const near = this._nearest(bench.hover);
      for (const { place } of this._vertices(bench.hover.place, SHOWN_PX / stage.scale)) {
        dot(pen, stage.toPixels(place), 4, colour.casing, colour.cursor);
      }
      if (near) dot(pen, stage.toPixels(near.place), 7, colour.chosen, colour.cursor);
    }
    if (bench.hover && bench.hover.byKeys) bench.drawCross(pen, bench.onCanvas(bench.hover));
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   * @param {Vertex} held
   */
  _drawHeld(pen, stage, held) {
    const { colour } = this.bench.canvas.look;
    const to = stage.toPixels(this.to);
    for (const [width, stroke] of /** @type {[number, string][]} */ ([[6, colour.casing], [2.5, colour.chosen]])) {
      pen.lineWidth = width;
      pen.strokeStyle = stroke;
      pen.beginPath();
      for (const [end] of held.lines) {
        pen.moveTo(...stage.toPixels(end));
        pen.lineTo(...to);
      }
      pen.stroke();
    }
    dot(pen, stage.toPixels(held.place), 4, colour.casing, colour.cursor);
    dot(pen, to, 7, colour.chosen, colour.cursor);
  }
}

/** @typedef {{at: Point, place: Point, lines: Point[][]}} Vertex */

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Point} at
 * @param {number} radius
 * @param {string} fill
 * @param {string} line
 */
function dot(pen, [x, y], radius, fill, line) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.strokeStyle = line;
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
}
