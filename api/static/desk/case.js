/** The case that is open: all that is told of it, what may be done with it, and doing it. */

import { byId, icon, make } from "../plan/page.js";
import { Refused } from "../plan/wire.js";
import { chainOf, clocksOf, factsOf, historyOf, part, photosOf, placeOf } from "./case_parts.js";
import { ActionForm } from "./forms.js";
import { dueMark, stateBadge } from "./list.js";
import { reporterOf } from "./reporter.js";
import { act, newKey, readCase, readNear } from "./wire.js";

const CONFLICT = 409;
const NOT_FOUND = 404;
/** Actions that stand apart from the step that is next. */
const ASIDE = ["mark_duplicate", "cancel", "transfer_grid", "transfer_department", "set_deadline", "show", "hide", "remark"];

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./desk_map.js").DeskMap} DeskMap
 * @typedef {import("./wire.js").Case} Case
 * @typedef {import("./wire.js").Happened} Happened
 * @typedef {import("./live.js").Change} Change
 */

/** Actions that are offered for a case: "show" or "hide", whichever changes something.
 * @param {{public: boolean}} issue
 * @param {string[]} actions
 */
export function offered(issue, actions) {
  return actions.filter((one) => one !== (issue.public ? "show" : "hide"));
}

/** The open case. Dispatches `acted` with the case as it is then. */
export class CasePane extends EventTarget {
  /**
   * @param {Board} board
   * @param {DeskMap} map
   */
  constructor(board, map) {
    super();
    this.board = board;
    this.map = map;
    this.element = byId("desk-case");
    /** @type {Case | null} */
    this.issue = null;
    /** @type {Happened[]} */
    this.history = [];
    /** @type {{name: string, phone: string} | null} */
    this.reporter = null;
    /** @type {string[]} */
    this.gaps = [];
    /** @type {ActionForm | null} */
    this.form = null;
    this.busy = false;
    board.addEventListener("case", () => this.load());
  }

  /** Show the case that is open now, or nothing. */
  async load() {
    const { board } = this;
    const id = board.open;
    this._leaveForm();
    byId("desk").classList.toggle("desk--case", Boolean(id));
    this.element.hidden = !id;
    window.dispatchEvent(new Event("resize"));
    if (!id) {
      this.issue = null;
      this.map.open(null);
      return;
    }
    if (!this.issue || this.issue.id !== id) this.element.setAttribute("aria-busy", "true");
    if (await this._read(id)) {
      this._show();
      this.element.scrollTop = 0;
      const { issue } = this;
      if (issue) board.announce(board.say("opened", { number: issue.number, state: board.page.states[issue.state] }));
    }
    this.element.removeAttribute("aria-busy");
  }

  /** What one may do with the case now.
   * @returns {string[]}
   */
  actions() {
    return this.issue ? offered(this.issue, this.issue.my_actions) : [];
  }

  /** Ask for what an action needs.
   * @param {string} action
   */
  begin(action) {
    const { issue, board } = this;
    if (!issue || !this.actions().includes(action)) return;
    this._leaveForm();
    const form = new ActionForm(board, {
      action, issues: [issue], needs: board.page.needs[issue.state][action] || [],
      title: board.say(`do_${action}`),
      send: (body) => this._send(body),
      left: () => this._leaveForm(true),
      pickGrid: (chosen) => this.map.pick(chosen),
    });
    this.form = form;
    byId("case-form").replaceChildren(form.element);
    form.focus();
  }

  /** Take in what others have done with the case.
   * @param {Change[]} changes
   */
  async hear(changes) {
    const { issue } = this;
    if (!issue || this.busy) return;
    const known = issue.version;
    const own = changes.filter(({ id }) => id === issue.id);
    if (changes.length && !own.some(({ version }) => version > known)) return;
    if (!(await this._read(issue.id))) return;
    if (!this.issue || this.issue.version === known) return;
    this._show(this._whatHappened(known));
    this._keepForm();
  }

