/** The scorecard in short: the measures of the four principles, now and when the draft began. */

import { make } from "./page.js";

const PRINCIPLES = ["clear", "full", "moderate", "complete"];

/**
 * @typedef {import("./desk.js").Desk} Desk
 */

/** The sheet of the scorecard. */
export class ScorecardPanel {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   */
  constructor(desk, sheet) {
    this.desk = desk;
    this.version = -1;
    this.body = make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-scorecard" });
    this.stale = make("p", { class: "sheet-foot", hidden: true }, desk.say("scorecard", "stale"));
    this.again = make("button", { type: "button", class: "plan-mini push", onclick: () => this.read() }, desk.say("scorecard", "refresh"));
    sheet.replaceChildren(
      make("div", { class: "sheet-head" },
        desk.page.secret ? null : make("a", { class: "plan-mini", href: `/scorecard?plan=${desk.page.plan.id}` }, desk.say("scorecard", "all")),
        this.again),
      this.body, this.stale,
    );
    desk.store.addEventListener("changed", () => {
      this.stale.hidden = this.version < 0;
    });
  }

  /** Read the figures when the sheet is shown, and there are others. */
  async open() {
    if (this.version !== this.desk.store.version) await this.read();
  }

  async read() {
    const { desk } = this;
    this.body.setAttribute("aria-busy", "true");
    await desk.attempt(async () => {
      const { version } = desk.store;
      const [now, then] = await Promise.all([desk.ask("GET", "scorecard"), desk.ask("GET", "scorecard?version=0")]);
      this.version = version;
      this.stale.hidden = true;
      this._write(now, then);
    }, this.again);
    this.body.removeAttribute("aria-busy");
  }

  /**
   * @param {any} now
   * @param {any} then
   */
  _write(now, then) {
    this.body.replaceChildren(...PRINCIPLES.map((principle) => this._table(principle, now, then)));
  }

  /**
   * @param {string} principle
   * @param {any} now
   * @param {any} then
   */
  _table(principle, now, then) {
    const { desk } = this;
    const measures = now.measures.filter((/** @type {any} */ one) => one.principle === principle);
    const before = new Map(then.measures.map((/** @type {any} */ one) => [one.key, one]));
    return make("table", { class: "score" },
      make("caption", null, desk.say("scorecard", principle)),
      make("thead", null, make("tr", null, make("td"),
        make("th", { scope: "col" }, desk.say("scorecard", "base")), make("th", { scope: "col" }, desk.say("scorecard", "now")))),
      make("tbody", null, ...measures.map((/** @type {any} */ one) => this._row(one, before.get(one.key)))));
  }

  /**
   * @param {any} one
   * @param {any} was
   */
  _row(one, was) {
    const state = one.met === null || one.met === undefined ? null : one.met ? "met" : "missed";
    return make("tr", null,
      make("th", { scope: "row", title: one.definition }, one.name),
      make("td", null, was ? was.shown : "–"),
      make("td", { class: state }, one.shown));
  }
}
