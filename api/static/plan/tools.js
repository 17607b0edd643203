/** The workbench: which tool is in hand, what it works into, and all that a planner can press. */

import { DIRECTIONS, nextCell } from "./cursor.js";
import { Border, Line } from "./drawing.js";
import { create, lockGrid, merge, retire, select } from "./grids.js";
import { Hand, inField } from "./hand.js";
import { Brush, Ring } from "./painting.js";
import { byId, fill } from "./page.js";

/**
 * @typedef {import("./canvas.js").PlanCanvas} PlanCanvas
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./hand.js").Touch} Touch
 * @typedef {import("./page.js").PlanPage} PlanPage
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./shapes.js").Shapes} Shapes
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./store.js").PlanStore} PlanStore
 *
 * @typedef {object} Tool what is held in the hand
 * @property {string} cursor as CSS has it
 * @property {boolean} sized whether it has the size of the brush
 * @property {boolean} into whether it works into the chosen grid
 * @property {boolean} edits
 * @property {boolean} [movesMap] whether dragging moves the map
 * @property {(touch: Touch) => void} down
 * @property {(touch: Touch) => void} move
 * @property {(touch: Touch) => void} up
 * @property {() => void} cancel
 * @property {() => void} [twice]
 * @property {(cell: string) => void} [at] work on the cursor's block
 * @property {(event: KeyboardEvent) => boolean} [key] whether the key was the tool's
 * @property {(pen: CanvasRenderingContext2D, stage: Stage) => boolean} [draw] whether it drew anything
 */

/** Radius of the brush by its size; the first one is a single block. */
export const BRUSH_PX = [0, 8, 12, 18, 26, 36, 48, 64, 84, 110, 140];
const DIGITS_MS = 900;
const EDGE_PX = 60;
const PAN_PX = 120;
const FLASH_MS = 2600;

/** Tools, the chosen grid, the cursor. Dispatches `tool`, `choose` and `brush`. */
export class Workbench extends EventTarget {
  /**
   * @param {PlanStore} store
   * @param {PlanCanvas} canvas
   * @param {PlanPage} page
   * @param {(text: string) => void} announce
   * @param {(text: string) => void} hint
   */
  constructor(store, canvas, page, announce, hint) {
    super();
    this.store = store;
    this.canvas = canvas;
    /** @type {Shapes} */
    this.shapes = canvas.shapes;
    this.page = page;
    this.announce = announce;
    this.hint = hint;
    /** Key of the grid that is painted; empty for none. */
    this.grid = "";
    this.limited = true;
    this.size = 0;
    /** Block that the keys' cursor is on; empty while the mouse is used. */
    this.cursor = "";
    /** @type {Touch | null} */
    this.hover = null;
    this.mayEdit = page.mayEdit;
    /** @type {string[]} */
    this._flashing = [];
    this._digits = "";
    this._digitsAt = 0;
    this._problem = "";
    /** @type {Record<string, Tool>} */
    this.tools = {
      select: select(this), box: new Ring(this, "box"), lasso: new Ring(this, "lasso"),
      paint: new Brush(this, "paint"), erase: new Brush(this, "erase"),
      compound: new Brush(this, "compound"), building: new Brush(this, "building"),
      border: new Border(this), cut: new Line(this, "cut"), split: new Line(this, "split"),
      merge: merge(this), create: create(this), retire: retire(this),
      lock: new Brush(this, "lock"), lock_grid: lockGrid(this),
    };
    this.inHand = "select";
    this.hand = new Hand(canvas.stage.leaflet, (position) => canvas.stage.toPlane(position), this._working());
    canvas.overlay = (pen, stage) => this._draw(pen, stage);
    this.brush = document.createElement("div");
    this.brush.className = "plan-brush";
    canvas.stage.leaflet.getContainer().appendChild(this.brush);
    store.addEventListener("changed", () => this._forgetGone());
    this.use("select");
  }

  /** @returns {Tool} */
  get tool() {
    return this.tools[this.inHand];
  }

  get brushPx() {
    return this.tool.sized ? BRUSH_PX[this.size] : 0;
  }

  /** A text of the editor.
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values) {
    return fill(this.page.texts.editor[key] || key, values);
  }

  /** @param {string} grid */
  gridName(grid) {
    const found = this.store.grids.get(grid) || this.store.base.grids[grid];
    if (!found) return this.say("nobody");
    return (this.page.language.startsWith("en") && found.name_en) || found.name;
  }

