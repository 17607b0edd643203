/** The list of cases: one stop of the tab key, chosen one by one or as a range, kept up to date. */

import { byId, icon, make } from "../plan/page.js";
import { PAGE, readList } from "./wire.js";

/** Most that are fetched again at once when something has changed. */
const MOST_AGAIN = 500;
const FLASH_MS = 2500;

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").Summary} Summary
 */

/** Cases of a queue. Dispatches `loaded` when it shows other cases than before, and `anew` when it is
 * another queue, or another part of it.
 */
export class CaseList extends EventTarget {
  /** @param {Board} board */
  constructor(board) {
    super();
    this.board = board;
    this.element = byId("desk-rows");
    this.foot = byId("desk-more");
    /** @type {Summary[]} */
    this.issues = [];
    /** @type {Map<string, Summary>} */
    this.chosen = new Map();
    /** Key of the case that the keys are at. */
    this.at = "";
    this._anchor = "";
    /** @type {string | null} */
    this.next = null;
    /** Keys of cases that were here and have gone on, while they stay open. */
    this.gone = new Set();
    this._asked = 0;
    this.foot.addEventListener("click", () => this.more());
    board.addEventListener("view", () => this.load());
    board.addEventListener("case", () => this._opened());
  }

  /** Fetch the first page. */
  async load() {
    this.gone.clear();
    this.choose([]);
    this.element.setAttribute("aria-busy", "true");
    if (await this._fetch(PAGE, false)) this.dispatchEvent(new CustomEvent("anew"));
    this.element.removeAttribute("aria-busy");
    const scroller = this.element.parentElement;
    if (scroller) scroller.scrollTop = 0;
  }

  /** Fetch again what is shown, after something has changed. */
  refresh() {
    return this._fetch(Math.min(MOST_AGAIN, Math.max(PAGE, this.issues.length)), true);
  }

  /** Fetch the next page. */
  async more() {
    if (!this.next) return;
    const from = this.issues.length;
    const { board } = this;
    try {
      const told = await readList(board.page.city, board.view, this.next);
      const known = new Set(this.issues.map(({ id }) => id));
      this.issues = this.issues.concat(told.issues.filter(({ id }) => !known.has(id)));
      this.next = told.next;
      this._show();
      if (this.issues[from]) this.focus(this.issues[from].id);
    } catch (error) {
      this._failed(error);
    }
  }

  /** Fetch all that the queue holds, up to what the server gives at once, and choose it. */
  async chooseAll() {
    if (this.next) await this._fetch(MOST_AGAIN, true);
    const here = this.issues.filter(({ id }) => !this.gone.has(id));
    this.choose(this.chosen.size === here.length ? [] : here);
  }

  /** @param {Summary[]} issues that are chosen from now on */
  choose(issues) {
    this.chosen = new Map(issues.map((one) => [one.id, one]));
    this._mark();
    this.board.dispatchEvent(new CustomEvent("chosen"));
  }

  /** Choose one more, or one less; with a range, all from the one before.
   * @param {string} id
   * @param {boolean} [range]
   */
  toggle(id, range = false) {
    const order = this.issues.map((one) => one.id);
    const [from, to] = [order.indexOf(this._anchor), order.indexOf(id)];
    const chosen = new Map(this.chosen);
    if (range && from >= 0) {
      for (const one of this.issues.slice(Math.min(from, to), Math.max(from, to) + 1)) chosen.set(one.id, one);
    } else if (chosen.has(id)) chosen.delete(id);
    else chosen.set(id, this.issues[to]);
    this._anchor = id;
    this.choose(Array.from(chosen.values()));
    this.board.announce(this.board.say("chosenCount", { count: chosen.size }));
  }

