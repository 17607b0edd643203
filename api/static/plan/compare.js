/** Old and new: what has changed, as difference, behind a bar that is drawn aside, or side by side.
 *
 * Every change has a letter on the map and a line in the list; changed ground is dotted. So it is
 * read without colour, and without the map.
 */

import { CityMap } from "../map.js";
import { PlanCanvas } from "./canvas.js";
import { onceAFrame } from "./desk.js";
import { byId, make } from "./page.js";
import { asItBegan } from "./reading.js";
import { asStated } from "./told_reading.js";
import { ask } from "./wire.js";

const STEP_PCT = 2;
const MOST_MARKERS = 120;
const WAIT_MS = 250;
/** @type {Mode[]} */
const MODES = ["off", "difference", "swipe", "side"];

/**
 * @typedef {"off" | "difference" | "swipe" | "side"} Mode
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./reading.js").Reading} Reading
 *
 * @typedef {object} Board the map of the draft
 * @property {CityMap} map
 * @property {PlanCanvas} canvas
 * @property {import("./shapes.js").Shapes} shapes
 *
 * @typedef {object} Passage cells that went from one grid to another
 * @property {string} letter
 * @property {string} from
 * @property {string} to
 * @property {string[]} cells
 * @property {number} households
 */

/** What has changed between two readings, by grids that give and take, the most households first.
 * @param {import("./store.js").PlanStore} store
 * @param {Reading} old
 * @param {Reading} now
 * @returns {Passage[]}
 */
export function passages(store, old, now) {
  /** @type {Map<string, Passage>} */
  const found = new Map();
  for (const cell of store.cells.keys()) {
    const [from, to] = [old.owner(cell), now.owner(cell)];
    if (from === to) continue;
    const key = `${from} ${to}`;
    const known = found.get(key) || { letter: "", from, to, cells: [], households: 0 };
    known.cells.push(cell);
    known.households += store.sums.of(cell).households;
    found.set(key, known);
  }
  const all = Array.from(found.values()).sort((one, other) =>
    other.households - one.households || other.cells.length - one.cells.length
    || (one.from + one.to < other.from + other.to ? -1 : 1));
  all.forEach((one, place) => {
    one.letter = letters(place);
  });
  return all;
}

/** A, B, … Z, AA, AB, …
 * @param {number} place
 * @returns {string}
 */
export function letters(place) {
  const last = String.fromCharCode(65 + (place % 26));
  return place < 26 ? last : letters(Math.floor(place / 26) - 1) + last;
}

/** The comparison, in its sheet and on the map. Dispatches `draft` when it shows the draft again. */
export class Compare extends EventTarget {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   * @param {Board} board
   */
  constructor(desk, sheet, board) {
    super();
    this.desk = desk;
    this.board = board;
    /** @type {Mode} */
    this.mode = "off";
    this.source = "base";
    /** @type {{title: string, reading: Reading} | null} what stands for the new side instead of the draft */
    this.shown = null;
    /** The draft as it is. */
    this.own = board.canvas.reading;
    /** @type {Reading} */
    this.old = this._began();
    this.share = 50;
    /** @type {any[]} */
    this.markers = [];
    this._build(sheet);
    this._later = onceAFrame(() => this.write());
    for (const name of ["changed", "figures"]) desk.store.addEventListener(name, () => this._changed());
    board.map.leaflet.on("move zoom resize viewreset", () => this._clip());
    sheet.addEventListener("open", () => this.open());
  }

  /** The draft as it began. */
  _began() {
    return Object.assign(asItBegan(this.desk.store), { name: this.own.name });
  }

  /** The reading that is held against the old one. */
  get now() {
    return this.shown ? this.shown.reading : this.own;
  }

