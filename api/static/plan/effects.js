/** What stands against publishing, and what publishing does to people: in short, with documents. */

import { make } from "./page.js";

/** Findings shown at once; the rest is counted. */
const SHOWN = 60;
/** Half the width of what the map shows around a finding, in degrees. */
const AROUND = 0.0025;
const DOCUMENTS = ["notices.docx", "notices.pdf", "filing.xlsx", "maps.pdf"];

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Finding
 * @property {"error" | "warning"} severity
 * @property {string} reason
 * @property {string} key
 * @property {string} text
 * @property {[number, number] | null} at longitude and latitude
 */

/** Checks and effects of the draft, read when they are asked for. */
export class Effects {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} place
   */
  constructor(desk, place) {
    this.desk = desk;
    this.version = -1;
    this.checks = make("div");
    this.summary = make("div");
    this.again = make("button", { type: "button", class: "plan-mini", onclick: () => this.read() }, desk.say("review", "checkAgain"));
    place.replaceChildren(
      make("h3", null, desk.say("review", "checks")), this.checks,
      make("p", { class: "thread-foot" }, this.again),
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
    const said = errors
      ? make("p", { class: "grid-bad" }, desk.say("review", "checksFailed", { count: desk.number(errors) }))
      : make("p", { class: "passed" }, desk.say("review", "checksPassed"));
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
    const { store, guide } = this.desk;
    if (store.cells.has(one.key)) this.desk.goToCells([one.key]);
    else if (store.grids.has(one.key)) this.desk.goToGrid(one.key);
    else if (one.at) guide.go([one.at[0] - AROUND, one.at[1] - AROUND, one.at[0] + AROUND, one.at[1] + AROUND]);
  }

  /** @param {any} effects */
  _writeSummary(effects) {
    const { desk } = this;
    /** @type {[string, number][]} */
    const figures = [
      ["movedHouseholds", effects.moved_households], ["movedBuildings", effects.buildings.length],
      ["movedIssues", effects.cases.length], ["workersChanged", effects.workers.length],
    ];
    const some = figures.some(([, count]) => count > 0);
    this.summary.replaceChildren(
      some ? make("dl", { class: "effects" }, ...figures.map(([key, count]) =>
        make("div", null, make("dt", null, desk.say("review", key)), make("dd", null, desk.number(count)))))
        : make("p", { class: "soft" }, desk.say("review", "noEffects")),
      make("p", { class: "soft small" }, desk.say("review", "effectsHint")),
      make("h3", null, desk.say("review", "documents")),
      make("ul", { class: "documents" }, ...DOCUMENTS.map((name) => make("li", null,
        make("a", { href: `${desk.page.plan.url}/documents/${name}`, download: "" }, desk.say("review", name))))),
    );
  }
}