  /** Move on by some places.
   * @param {number} step
   * @param {boolean} [range] whether what is passed is chosen
   */
  move(step, range = false) {
    if (!this.issues.length) return;
    const place = this.issues.findIndex(({ id }) => id === this.at);
    const next = Math.max(0, Math.min(this.issues.length - 1, place < 0 ? 0 : place + step));
    const { id } = this.issues[next];
    if (range) {
      if (this.at && !this.chosen.has(this.at)) this.toggle(this.at);
      this._anchor = this._anchor || this.at;
      this.toggle(id, true);
    }
    this.focus(id);
    if (this.board.open && !range) this.board.openCase(id);
    if (next === this.issues.length - 1 && this.next) this.more();
  }

  /** @param {string} id */
  focus(id) {
    this.at = id;
    this._mark();
    const row = this._row(id);
    if (row) /** @type {HTMLElement} */ (row.querySelector(".case-open")).focus();
  }

  /** The case that the keys are at.
   * @returns {Summary | undefined}
   */
  current() {
    return this.issues.find(({ id }) => id === this.at);
  }

  /** Take over what is known of a case now.
   * @param {Summary} issue
   */
  learn(issue) {
    const place = this.issues.findIndex(({ id }) => id === issue.id);
    if (place < 0) return;
    this.issues[place] = issue;
    this._show();
  }

  /**
   * @param {number} limit
   * @param {boolean} again
   * @returns {Promise<boolean>} whether it is shown
   */
  async _fetch(limit, again) {
    this._asked += 1;
    const asked = this._asked;
    const { board } = this;
    try {
      const told = await readList(board.page.city, board.view, undefined, limit);
      if (asked !== this._asked) return false;
      const before = new Map(this.issues.map((one) => [one.id, one]));
      this._take(told.issues, again);
      this.next = told.next;
      this._show(again ? before : null);
      this.dispatchEvent(new CustomEvent("loaded"));
      return true;
    } catch (error) {
      if (asked === this._asked) this._failed(error);
      return false;
    }
  }

  /** Take a list over; the open case keeps its row until another is opened.
   * @param {Summary[]} issues
   * @param {boolean} again
   */
  _take(issues, again) {
    const { open } = this.board;
    const stays = again && open && !issues.some(({ id }) => id === open)
      ? this.issues.findIndex(({ id }) => id === open) : -1;
    const kept = stays >= 0 ? this.issues[stays] : null;
    this.gone = new Set(kept ? [kept.id] : []);
    this.issues = issues.slice();
    if (kept) this.issues.splice(Math.min(stays, this.issues.length), 0, kept);
    const known = new Map(issues.map((one) => [one.id, one]));
    const chosen = Array.from(this.chosen.keys()).filter((id) => known.has(id));
    if (this.chosen.size) this.choose(chosen.map((id) => /** @type {Summary} */ (known.get(id))));
    if (!this.issues.some(({ id }) => id === this.at)) this.at = open || (this.issues[0] && this.issues[0].id) || "";
  }

  /** The row that was open and has gone on is left out when another is opened. */
  _opened() {
    const { open } = this.board;
    if (this.gone.size && !this.gone.has(open)) {
      this.issues = this.issues.filter(({ id }) => !this.gone.has(id));
      this.gone.clear();
      this._show();
    }
    if (open && this.issues.some(({ id }) => id === open)) this.at = open;
    this._mark();
  }

  /** @param {unknown} error */
  _failed(error) {
    this.element.replaceChildren(make("li", { class: "desk-empty" }, this.board.wrong(error)));
  }

  /** @param {Map<string, Summary> | null} [before] what was shown before, where that was the same queue */
  _show(before) {
    const { board, element } = this;
    const focused = element.contains(document.activeElement);
    element.replaceChildren(...this.issues.map((issue) => {
      const row = this._made(issue);
      const old = before && before.get(issue.id);
      if (before && (!old || old.version !== issue.version)) flash(row);
      return row;
    }));
    if (!this.issues.length) element.append(make("li", { class: "desk-empty" }, board.say("empty")));
    this.foot.hidden = !this.next;
    this._mark();
    if (focused && this.at) this.focus(this.at);
  }

  /** @param {string} id */
  _row(id) {
    return this.element.querySelector(`[data-case="${id}"]`);
  }

