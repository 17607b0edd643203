/** One case: what was reported, its clocks and photos, and what may be done with it now. */

import { make } from "../plan/page.js";
import { newKey } from "../issues/asking.js";
import { PhotoPicker, encoded } from "../issues/photos.js";
import { dueOf } from "./list_tab.js";

const ISSUES = "/api/v1/issues";
const WITH_PHOTOS = ["handle", "verify", "reject", "feed_back", "remark"];
/** What can be asked for on this page; the other steps are the desk's. */
const ASKED = ["note", "reason", "duty", "grid", "duplicate_of"];
/** The steps that lead on, before those that lead elsewhere. */
const MAIN = ["sort", "handle", "verify", "feed_back", "accept", "resume", "reopen"];
const MOST_WORDS = "2000";

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./app.js").Named} Named
 *
 * @typedef {object} Summary a case as lists have it
 * @property {string} id
 * @property {string} number
 * @property {string} jurisdiction its slug
 * @property {string} state
 * @property {string | null} text
 * @property {string} occurred_at
 * @property {Named | null} duty
 * @property {{lon: number, lat: number} | null} location
 * @property {{current_grid: Named | null, department: Named | null}} routing
 * @property {number} version
 * @property {{stage: string, due_at: string, overdue: boolean, paused: boolean} | null} due
 *
 * @typedef {Summary & {public: boolean, my_actions: string[], photos: {number: number, url: string, event: number}[],
 *   deadlines: {stage: string, state: string, due_at: string}[]}} Case
 *
 * @typedef {{name: string, needed: boolean, value: () => any, element: HTMLElement}} Field
 */

/** A case with its steps. */
export class CaseView {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   * @param {string} id
   * @param {Summary | null} known as the list has it
   */
  constructor(app, host, id, known) {
    this.app = app;
    this.host = host;
    this.id = id;
    this.known = known;
  }

  async open() {
    this.host.textContent = "";
    this._head(this.known);
    try {
      this._show(await this.app.ask("GET", `${ISSUES}/${this.id}`));
    } catch (error) {
      if (this._left()) return;
      this._head(this.known);
      this.host.append(make("p", { class: "note note--caution", role: "alert" }, this.app.reason(error)));
    }
  }

  /** Whether the reader is elsewhere by now. */
  _left() {
    return !location.hash.endsWith(this.id);
  }

  /** @param {Summary | null} issue */
  _head(issue) {
    const { app } = this;
    this.host.textContent = "";
    this.host.append(make("p", null, make("a", { class: "link", href: "#list" }, app.say("act", "back"))));
    if (!issue) return;
    this.host.append(
      make("div", { class: "case-head" }, make("h2", { class: "figures" }, issue.number),
        make("span", { class: "badge" }, app.page.states[issue.state] || issue.state), dueOf(app, issue)),
      make("p", { class: "case-text" }, issue.text || app.say("list", "noWords")),
      make("p", { class: "soft small" }, [
        issue.duty ? app.name(issue.duty) : app.say("list", "noDuty"), app.name(issue.routing.current_grid),
        app.name(issue.routing.department), app.moment(issue.occurred_at, issue.jurisdiction)].filter(Boolean).join(" · ")),
    );
  }

  /** @param {Case} issue */
  _show(issue) {
    const { app } = this;
    if (this._left()) return;
    this.issue = issue;
    this._head(issue);
    if (issue.photos.length) {
      this.host.append(make("ul", { class: "photos" }, ...issue.photos.map((one) => make("li", null,
        make("a", { href: one.url, target: "_blank" }, make("img", {
          src: one.url, loading: "lazy", alt: app.say("photos", "photo", { number: one.number }),
        }))))));
    }
    const needs = app.page.needs[issue.state] || {};
    const done = issue.public ? "show" : "hide";
    const mine = issue.my_actions.filter((action) =>
      action !== done && (needs[action] || []).every((need) => ASKED.includes(need)));
    const order = mine.sort((one, other) => place(one) - place(other));
    this.steps = make("div", { class: "steps", role: "group", "aria-label": app.say("act", "steps") },
      ...order.map((action, number) => make("button", {
        type: "button", class: number === 0 && MAIN.includes(action) ? "button button--primary" : "button",
        onclick: () => this._ask(action, needs[action] || []),
      }, app.page.actions[action] || action)));
    this.asked = make("div");
    this.status = make("p", { class: "field-error", role: "alert" });
    this.status.hidden = true;
    this.host.append(
      order.length ? this.steps : make("p", { class: "soft" }, app.say("act", "nothing")), this.status, this.asked,
      this._clocks(issue), make("p", null, make("a", { class: "link", href: `/cases/${issue.id}` }, app.say("act", "history"))),
    );
  }

  /** @param {Case} issue */
  _clocks({ deadlines, jurisdiction }) {
    const { app } = this;
    const running = deadlines.filter(({ state }) => state !== "forecast");
    if (!running.length) return "";
    return make("dl", { class: "facts" }, ...running.map(({ stage, state, due_at: due }) => make(
      "div", { "data-clock": state }, make("dt", null, app.page.stages[stage] || stage),
      make("dd", null, app.moment(due, jurisdiction), " ", make("span", { class: "small soft" }, app.say("act", `clock_${state}`))))));
  }

