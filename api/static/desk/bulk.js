/** One action on many chosen cases: which they all allow, what it needs, what became of each. */

import { byId, icon, make } from "../plan/page.js";
import { offered } from "./case.js";
import { ActionForm } from "./forms.js";
import { actOnMany, newKey } from "./wire.js";

/** Actions that are about one case alone. */
const SINGLE = ["feed_back", "handle"];

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./list.js").CaseList} CaseList
 * @typedef {import("./desk_map.js").DeskMap} DeskMap
 * @typedef {import("./wire.js").Outcome} Outcome
 * @typedef {import("./wire.js").Summary} Summary
 */

/** The bar below the list, and the form over the case. Dispatches `acted` when something is done. */
export class Bulk extends EventTarget {
  /**
   * @param {Board} board
   * @param {CaseList} list
   * @param {DeskMap} map
   */
  constructor(board, list, map) {
    super();
    this.board = board;
    this.list = list;
    this.map = map;
    this.bar = byId("desk-chosen");
    this.pane = byId("desk-bulk");
    /** @type {ActionForm | null} */
    this.form = null;
    /** What was sent last, and its key: the same again is one request. */
    this.sent = { body: "", key: "" };
    board.addEventListener("chosen", () => this._showBar());
  }

  /** Actions that all chosen cases allow.
   * @returns {string[]}
   */
  actions() {
    const chosen = Array.from(this.list.chosen.values());
    const { mine } = this.board.page;
    const all = (/** @type {string} */ action) =>
      chosen.every((one) => offered(one, mine[one.state] || []).includes(action));
    return this.board.page.actions.filter((one) => !SINGLE.includes(one) && all(one));
  }

  /** Ask for what an action on all chosen cases needs.
   * @param {string} action
   */
  begin(action) {
    const { board, list } = this;
    const issues = Array.from(list.chosen.values());
    if (!issues.length || !this.actions().includes(action)) return;
    this.leave();
    /** @type {Set<string>} */
    const needs = new Set();
    for (const { state } of issues) for (const need of board.page.needs[state][action] || []) needs.add(need);
    const title = board.say("bulkTitle", { action: board.say(`do_${action}`), count: issues.length });
    const form = new ActionForm(board, {
      action, issues, needs: Array.from(needs), title,
      send: (body, sent) => this._send(action, issues, body, sent),
      left: () => this.leave(true),
      pickGrid: (chosen) => this.map.pick(chosen),
    });
    this.form = form;
    this.sent = { body: "", key: "" };
    const numbers = make("p", { class: "bulk-numbers figures small soft" }, issues.map(({ number }) => number).join(" · "));
    this.pane.replaceChildren(this._head(title), numbers, form.element);
    this._open(true);
    this.map.frame("", "", issues);
    form.focus();
  }

  /** @param {boolean} [back] whether the keys go back to the list */
  leave(back = false) {
    this.map.pick(null);
    this.form = null;
    this._open(false);
    if (back && this.list.at) this.list.focus(this.list.at);
  }

  /** @param {string} title */
  _head(title) {
    const { board } = this;
    return make("div", { class: "case-bar" }, make("h2", null, title), make(
      "button", { type: "button", class: "icon-button", "aria-label": board.say("close"), onclick: () => this.leave(true) }, icon("close")));
  }

  /** @param {boolean} yes */
  _open(yes) {
    this.pane.hidden = !yes;
    byId("desk").classList.toggle("desk--bulk", yes);
    window.dispatchEvent(new Event("resize"));
  }

  _showBar() {
    const { board, list, bar } = this;
    const count = list.chosen.size;
    bar.hidden = !count;
    if (!count) return;
    const actions = this.actions();
    bar.replaceChildren(
      make("strong", { class: "figures" }, board.say("chosenCount", { count })),
      ...actions.map((one, place) => make(
        "button", {
          type: "button", class: place ? "button button--small" : "button button--small button--primary", "data-bulk": one,
          onclick: () => this.begin(one),
        }, make("span", null, board.say(`do_${one}`)), make("kbd", { "aria-hidden": "true" }, board.page.keys[one]))),
      actions.length ? "" : make("span", { class: "soft small" }, board.say("nothingForAll")),
      make("button", { type: "button", class: "button button--small chosen-none", onclick: () => list.choose([]) }, board.say("chooseNone")),
    );
  }

  /**
   * @param {string} action
   * @param {Summary[]} issues
   * @param {Record<string, any>} body
   * @param {ActionForm} form
   */
  async _send(action, issues, body, form) {
    const { board } = this;
    const items = issues.filter(({ id }) => id !== body.duplicate_of);
    const progress = make("p", { class: "small", role: "status" });
    form.body.append(progress);
    const told = (/** @type {number} */ done) => {
      progress.textContent = board.say("bulkProgress", { done, count: items.length });
    };
    told(0);
    try {
      const outcomes = await actOnMany(items, body, this._keyOf(body), told);
      this._tell(action, issues, outcomes);
    } catch (error) {
      progress.remove();
      form.refuse(board.wrong(error));
    }
  }

  /** The key of a request: another only where something else is asked for.
   * @param {Record<string, any>} body
   */
  _keyOf(body) {
    const told = JSON.stringify(body);
    if (this.sent.body !== told) this.sent = { body: told, key: newKey() };
    return this.sent.key;
  }

  /**
   * @param {string} action
   * @param {Summary[]} issues
   * @param {Outcome[]} outcomes
   */
  _tell(action, issues, outcomes) {
    const { board, list } = this;
    const failed = new Map(outcomes.filter(({ ok }) => !ok).map((one) => [one.id, one.problem || {}]));
    const words = board.say("bulkDone", { action: board.done(action), count: outcomes.length - failed.size });
    const left = issues.filter(({ id }) => failed.has(id));
    list.choose(left);
    board.announce(words);
    this.dispatchEvent(new CustomEvent("acted", { detail: { words } }));
    if (!left.length) {
      this.leave(true);
      return;
    }
    this.form = null;
    this.pane.replaceChildren(
      this._head(words),
      make("p", { class: "note note--caution", role: "alert" }, board.say("bulkFailed", { count: left.length })),
      make("ul", { class: "bulk-failed" }, ...left.map(({ id, number }) => {
        const { detail, title } = /** @type {any} */ (failed.get(id));
        return make("li", null,
          make("button", { type: "button", class: "link-button figures", onclick: () => {
            this.leave();
            board.openCase(id);
          } }, number),
          make("span", null, detail || title || board.say("failed")));
      })));
    this._open(true);
  }
}
