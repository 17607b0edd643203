/** The live table of grids: what each adds up to now, against its bounds and the beginning. */

import { onceAFrame } from "./desk.js";
import { fill, make } from "./page.js";

/** The bar reaches this many times the most households, so that too many have room to show. */
const BAR_REACH = 1.6;
const WALK_PRECISION_M = 10;
/** Narrower than this, the table leaves some columns out. */
const ROOMY_PX = 460;
/** Columns that a narrow table leaves out. */
const LEFT_OUT = 2;

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./beginning.js").Before} Before
 * @typedef {import("./sums.js").Totals} Totals
 *
 * @typedef {"name" | "households" | "people" | "workers" | "householdsPerWorker" | "issues"
 *   | "walkMean" | "pieces"} Column
 *
 * @typedef {object} Row
 * @property {string} grid
 * @property {HTMLTableRowElement} element
 * @property {HTMLElement} bar
 * @property {HTMLElement} tags
 * @property {HTMLElement} name
 * @property {HTMLElement} swatch
 * @property {Map<Column, HTMLElement>} cells
 */

/** @type {{column: Column, label: string, title?: string}[]} */
const COLUMNS = [
  { column: "name", label: "name" },
  { column: "households", label: "households" },
  { column: "people", label: "people" },
  { column: "workers", label: "workers" },
  { column: "householdsPerWorker", label: "perWorkerShort", title: "perWorker" },
  { column: "issues", label: "issuesShort", title: "issues" },
  { column: "walkMean", label: "walkShort", title: "walk" },
  { column: "pieces", label: "pieces" },
];
/** @type {Column[]} */
const FIGURES = ["people", "workers", "householdsPerWorker", "issues", "walkMean", "pieces"];

/** What whoever has a link alone isn't told.
 * @type {Set<Column>} */
const WITHHELD = new Set(["workers", "householdsPerWorker", "issues"]);

/** The table, kept in step with the draft. */
export class GridTable {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   */
  constructor(desk, sheet) {
    this.desk = desk;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** Keys of grids whose rows wait to be written.
     * @type {Set<string>} */
    this.due = new Set();
    /** @type {{column: Column, falling: boolean}} */
    this.order = { column: "name", falling: false };
    this.chosen = "";
    this.span = COLUMNS.length;
    /** @type {Map<Column, HTMLElement>} */
    this.heads = new Map();
    this._build(sheet);
    sheet.addEventListener("open", () => this._show());
    this._listen();
    this.lay();
  }

  /** Let a grid's row stand out, and bring it into view.
   * @param {string} grid
   */
  choose(grid) {
    if (grid === this.chosen) return;
    this._mark(this.chosen, false);
    this.chosen = grid;
    this._mark(grid, true);
    this._show();
  }

  /** Bring the chosen grid's row into view. */
  _show() {
    const row = this.rows.get(this.chosen);
    if (row && !row.element.contains(document.activeElement)) {
      row.element.scrollIntoView({ block: "nearest" });
    }
  }

  /**
   * @param {string} grid
   * @param {boolean} chosen
   */
  _mark(grid, chosen) {
    const row = this.rows.get(grid);
    if (!row) return;
    row.element.classList.toggle("chosen", chosen);
    if (chosen) row.name.setAttribute("aria-current", "true");
    else row.name.removeAttribute("aria-current");
    if (chosen && !this.body.contains(document.activeElement)) this._rove(row.name);
  }

  /** @param {HTMLElement} sheet */
  _build(sheet) {
    const { desk } = this;
    this.filter = make("select", {
      class: "sheet-field", "aria-label": desk.say("table", "community"), onchange: () => this.lay(),
    }, make("option", { value: "" }, desk.say("table", "all")),
    ...desk.store.communities.map((one) => make("option", { value: one.code }, desk.nameOf(one))));
    this.onlyChanged = make("input", { type: "checkbox", onchange: () => this.lay() });
    this.totals = make("p", { class: "sheet-foot", role: "status" });
    this.body = make("tbody");
    for (const one of COLUMNS) this.heads.set(one.column, this._head(one));
    const table = make("table", { class: "grids" },
      make("thead", null, make("tr", null, ...this.heads.values())), this.body);
    new ResizeObserver(() => this._fit(table, sheet.clientWidth < ROOMY_PX)).observe(sheet);
    sheet.replaceChildren(
      make("div", { class: "sheet-head" }, this.filter,
        make("label", { class: "plan-option plan-check" }, this.onlyChanged,
          make("span", null, desk.say("table", "changedOnly")))),
      make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-label": desk.say("table", "name") }, table),
      this.totals,
    );
  }