  /** @param {HTMLElement} sheet */
  _build(sheet) {
    const { desk } = this;
    this.modes = make("div", { class: "segments", role: "radiogroup", "aria-label": desk.say("compare", "how") },
      ...MODES.map((mode) => make("button", {
        type: "button", role: "radio", "aria-checked": String(mode === this.mode), "data-mode": mode,
        tabindex: mode === this.mode ? "0" : "-1", onclick: () => this.use(mode),
      }, desk.say("compare", mode))));
    this.modes.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._step(event));
    this.against = make("select", { class: "sheet-field", onchange: () => this.choose(this.against.value) },
      make("option", { value: "base" }, desk.say("compare", "base")));
    this.chosen = make("label", { class: "compare-against" },
      make("span", null, desk.say("compare", "against")), this.against);
    this.told = make("span");
    this.instead = make("p", { class: "compare-instead", hidden: true }, this.told,
      make("button", { type: "button", class: "plan-mini", onclick: () => this.show(null) }, desk.say("compare", "draftAgain")));
    this.sum = make("p", { class: "sheet-pad", role: "status" });
    this.list = make("div");
    sheet.replaceChildren(
      make("div", { class: "sheet-head" }, this.modes),
      make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-compare" },
        this.chosen, this.instead, this.sum, this.list),
    );
  }

  /** @param {KeyboardEvent} event */
  _step(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const mode = MODES[(MODES.indexOf(this.mode) + step + MODES.length) % MODES.length];
    this.use(mode);
    this.modes.querySelector(`[data-mode="${mode}"]`).focus();
  }

  /** The sheet is shown: know what to compare with, and say what has changed. */
  async open() {
    if (this.mode === "off") this.use("difference");
    else this.write();
    const changes = passages(this.desk.store, this.old, this.now);
    this.desk.comeToSee(changes.reduce((/** @type {string[]} */ all, { cells }) => all.concat(cells), []));
    await this._readSources();
  }

  /** Marks and other drafts that this one can be held against. */
  async _readSources() {
    const { desk } = this;
    await desk.attempt(async () => {
      const own = desk.page.secret ? [] : await ask("GET", `/api/v1/plans?jurisdiction=${desk.page.city}`);
      const marks = await desk.ask("GET", "marks");
      const drafts = (own.plans || []).filter((/** @type {any} */ one) => one.id !== desk.page.plan.id);
      const group = (/** @type {string} */ label, /** @type {Node[]} */ options) =>
        (options.length ? [make("optgroup", { label }, ...options)] : []);
      this.against.replaceChildren(
        make("option", { value: "base" }, desk.say("compare", "base")),
        ...group(desk.say("log", "marks"), marks.marks.map((/** @type {any} */ one) =>
          make("option", { value: `version:${one.version}` }, one.name))),
        ...group(desk.say("compare", "drafts"), drafts.map((/** @type {any} */ one) =>
          make("option", { value: `draft:${one.id}` }, one.name))),
      );
      this.against.value = this.source;
    });
  }

  /** Hold the draft against something else.
   * @param {string} source "base", "version:7" or "draft:…"
   */
  async choose(source) {
    const { desk } = this;
    const [kind, key] = source.split(/:(.*)/);
    await desk.attempt(async () => {
      if (kind === "base") this.old = this._began();
      else {
        const state = kind === "version" ? await desk.ask("GET", `state?version=${key}`)
          : await ask("GET", `/api/v1/plans/${key}/state`);
        this.old = asStated(desk.store, state);
        this.old.name = this.own.name;
      }
      this.source = source;
      this._useOld();
      this.write();
    });
    this.against.value = this.source;
  }

  /** Show something else than the draft as the new side; null for the draft.
   * @param {{title: string, reading: Reading} | null} shown
   */
  show(shown) {
    this.shown = shown;
    if (shown) this.old = this.own;
    else if (this.source === "base") this.old = this._began();
    this.chosen.hidden = Boolean(shown);
    this.instead.hidden = !shown;
    if (shown) this.told.textContent = this.desk.say("compare", "shown", { name: shown.title });
    this.board.canvas.reading = this.now;
    this.board.canvas.redraw();
    this.use(this.mode);
    if (!shown) this.dispatchEvent(new CustomEvent("draft"));
  }

  _useOld() {
    if (!this.behind) return;
    this.behind.reading = this.old;
    this.behind.redraw();
  }

  /** Change how both are shown.
   * @param {Mode} mode
   */
  use(mode) {
    this._clear();
    this.mode = mode;
    for (const button of this.modes.children) {
      const chosen = button.dataset.mode === mode;
      button.setAttribute("aria-checked", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    if (mode === "swipe") this._beginSwipe();
    if (mode === "side") this._beginSide();
    this.write();
  }

  /** Take everything off the map that this put there. */
  _clear() {
    const { canvas, map } = this.board;
    if (this.behind) this.behind.remove();
    this.behind = null;
    if (this.bar) this.bar.remove();
    this.bar = null;
    for (const caption of document.querySelectorAll(".compare-caption")) caption.remove();
    canvas.stage.element.style.clipPath = "";
    if (this.second) {
      this.second.leaflet.remove();
      byId("plan-map-old").remove();
      byId("plan-map").classList.remove("plan-map--side");
      this.second = null;
      map.leaflet.off("move", this._follow);
      const seen = map.leaflet.getBounds();
      map.leaflet.invalidateSize({ animate: false });
      map.leaflet.fitBounds(seen, { animate: false });
    }
  }

  _beginSwipe() {
    const { canvas, map, shapes } = this.board;
    this.behind = this._drawing(map.leaflet, shapes, this.old);
    canvas.stage.element.before(this.behind.stage.element);
    this.bar = make("div", {
      class: "compare-bar", role: "slider", tabindex: "0", "aria-label": this.desk.say("compare", "bar"),
      "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal",
    }, make("span", { "aria-hidden": "true" }, "‹ ›"));
    this.bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._nudge(event));
    this.bar.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.bar.setPointerCapture(event.pointerId));
    this.bar.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this._drag(event));
    this.bar.append(...this._captions());
    byId("plan-map").append(this.bar);
    this._clip();
  }

  /** @param {KeyboardEvent} event */
  _nudge(event) {
    const step = { ArrowLeft: -STEP_PCT, ArrowRight: STEP_PCT, Home: -100, End: 100, PageDown: -10, PageUp: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    this._part(this.share + step);
  }

  /** @param {PointerEvent} event */
  _drag(event) {
    if (!this.bar.hasPointerCapture(event.pointerId)) return;
    const { left, width } = byId("plan-map").getBoundingClientRect();
    this._part((100 * (event.clientX - left)) / width);
  }

  /** @param {number} share of the map's width that shows the old side, in percent */
  _part(share) {
    this.share = Math.max(0, Math.min(100, share));
    this._clip();
  }

  /** Cut both drawings at the bar: the old one stands left of it. */
  _clip() {
    if (this.mode !== "swipe" || !this.behind) return;
    const { canvas, map } = this.board;
    const x = (map.leaflet.getSize().x * this.share) / 100;
    const place = Math.round(this.share);
    this.bar.style.left = `${this.share}%`;
    this.bar.setAttribute("aria-valuenow", String(place));
    this.bar.setAttribute("aria-valuetext", this.desk.say("compare", "barAt", { share: place }));
    for (const [drawing, left] of /** @type {[PlanCanvas, boolean][]} */ ([[this.behind, true], [canvas, false]])) {
      const { element } = drawing.stage;
      const corner = L.DomUtil.getPosition(element) || { x: 0 };
      const cut = x + map.leaflet.containerPointToLayerPoint([0, 0]).x - corner.x;
      const [from, to] = left ? [0, cut] : [cut, drawing.stage.width];
      const { height } = drawing.stage;
      element.style.clipPath = `polygon(${from}px 0, ${to}px 0, ${to}px ${height}px, ${from}px ${height}px)`;
    }
  }

  _beginSide() {
    const { desk } = this;
    const { map, shapes } = this.board;
    const frame = byId("plan-map");
    const old = make("div", {
      class: "map plan-map-old", id: "plan-map-old", role: "application", "aria-label": desk.say("compare", "oldMap"),
    });
    const seen = map.leaflet.getBounds();
    byId("map").before(old);
    frame.classList.add("plan-map--side");
    map.leaflet.invalidateSize({ animate: false });
    map.leaflet.fitBounds(seen, { animate: false });
    const options = Object.assign({}, desk.page, { texts: desk.page.texts.map, without: ["grids", "communities", "stations"] });
    this.second = new CityMap(old, /** @type {any} */ (options));
    this._moveTo(this.second.leaflet, map.leaflet);
    this._follow = () => this._moveTo(this.second && this.second.leaflet, map.leaflet);
    map.leaflet.on("move", this._follow);
    this.second.leaflet.on("move", () => this._moveTo(map.leaflet, this.second && this.second.leaflet));
    this.behind = this._drawing(this.second.leaflet, shapes, this.old);
    frame.append(...this._captions());
  }

  /** Let one map show what another one does.
   * @param {any} follower
   * @param {any} leader
   */
  _moveTo(follower, leader) {
    if (!follower || !leader || this._moving) return;
    this._moving = true;
    follower.setView(leader.getCenter(), leader.getZoom(), { animate: false });
    this._moving = false;
  }

  /**
   * @param {any} leaflet
   * @param {import("./shapes.js").Shapes} shapes
   * @param {Reading} reading
   */
  _drawing(leaflet, shapes, reading) {
    const { canvas } = this.board;
    return new PlanCanvas(leaflet, this.desk.store, shapes, {
      reading, english: this.desk.english, view: canvas.view,
    });
  }

  _captions() {
    const { desk } = this;
    const now = this.shown ? this.shown.title : desk.say("compare", "now");
    return [
      make("p", { class: "compare-caption compare-caption--old" }, desk.say("compare", "before")),
      make("p", { class: "compare-caption compare-caption--new" }, now),
    ];
  }

  _changed() {
    if (this.mode === "off") return;
    if (this._timer) clearTimeout(this._timer);
    this._timer = setTimeout(() => this._later(), WAIT_MS);
  }

  /** Say what has changed, in the list and by letters on the map. */
  write() {
    const { desk } = this;
    for (const marker of this.markers) marker.remove();
    this.markers = [];
    const { now } = this;
    const found = passages(desk.store, this.old, now);
    const moved = found.reduce((sum, one) => sum + one.households, 0);
    const cells = found.reduce((sum, one) => sum + one.cells.length, 0);
    const touched = new Set(found.map(({ from }) => from).concat(found.map(({ to }) => to)).filter(Boolean));
    this.sum.textContent = found.length ? desk.say("compare", "sum", {
      households: desk.number(moved), blocks: desk.number(cells), grids: desk.number(touched.size),
    }) : desk.say("compare", "same");
    this.list.replaceChildren(...(found.length ? [this._passages(found, now), this._grids(touched, now)] : []));
    if (this.mode !== "off") this._mark(found);
  }

  /**
   * @param {Passage[]} found
   * @param {Reading} now
   */
  _passages(found, now) {
    const { desk } = this;
    return make("ul", { class: "things" }, ...found.map((one) => make("li", null, make("button", {
      type: "button", class: "thing", onclick: () => desk.goToCells(one.cells),
    },
    make("span", { class: "thing-sign" }, one.letter),
    make("span", { class: "thing-told" },
      desk.say("compare", "passage", { from: this._name(one.from, this.old), to: this._name(one.to, now) }),
      make("small", null, desk.say("compare", "passageOf", {
        blocks: desk.number(one.cells.length), households: desk.number(one.households),
      }))),
    make("span", { class: "visually-hidden" }, desk.say("common", "goThere"))))));
  }

  /** Grids that give or take, with their households before and after.
   * @param {Set<string>} touched
   * @param {Reading} now
   */
  _grids(touched, now) {
    const { desk } = this;
    const keys = Array.from(touched).sort((one, other) => (this._code(one) < this._code(other) ? -1 : 1));
    const side = (/** @type {Reading} */ reading, /** @type {string} */ key) => {
      if (!reading.grid(key)) return "–";
      const sign = { high: " ▲", low: " ▼" }[/** @type {string} */ (reading.fit(key))] || "";
      return desk.number(reading.households(key)) + sign;
    };
    return make("table", { class: "score compare-grids" },
      make("caption", null, desk.say("compare", "grids")),
      make("thead", null, make("tr", null,
        make("th", { scope: "col" }, desk.say("table", "name")),
        make("th", { scope: "col" }, desk.say("compare", "before")),
        make("th", { scope: "col" }, desk.say("compare", "now")),
        make("th", { scope: "col" }, "±"))),
      make("tbody", null, ...keys.map((key) => {
        const change = (now.grid(key) ? now.households(key) : 0) - (this.old.grid(key) ? this.old.households(key) : 0);
        return make("tr", null,
          make("th", { scope: "row" }, make("button", {
            type: "button", class: "compare-grid", onclick: () => desk.goToCells(Array.from(now.cells(key))),
          }, this._name(key, now.grid(key) ? now : this.old))),
          make("td", null, side(this.old, key)), make("td", null, side(now, key)),
          make("td", null, `${change > 0 ? "+" : ""}${desk.number(change)}`));
      })));
  }

  /** @param {string} key */
  _code(key) {
    const found = this.now.grid(key) || this.old.grid(key);
    return found ? found.code : "";
  }

  /**
   * @param {string} key
   * @param {Reading} reading
   */
  _name(key, reading) {
    const found = key ? reading.grid(key) : undefined;
    return found ? this.desk.nameOf(found) : this.desk.say("log", "outside");
  }

  /** Put the letters on the map, one on every piece of changed ground.
   * @param {Passage[]} found
   */
  _mark(found) {
    const { desk } = this;
    const { map } = this.board;
    for (const one of found) {
      for (const piece of desk.store.adjacency.pieces(new Set(one.cells))) {
        if (this.markers.length >= MOST_MARKERS) return;
        const box = desk.store.boxOf(piece);
        if (!box) continue;
        const icon = L.divIcon({ className: "compare-letter", html: one.letter, iconSize: [18, 18] });
        this.markers.push(L.marker([(box[1] + box[3]) / 2, (box[0] + box[2]) / 2], {
          icon, interactive: false, keyboard: false,
        }).addTo(map.leaflet));
      }
    }
  }
}
