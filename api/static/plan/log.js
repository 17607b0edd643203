/** The log: who changed what and when; taking a step back, marks, coming back to a state. */

import { byId, icon, make } from "./page.js";

const PART = 100;
/** How near the end of the list the reader is when more is fetched. */
const AHEAD_PX = 400;
const VERBS = new Set([
  "paint", "erase", "cut", "border", "split", "merge", "create", "retire", "rename", "lock", "unlock",
  "lock_grid", "unlock_grid", "undo", "redo", "proposal",
]);

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./store.js").Entry} Entry
 *
 * @typedef {object} Mark
 * @property {number} id
 * @property {number} version
 * @property {string} name
 * @property {string} at
 * @property {{id: number, name: string} | null} by
 */

/** The log, the latest first. */
export class LogList {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   */
  constructor(desk, sheet) {
    this.desk = desk;
    /** Entries by number.
     * @type {Map<number, Entry & {undone_by?: number | null}>} */
    this.entries = new Map();
    /** @type {Mark[]} */
    this.marks = [];
    this.oldest = Infinity;
    this.reading = false;
    this.opened = false;
    this._build(sheet);
    desk.store.addEventListener("entry", (/** @type {any} */ event) => this._hear(event.detail.entry));
    desk.store.addEventListener("mark", () => this.opened && this._readMarks());
    desk.addEventListener("meta", () => this.opened && this.write());
  }

  /** Read what there is, when the sheet is shown for the first time. */
  async open() {
    if (this.opened) return;
    this.opened = true;
    await this.desk.attempt(async () => {
      await this._readMarks();
      await this._readMore();
    });
  }

  /** @param {HTMLElement} sheet */
  _build(sheet) {
    const { desk } = this;
    this.mark = make("button", { type: "button", class: "plan-mini push", hidden: true, onclick: () => this._askForMark() },
      icon("mark"), desk.say("log", "mark"));
    this.list = make("ol", { class: "things" });
    this.body = make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-log" }, this.list);
    this.body.addEventListener("scroll", () => this._nearTheEnd() && this._readMore());
    sheet.replaceChildren(
      make("div", { class: "sheet-head" }, make("h2", null, byId("tab-button-log").textContent || ""), this.mark),
      this.body,
    );
  }

