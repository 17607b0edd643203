/** The own cases, those due first; without a network the list as it was last. */

import { make } from "../plan/page.js";
import { CaseView } from "./case_view.js";
import { nameOfKept } from "./store.js";

const ISSUES = "/api/v1/issues";
const PAGE = 30;

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./case_view.js").Summary} Summary
 */

/** The tab of the list. */
export class ListTab {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   */
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.building = "";
    /** @type {Summary[]} */
    this.issues = [];
    /** @type {string | null} */
    this.next = null;
    this.at = "";
    this._asked = 0;
    app.on("area", () => this.filter && this._offer());
    app.on("sent", () => this.opened && this._load());
    window.addEventListener("online", () => this.opened && this._load());
  }

  /** @param {string} [building] code */
  open(building) {
    this.opened = true;
    if (building !== undefined) this.building = building;
    this._build();
    this._load();
  }

  leave() {
    this.opened = false;
  }

  /** @param {string} id */
  openCase(id) {
    this.opened = false;
    const known = this.issues.find((one) => one.id === id) || null;
    new CaseView(this.app, this.host, id, known).open();
  }

  _build() {
    const { app } = this;
    this.filter = make("select", { id: "list-building", onchange: () => {
      this.building = this.filter.value;
      history.replaceState(null, "", this.building ? `#list/${encodeURIComponent(this.building)}` : "#list");
      this._load();
    } });
    this._offer();
    this.status = make("p", { class: "small soft", role: "status" });
    this.rows = make("ul", { class: "cards" });
    this.more = make("button", { type: "button", class: "button button--wide", onclick: () => this._load(true) }, app.say("list", "more"));
    this.more.hidden = true;
    this.host.textContent = "";
    this.host.append(
      make("div", { class: "list-head" },
        make("label", { class: "field", for: "list-building" }, make("span", null, app.say("list", "building")), this.filter)),
      this.status, this.rows, this.more,
    );
    this._show();
  }

  _offer() {
    const { app } = this;
    const buildings = app.area ? app.area.buildings : [];
    this.filter.textContent = "";
    this.filter.append(
      make("option", { value: "" }, app.say("list", "all")),
      ...buildings.map((one) => make("option", { value: one.code }, app.buildingName(one))),
    );
    this.filter.value = this.building;
  }

  /** @param {boolean} [further] whether the next page is wanted */
  async _load(further = false) {
    const { app } = this;
    if (!app.account) return;
    this._asked += 1;
    const mine = this._asked;
    const values = new URLSearchParams({ queue: "open", order: "due", limit: String(PAGE) });
    if (this.building) values.set("building", this.building);
    if (further && this.next) values.set("cursor", this.next);
    const kept = nameOfKept("list", app.account.id);
    this.rows.setAttribute("aria-busy", "true");
    try {
      const answer = await app.ask("GET", `${ISSUES}?${values}`);
      if (mine !== this._asked) return;
      this.issues = further ? this.issues.concat(answer.issues) : answer.issues;
      this.next = answer.next;
      this.at = "";
      if (!this.building && !further) await app.keep(kept, { issues: this.issues, at: new Date().toISOString() });
    } catch (error) {
      if (mine !== this._asked) return;
      const last = await app.store.kept(kept);
      this.issues = last ? last.issues : [];
      this.next = null;
      this.at = last ? last.at : "-";
      this.wrong = app.reason(error);
    }
    this.rows.removeAttribute("aria-busy");
    this._show();
  }

  _show() {
    const { app } = this;
    this.rows.textContent = "";
    this.rows.append(...this.issues.map((one) => this._card(one)));
    this.more.hidden = !this.next;
    const late = this.issues.filter(({ due }) => due && due.overdue).length;
    const told = this.at === "-" ? this.wrong
      : this.at ? app.say("list", this.building ? "keptAll" : "keptAt", { time: app.moment(this.at) })
        : this.issues.length ? app.say("list", late ? "countLate" : "count", { count: this.issues.length, late })
          : this.rows.hasAttribute("aria-busy") ? "" : app.say("list", "none");
    this.status.textContent = told || "";
  }

  /** @param {Summary} issue */
  _card(issue) {
    const { app } = this;
    const grid = app.grids.length > 1 ? app.name(issue.routing.current_grid) : "";
    const facts = [issue.duty ? app.name(issue.duty) : app.say("list", "noDuty"), grid, app.moment(issue.occurred_at, issue.jurisdiction)];
    return make("li", null, make(
      "a", { class: `card case-card${issue.due && issue.due.overdue ? " case-card--late" : ""}`, href: `#case/${issue.id}` },
      make("span", { class: "card-head" },
        make("strong", { class: "figures" }, issue.number),
        make("span", { class: "badge" }, app.page.states[issue.state] || issue.state), dueOf(app, issue)),
      make("span", { class: "card-text" }, issue.text || app.say("list", "noWords")),
      make("span", { class: "card-foot soft small" }, facts.filter(Boolean).join(" · ")),
    ));
  }
}

/** When a case is due, marked where that is over.
 * @param {App} app
 * @param {Summary} issue
 */
export function dueOf(app, { due, jurisdiction }) {
  if (!due) return make("span", { class: "due soft small" }, app.say("list", "noClock"));
  if (due.paused) return make("span", { class: "due soft small" }, app.say("list", "paused"));
  const text = app.say("list", due.overdue ? "overdue" : "due", { stage: app.page.stages[due.stage] || due.stage, when: app.fromNow(due.due_at) });
  return make("span", { class: `due ${due.overdue ? "due--late" : ""}`, title: app.moment(due.due_at, jurisdiction) }, text);
}
