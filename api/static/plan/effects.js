/** What stands against publishing, and what publishing does to people: in short, with documents. */

import { make } from "./page.js";

/** Lines of a list shown at once; the rest is counted. */
const SHOWN = 60;
const DOCUMENTS = ["notices.docx", "notices.pdf", "filing.xlsx", "maps.pdf"];

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Finding
 * @property {"error" | "warning"} severity
 * @property {string} reason
 * @property {string} key of a grid, cell, community, compound or building
 * @property {string} text
 * @property {number | null} lon
 * @property {number | null} lat
 *
 * @typedef {{code: string, name: string, name_en: string}} Named
 *
 * @typedef {object} Told what publishing does
 * @property {number} moved_households
 * @property {{id: string, change: string, before: Named | null, after: Named | null,
 *   households_before: number, households_after: number}[]} grids
 * @property {{code: string, address: string, lon: number, lat: number, households: number}[]} buildings
 * @property {{id: string, number: string, before: string | null, after: string | null,
 *   lon: number | null, lat: number | null}[]} cases
 * @property {{code: string, name: string, before: number, after: number}[]} workers
 * @property {(Named & {before: Record<string, number>, after: Record<string, number>})[]} stations
 * @property {(Named & {grid: string, before: number, after: number, retired: boolean})[]} pairing
 * @property {{before: string | null, after: string | null, households: number}[]} crosswalk
 *
 * @typedef {object} Line
 * @property {string} text
 * @property {string} [figure]
 * @property {() => void} [go]
 */