  /**
   * @param {string} id
   * @returns {Promise<boolean>} whether it is there, and still the one that is wanted
   */
  async _read(id) {
    try {
      const told = await readCase(id);
      if (this.board.open !== id) return false;
      this.issue = told.issue;
      this.history = told.history;
      this.reporter = told.reporter;
      this.gaps = told.gaps;
      return true;
    } catch (error) {
      if (this.board.open !== id) return false;
      const gone = error instanceof Refused && error.problem.status === NOT_FOUND;
      this.element.replaceChildren(this._bar(""), make("p", { class: "note" }, gone ? this.board.say("notYours") : this.board.wrong(error)));
      return false;
    }
  }

  /** @param {Record<string, any>} body */
  async _send(body) {
    const { issue, board, form } = this;
    if (!issue || !form) return;
    this.busy = true;
    try {
      const key = newKey();
      const told = await act(issue.id, Object.assign({ version: issue.version }, body), key);
      this._leaveForm();
      await this._read(issue.id);
      this._show();
      const words = board.say("done", { number: told.number, action: board.done(body.action), state: board.page.states[told.state] });
      board.announce(words);
      this.dispatchEvent(new CustomEvent("acted", { detail: { issue: told, words } }));
      this.focus();
    } catch (error) {
      if (error instanceof Refused && error.problem.status === CONFLICT) await this._conflict(issue.version, error);
      else form.refuse(board.wrong(error));
    } finally {
      this.busy = false;
    }
  }

  /** Somebody else was faster, or the state does not allow it: show what is, and the way on.
   * @param {number} known version that was looked at
   * @param {Refused} error
   */
  async _conflict(known, error) {
    const { issue, form, board } = this;
    if (!issue || !form || !(await this._read(issue.id))) return;
    const happened = this._whatHappened(known);
    const words = happened || board.wrong(error);
    this._show(words);
    this._keepForm(words);
    board.announce(words);
    if (this.issue) this.dispatchEvent(new CustomEvent("acted", { detail: { issue: this.issue, words: "" } }));
  }

  /** Keep the form that is filled in, where the case as it is now still allows what it is for.
   * @param {string} [words]
   */
  _keepForm(words = "") {
    const { form, board } = this;
    if (!form) return;
    const slot = byId("case-form");
    if (this.actions().includes(form.asked.action)) {
      slot.replaceChildren(form.element);
      if (words) form.refuse(board.say("stillPossible", { action: board.say(`do_${form.asked.action}`) }));
    } else {
      const lost = board.say("notAnyMore", { action: board.say(`do_${form.asked.action}`) });
      this._leaveForm();
      const notice = document.getElementById("case-notice");
      if (notice) notice.append(make("p", null, lost));
    }
  }

  /** What others have done since a version, in words.
   * @param {number} known
   */
  _whatHappened(known) {
    const { board, history, issue } = this;
    const since = history.filter(({ sequence }) => sequence > known);
    const last = since[since.length - 1];
    if (!last || !issue) return "";
    return board.say("somebodyElse", {
      actor: board.actor(last.actor), action: board.done(last.action), time: board.moment(last.at),
      state: board.page.states[issue.state],
    });
  }

  /** Go to what is next to do. */
  focus() {
    const first = /** @type {HTMLElement | null} */ (this.element.querySelector(".case-acts .button"));
    (first || this.element).focus();
  }

  /** @param {boolean} [back] whether the keys go back to the actions */
  _leaveForm(back = false) {
    if (!this.form) return;
    this.map.pick(null);
    this.form.element.remove();
    this.form = null;
    if (back) this.focus();
  }

  /** @param {string} [notice] */
  _show(notice = "") {
    const { issue, board, element } = this;
    if (!issue) return;
    const top = element.scrollTop;
    const first = issue.photos.filter(({ event }) => event === 1);
    const near = make("section", { class: "case-part", hidden: true });
    element.replaceChildren(
      this._bar(issue.number),
      make("div", { class: "case-tags" }, stateBadge(board, issue.state), dueMark(board, issue), ...this._tags()),
      make("div", { id: "case-notice", class: "note note--caution", role: "status", hidden: !notice }, notice ? make("p", null, notice) : null),
      this._acts(),
      make("div", { id: "case-form" }),
      make("p", { class: issue.withheld ? "case-told soft" : "case-told" }, issue.withheld ? board.say("withheldLong") : issue.text || board.say("noText")),
      first.length ? photosOf(board, first, issue.number) : "",
      part(board.say("clocks"), clocksOf(board, issue.deadlines)),
      part(board.say("place"), placeOf(board, issue, (code) => this.map.showGrid(code))),
      part(board.say("theCase"), factsOf(board, issue)),
      near,
      part(board.say("whoAnswers"), chainOf(board, issue, this.gaps)),
      part(board.say("reporter"), reporterOf(board, issue, this.reporter)),
      part(board.say("history"), historyOf(board, this.history, issue.photos, issue.number)),
    );
    element.scrollTop = top;
    this.map.open(issue);
    this._showNear(near, issue);
  }