  _mark() {
    for (const row of Array.from(this.element.querySelectorAll("[data-case]"))) {
      const id = String(row.getAttribute("data-case"));
      const button = /** @type {HTMLElement} */ (row.querySelector(".case-open"));
      const box = /** @type {HTMLInputElement} */ (row.querySelector("input"));
      row.classList.toggle("case-row--open", id === this.board.open);
      row.classList.toggle("case-row--chosen", this.chosen.has(id));
      if (id === this.board.open) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      box.checked = this.chosen.has(id);
      button.tabIndex = id === this.at ? 0 : -1;
    }
  }

  /** @param {Summary} issue */
  _made(issue) {
    const { board } = this;
    const box = make("input", { type: "checkbox", tabindex: "-1", "aria-label": board.say("chooseCase", { number: issue.number }) });
    box.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      this.at = issue.id;
      this.toggle(issue.id, event.shiftKey);
    });
    const button = make(
      "button", { type: "button", class: "case-open" },
      make("span", { class: "case-line" },
        make("span", { class: "case-number figures" }, issue.number), stateBadge(board, issue.state), dueMark(board, issue)),
      make("span", { class: issue.withheld ? "case-words case-words--withheld" : "case-words" },
        issue.withheld ? board.say("withheld") : issue.text || board.say("noText")),
      make("span", { class: "case-line case-foot" }, ...feet(board, issue)),
    );
    button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      this.at = issue.id;
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        this.toggle(issue.id, event.shiftKey);
        this._mark();
      } else board.openCase(issue.id);
    });
    const gone = this.gone.has(issue.id);
    return make(
      "li", { class: gone ? "case-row case-row--gone" : "case-row", "data-case": issue.id, "data-state": issue.state },
      make("label", { class: "case-box" }, box), button,
    );
  }
}

/** @param {HTMLElement} row */
function flash(row) {
  row.classList.add("case-row--new");
  setTimeout(() => row.classList.remove("case-row--new"), FLASH_MS);
}

/** The state of a case, with the colour of whoever has to act.
 * @param {Board} board
 * @param {string} state
 */
export function stateBadge(board, state) {
  return make("span", { class: "state", "data-owner": board.page.owners[state] || "nobody" }, board.page.states[state] || state);
}

/** How long the clock that is due first still runs.
 * @param {Board} board
 * @param {Summary} issue
 */
export function dueMark(board, { due }) {
  if (!due) return null;
  const { due_at: at, overdue, paused, stage } = due;
  const kind = paused ? "due--paused" : overdue ? "due--over" : "";
  return make(
    "span", { class: `due figures ${kind}`, title: `${board.page.stages[stage]} ${board.moment(at)}` },
    icon(overdue ? "late" : paused ? "pause" : "clock"),
    make("span", { "data-due": paused ? null : at }, paused ? board.say("paused") : board.remaining(at)),
  );
}

/** What stands below the words of a case.
 * @param {Board} board
 * @param {Summary} issue
 * @returns {Node[]}
 */
function feet(board, issue) {
  const { routing, duty } = issue;
  const inDoubt = board.view.queue === "triage" && issue.state !== "triage";
  return [
    issue.escalated_at && make("span", { class: "mark mark--strong" }, board.say("escalated")),
    !routing.current_grid && make("span", { class: "mark" }, board.say("outsideGrids")),
    inDoubt && make("span", { class: "mark" }, board.say("inDoubt")),
    duty ? make("span", null, board.nameOf(duty)) : make("span", { class: "mark" }, board.say("noDuty")),
    routing.current_grid && make("span", null, board.nameOf(routing.current_grid)),
    issue.transfers > 0 && make("span", { class: "figures" }, board.say("transfersShort", { count: issue.transfers })),
    issue.photos_count > 0 && make("span", { class: "case-photos figures", title: board.say("photos") }, icon("photo"), String(issue.photos_count)),
  ].filter(Boolean);
}