  /** Ask for what a step needs.
   * @param {string} action
   * @param {string[]} needs
   */
  _ask(action, needs) {
    const { app } = this;
    const issue = /** @type {Case} */ (this.issue);
    /** @type {Field[]} */
    const fields = needs.filter((need) => !(need === "grid" && action !== "transfer_grid" && issue.routing.current_grid))
      .map((need) => this._field(need, action));
    if (!needs.includes("note") && !needs.includes("reason")) fields.push(this._words("note", false));
    /** @type {PhotoPicker | null} */
    let photos = null;
    const host = make("div");
    if (WITH_PHOTOS.includes(action) && app.page.photosMost) {
      photos = new PhotoPicker(host, {
        id: "step-photos", texts: app.page.texts.photos, most: app.page.photosMost, onChange: () => undefined,
      });
    }
    const key = newKey();
    const go = make("button", { type: "submit", class: "button button--primary" }, app.page.actions[action] || action);
    const form = make(
      "form", { class: "step-form panel", novalidate: true, "aria-label": app.page.actions[action] || action },
      make("h3", null, app.page.actions[action] || action), ...fields.map(({ element }) => element), host,
      make("p", { class: "draft-ways" }, go,
        make("button", { type: "button", class: "button", onclick: () => { this.asked.textContent = ""; } }, app.say("act", "cancel"))),
    );
    form.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      go.disabled = true;
      await this._do(action, fields, photos ? photos.photos : [], key);
      go.disabled = false;
    });
    this.asked.textContent = "";
    this.asked.append(form);
    this.status.hidden = true;
    const first = form.querySelector("textarea, select");
    if (first) first.focus();
    form.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} action
   * @param {Field[]} fields
   * @param {import("../issues/photos.js").Photo[]} photos
   * @param {string} key
   */
  async _do(action, fields, photos, key) {
    const { app } = this;
    const missing = fields.find(({ needed, value }) => needed && !value());
    if (missing) {
      this._refuse(app.say("act", `missing_${missing.name}`));
      const control = missing.element.querySelector("textarea, select");
      if (control) /** @type {HTMLElement} */ (control).focus();
      return;
    }
    /** @type {Record<string, any>} */
    const body = { action, version: /** @type {Case} */ (this.issue).version };
    for (const { name, value } of fields) if (value()) body[name] = value();
    if (photos.length) body.photos = await Promise.all(photos.map(encoded));
    try {
      this._show(await app.ask("POST", `${ISSUES}/${this.id}/actions`, body, key));
      this.host.prepend(make("p", { class: "note", role: "status" }, app.say("act", "done", { step: app.page.done[action] || action })));
    } catch (error) {
      this._refuse(app.reason(error));
    }
  }

  /** @param {string} words */
  _refuse(words) {
    this.status.textContent = words;
    this.status.hidden = false;
    this.status.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} need
   * @param {string} action
   * @returns {Field}
   */
  _field(need, action) {
    const { app } = this;
    const issue = /** @type {Case} */ (this.issue);
    if (need === "note" || need === "reason") return this._words(need, true);
    if (need === "duplicate_of") return this._duplicate();
    const area = /** @type {import("./app.js").Area} */ (app.area);
    const own = issue.routing.current_grid ? issue.routing.current_grid.code : "";
    const all = need === "duty" ? area.duties
      : area.grids.filter(({ code }) => action !== "transfer_grid" || code !== own);
    const present = need === "duty" && issue.duty ? issue.duty.code : "";
    return this._choice(need, all.map((one) => [one.code, app.name(one)]), present);
  }

  /**
   * @param {string} name
   * @param {boolean} needed
   * @returns {Field}
   */
  _words(name, needed) {
    const area = make("textarea", { rows: "3", maxlength: MOST_WORDS, "aria-required": needed ? "true" : null });
    const label = this.app.say("act", needed ? name : "noteOptional");
    return { name, needed, value: () => area.value.trim(), element: make("label", { class: "field" }, make("span", null, label), area) };
  }

  /**
   * @param {string} name
   * @param {string[][]} choices
   * @param {string} present
   * @returns {Field}
   */
  _choice(name, choices, present) {
    const select = make("select", { "aria-required": "true" }, make("option", { value: "" }, ""),
      ...choices.map(([code, label]) => make("option", { value: code }, label)));
    select.value = present;
    return {
      name, needed: true, value: () => select.value,
      element: make("label", { class: "field" }, make("span", null, this.app.say("act", name)), select),
    };
  }

  /** The cases near by that it may be the same as.
   * @returns {Field}
   */
  _duplicate() {
    const { app } = this;
    const field = this._choice("duplicate_of", [], "");
    const select = /** @type {HTMLSelectElement} */ (field.element.querySelector("select"));
    const { location: place } = /** @type {Case} */ (this.issue);
    if (!place) return field;
    app.ask("GET", `${ISSUES}/nearby?lon=${place.lon}&lat=${place.lat}`).then(({ issues }) => {
      for (const one of issues) {
        if (one.id === this.id) continue;
        select.append(make("option", { value: one.id }, `${one.number} · ${one.distance_m} m · ${one.text || ""}`));
      }
      if (select.options.length === 1) this._refuse(app.say("act", "nothingNear"));
    }).catch((error) => this._refuse(app.reason(error)));
    return field;
  }
}

/** @param {string} action */
function place(action) {
  const found = MAIN.indexOf(action);
  return found < 0 ? MAIN.length : found;
}