  /** Take a tool into the hand.
   * @param {string} name
   */
  use(name) {
    const tool = this.tools[name];
    if (!tool || (tool.edits && !this.mayEdit)) return;
    this.tool.cancel();
    this.inHand = name;
    this.hand.settle();
    const element = this.canvas.stage.leaflet.getContainer();
    element.style.cursor = tool.cursor === "none" && !window.matchMedia("(pointer: fine)").matches
      ? "" : tool.cursor;
    this.hint("");
    this._placeBrush();
    this.canvas.drawOverlay();
    this.dispatchEvent(new CustomEvent("tool", { detail: { name } }));
  }

  /** Add a tool of another module.
   * @param {string} name
   * @param {Tool} tool
   */
  add(name, tool) {
    this.tools[name] = tool;
  }

  /** Choose the grid that is worked into.
   * @param {string} grid empty for none
   */
  choose(grid) {
    if (grid === this.grid) return;
    this.grid = grid;
    this.canvas.choose(grid);
    this.canvas.drawOverlay();
    this.dispatchEvent(new CustomEvent("choose", { detail: { grid } }));
    if (!grid) return;
    const { households } = this.store.totals(grid);
    this.announce(this.say("chosen", { grid: this.gridName(grid), households }));
  }

  /** Choose the grid of a block.
   * @param {string} cell
   * @returns {boolean} whether it has one
   */
  pick(cell) {
    const grid = this.store.owner(cell);
    if (grid) this.choose(grid);
    return Boolean(grid);
  }

  /** @param {number} size number of one of the sizes of the brush */
  setBrush(size) {
    this.size = Math.max(0, Math.min(BRUSH_PX.length - 1, size));
    this._placeBrush();
    this.canvas.drawOverlay();
    this.dispatchEvent(new CustomEvent("brush"));
  }

  /** Blocks with all others of their compounds.
   * @param {string[]} cells
   */
  withCompounds(cells) {
    const all = new Set(cells);
    for (const cell of cells) {
      const { compound } = this.store.cells.get(cell) || { compound: "" };
      if (compound) for (const other of this.store.sums.cellsOfCompound(compound)) all.add(other);
    }
    return Array.from(all);
  }

  /** Let blocks stand out for a moment.
   * @param {string[]} cells
   */
  flash(cells) {
    this._flashing = cells;
    this.canvas.drawOverlay();
    clearTimeout(this._flashTimer);
    this._flashTimer = window.setTimeout(() => {
      this._flashing = [];
      this.canvas.drawOverlay();
    }, FLASH_MS);
  }

  /** Bring a box into view.
   * @param {Box | null} box in degrees
   */
  goTo(box) {
    if (!box) return;
    const [west, south, east, north] = box;
    this.canvas.stage.leaflet.fitBounds([[south, west], [north, east]], {
      padding: [EDGE_PX, EDGE_PX], maxZoom: 17.5, animate: false,
    });
  }

  /** Go to the problem after the one that was shown last, and say which it is.
   * @param {(problem: import("./sums.js").Problem) => string} told
   */
  nextProblem(told) {
    const all = this.store.problems();
    if (!all.length) {
      this.hint(this.say("noProblems"));
      return;
    }
    const last = all.findIndex(({ id }) => id === this._problem);
    const place = (last + 1) % all.length;
    const next = all[place];
    this._problem = next.id;
    if (next.grid) this.choose(next.grid);
    this.goTo(next.cells.length ? this.store.boxOf(next.cells) : this.store.gridBox(next.grid));
    if (next.kind !== "high" && next.kind !== "low") this.flash(next.cells);
    this.hint(this.say("problemOf", { number: place + 1, count: all.length, problem: told(next) }));
  }

  /** Let the visitor choose a place on the map.
   * @returns {Promise<Point | null>} longitude and latitude; null when they don't
   */
  askPlace() {
    const before = this.inHand;
    return new Promise((resolve) => {
      const done = (/** @type {Point | null} */ place) => {
        if (this.inHand !== "place") return;
        this.inHand = before;
        this.use(before);
        resolve(place && this.shapes.toDegrees(...place));
      };
      /** @type {Tool} */
      const tool = {
        cursor: "crosshair", sized: false, into: false, edits: false, movesMap: true,
        down: (touch) => { this._placePressed = touch.position; },
        move() {},
        up: (touch) => {
          const [x, y] = this._placePressed || touch.position;
          if (Math.hypot(touch.position[0] - x, touch.position[1] - y) < 5) done(touch.place);
        },
        cancel: () => done(null),
        at: (cell) => done(/** @type {Shape} */ (this.shapes.all.get(cell)).inner),
        key: (event) => {
          if (event.key !== "Enter" || this.cursor) return false;
          const { x, y } = this.canvas.stage.leaflet.getSize();
          done(this.canvas.stage.toPlane([x / 2, y / 2]));
          return true;
        },
      };
      this.add("place", tool);
      this.use("place");
    });
  }