/** Checks and effects of the draft, read when they are asked for. */
export class Effects {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} place
   * @param {() => string | null} starts when the plan is to come into force, for its documents
   */
  constructor(desk, place, starts) {
    this.desk = desk;
    this.starts = starts;
    this.version = -1;
    this.checks = make("div", { role: "status" });
    this.summary = make("div", { class: "stack" });
    this.again = make("button", { type: "button", class: "plan-mini", onclick: () => this.read() }, desk.say("review", "checkAgain"));
    place.replaceChildren(
      make("div", { class: "review-head" }, make("h3", null, desk.say("review", "checks")), this.again),
      this.checks,
      make("h3", null, desk.say("review", "effects")), this.summary,
    );
  }

  /** Read what has changed since it was last read. */
  async open() {
    if (this.version !== this.desk.store.version) await this.read();
  }

  async read() {
    const { desk } = this;
    this.checks.setAttribute("aria-busy", "true");
    await desk.attempt(async () => {
      const { version } = desk.store;
      const [checks, effects] = await Promise.all([desk.ask("GET", "checks"), desk.ask("GET", "effects")]);
      this.version = version;
      this._writeChecks(checks.findings);
      this._writeSummary(effects);
    }, this.again);
    this.checks.removeAttribute("aria-busy");
  }

  /** @param {Finding[]} findings */
  _writeChecks(findings) {
    const { desk } = this;
    const errors = findings.filter((one) => one.severity === "error").length;
    const rest = findings.length - errors;
    const said = errors
      ? make("p", { class: "grid-bad" }, desk.say("review", "checksFailed", { count: desk.number(errors) }))
      : make("p", { class: "passed" }, desk.say("review", "checksPassed"));
    if (rest) said.append(" ", make("span", { class: "soft" }, desk.say("review", "warnings", { count: desk.number(rest) })));
    const lines = findings.slice(0, SHOWN).map((one) => make("li", null, make("button", {
      type: "button", class: "thing", onclick: () => this._go(one),
    },
    make("span", { class: one.severity === "error" ? "thing-sign" : "thing-sign thing-sign--soft", "aria-hidden": "true" }, one.severity === "error" ? "✕" : "!"),
    make("span", { class: "thing-told" }, one.text),
    make("span", { class: "visually-hidden" }, desk.say("common", "goThere")))));
    this.checks.replaceChildren(said, make("ul", { class: "things" }, ...lines));
  }

  /** @param {Finding} one */
  _go(one) {
    const { store } = this.desk;
    if (store.cells.has(one.key)) this.desk.goToCells([one.key]);
    else if (store.grids.has(one.key)) this.desk.goToGrid(one.key);
    else this._goTo(one.lon, one.lat);
  }

  /**
   * @param {number | null} lon
   * @param {number | null} lat
   */
  _goTo(lon, lat) {
    if (lon !== null && lat !== null) this.desk.goToPlace(lon, lat);
  }

  /** @param {Told} told */
  _writeSummary(told) {
    const { desk } = this;
    /** @type {[string, number][]} */
    const figures = [
      ["movedHouseholds", told.moved_households], ["movedBuildings", told.buildings.length],
      ["movedIssues", told.cases.length], ["workersChanged", told.workers.length],
    ];
    const some = figures.some(([, count]) => count > 0);
    const parts = some
      ? [make("dl", { class: "effects" }, ...figures.map(([key, count]) =>
        make("div", null, make("dt", null, desk.say("review", key)), make("dd", null, desk.number(count)))))]
      : [make("p", { class: "soft" }, desk.say("review", "noEffects"))];
    this.summary.replaceChildren(...parts, make("p", { class: "soft small" }, desk.say("review", "effectsHint")),
      ...this._lists(told), this._documents());
  }

  /** @param {Told} told */
  _lists(told) {
    const { desk } = this;
    const changed = told.grids.filter((one) => one.change !== "same");
    /** @type {[string, Line[]][]} */
    const lists = [
      ["changedGrids", changed.map((one) => ({
        text: `${desk.nameOf(one.after || one.before)} · ${desk.say("review", one.change)}`,
        figure: this._passage(one.households_before, one.households_after),
        go: () => desk.goToGrid(one.id),
      }))],
      ["changedBuildings", told.buildings.map((one) => ({
        text: one.address || one.code, figure: desk.number(one.households),
        go: () => this._goTo(one.lon, one.lat),
      }))],
      ["changedIssues", told.cases.map((one) => ({
        text: one.number, figure: `${this._gridOf(one.before)} → ${this._gridOf(one.after)}`,
        go: one.lon === null ? undefined : () => this._goTo(one.lon, one.lat),
      }))],
      ["changedWorkers", told.workers.map((one) => ({
        text: one.name, figure: this._passage(one.before, one.after),
      }))],
      ["changedStations", this._catchments(told)],
      ["changedPairing", told.pairing.map((one) => ({
        text: `${desk.nameOf(one)} · ${this._gridOf(one.grid)}`,
        figure: one.retired ? desk.say("review", "gridRetired") : this._passage(one.before, one.after),
      }))],
      ["passages", told.crosswalk.filter((one) => one.before !== one.after).map((one) => ({
        text: `${this._gridOf(one.before)} → ${this._gridOf(one.after)}`, figure: desk.number(one.households),
      }))],
    ];
    return lists.filter(([, lines]) => lines.length).map(([key, lines]) => this._list(key, lines));
  }

  /** A line for every grid from which another number of households walks to a station.
   * @param {Told} told
   * @returns {Line[]}
   */
  _catchments(told) {
    /** @type {Line[]} */
    const lines = [];
    for (const one of told.stations) {
      const grids = [...new Set([...Object.keys(one.before), ...Object.keys(one.after)])].sort();
      for (const code of grids) {
        const [had, has] = [one.before[code] || 0, one.after[code] || 0];
        if (had !== has) lines.push({ text: `${this.desk.nameOf(one)} · ${this._gridOf(code)}`, figure: this._passage(had, has) });
      }
    }
    return lines;
  }

  /**
   * @param {number} before
   * @param {number} after
   */
  _passage(before, after) {
    return before === after ? this.desk.number(after) : `${this.desk.number(before)} → ${this.desk.number(after)}`;
  }

  /** Name of a grid by its code.
   * @param {string | null} code
   */
  _gridOf(code) {
    if (!code) return this.desk.say("review", "noGrid");
    const { store } = this.desk;
    for (const grids of [store.grids, new Map(Object.entries(store.base.grids))]) {
      for (const [key, grid] of grids) if (grid.code === code) return this.desk.shortName(key);
    }
    return code;
  }

  /**
   * @param {string} key
   * @param {Line[]} lines
   */
  _list(key, lines) {
    const { desk } = this;
    const shown = lines.slice(0, SHOWN).map(({ text, figure, go }) => {
      const parts = [make("span", null, text), make("span", { class: "figures" }, figure || "")];
      return make("li", null, go
        ? make("button", { type: "button", class: "effect-line", onclick: go }, ...parts)
        : make("span", { class: "effect-line" }, ...parts));
    });
    if (lines.length > SHOWN) {
      shown.push(make("li", { class: "soft" }, desk.say("review", "andMore", { count: desk.number(lines.length - SHOWN) })));
    }
    return make("details", { class: "disclosure" },
      make("summary", null, desk.say("review", key), make("span", { class: "count figures" }, desk.number(lines.length))),
      make("ul", { class: "body" }, ...shown));
  }

  _documents() {
    const { desk } = this;
    const address = (/** @type {string} */ name) => {
      const starts = this.starts();
      return `${desk.page.plan.url}/documents/${name}${starts ? `?starts=${encodeURIComponent(starts)}` : ""}`;
    };
    const links = DOCUMENTS.map((name) => {
      const link = make("a", { href: address(name), download: "" }, desk.say("review", name));
      link.addEventListener("click", () => link.setAttribute("href", address(name)));
      return make("li", null, link);
    });
    return make("section", null, make("h3", null, desk.say("review", "documents")), make("ul", { class: "documents" }, ...links));
  }
}