  /** @param {string} number */
  _bar(number) {
    const { board } = this;
    const close = make("button", { type: "button", class: "icon-button", "aria-label": board.say("closeCase"), title: `${board.say("closeCase")} (Esc)`, "aria-keyshortcuts": "Escape", onclick: () => board.openCase("") }, icon("close"));
    const back = make("button", { type: "button", class: "icon-button case-back", "aria-label": board.say("backToList"), onclick: () => board.openCase("") }, icon("back"));
    return make("div", { class: "case-bar" }, back, make("h2", { class: "figures" }, number),
      number ? make("a", { class: "link-button case-page", href: `/cases/${this.board.open}` }, board.say("asPage")) : "", close);
  }

  _tags() {
    const { issue, board } = this;
    if (!issue) return [];
    const { duplicate_of: original } = issue;
    return [
      issue.escalated_at && make("span", { class: "mark mark--strong" }, board.say("escalated")),
      !issue.routing.current_grid && make("span", { class: "mark" }, board.say("outsideGrids")),
      !issue.routing.confident && issue.routing.current_grid && make("span", { class: "mark" }, board.say("inDoubt")),
      issue.public && make("span", { class: "mark mark--calm" }, board.say("isPublic")),
      original && make("button", { type: "button", class: "link-button figures", onclick: () => board.openCase(original.id) },
        board.say("duplicateOf", { number: original.number })),
    ].filter(Boolean);
  }

  _acts() {
    const { board } = this;
    const actions = this.actions();
    const button = (/** @type {string} */ action, /** @type {string} */ kind) => make(
      "button", {
        type: "button", class: `button ${kind}`, "data-action": action,
        "aria-keyshortcuts": board.page.keys[action], onclick: () => this.begin(action),
      }, make("span", null, board.say(`do_${action}`)), make("kbd", { "aria-hidden": "true" }, board.page.keys[action]));
    const steps = actions.filter((one) => !ASIDE.includes(one));
    const aside = actions.filter((one) => ASIDE.includes(one));
    return make(
      "div", { class: "case-acts", role: "group", "aria-label": board.say("actions") },
      ...steps.map((one, place) => button(one, place ? "" : "button--primary")),
      ...aside.map((one) => button(one, "button--small")),
      actions.length ? null : make("p", { class: "soft small" }, board.say("nothingToDo")));
  }

  /** Open cases near by, which may be the same.
   * @param {HTMLElement} section
   * @param {Case} issue
   */
  async _showNear(section, issue) {
    const { board } = this;
    const told = await readNear(issue).catch(() => null);
    if (!told || !section.isConnected || !told.issues.length) return;
    const mayMerge = this.actions().includes("mark_duplicate");
    section.replaceChildren(
      make("h3", null, board.say("nearTitle", { metres: board.metres(told.radius_m) })),
      make("ul", { class: "near-list" }, ...told.issues.map((one) => make(
        "li", { class: issue.duty && one.duty && one.duty.code === issue.duty.code ? "near near--same" : "near" },
        make("span", { class: "near-told" },
          make("span", { class: "near-head" },
            make("button", { type: "button", class: "link-button figures", onclick: () => board.openCase(one.id) }, one.number),
            stateBadge(board, one.state), make("span", { class: "soft figures" }, board.metres(one.distance_m))),
          make("span", { class: "near-words" }, one.text || board.say("withheld")),
          make("span", { class: "soft small" }, board.nameOf(one.duty)))))),
      mayMerge ? make("button", { type: "button", class: "button button--small", onclick: () => this.begin("mark_duplicate") }, board.say("do_mark_duplicate")) : "",
    );
    section.hidden = false;
    this.map.near(told.issues);
  }
}
