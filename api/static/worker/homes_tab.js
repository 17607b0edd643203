/** Households by building, unit and door; visits written down, also without a network. */

import { make } from "../plan/page.js";
import { newKey } from "../issues/asking.js";

const MOST_REMARK = "2000";
const MINUTE_MS = 60000;

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./app.js").Door} Door
 * @typedef {import("./app.js").WorkBuilding} WorkBuilding
 * @typedef {import("./app.js").WorkUnit} WorkUnit
 * @typedef {import("./store.js").Draft} Draft
 */

/** The tab of the households. */
export class HomesTab {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   */
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.code = "";
    /** @type {Draft | null} the visit that is being changed */
    this.draft = null;
    app.on("area", () => this.opened && this.open());
    app.on("drafts", () => this.opened && this._sayWaiting());
  }

  /** @param {string} [code] of a building */
  open(code) {
    this.opened = true;
    if (code) this.code = code;
    const { app } = this;
    const buildings = (app.area ? app.area.buildings : []).filter(({ units }) => units.some(({ doors }) => doors.length));
    if (!buildings.length) {
      this.host.textContent = app.say("homes", app.area ? "none" : "loading");
      return;
    }
    if (!buildings.some((one) => one.code === this.code)) this.code = buildings[0].code;
    const choice = make("select", { id: "homes-building", onchange: () => {
      this.code = choice.value;
      this._units();
    } }, ...buildings.map((one) => make("option", { value: one.code }, app.buildingName(one))));
    choice.value = this.code;
    this.units = make("div", { class: "homes-units", role: "group", "aria-label": app.say("homes", "unit") });
    this.doors = make("div", { class: "doors", role: "group", "aria-label": app.say("homes", "doors") });
    this.panel = make("section", { class: "home-panel" });
    this.panel.hidden = true;
    this.waiting = make("p", { class: "small soft", role: "status" });
    this.host.textContent = "";
    this.host.append(
      make("label", { class: "field", for: "homes-building" }, make("span", null, app.say("homes", "building")), choice),
      this.units, this.doors, this.waiting, this.panel,
    );
    this._units();
    this._sayWaiting();
  }

  leave() {
    this.opened = false;
  }

  /** @returns {WorkBuilding} */
  _building() {
    return /** @type {WorkBuilding} */ (this.app.building(this.code));
  }

  _units() {
    const { app } = this;
    const { units } = this._building();
    this.units.textContent = "";
    this.units.append(...units.map((unit) => make("button", {
      type: "button", class: "chip", "aria-pressed": "false",
      onclick: (/** @type {any} */ event) => this._openUnit(unit, event.currentTarget),
    }, unit.name || app.say("position", "unitNumber").replace("%(number)s", String(unit.number)))));
    if (units.length) this._openUnit(units[0], this.units.querySelector("button"));
  }

  /** @param {WorkUnit} unit @param {HTMLElement} button */
  _openUnit(unit, button) {
    press(this.units, button);
    this.panel.hidden = true;
    this.doors.textContent = "";
    this.doors.append(...unit.doors.map((door) => make("button", {
      type: "button", class: "chip door", "aria-pressed": "false", "data-household": String(door.id),
      onclick: (/** @type {any} */ event) => {
        press(this.doors, event.currentTarget);
        this._openDoor(unit, door);
      },
    }, door.room)));
    if (!unit.doors.length) this.doors.append(make("p", { class: "soft" }, this.app.say("homes", "noDoors")));
  }

  /** @param {WorkUnit} unit @param {Door} door @returns {string} */
  _label(unit, door) {
    return [this.app.buildingName(this._building()), unit.name, door.room].filter(Boolean).join(" ");
  }

  /**
   * @param {WorkUnit} unit
   * @param {Door} door
   */
  _openDoor(unit, door) {
    const { app } = this;
    const building = this._building();
    const people = make("p", { class: "small soft home-who" });
    const visits = make("div", { class: "visits", "aria-live": "polite" });
    this.panel.hidden = false;
    this.panel.textContent = "";
    this.panel.append(
      make("h2", { tabindex: "-1" }, this._label(unit, door)), people,
      this._form(unit, door), make("h3", null, app.say("homes", "visits")), visits,
      make("p", null, make("a", {
        class: "link", href: `/households?building=${encodeURIComponent(building.code)}&jurisdiction=${encodeURIComponent(building.jurisdiction)}`,
      }, app.say("homes", "residents"))),
    );
    this.panel.scrollIntoView({ block: "nearest" });
    this._visits(door, visits);
    this._people(building, door, people);
  }

  /** Who lives there, masked: shown while there is a network, and kept nowhere.
   * @param {WorkBuilding} building
   * @param {Door} door
   * @param {HTMLElement} host
   */
  async _people(building, door, host) {
    const place = new URLSearchParams({ building: building.code, jurisdiction: building.jurisdiction });
    try {
      const { households } = await this.app.ask("GET", `/api/v1/households?${place}`);
      const home = households.find((/** @type {any} */ one) => one.id === door.id);
      if (!home) return;
      const names = home.residents.map((/** @type {any} */ one) => one.name);
      host.textContent = [this.app.say("homes", "people", { count: home.people }), ...names].join(" · ");
    } catch {
      host.textContent = "";
    }
  }

  /** The visits to a household: those that wait here, and those the service has.
   * @param {Door} door
   * @param {HTMLElement} host
   */
  async _visits(door, host) {
    const { app } = this;
    const { jurisdiction } = this._building();
    const row = (/** @type {string} */ at, /** @type {string} */ remark, /** @type {string} */ who) =>
      visitRow(app.moment(at, jurisdiction), remark, who);
    const rows = app.drafts.filter(({ kind, body }) => kind === "visit" && body.household === door.id).reverse()
      .map(({ body, refused }) => row(body.visited_at, body.remark, app.say("homes", refused ? "refused" : "waits")));
    const list = make("ul", { class: "rows" }, ...rows);
    host.textContent = "";
    host.append(list);
    try {
      const { visits } = await app.ask("GET", `/api/v1/households/${door.id}/visits`);
      list.append(...visits.map((/** @type {any} */ one) => row(one.visited_at, one.remark, one.visitor)));
      if (!list.childElementCount) host.append(make("p", { class: "soft" }, app.say("homes", "noVisits")));
    } catch (error) {
      host.append(make("p", { class: "soft small" }, app.say("homes", "visitsLater", { reason: app.reason(error) })));
    }
  }

  /** The form of a visit.
   * @param {WorkUnit} unit
   * @param {Door} door
   */
  _form(unit, door) {
    const { app } = this;
    const { draft } = this;
    const before = draft && draft.body.household === door.id ? draft : null;
    const at = make("input", { type: "datetime-local", value: localOf(before ? new Date(before.body.visited_at) : new Date()), max: localOf(new Date(Date.now() + MINUTE_MS)), "aria-required": "true" });
    const remark = make("textarea", { rows: "3", maxlength: MOST_REMARK, placeholder: app.say("homes", "remarkHint") });
    remark.value = before ? before.body.remark : "";
    const wrong = make("p", { class: "field-error", role: "alert" });
    wrong.hidden = !(before && before.refused);
    if (before && before.refused) wrong.textContent = before.refused.fields.map(({ message }) => message).join(" ") || before.refused.detail;
    const form = make(
      "form", { class: "visit-form", novalidate: true, "aria-label": app.say("homes", "write") },
      make("label", { class: "field" }, make("span", null, app.say("homes", "at")), at),
      make("label", { class: "field" }, make("span", null, app.say("homes", "remark")), remark), wrong,
      make("button", { type: "submit", class: "button button--primary" }, app.say("homes", "write")),
    );
    form.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      const time = new Date(at.value);
      if (Number.isNaN(time.getTime()) || time.getTime() > Date.now() + MINUTE_MS) {
        wrong.textContent = app.say("homes", "noTime");
        wrong.hidden = false;
        at.focus();
        return;
      }
      wrong.hidden = true;
      try {
        await this._keep(before, this._label(unit, door), door.id, time, remark.value.trim());
        this.draft = null;
        this._openDoor(unit, door);
        this.panel.querySelector("h2").focus();
      } catch {
        wrong.textContent = app.say("report", "full");
        wrong.hidden = false;
      }
    });
    return form;
  }

  /**
   * @param {Draft | null} before
   * @param {string} label
   * @param {number} household
   * @param {Date} time
   * @param {string} remark
   */
  async _keep(before, label, household, time, remark) {
    const { app } = this;
    const key = before ? before.key : newKey();
    // A time that was not touched since the form was opened is now, not the minute's beginning.
    const at = new Date(Math.min(Date.now(), time.getTime())).toISOString();
    await app.keepDraft({
      key, kind: "visit", label, photos: [], tried: 0, refused: null,
      account: /** @type {{id: number}} */ (app.account).id,
      body: { id: key, household, visited_at: at, remark },
      written: before ? before.written : new Date().toISOString(),
    });
  }

  /** Open a visit that waits to change it.
   * @param {Draft} draft
   */
  edit(draft) {
    const { app } = this;
    for (const building of app.area ? app.area.buildings : []) {
      for (const unit of building.units) {
        const door = unit.doors.find(({ id }) => id === draft.body.household);
        if (!door) continue;
        this.draft = draft;
        this.open(building.code);
        const place = building.units.indexOf(unit);
        this._openUnit(unit, this.units.querySelectorAll("button")[place]);
        press(this.doors, this.doors.querySelector(`[data-household="${door.id}"]`));
        this._openDoor(unit, door);
        return;
      }
    }
  }

  _sayWaiting() {
    const { app } = this;
    if (!this.waiting) return;
    const count = app.drafts.filter(({ kind }) => kind === "visit").length;
    this.waiting.textContent = count ? app.say("homes", "waiting", { count }) : "";
  }
}

/**
 * @param {string} at as people say it
 * @param {string} remark
 * @param {string} who
 */
function visitRow(at, remark, who) {
  return make("li", { class: "visit" },
    make("p", null, make("strong", { class: "figures" }, at), make("span", { class: "small soft" }, ` ${who}`)),
    remark && make("p", { class: "visit-remark" }, remark));
}

/** @param {HTMLElement} group @param {Element | null} pressed */
function press(group, pressed) {
  for (const one of group.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === pressed));
}

/** A time as its field has it, in the time of the device.
 * @param {Date} time
 */
function localOf(time) {
  return new Date(time.getTime() - time.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}