  /** The hand is here now; null when it has left.
   * @param {Touch | null} touch
   */
  hovered(touch) {
    this.hover = touch;
    if (touch && !touch.byKeys) this.cursor = "";
    this._placeBrush();
    this.canvas.drawOverlay();
    this.dispatchEvent(new CustomEvent("hover"));
  }

  /** Position of a touch on the canvases.
   * @param {Touch} touch
   * @returns {Point}
   */
  onCanvas(touch) {
    return this.canvas.stage.toPixels(touch.place);
  }

  /** Write a few words beside a position.
   * @param {CanvasRenderingContext2D} pen
   * @param {Point} at
   * @param {string} text
   */
  tag(pen, [x, y], text) {
    const { colour, font } = this.canvas.look;
    pen.font = `600 12px ${font}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const width = pen.measureText(text).width + 14;
    pen.fillStyle = colour.cursor;
    pen.fillRect(x + 14, y + 8, width, 24);
    pen.fillStyle = colour.casing;
    pen.fillText(text, x + 21, y + 20.5);
  }

  /** Draw the cross that keys move.
   * @param {CanvasRenderingContext2D} pen
   * @param {Point} at
   */
  drawCross(pen, [x, y]) {
    const { colour } = this.canvas.look;
    for (const [width, stroke] of /** @type {[number, string][]} */ ([[5, colour.casing], [2, colour.cursor]])) {
      pen.lineWidth = width;
      pen.strokeStyle = stroke;
      pen.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(x + 4 * dx, y + 4 * dy);
        pen.lineTo(x + 16 * dx, y + 16 * dy);
      }
      pen.stroke();
    }
  }

  /** A key was pressed with the map or the page in focus.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was one of ours
   */
  pressed(event) {
    const onMap = event.target === this.canvas.stage.leaflet.getContainer();
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape") return this._escape();
    if (onMap && this.tool.key && this.tool.key(event)) return true;
    if (onMap && this._moveCursor(event)) return true;
    if (onMap && event.key === "Enter") return this._workAtCursor();
    if (onMap && event.key === " ") return !this.cursor || this._workAtCursor();
    if (event.key === "+" || event.key === "=") return this._zoom(1);
    if (event.key === "-") return this._zoom(-1);
    if (event.key === "[") this.setBrush(this.size - 1);
    else if (event.key === "]") this.setBrush(this.size + 1);
    else if (event.key === "," || event.key === ".") this._chooseNext(event.key === "," ? -1 : 1);
    else if (event.key === "i" || event.key === "I") this.pick(this._cellInFocus());
    else return /^[0-9]$/.test(event.key) && this._digit(event.key);
    return true;
  }

  _escape() {
    const busy = this.tool;
    busy.cancel();
    this.hint("");
    this.canvas.drawOverlay();
    return true;
  }

  /** @param {number} by */
  _zoom(by) {
    this.canvas.stage.leaflet.setZoom(this.canvas.stage.leaflet.getZoom() + by);
    return true;
  }

  /** @param {KeyboardEvent} event */
  _moveCursor(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction) return false;
    if (event.shiftKey) {
      this.canvas.stage.leaflet.panBy([direction[0] * PAN_PX, direction[1] * PAN_PX], { animate: false });
      return true;
    }
    this.hover = null;
    this._placeBrush();
    this.cursor = this.cursor
      ? nextCell(this.shapes, this.store.adjacency.neighbours(this.cursor).keys(), this.cursor, direction)
      : this._cellInMiddle();
    this._showCursor();
    return true;
  }

  _showCursor() {
    const shape = this.shapes.all.get(this.cursor);
    if (!shape) return;
    const { stage } = this.canvas;
    const [lon, lat] = this.shapes.toDegrees(...shape.inner);
    const at = stage.leaflet.latLngToContainerPoint([lat, lon]);
    const size = stage.leaflet.getSize();
    if (at.x < EDGE_PX || at.y < EDGE_PX || at.x > size.x - EDGE_PX || at.y > size.y - EDGE_PX) {
      stage.leaflet.panTo([lat, lon], { animate: false });
    }
    this.canvas.drawOverlay();
    this.announce(this.cellTold(this.cursor));
    this.dispatchEvent(new CustomEvent("hover"));
  }

  /** What a block is, in words.
   * @param {string} cell
   */
  cellTold(cell) {
    const told = this.store.cells.get(cell);
    if (!told) return "";
    const { households, people } = this.store.sums.of(cell);
    const values = {
      block: cell, households, people, grid: this.gridName(this.store.owner(cell)),
      compound: this._compoundName(told.compound),
    };
    const parts = [this.say(told.compound ? "cellInCompound" : "cellTold", values)];
    if (this.store.isLocked(cell)) parts.push(this.say("locked"));
    if (this.store.isChanged(cell)) {
      parts.push(this.say("cellWas", { grid: this.gridName(this.store.baseOwner(cell)) }));
    }
    return parts.join(" · ");
  }

  /** @param {string} code */
  _compoundName(code) {
    const found = this.store.compounds[code];
    if (!found) return code;
    return (this.page.language.startsWith("en") && found.name_en) || found.name;
  }

  /** Work on the cursor's block; where there is no cursor yet, show it first. */
  _workAtCursor() {
    if (this.cursor && this.tool.at) this.tool.at(this.cursor);
    else if (this.tool.at) {
      this.hover = null;
      this.cursor = this._cellInMiddle();
      this._showCursor();
    }
    return true;
  }

  /** The block of the cursor, else the one under the mouse. */
  _cellInFocus() {
    return this.cursor || (this.hover ? this.shapes.at(this.hover.place) : "");
  }

  /** The block in the middle of the map, or the one nearest to it. */
  _cellInMiddle() {
    const { x, y } = this.canvas.stage.leaflet.getSize();
    const middle = this.canvas.stage.toPlane([x / 2, y / 2]);
    const there = this.shapes.at(middle);
    if (there) return there;
    let [best, least] = ["", Infinity];
    for (const [cell, { inner }] of this.shapes.all) {
      const off = (inner[0] - middle[0]) ** 2 + (inner[1] - middle[1]) ** 2;
      if (off < least) [best, least] = [cell, off];
    }
    return best;
  }

  /** Digits choose a grid by the end of its code.
   * @param {string} digit
   */
  _digit(digit) {
    const now = performance.now();
    const going = now - this._digitsAt < DIGITS_MS;
    if (!going && digit === "0") return false;
    this._digits = going ? this._digits + digit : digit;
    this._digitsAt = now;
    const community = this.store.communityOf(this.grid)
      || (this.store.cells.get(this._cellInFocus() || this._cellInMiddle()) || { community: "" }).community;
    const found = this.gridsOf(community).find(([, { code }]) => Number(code.slice(12)) === Number(this._digits));
    if (found) this.choose(found[0]);
    return true;
  }

  /** Whether a key goes on with a number that is being typed.
   * @param {KeyboardEvent} event
   */
  digitsGoing(event) {
    return /^[0-9]$/.test(event.key) && performance.now() - this._digitsAt < DIGITS_MS;
  }

  /** Grids of a community by code; of all where none is given.
   * @param {string} community
   */
  gridsOf(community) {
    return Array.from(this.store.grids)
      .filter(([, { code }]) => !community || code.startsWith(community))
      .sort(([, one], [, other]) => (one.code < other.code ? -1 : 1));
  }

  /** @param {1 | -1} step */
  _chooseNext(step) {
    const all = this.gridsOf("").map(([grid]) => grid);
    const at = all.indexOf(this.grid);
    this.choose(all[at < 0 ? 0 : (at + step + all.length) % all.length] || "");
  }

  /** What is gone, by somebody else's edit or by undoing, is no longer in hand. */
  _forgetGone() {
    if (this.grid && !this.store.grids.has(this.grid)) this.choose("");
    if (this.cursor && !this.store.cells.has(this.cursor)) this.cursor = "";
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   */
  _draw(pen, stage) {
    const { colour } = this.canvas.look;
    for (const cell of this._flashing) this.drawCell(pen, stage, cell, colour.chosen, 3);
    if (this.cursor) this.drawCell(pen, stage, this.cursor, colour.cursor, 3);
    const drawn = Boolean(this.tool.draw && this.tool.draw(pen, stage));
    return drawn || this._flashing.length > 0 || this.cursor !== "";
  }

  /** Show the brush where the mouse is: an element of its own, so that no canvas is drawn for it. */
  _placeBrush() {
    const { hover, brush, tool } = this;
    const shown = Boolean(tool.sized && hover && !hover.byKeys);
    brush.hidden = !shown;
    if (!hover || !shown) return;
    const radius = Math.max(4, this.brushPx);
    brush.classList.toggle("plan-brush--erasing", this.inHand === "erase");
    brush.style.width = `${2 * radius}px`;
    brush.style.height = `${2 * radius}px`;
    const [x, y] = hover.position;
    brush.style.transform = `translate(${x - radius}px, ${y - radius}px)`;
  }

  /** Draw a line around a block.
   * @param {CanvasRenderingContext2D} pen
   * @param {Stage} stage
   * @param {string} cell
   * @param {string} line
   * @param {number} width
   */
  drawCell(pen, stage, cell, line, width) {
    const shape = this.shapes.all.get(cell);
    if (!shape) return;
    stage.inPlane(pen);
    const { colour } = this.canvas.look;
    for (const [wide, stroke] of /** @type {[number, string][]} */ ([[width + 3, colour.casing], [width, line]])) {
      pen.lineWidth = wide / stage.scale;
      pen.strokeStyle = stroke;
      pen.stroke(shape.path);
    }
    stage.inPixels(pen);
  }

  /** @returns {import("./hand.js").Working} */
  _working() {
    return {
      down: (touch) => {
        this.hovered(touch);
        this.canvas.stage.leaflet.getContainer().focus({ preventScroll: true });
        this.tool.down(touch);
      },
      move: (touch) => {
        this.hovered(touch);
        this.tool.move(touch);
      },
      up: (touch) => this.tool.up(touch),
      cancel: () => this.tool.cancel(),
      hover: (touch) => this.hovered(touch),
      twice: () => this.tool.twice && this.tool.twice(),
      movesMap: () => Boolean(this.tool.movesMap),
    };
  }
}

/** Let keys and the toolbar's buttons work.
 * @param {Workbench} bench
 * @param {Record<string, () => void>} acts what is done at once, by the name of its button
 */
export function mountKeys(bench, acts) {
  const buttons = /** @type {HTMLButtonElement[]} */ (
    Array.from(byId("plan-tools").querySelectorAll("[data-tool]")));
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const button of buttons) {
    const name = String(button.dataset.tool);
    for (const keys of (button.getAttribute("aria-keyshortcuts") || "").split(" ")) names.set(keys, name);
    button.addEventListener("click", () => (acts[name] ? acts[name]() : bench.use(name)));
  }
  walkByArrows(buttons);
  bench.addEventListener("tool", () => mark(buttons, bench.inHand));
  mark(buttons, bench.inHand);
  window.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const written = inField(event.target) && !/** @type {Element} */ (event.target).closest("#plan-tools");
    if (written && !isTaking(event) && !isLetter(event)) return;
    const name = names.get(chord(event));
    if (name && (acts[name] || bench.tools[name]) && !bench.digitsGoing(event)) {
      if (acts[name]) acts[name]();
      else bench.use(name);
    } else if (written || !bench.pressed(event)) return;
    event.preventDefault();
  });
}

/** Undo and redo work wherever the focus is, but in a field.
 * @param {KeyboardEvent} event
 */
function isTaking(event) {
  const target = /** @type {Element} */ (event.target);
  return (event.ctrlKey || event.metaKey) && !target.closest("input, textarea, select");
}

/** Tools are taken with the focus on buttons and boxes to tick, which letters mean nothing to.
 * @param {KeyboardEvent} event
 */
function isLetter(event) {
  const target = /** @type {Element} */ (event.target);
  return /^[^\s\d]$/.test(event.key) && !event.ctrlKey && !event.metaKey
    && target.matches("button, a, summary, input[type='checkbox'], input[type='range']");
}

/** A key with what is held, as `aria-keyshortcuts` writes it.
 * @param {KeyboardEvent} event
 */
function chord(event) {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Control+" : "";
  const shift = event.shiftKey && (control || key.length > 1) ? "Shift+" : "";
  return event.altKey ? "" : control + shift + key;
}

/**
 * @param {HTMLButtonElement[]} buttons
 * @param {string} inHand
 */
function mark(buttons, inHand) {
  for (const button of buttons) {
    if (!button.hasAttribute("aria-pressed")) continue;
    button.setAttribute("aria-pressed", String(button.dataset.tool === inHand));
  }
}

/** The toolbar is one stop of the tab key; arrow keys go from tool to tool.
 * @param {HTMLButtonElement[]} buttons
 */
function walkByArrows(buttons) {
  buttons.forEach((button, i) => {
    button.tabIndex = i ? -1 : 0;
    button.addEventListener("focus", () => buttons.forEach((one) => { one.tabIndex = one === button ? 0 : -1; }));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      buttons[(i + step + buttons.length) % buttons.length].focus();
    });
  });
}
