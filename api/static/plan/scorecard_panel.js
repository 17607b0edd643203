/** The scorecard in short: the measures of the four principles, now and when the draft began. */

import { make } from "./page.js";

/** Places of a measure shown at once; the rest is counted. */
const SHOWN = 40;

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Measure
 * @property {string} key
 * @property {string} principle
 * @property {string} name
 * @property {string} definition
 * @property {string} shown value with its unit
 * @property {string} threshold_shown
 * @property {boolean | null} met
 * @property {{text: string, grids: string[], lon: number, lat: number}[]} places
 *
 * @typedef {{principles: {key: string, name: string}[], measures: Measure[]}} Card
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
    /** The card of the beginning, which stays as it is.
     * @type {Card | null} */
    this.before = null;
    this.body = make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-scorecard" });
    this.stale = make("p", { class: "sheet-foot", role: "status", hidden: true }, desk.say("scorecard", "stale"));
    this.again = make("button", { type: "button", class: "plan-mini push", onclick: () => this.read() }, desk.say("scorecard", "refresh"));
    const whole = make("a", { class: "plan-mini", href: `/scorecard?plan=${desk.page.plan.id}` }, desk.say("scorecard", "all"));
    sheet.replaceChildren(
      make("div", { class: "sheet-head" }, desk.page.secret ? null : whole, this.again),
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
      const [now, before] = await Promise.all([
        desk.ask("GET", "scorecard"), this.before || desk.ask("GET", "scorecard?version=0")]);
      this.before = before;
      this.version = version;
      this.stale.hidden = true;
      this._write(now, before);
    }, this.again);
    this.body.removeAttribute("aria-busy");
  }

  /**
   * @param {Card} now
   * @param {Card} before
   */
  _write(now, before) {
    const was = new Map(before.measures.map((one) => /** @type {[string, Measure]} */ ([one.key, one])));
    this.body.replaceChildren(...now.principles.map(({ key, name }) => {
      const measures = now.measures.filter((one) => one.principle === key);
      return this._table(name, measures, was);
    }));
  }

  /**
   * @param {string} principle
   * @param {Measure[]} measures
   * @param {Map<string, Measure>} was
   */
  _table(principle, measures, was) {
    const { desk } = this;
    return make("table", { class: "score" },
      make("caption", null, principle),
      make("thead", null, make("tr", null, make("td"),
        make("th", { scope: "col" }, desk.say("scorecard", "base")), make("th", { scope: "col" }, desk.say("scorecard", "now")))),
      make("tbody", null, ...measures.map((one) => this._row(one, was.get(one.key)))));
  }

  /**
   * @param {Measure} one
   * @param {Measure | undefined} was
   */
  _row(one, was) {
    const before = was ? was.shown : "–";
    const state = one.met === null ? null : one.met ? "met" : "missed";
    const changed = before !== one.shown ? "changed" : "soft";
    return make("tr", null,
      make("th", { scope: "row", title: one.definition }, one.name,
        one.threshold_shown ? make("small", null, one.threshold_shown) : null,
        one.places.length ? this._places(one) : null),
      make("td", { class: "soft" }, before),
      make("td", { class: `${changed} ${state || ""}` }, one.shown));
  }

  /** Where a measure is missed, with the way there.
   * @param {Measure} one
   */
  _places(one) {
    const { desk } = this;
    const lines = one.places.slice(0, SHOWN).map(({ text, lon, lat, grids }) => make("li", null, make("button", {
      type: "button", class: "effect-line", onclick: () => {
        if (grids.length) desk.guide.choose(grids[0]);
        desk.goToPlace(lon, lat);
      },
    }, text)));
    if (one.places.length > SHOWN) {
      lines.push(make("li", { class: "soft" }, desk.say("review", "andMore", { count: desk.number(one.places.length - SHOWN) })));
    }
    return make("details", { class: "score-places" },
      make("summary", null, desk.say("scorecard", "places", { count: desk.number(one.places.length) })),
      make("ul", null, ...lines));
  }
}
