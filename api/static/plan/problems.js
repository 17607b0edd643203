/** The list of what is wrong with the plan, each with the way there. */

import { onceAFrame } from "./desk.js";
import { byId, make } from "./page.js";

/** Most problems shown at once; the rest is counted. */
const SHOWN = 200;
/** Signs tell kinds apart without colour. */
const SIGNS = {
  high: "▲", low: "▼", pieces: "⁘", unassigned: "?", community: "⇥", compound: "⌂", empty: "∅",
};

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./sums.js").Problem} Trouble
 */

/** The list of problems, kept in step with the draft. */
export class ProblemList {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   */
  constructor(desk, sheet) {
    this.desk = desk;
    this.head = make("h2");
    this.list = make("ul", { class: "things" });
    sheet.replaceChildren(
      make("div", { class: "sheet-head" }, this.head),
      make("div", { class: "sheet-body" }, this.list),
    );
    const count = byId("tab-button-problems").querySelector(".tab-count");
    this.count = /** @type {HTMLElement} */ (count);
    const write = onceAFrame(() => this.write());
    desk.store.addEventListener("changed", write);
    desk.store.addEventListener("figures", write);
    this.write();
  }

  write() {
    const { desk } = this;
    const found = desk.store.problems();
    this.count.hidden = !found.length;
    this.count.textContent = found.length > 99 ? "99+" : String(found.length);
    this.head.textContent = found.length
      ? desk.say("problems", "count", { count: desk.number(found.length) })
      : desk.say("problems", "noneShort");
    const focused = document.activeElement && /** @type {HTMLElement} */ (document.activeElement).dataset.problem;
    this.list.replaceChildren(...found.slice(0, SHOWN).map((one) => this._line(one)));
    if (!found.length) this.list.append(make("li", { class: "sheet-empty" }, desk.say("problems", "none")));
    const again = focused && this.list.querySelector(`[data-problem="${CSS.escape(focused)}"]`);
    if (again) again.focus();
  }

  /** @param {Trouble} one */
  _line(one) {
    return make("li", null, make("button", {
      type: "button", class: "thing", "data-problem": one.id, onclick: () => this._go(one),
    },
    make("span", { class: "thing-sign", "aria-hidden": "true" }, SIGNS[one.kind]),
    make("span", { class: "thing-told" }, problemTold(this.desk, one)),
    make("span", { class: "visually-hidden" }, this.desk.say("common", "goThere")),
    ));
  }

  /** @param {Trouble} one */
  _go(one) {
    if (one.cells.length) {
      if (one.grid) this.desk.guide.choose(one.grid);
      this.desk.goToCells(one.cells);
    } else {
      this.desk.goToGrid(one.grid);
    }
  }
}

/** What a problem is, in words.
 * @param {Desk} desk
 * @param {Trouble} one
 */
export function problemTold(desk, one) {
  const compound = desk.store.compounds[one.compound];
  return desk.say("problems", one.kind, {
    name: desk.gridName(one.grid),
    households: desk.number(one.households),
    by: desk.number(one.by),
    blocks: desk.number(one.cells.length),
    compound: compound ? desk.nameOf(compound) : one.compound,
  });
}
