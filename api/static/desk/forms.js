/** What an action needs, asked for in place: words, a grid, a duty, a department, a time, photos. */

import { PhotoPicker, encoded } from "../issues/photos.js";
import { make } from "../plan/page.js";
import { DuplicateField } from "./duplicates.js";
import { Picker } from "./picker.js";
import { fromZone, inZone } from "./zones.js";

const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;
/** Spans by which a deadline is put off with one press. */
const ADDED = /** @type {[string, number][]} */ ([["addHours", 4 * HOUR_MS], ["addDay", DAY_MS], ["addDays", 3 * DAY_MS]]);
const WITH_PHOTOS = ["handle", "verify", "remark", "return", "reject"];
const NOTE_ROWS = "3";

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").Case} Case
 *
 * @typedef {object} Asked
 * @property {string} action
 * @property {string[]} needs
 * @property {any[]} issues cases: one with all that is told of it, or many of the list
 * @property {string} title
 * @property {(body: Record<string, any>, form: ActionForm) => Promise<void>} send
 * @property {() => void} left
 * @property {(chosen: ((code: string) => void) | null) => void} pickGrid lets a click on the map
 *   choose a grid; `null` ends that
 */

/** The form of one action on one case or on many. */
export class ActionForm {
  /**
   * @param {Board} board
   * @param {Asked} asked
   */
  constructor(board, asked) {
    this.board = board;
    this.asked = asked;
    /** @type {{name: string, needed: boolean, value: () => any, focus: () => void}[]} */
    this.fields = [];
    this.body = make("div", { class: "act-fields" });
    this.wrong = make("p", { class: "act-wrong", role: "alert", hidden: true });
    this.confirm = make("button", { type: "submit", class: "button button--primary act-confirm" }, board.say(`do_${asked.action}`));
    const cancel = make("button", { type: "button", class: "button", onclick: () => this.leave() }, board.say("cancel"));
    this.element = make(
      "form", { class: "act-form", novalidate: true, "aria-label": asked.title },
      make("h3", null, asked.title), this.body, this.wrong,
      make("div", { class: "act-row" }, this.confirm, cancel, make("span", { class: "soft small act-hint" }, board.say("sendHint"))),
    );
    this.element.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this._submit();
    });
    this.element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._key(event));
    for (const need of asked.needs) this._ask(need);
    if (!asked.needs.includes("reason") && !asked.needs.includes("note")) this._words("note", false);
    if (WITH_PHOTOS.includes(asked.action) && asked.issues.length === 1 && board.page.photosMax) this._photos();
  }

  /** Go to the first field that is still empty, else to the button that sends. */
  focus() {
    const first = this.fields.find(({ needed, value }) => needed && !value());
    if (first) first.focus();
    else this.confirm.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  leave() {
    this.asked.pickGrid(null);
    this.asked.left();
  }

  /** Say what stands against it.
   * @param {string} words
   */
  refuse(words) {
    this.wrong.textContent = words;
    this.wrong.hidden = false;
    this.element.removeAttribute("aria-busy");
    this.confirm.disabled = false;
  }

  async _submit() {
    const { board, asked } = this;
    const missing = this.fields.find(({ needed, value }) => needed && !value());
    if (missing) {
      this.refuse(board.say(`missing_${missing.name}`));
      missing.focus();
      return;
    }
    this.wrong.hidden = true;
    this.confirm.disabled = true;
    this.element.setAttribute("aria-busy", "true");
    /** @type {Record<string, any>} */
    const body = { action: asked.action };
    for (const { name, value } of this.fields) {
      const given = await value();
      if (given && (!Array.isArray(given) || given.length)) body[name] = given;
    }
    await asked.send(body, this);
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.leave();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this._submit();
    }
  }

  /** @param {string} need */
  _ask(need) {
    const { board } = this;
    const { page } = board;
    const one = this.asked.issues.length === 1 ? this.asked.issues[0] : null;
    const transfer = this.asked.action.startsWith("transfer_");
    const code = (/** @type {import("./wire.js").Named | null} */ thing) => (one && thing && !transfer ? thing.code : "");
    if (need === "reason" || need === "note") this._words(need, true);
    else if (need === "grid") this._grid(one, one ? code(one.routing.current_grid) : "");
    else if (need === "duty") {
      const choices = page.duties.map((duty) => ({
        code: duty.code, name: board.nameOf(duty), more: board.nameOf(board.departments.get(duty.department)),
      }));
      this._pick("duty", choices, one ? code(one.duty) : "");
    } else if (need === "department") {
      const own = transfer ? one && one.routing.department && one.routing.department.code : null;
      const choices = page.departments.filter((each) => each.code !== own)
        .map((each) => ({ code: each.code, name: board.nameOf(each) }));
      this._pick("department", choices, one ? code(one.routing.department) : "");
    } else if (need === "duplicate_of") this._duplicate();
    else if (need === "stage") this._deadline();
  }

  /**
   * @param {"note" | "reason"} name
   * @param {boolean} needed
   */
  _words(name, needed) {
    const { board } = this;
    const own = `${name}_${this.asked.action}`;
    const label = board.page.words[own] ? board.say(own) : board.say(needed ? name : "noteOptional");
    const area = make("textarea", { rows: NOTE_ROWS, maxlength: "2000", "aria-required": needed ? "true" : null });
    this.body.append(make("label", { class: "field" }, make("span", null, label), area));
    this.fields.push({ name, needed, value: () => area.value.trim(), focus: () => area.focus() });
  }

  /**
   * @param {"duty" | "department" | "grid"} name
   * @param {import("./picker.js").Choice[]} choices
   * @param {string} value
   * @returns {Picker}
   */
  _pick(name, choices, value) {
    const { board } = this;
    // Among many, each keeps the duty and the department that it has.
    const needed = this.asked.issues.length === 1 || this.asked.action.startsWith("transfer_");
    const picker = new Picker(board.say(name), choices, {
      value, required: needed, hint: board.say(needed ? "searchHint" : "ownHint"), none: board.say("nothingFits"),
    });
    this.body.append(picker.element);
    this.fields.push({ name, needed, value: () => picker.code, focus: () => picker.focus() });
    return picker;
  }

  /** A grid by code or name, by one press where the place points to it, or by a click on the map.
   * @param {Case | null} one
   * @param {string} value
   */
  _grid(one, value) {
    const { board, asked } = this;
    const own = one && one.routing.current_grid ? one.routing.current_grid.code : "";
    const transfer = asked.action === "transfer_grid";
    const choices = board.page.grids.filter(({ code }) => !transfer || code !== own).map((grid) => ({
      code: grid.code, name: board.nameOf(grid), more: board.nameOf(board.communities.get(grid.community)),
    }));
    const picker = this._pick("grid", choices, value);
    const routing = /** @type {any} */ (one ? one.routing : {});
    const near = (routing.candidates || []).map((/** @type {any} */ each) => [each.code, each.share ? board.percent(each.share) : board.metres(routing.distance_m || 0)]);
    if (routing.nearest && !near.some((/** @type {any} */ [code]) => code === routing.nearest.code)) {
      near.push([routing.nearest.code, board.metres(routing.distance_m || 0)]);
    }
    const fitting = near.filter((/** @type {any} */ [code]) => !transfer || code !== own);
    this.body.append(make("div", { class: "act-quick" },
      ...fitting.map((/** @type {[string, string]} */ [code, told]) => make(
        "button", { type: "button", class: "chip", onclick: () => picker.choose(code) }, board.gridName(code),
        told ? make("span", { class: "soft figures" }, ` ${told}`) : "")),
      make("span", { class: "soft small" }, board.say("orOnMap"))));
    asked.pickGrid((code) => {
      if (!choices.some((each) => each.code === code)) return;
      picker.choose(code);
      this.focus();
    });
  }

  _duplicate() {
    const field = new DuplicateField(this.board, this.asked.issues);
    this.body.append(field.element);
    this.fields.push({ name: "duplicate_of", needed: true, value: () => field.value, focus: () => field.focus() });
  }

  _deadline() {
    const { board } = this;
    const clocks = /** @type {import("./wire.js").Clock[]} */ (this.asked.issues[0].deadlines || []);
    const open = clocks.filter(({ state }) => state === "running" || state === "overdue" || state === "forecast");
    const stages = open.length ? open.map(({ stage }) => stage) : Object.keys(board.page.stages);
    const select = make("select", null, ...stages.map((stage) => make("option", { value: stage }, board.page.stages[stage])));
    const time = make("input", { type: "datetime-local", "aria-required": "true" });
    const zone = board.page.timeZone;
    const known = () => {
      const clock = open.find(({ stage }) => stage === select.value);
      return new Date(Math.max(clock ? Date.parse(clock.due_at) : Date.now(), Date.now()));
    };
    const fill = () => {
      time.value = inZone(known(), zone);
    };
    select.addEventListener("change", fill);
    fill();
    this.body.append(
      make("label", { class: "field" }, make("span", null, board.say("stage")), select),
      make("label", { class: "field" }, make("span", null, board.say("dueAt")), time),
      make("div", { class: "act-quick" }, ...ADDED.map(([key, span]) => make("button", {
        type: "button", class: "chip", onclick: () => {
          const from = time.value ? Date.parse(fromZone(time.value, zone)) : Date.now();
          time.value = inZone(new Date(from + span), zone);
        },
      }, board.say(key)))),
    );
    this.fields.push(
      { name: "stage", needed: true, value: () => select.value, focus: () => select.focus() },
      { name: "due_at", needed: true, value: () => (time.value ? fromZone(time.value, zone) : ""), focus: () => time.focus() },
    );
  }

  _photos() {
    const { board } = this;
    const host = make("div", { class: "act-photos" });
    const named = ["add", "working", "unread", "tooMany", "photo", "remove", "count"];
    /** @type {Record<string, string>} */
    const texts = {};
    for (const name of named) texts[name] = board.page.words[`photos_${name}`];
    const picker = new PhotoPicker(host, { texts, most: board.page.photosMax, onChange: () => undefined });
    this.body.append(host);
    this.fields.push({
      name: "photos", needed: false, value: () => Promise.all(picker.photos.map(encoded)), focus: () => picker.input.focus(),
    });
  }
}