  _nearTheEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.body;
    return scrollHeight - scrollTop - clientHeight < AHEAD_PX;
  }

  /** @param {Entry} entry */
  _hear(entry) {
    this.entries.set(entry.seq, entry);
    const undone = entry.undoes === null ? undefined : this.entries.get(entry.undoes);
    if (undone) undone.undone_by = entry.seq;
    this.oldest = Math.min(this.oldest, entry.seq);
    if (this.opened) this.write();
  }

  async _readMarks() {
    const told = await this.desk.ask("GET", "marks");
    this.marks = told.marks;
    this.write();
  }

  /** Read the entries before those that are here. */
  async _readMore() {
    if (this.reading || this.oldest <= 1) return;
    this.reading = true;
    const before = Math.min(this.oldest - 1, this.desk.store.version);
    const after = Math.max(0, before - PART);
    try {
      const { entries } = await this.desk.ask("GET", `log?after=${after}&limit=${Math.max(1, before - after)}`);
      for (const entry of entries) this.entries.set(entry.seq, entry);
      this.oldest = after + 1;
      this.write();
    } finally {
      this.reading = false;
    }
    if (this.opened && this._nearTheEnd() && this.body.clientHeight) await this._readMore();
  }

  write() {
    const { desk } = this;
    this.mark.hidden = !desk.may("edit");
    /** @type {Node[]} */
    const lines = [];
    let day = "";
    const sequence = Array.from(this.entries.keys()).sort((one, other) => other - one);
    for (const mark of this.marks.filter((one) => !this.entries.has(one.version) && one.version >= this.oldest)) {
      lines.push(this._markLine(mark));
    }
    for (const seq of sequence) {
      const entry = /** @type {Entry} */ (this.entries.get(seq));
      const its = this._day(entry.at);
      if (its !== day) lines.push(make("li", { class: "day" }, its));
      day = its;
      for (const mark of this.marks.filter((one) => one.version === seq)) lines.push(this._markLine(mark));
      lines.push(this._line(entry));
    }
    if (this.oldest <= 1 || !desk.store.version) lines.push(this._beginning());
    this.list.replaceChildren(...lines);
  }

  /** @param {string} at */
  _day(at) {
    const { desk } = this;
    const its = desk.day(at);
    const now = Date.now();
    if (its === desk.day(new Date(now).toISOString())) return desk.say("log", "today");
    if (its === desk.day(new Date(now - 24 * 3600 * 1000).toISOString())) return desk.say("log", "yesterday");
    return its;
  }

  _beginning() {
    const { base } = this.desk.meta || { base: null };
    return make("li", null, make("div", { class: "thing" },
      make("span", { class: "thing-sign thing-sign--soft", "aria-hidden": "true" }, "0"),
      make("span", { class: "thing-told" }, this.desk.say("log", "beginning", { base: base ? base.label : "–" })),
      make("span", { class: "thing-acts" }, this.desk.store.version && this.desk.may("edit") ? this._restore(0) : "")));
  }

  /** @param {Mark} mark */
  _markLine(mark) {
    const { desk } = this;
    const acts = make("span", { class: "thing-acts" });
    if (desk.may("edit")) {
      acts.append(this._restore(mark.version), make("button", {
        type: "button", class: "plan-mini plan-mini--bare", "aria-label": `${desk.say("log", "removeMark")}: ${mark.name}`,
        title: desk.say("log", "removeMark"),
        onclick: (/** @type {Event} */ event) => desk.attempt(async () => {
          await desk.ask("DELETE", `marks/${mark.id}`);
          await this._readMarks();
        }, event.currentTarget),
      }, icon("close")));
    }
    return make("li", { class: "mark-row" }, make("div", { class: "thing" }, icon("mark"),
      make("span", { class: "thing-told" }, make("strong", null, mark.name),
        make("small", null, `${desk.say("log", "step", { seq: mark.version })} · ${desk.personName(mark.by)}`)),
      acts));
  }

  /** @param {Entry & {undone_by?: number | null}} entry */
  _line(entry) {
    const { desk } = this;
    const undone = Boolean(entry.undone_by);
    const acts = make("span", { class: "thing-acts" });
    if (desk.may("edit")) {
      if (!undone) acts.append(this._undo(entry.seq));
      if (entry.seq < desk.store.version) acts.append(this._restore(entry.seq));
    }
    const when = make("time", { datetime: entry.at }, desk.clock(entry.at));
    return make("li", { class: undone ? "thing--undone" : null }, make("div", { class: "thing" },
      make("span", { class: "thing-sign thing-sign--round", "aria-hidden": "true" }, initial(desk.personName(entry.account))),
      make("span", { class: "thing-told" }, make("span", null, this.told(entry)),
        make("small", null, desk.personName(entry.account), " · ", when, ` · ${desk.say("log", "step", { seq: entry.seq })}`,
          undone ? ` · ${desk.say("log", "undone")}` : "")),
      acts));
  }

  /** @param {number} seq */
  _undo(seq) {
    const { desk } = this;
    return make("button", {
      type: "button", class: "plan-mini plan-mini--bare", title: desk.say("log", "undoThis"),
      "aria-label": `${desk.say("log", "undoThis")}: ${desk.say("log", "step", { seq })}`,
      onclick: (/** @type {Event} */ event) => desk.attempt(
        () => desk.store.request("undo", { seq }).catch(() => undefined), event.currentTarget),
    }, icon("undo"));
  }

  /** @param {number} version */
  _restore(version) {
    const { desk } = this;
    return make("button", {
      type: "button", class: "plan-mini plan-mini--bare",
      "aria-label": `${desk.say("log", "restore")}: ${desk.say("log", "step", { seq: version })}`,
      title: desk.say("log", "restore"),
      onclick: async () => {
        const yes = await desk.confirm(desk.say("log", "restoreTo", { version }), desk.say("log", "restoreHint"), desk.say("log", "restore"));
        if (yes) await desk.attempt(() => desk.store.request("restore", { version }).catch(() => undefined));
      },
    }, icon("log"));
  }

  _askForMark() {
    const { desk } = this;
    const field = make("input", { class: "sheet-field", maxlength: "80", required: true });
    const save = make("button", { type: "submit", class: "plan-mini plan-mini--main" }, desk.say("common", "save"));
    const form = make("form", { class: "dialog-row" },
      make("label", { class: "field grow" }, make("span", null, desk.say("log", "markName")), field), save);
    const dialog = desk.dialog(desk.say("log", "mark"), [make("p", { class: "soft" }, desk.say("log", "markHere")), form], []);
    field.focus();
    form.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      await desk.attempt(async () => {
        await desk.ask("POST", "marks", { name: field.value, version: desk.store.version });
        dialog.close();
        await this._readMarks();
      }, save);
    });
  }

  /** What an entry did, in words.
   * @param {Entry} entry
   */
  told(entry) {
    const { desk } = this;
    const owners = entry.changes.owner || {};
    const cells = new Set([...Object.keys(owners), ...Object.keys(entry.changes.lock || {})]);
    const [named] = this._grids(entry);
    const version = entry.detail.version === undefined ? "" : entry.detail.version;
    const key = entry.verb === "restore" ? "restored" : VERBS.has(entry.verb) ? entry.verb : "other";
    return desk.say("log", key, {
      cells: desk.say("common", "blocks", { count: desk.number(cells.size) }),
      grid: named ? this._nameOf(named) : desk.say("log", "outside"),
      seq: entry.undoes === null ? "" : entry.undoes,
      version,
    });
  }

  /** Name of a grid, also of one that came and went since the draft began.
   * @param {string} key
   */
  _nameOf(key) {
    const { desk, entries } = this;
    if (desk.isKnown(key)) return desk.gridName(key);
    const told = Array.from(entries.values()).map(({ changes }) => (changes.grid || {})[key]).filter(Boolean);
    const [was, is] = told.length ? told[told.length - 1] : [null, null];
    return desk.nameOf(is || was) || desk.say("log", "outside");
  }

  /** Grids that an entry is about, the most concerned first.
   * @param {Entry} entry
   */
  _grids(entry) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    const count = (/** @type {string | null} */ grid) => grid && counts.set(grid, (counts.get(grid) || 0) + 1);
    const { grid = {}, grid_lock: locks = {}, owner = {} } = entry.changes;
    const own = entry.detail.grid;
    if (own && this.desk.isKnown(own)) return [own];
    if (!["paint", "erase", "merge"].includes(entry.verb)) Object.keys(grid).concat(Object.keys(locks)).forEach(count);
    if (!counts.size) {
      for (const [was, becomes] of Object.values(owner)) count(entry.verb === "erase" ? was : becomes || was);
    }
    return Array.from(counts).sort((one, other) => other[1] - one[1]).map(([key]) => key);
  }
}

/** The sign that stands for a person: the name's first letter, or its last Chinese character.
 * @param {string} name
 */
export function initial(name) {
  const bare = name.replace(/[（(].*$/, "").trim() || name;
  return /[\u4e00-\u9fff]/.test(bare) ? bare.slice(-1) : bare.slice(0, 1).toUpperCase();
}