  /** Leave columns out where there is no room for them.
   * @param {HTMLElement} table
   * @param {boolean} narrow
   */
  _fit(table, narrow) {
    table.classList.toggle("grids--narrow", narrow);
    this.span = COLUMNS.length - (narrow ? LEFT_OUT : 0);
    for (const one of this.body.querySelectorAll("[colspan]")) one.colSpan = this.span;
  }

  /** @param {{column: Column, label: string, title?: string}} column */
  _head({ column, label, title }) {
    const button = make("button", {
      type: "button", class: "grids-sort", title: title ? this.desk.say("table", title) : null,
      onclick: () => this._sortBy(column),
    }, this.desk.say("table", label));
    return make("th", { scope: "col" }, button);
  }

  _listen() {
    const { store } = this.desk;
    const write = onceAFrame(() => this._writeDue());
    store.addEventListener("changed", (/** @type {any} */ event) => {
      for (const grid of event.detail.grids) this.due.add(grid);
      write();
    });
    store.addEventListener("figures", () => this.lay());
    this.body.addEventListener("focusin", (/** @type {FocusEvent} */ event) => this._rove(/** @type {Element} */ (event.target)));
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._step(event));
    this.body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("tr[data-grid]");
      if (row) this.desk.goToGrid(/** @type {HTMLElement} */ (row).dataset.grid || "");
    });
  }

  /** All rows are one stop of the tab key: the one that had the focus last, else the chosen one.
   * @param {Element | null} stop
   */
  _rove(stop) {
    const names = Array.from(this.body.querySelectorAll(".grid-name"));
    const chosen = this.body.querySelector(".grid-name[aria-current]");
    const held = stop && names.includes(stop) ? stop : names.find((one) => one.tabIndex === 0) || chosen || names[0];
    for (const one of names) one.tabIndex = one === held ? 0 : -1;
  }

  /** Arrow keys go from row to row.
   * @param {KeyboardEvent} event
   */
  _step(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const names = Array.from(this.body.querySelectorAll(".grid-name"));
    const here = names.indexOf(/** @type {Element} */ (event.target));
    if (!step || here < 0) return;
    event.preventDefault();
    const next = names[here + step];
    if (next) next.focus();
  }

  /** @param {Column} column */
  _sortBy(column) {
    const again = this.order.column === column;
    this.order = { column, falling: again ? !this.order.falling : column !== "name" };
    this.lay();
  }

  /** Lay all rows anew: after a choice of the reader's, and when grids come or go. */
  lay() {
    const { store } = this.desk;
    const keys = Array.from(new Set([...store.grids.keys(), ...Object.keys(store.base.grids)]));
    const shown = keys.filter((grid) => this._fits(grid)).sort((one, other) => this._compare(one, other));
    const rows = shown.map((grid) => this._row(grid));
    for (const [column, head] of this.heads) {
      if (column !== this.order.column) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", this.order.falling ? "descending" : "ascending");
    }
    this.body.replaceChildren(...(this.order.column === "name" && !this.order.falling
      ? this._grouped(rows) : rows.map((row) => row.element)));
    if (!rows.length) this.body.append(this._none());
    this.due.clear();
    rows.forEach((row) => this._write(row));
    this._rove(null);
    this._writeTotals();
  }

  /** @param {string} grid */
  _fits(grid) {
    const community = this.filter.value;
    if (community && this._code(grid).slice(0, 12) !== community) return false;
    return !this.onlyChanged.checked || this._isChanged(grid);
  }

  /** @param {string} grid */
  _isChanged(grid) {
    const { store } = this.desk;
    const was = store.base.grids[grid];
    const is = store.grids.get(grid);
    if (!was || !is) return true;
    if (was.name !== is.name || was.code !== is.code || was.kind !== is.kind) return true;
    for (const cell of store.members(grid)) if (store.isChanged(cell)) return true;
    const [now, before] = [store.totals(grid), store.baseTotals(grid)];
    return Boolean(before && before.households !== now.households);
  }

  /** @param {string} grid */
  _code(grid) {
    const { store } = this.desk;
    return (store.grids.get(grid) || store.base.grids[grid] || { code: "" }).code;
  }

  /**
   * @param {string} one
   * @param {string} other
   */
  _compare(one, other) {
    const { column, falling } = this.order;
    const codes = this._code(one) < this._code(other) ? -1 : 1;
    if (column === "name") return falling ? -codes : codes;
    const [a, b] = [one, other].map((grid) => Number(this.desk.store.totals(grid)[column] || 0));
    return (falling ? b - a : a - b) || codes;
  }

  /** @param {Row[]} rows */
  _grouped(rows) {
    /** @type {HTMLElement[]} */
    const laid = [];
    let last = "";
    for (const row of rows) {
      const community = this._code(row.grid).slice(0, 12);
      if (community !== last) {
        const name = this.desk.communityName(community);
        laid.push(make("tr", { class: "group" },
          make("th", { scope: "colgroup", colspan: String(this.span) }, name)));
      }
      last = community;
      laid.push(row.element);
    }
    return laid;
  }

  _none() {
    return make("tr", null, make("td", { class: "sheet-empty", colspan: String(this.span) },
      this.desk.say("table", "none")));
  }

  /** @param {string} grid */
  _row(grid) {
    const known = this.rows.get(grid);
    if (known) return known;
    const swatch = make("i", { class: "grid-swatch", "aria-hidden": "true" });
    const label = make("strong");
    const tags = make("small");
    const name = make("button", { type: "button", class: "grid-name", tabindex: "-1" }, swatch, label, tags);
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    const homes = make("span");
    const cells = new Map(FIGURES.map((column) => [column, make("td")]));
    cells.set("households", homes);
    cells.set("name", label);
    const element = make("tr", { "data-grid": grid },
      make("th", { scope: "row" }, name), make("td", { class: "grid-homes" }, homes, bar),
      ...FIGURES.map((column) => cells.get(column)));
    /** @type {Row} */
    const row = { grid, element, bar, tags, name, swatch, cells };
    this.rows.set(grid, row);
    return row;
  }

  _writeDue() {
    const { store } = this.desk;
    const due = Array.from(this.due);
    this.due.clear();
    const unknown = due.some((grid) => grid && (store.grids.has(grid) || store.base.grids[grid] !== undefined) !== this.rows.has(grid));
    if (unknown || this.onlyChanged.checked) {
      this.lay();
      return;
    }
    for (const grid of due) {
      const row = this.rows.get(grid);
      if (row) this._write(row);
    }
    this._writeTotals();
  }

  /** Write what a grid adds up to into its row.
   * @param {Row} row
   */
  _write(row) {
    const { store, guide } = this.desk;
    const now = store.totals(row.grid);
    const before = store.baseTotals(row.grid);
    const gone = !store.grids.has(row.grid);
    const colour = gone ? "" : guide.colour(row.grid);
    row.swatch.style.background = colour;
    row.element.classList.toggle("retired", gone);
    row.element.classList.toggle("chosen", row.grid === this.chosen);
    this._writeName(row, gone, !before);
    this._writeHomes(row, now, before);
    for (const column of FIGURES) this._writeFigure(row, column, now, before);
  }

  /**
   * @param {Row} row
   * @param {boolean} gone
   * @param {boolean} fresh
   */
  _writeName(row, gone, fresh) {
    const { desk } = this;
    const { store } = desk;
    const label = /** @type {HTMLElement} */ (row.cells.get("name"));
    label.textContent = desk.shortName(row.grid);
    row.name.title = desk.gridName(row.grid);
    const grouped = this.order.column === "name" && !this.order.falling;
    const place = grouped ? this._code(row.grid).slice(-3) : desk.communityName(this._code(row.grid).slice(0, 12));
    const found = store.grids.get(row.grid);
    const tags = [
      gone && "retired", !gone && fresh && "newGrid", store.isGridLocked(row.grid) && "locked",
      found && found.kind === "dedicated" && "dedicated",
    ].filter(Boolean).map((tag) => make("b", null, ` · ${desk.say("table", String(tag))}`));
    row.tags.replaceChildren(place, ...tags);
  }

  /**
   * @param {Row} row
   * @param {Totals} now
   * @param {Before | null} before
   */
  _writeHomes(row, now, before) {
    const { desk } = this;
    const place = /** @type {HTMLElement} */ (row.cells.get("households"));
    const changed = before !== null && before.households !== now.households;
    const off = this._off(now);
    place.replaceChildren(
      ...(changed ? [this._was(before ? before.households : 0, now.households, desk.number(before ? before.households : 0), " →")] : []),
      make("span", { class: changed ? "changed" : null }, desk.number(now.households)),
      make("b", { class: "grid-off" }, off ? off.sign : "", off ? make("span", { class: "visually-hidden" }, off.told) : ""),
    );
    this._writeBar(row.bar, now, before);
  }

  /** @param {Totals} now */
  _off(now) {
    const count = this.desk.number(Math.abs(now.off));
    if (now.fit === "high") return { sign: `▲${count}`, told: this.desk.say("table", "tooMany", { count }) };
    if (now.fit === "low") return { sign: `▼${count}`, told: this.desk.say("table", "tooFew", { count }) };
    return null;
  }

  /**
   * @param {HTMLElement} bar
   * @param {Totals} now
   * @param {Before | null} before
   */
  _writeBar(bar, now, before) {
    const { min, max } = this.desk.store.sums.bounds;
    const reach = max * BAR_REACH;
    const at = (/** @type {number} */ households) => (100 * Math.min(households, reach)) / reach;
    const free = now.fit === "dedicated";
    /** @type {[string, number, number][]} */
    const parts = [["bar-within", 0, at(free ? now.households : Math.min(now.households, max))]];
    if (!free && now.households > max) parts.push(["bar-beyond", at(max), at(now.households)]);
    if (!free && now.households < min) parts.push(["bar-missing", at(now.households), at(min)]);
    if (!free) parts.push(["bar-tick", at(min), NaN], ["bar-tick", at(max), NaN]);
    if (before && before.households !== now.households) parts.push(["bar-was", at(before.households), NaN]);
    bar.replaceChildren(...parts.map(([name, from, to]) => {
      const part = make("i", { class: name });
      part.style.left = `${from}%`;
      if (!Number.isNaN(to)) part.style.width = `${to - from}%`;
      return part;
    }));
  }

  /**
   * @param {Row} row
   * @param {Column} column
   * @param {Totals} now
   * @param {Before | null} before
   */
  _writeFigure(row, column, now, before) {
    const place = /** @type {HTMLElement} */ (row.cells.get(column));
    const [is, was] = [this._shown(column, now), before ? this._shown(column, before) : null];
    place.replaceChildren(is);
    place.classList.toggle("changed", was !== null && was !== is);
    place.classList.toggle("grid-bad", column === "pieces" && now.pieces > 1);
    if (was !== null && was !== is) place.append(this._was(was, is, was, ""));
  }

  /** What was, small, and in words for screen readers.
   * @param {string | number} was
   * @param {string | number} now
   * @param {string} shown
   * @param {string} arrow
   */
  _was(was, now, shown, arrow) {
    const told = fill(this.desk.page.texts.table.was, { was, now });
    return make("span", { class: "grid-was", title: told },
      make("span", { "aria-hidden": "true" }, arrow ? shown + arrow : `← ${shown}`),
      make("span", { class: "visually-hidden" }, told));
  }

  /**
   * @param {Column} column
   * @param {Totals | Before} totals
   */
  _shown(column, totals) {
    const value = /** @type {any} */ (totals)[column];
    if (value === null || value === undefined) return "–";
    if (!this.desk.page.me && WITHHELD.has(column)) return "–";
    if (column === "walkMean") return this.desk.number(Math.round(value / WALK_PRECISION_M) * WALK_PRECISION_M);
    return this.desk.number(value);
  }

  _writeTotals() {
    const { store } = this.desk;
    const all = Array.from(store.grids.keys(), (grid) => store.totals(grid));
    const within = all.filter((one) => one.fit === "fit" || one.fit === "dedicated").length;
    const households = all.reduce((sum, one) => sum + one.households, 0);
    const { min, max } = store.sums.bounds;
    this.totals.replaceChildren(
      this.desk.say("table", "totals", {
        grids: this.desk.number(all.length), within: this.desk.number(within),
        households: this.desk.number(households),
      }), " · ", this.desk.say("table", "bounds", { min, max }),
    );
  }
}
