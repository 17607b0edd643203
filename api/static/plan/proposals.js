/** Proposals of the machine: whether they are possible, asking, watching the search, choosing one. */

import { same } from "./changes.js";
import { Compare } from "./compare.js";
import { byId, make } from "./page.js";
import { asProposed, asTold } from "./told_reading.js";
import { newKey } from "./wire.js";

const PAUSE_MS = 300;
const LOOK_MS = 700;
const SHOWN_MOVES = 300;
/** A search that is so far has come to its end. */
const NEARLY_ALL = 0.995;
const SEED_LIMIT = 2 ** 31;
/** @type {Kind[]} */
const KINDS = ["repair", "new", "split", "add", "count"];
/** What a better plan has: less of it, or more. @type {[string, "less" | "more" | null][]} */
const MEASURES = [
  ["moved_households", "less"], ["moved_bound", null], ["gap_pct", "less"], ["moved_cells", "less"],
  ["touched", "less"], ["out_of_bounds", "less"], ["cut_m", "less"], ["road_pct", "more"],
  ["compactness", "more"], ["grids", null],
];
const PRINCIPLES = ["clear", "full", "moderate", "complete"];

/**
 * @typedef {"repair" | "new" | "split" | "add" | "count"} Kind
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./compare.js").Board} Board
 *
 * @typedef {{key: string, principle: string, name: string, shown: string, met: boolean | null,
 *   missed_by: number}} Score
 * @typedef {{label: string, owner: Record<string, string>, grids: Record<string, any>,
 *   measures: Record<string, any>, scorecard: Score[]}} Choice
 * @typedef {{community: string, needed: boolean, possible: boolean, arithmetic: string[],
 *   advice: string[]}} Verdict
 * @typedef {{id: string, kind: Kind, version: number, state: string, error: string | null,
 *   request: Record<string, any>, seed: number, created_at: string,
 *   created_by: {name: string} | null, progress: Record<string, any>, verdicts: Verdict[],
 *   choices: Choice[], scorecard: Score[]}} Job
 */

/** The sheet of proposals. */
export class Proposals {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   * @param {Board} board
   * @param {Compare} compare
   * @param {(tab: string) => void} openTab
   */
  constructor(desk, sheet, board, compare, openTab) {
    this.desk = desk;
    this.board = board;
    this.compare = compare;
    this.openTab = openTab;
    /** The draft as it is. */
    this.own = board.canvas.reading;
    /** @type {Job | null} */
    this.job = null;
    this.choice = 0;
    this.asked = 0;
    this._build(sheet);
    desk.store.addEventListener("job", (/** @type {any} */ event) => this._heard(event.detail));
    desk.store.addEventListener("edited", () => this.preview(null));
    compare.addEventListener("draft", () => this._banner(""));
    desk.addEventListener("meta", () => this._allow());
    sheet.addEventListener("open", () => this.open());
  }

  /** @param {HTMLElement} sheet */
  _build(sheet) {
    const { desk } = this;
    this.form = this._form();
    this.verdict = make("div", { class: "proposal-verdict", "aria-live": "polite" });
    this.go = make("button", { type: "submit", class: "plan-mini plan-mini--main" }, desk.say("proposals", "start"));
    this.form.append(this.verdict, make("div", { class: "proposal-go" }, this.go));
    this.running = make("div", { class: "proposal-running", role: "status", hidden: true });
    this.result = make("div", { class: "proposal-result" });
    this.earlier = make("div", { class: "proposal-earlier" });
    sheet.replaceChildren(make("div", {
      class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-proposals",
    }, this.form, this.running, this.result, this.earlier));
  }

  _form() {
    const { desk } = this;
    const { store } = desk;
    const kinds = make("fieldset", { class: "proposal-kinds" },
      make("legend", { class: "visually-hidden" }, desk.say("proposals", "what")),
      ...KINDS.map((kind, place) => make("label", { class: "proposal-kind" },
        make("input", { type: "radio", name: "kind", value: kind, checked: place === 0 }),
        make("span", null, make("strong", null, desk.say("proposals", kind)),
          make("small", null, desk.say("proposals", `${kind}Told`))))));
    const communities = store.communities.map((one) => make("option", { value: one.code }, desk.nameOf(one)));
    this.community = make("select", { class: "sheet-field", name: "community" },
      make("option", { value: "" }, desk.say("table", "all")), ...communities);
    this.grid = make("select", { class: "sheet-field", name: "grid" });
    this.count = make("input", { class: "sheet-field", type: "number", name: "k", min: "1", max: "99", inputmode: "numeric" });
    this.seed = make("input", { class: "sheet-field", type: "number", name: "seed", min: "0", max: String(SEED_LIMIT - 1), value: "1" });
    this.seconds = make("input", { class: "sheet-field", type: "number", name: "seconds", min: "1", max: "300", placeholder: desk.say("proposals", "usual") });
    const field = (/** @type {string} */ key, /** @type {HTMLElement} */ control) =>
      make("label", { class: "proposal-field", "data-field": key }, make("span", null, desk.say("proposals", key)), control);
    this.roads = make("input", { type: "checkbox", name: "prefer_roads" });
    this.nearest = make("input", { type: "checkbox", name: "nearest" });
    const check = (/** @type {string} */ key, /** @type {HTMLElement} */ control) =>
      make("label", { class: "plan-option plan-check" }, control, make("span", null, desk.say("proposals", key)));
    const form = make("form", { class: "proposal-form" }, kinds,
      make("div", { class: "proposal-fields" }, field("community", this.community), field("grid", this.grid), field("k", this.count)),
      check("prefer_roads", this.roads),
      make("details", { class: "proposal-more" }, make("summary", null, desk.say("proposals", "more")),
        check("nearest", this.nearest),
        make("div", { class: "proposal-fields" }, field("seconds", this.seconds), field("seed", this.seed))));
    form.addEventListener("change", () => this._weigh());
    this.count.addEventListener("input", () => this._weigh());
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.start();
    });
    return form;
  }

  /** @returns {Kind} */
  get kind() {
    return this.form.elements.kind.value;
  }

  /** The sheet is shown. */
  open() {
    this._fillGrids();
    this._allow();
    this._weigh();
    this._list();
  }

  _allow() {
    this.form.hidden = !this.desk.may("edit");
  }

  /** Grids that may be split, that which is chosen on the map first. */
  _fillGrids() {
    const { desk } = this;
    const before = this.grid.value || this.board.canvas.chosen;
    const grids = Array.from(desk.store.grids).filter(([, grid]) => grid.kind === "general")
      .sort(([, one], [, other]) => (one.code < other.code ? -1 : 1));
    this.grid.replaceChildren(...grids.map(([key, grid]) =>
      make("option", { value: key }, `${desk.nameOf(grid)} · ${desk.number(desk.store.sums.households(key))}`)));
    if (desk.store.grids.has(before)) this.grid.value = before;
  }

  /** What is wanted, as the server is asked. */
  _wish() {
    const { kind } = this;
    /** @type {Record<string, any>} */
    const wish = { kind };
    if (kind === "split") wish.grid = this.grid.value;
    else if (this.community.value) wish.community = this.community.value;
    if (kind === "count" && this.count.value) wish.k = Number(this.count.value);
    return wish;
  }

  /** Ask whether it is possible, when the visitor has stopped choosing. */
  _weigh() {
    const { kind } = this;
    const shown = { community: kind !== "split", grid: kind === "split", k: kind === "count" };
    for (const [name, yes] of Object.entries(shown)) {
      this.form.querySelector(`[data-field="${name}"]`).hidden = !yes;
    }
    const all = this.community.options[0];
    all.disabled = kind === "add" || kind === "count";
    if (all.disabled && !this.community.value && this.community.options[1]) {
      this.community.value = this.desk.store.communityOf(this.board.canvas.chosen) || this.community.options[1].value;
    }
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._askWhether(), PAUSE_MS);
  }

  async _askWhether() {
    if (!this.desk.may("edit")) return;
    this.asked += 1;
    const mine = this.asked;
    const wish = this._wish();
    if (wish.kind === "count" && !wish.k) {
      this.verdict.replaceChildren();
      this.go.disabled = true;
      return;
    }
    const query = new URLSearchParams(/** @type {any} */ (wish));
    this.verdict.setAttribute("aria-busy", "true");
    try {
      const told = await this.desk.ask("GET", `feasibility?${query}`);
      if (mine !== this.asked) return;
      this.go.disabled = !told.needed || (!told.possible && !this.nearest.checked);
      this.verdict.replaceChildren(...this._verdictTold(told));
    } catch (failure) {
      if (mine !== this.asked) return;
      this.go.disabled = true;
      this.verdict.replaceChildren(make("p", { class: "proposal-no" }, this.desk.told(failure)));
    } finally {
      this.verdict.removeAttribute("aria-busy");
    }
  }

  /** @param {{needed: boolean, possible: boolean, communities: Verdict[]}} told */
  _verdictTold({ needed, possible, communities }) {
    const { desk } = this;
    if (!needed) return [make("p", { class: "proposal-yes" }, desk.say("proposals", "nothing"))];
    const concerned = this.kind === "repair" ? communities.filter((one) => one.needed) : communities;
    const able = concerned.filter((one) => one.possible);
    const unable = concerned.filter((one) => !one.possible);
    const head = desk.say("proposals", possible ? "possible" : "impossible", {
      able: desk.number(able.length), all: desk.number(concerned.length),
    });
    const line = (/** @type {Verdict} */ one) => make("li", { class: one.possible ? "proposal-yes" : "proposal-no" },
      make("strong", null, desk.communityName(one.community)), " ",
      [...one.arithmetic, ...one.advice].join(" "));
    const parts = [make("p", { class: possible ? "proposal-yes" : "proposal-no" }, head)];
    if (unable.length) parts.push(make("ul", null, ...unable.map(line)));
    if (able.length === 1) parts.push(make("ul", null, line(able[0])));
    else if (able.length) {
      parts.push(make("details", null, make("summary", null, desk.say("proposals", "arithmetic")), make("ul", null, ...able.map(line))));
    }
    return parts;
  }

  /** Leave a job. */
  async start() {
    const { desk } = this;
    const wish = Object.assign(this._wish(), {
      prefer_roads: this.roads.checked, nearest: this.nearest.checked, seed: Number(this.seed.value) || 0,
    });
    if (this.seconds.value) Object.assign(wish, { seconds: Number(this.seconds.value) });
    this.preview(null);
    await desk.attempt(async () => {
      this._show(await desk.ask("POST", "proposals", wish));
    }, this.go);
  }

  /** The server says that something has become of a job.
   * @param {{key?: string, id?: string}} told
   */
  _heard({ key, id }) {
    if (this.job && (!key || (key || id) === this.job.id)) this._look();
  }

  /** Read the job that is shown, at most so often. */
  _look() {
    if (this._due) return;
    const wait = Math.max(0, LOOK_MS - (Date.now() - (this._lookedAt || 0)));
    this._due = setTimeout(async () => {
      this._due = undefined;
      this._lookedAt = Date.now();
      const { job } = this;
      if (!job) return;
      try {
        const told = await this.desk.ask("GET", `proposals/${job.id}`);
        if (this.job && this.job.id === job.id) this._show(told);
      } catch {
        this._look();
      }
    }, wait);
  }

  /** Show a job: how far it is, or what came of it.
   * @param {Job} job
   */
  _show(job) {
    const before = this.job;
    this.job = job;
    const busy = job.state === "waiting" || job.state === "running";
    this.running.hidden = !busy;
    if (busy) {
      this._showForm(false);
      this._tellProgress(job);
      this._look();
      return;
    }
    const over = !before || before.id !== job.id || before.state !== job.state;
    if (!over) return;
    if (job.state === "done" && job.choices.length) {
      this.choice = 0;
      this._showForm(false);
      this._showChoices();
      this.preview(0);
    } else {
      this.preview(null);
      this._showForm(true);
      const why = job.state === "cancelled" ? this.desk.say("proposals", "cancelled") : job.error || this.desk.say("common", "failed");
      this.result.replaceChildren(make("p", { class: "sheet-pad", role: "status" }, why));
    }
    this._list();
  }

  /** @param {Job} job */
  _tellProgress(job) {
    const { desk } = this;
    const { share = 0, best = {}, seconds = 0, excess = 0, moved_households: moved = 0, cut_m: cut = 0 } = job.progress;
    const begun = "share" in job.progress;
    const told = begun ? desk.say("proposals", "soFar", {
      seconds: desk.number(seconds), excess: desk.number(excess), moved: desk.number(moved), cut: desk.metres(cut),
    }) : desk.say("proposals", job.state);
    if (!this.bar || !this.running.contains(this.bar)) {
      this.bar = make("progress", { max: "1", "aria-label": desk.say("proposals", "progress") });
      this.told = make("p");
      const stop = make("button", { type: "button", class: "plan-mini", onclick: () => this.cancel(stop) }, desk.say("proposals", "cancel"));
      this.running.replaceChildren(make("h2", null, desk.say("proposals", "running")), this.bar, this.told, stop);
    }
    const searched = share >= NEARLY_ALL;
    if (begun && !searched) this.bar.value = share;
    else this.bar.removeAttribute("value");
    this.told.textContent = searched ? `${told} ${desk.say("proposals", "weighing")}` : told;
    this.result.replaceChildren();
    if (begun) this._showBest(best);
  }

  /** Show the best plan so far on the map.
   * @param {Record<string, string[]>} best cells by the grid that they go to
   */
  _showBest(best) {
    const { store } = this.desk;
    /** @type {Record<string, string>} */
    const moved = {};
    for (const [grid, cells] of Object.entries(best)) for (const cell of cells) moved[cell] = grid;
    const grids = new Map(store.grids);
    for (const key of Object.keys(best)) if (!grids.has(key)) grids.set(key, this._unnamed(key));
    this.board.canvas.reading = asTold(store, (cell) => moved[cell] || store.owner(cell), grids, this.own);
    this.board.canvas.redraw();
    this._banner(this.desk.say("proposals", "bestShown"));
  }

  /** A grid that a search has made and nobody has named. @param {string} key */
  _unnamed(key) {
    const name = this.desk.say("table", "newGrid");
    return { code: key, name, name_en: name, kind: "general", branch_name: "", branch_name_en: "", branch_phone: "" };
  }

  /** Call the search off.
   * @param {any} button
   */
  async cancel(button) {
    const { job, desk } = this;
    if (!job) return;
    await desk.attempt(async () => this._show(await desk.ask("POST", `proposals/${job.id}/cancel`, {})), button);
  }

  /** The plans side by side, and what the chosen one moves. */
  _showChoices() {
    const { desk, job } = this;
    if (!job) return;
    const choices = unlike(job.choices);
    const stale = job.version !== desk.store.version;
    const acts = make("div", { class: "proposal-acts" });
    if (desk.may("edit")) {
      acts.append(make("button", { type: "button", class: "plan-mini plan-mini--main", onclick: (/** @type {any} */ event) => this.take("here", event.currentTarget) }, desk.say("proposals", "takeHere")));
    }
    if (desk.page.me && desk.page.mayEdit) {
      acts.append(make("button", { type: "button", class: "plan-mini", onclick: () => this.branch() }, desk.say("proposals", "takeDraft")));
    }
    acts.append(make("button", { type: "button", class: "plan-mini", onclick: () => this.compareChoice() }, desk.say("proposals", "compare")));
    this.moves = make("div", { class: "proposal-moves" });
    this.result.replaceChildren(
      this._head(job, choices.length),
      ...(stale ? [make("p", { class: "proposal-note" }, desk.say("proposals", "stale"))] : []),
      ...(job.choices.some(({ measures }) => measures.hurried) ? [make("p", { class: "proposal-note" }, desk.say("proposals", "hurried"))] : []),
      this._table(choices), acts, this._scores(job.scorecard, choices), this.moves,
    );
    this._readMoves();
  }

  /** What was searched, and the way to another search.
   * @param {Job} job
   * @param {number} count of plans
   */
  _head(job, count) {
    const { desk } = this;
    return make("div", { class: "proposal-head" },
      make("h2", null, this._title(job), make("small", null, desk.say("proposals", count > 1 ? "three" : "one"))),
      make("button", { type: "button", class: "plan-mini", onclick: () => this.again() }, desk.say("proposals", "again")));
  }

  /** What was searched, in short.
   * @param {Job} one
   */
  _title(one) {
    const { desk } = this;
    const { community, grid, k } = one.request;
    const where = grid ? desk.gridName(grid) : community ? desk.communityName(community) : "";
    return [desk.say("proposals", one.kind), where, one.kind === "count" ? desk.number(k) : ""].filter(Boolean).join(" · ");
  }

  /** Ask for something else; the map shows the draft again. */
  again() {
    this.preview(null);
    this.job = null;
    this.result.replaceChildren();
    this._showForm(true);
    this._weigh();
    this._list();
    this.form.elements.kind[0].focus();
  }

  /** @param {boolean} shown */
  _showForm(shown) {
    this.form.classList.toggle("proposal-form--put-away", !shown);
  }

  /** @param {Choice[]} choices */
  _table(choices) {
    const { desk } = this;
    const heads = choices.map(({ label }, place) => make("th", { scope: "col" },
      make("label", { class: "proposal-card" },
        make("input", { type: "radio", name: "choice", value: String(place), checked: place === this.choice, onchange: () => this._choose(place) }),
        make("span", null, desk.say("proposals", label)))));
    const told = (/** @type {string} */ name) => choices.map(({ measures }) => measures[name])
      .filter((value) => value !== null && value !== undefined);
    const rows = MEASURES.filter(([name]) => told(name).length && (name !== "grids" || new Set(told(name)).size > 1))
      .map(([name, better]) => this._measure(name, better, choices));
    const table = make("table", { class: "score proposal-table" },
      make("thead", null, make("tr", null, make("td"), ...heads)), make("tbody", null, ...rows));
    this._markColumn(table);
    this.table = table;
    return table;
  }

  /**
   * @param {string} name
   * @param {"less" | "more" | null} better
   * @param {Choice[]} choices
   */
  _measure(name, better, choices) {
    const values = choices.map(({ measures }) => measures[name]);
    const known = values.filter((value) => typeof value === "number");
    const best = better === "less" ? Math.min(...known) : Math.max(...known);
    const differ = new Set(known).size > 1;
    return make("tr", null, make("th", { scope: "row" }, this.desk.say("proposals", name)),
      ...values.map((value) => {
        const wins = better && differ && value === best;
        return make("td", { class: wins ? "proposal-best" : null }, this._figure(name, value),
          wins ? make("span", { class: "visually-hidden" }, ` (${this.desk.say("proposals", "best")})`) : null);
      }));
  }

  /**
   * @param {string} name
   * @param {number | null | undefined} value
   */
  _figure(name, value) {
    const { desk } = this;
    if (value === null || value === undefined) return "–";
    if (name.endsWith("_pct")) return `${desk.tenths(value)} %`;
    if (name.endsWith("_m")) return desk.metres(value);
    return name === "compactness" ? value.toFixed(2) : desk.number(value);
  }

  /** The scorecards of the plans beside that of the draft.
   * @param {Score[]} scorecard
   * @param {Choice[]} choices
   */
  _scores(scorecard, choices) {
    const { desk } = this;
    const cell = (/** @type {Score} */ one) =>
      make("td", { class: one.met === null ? null : one.met ? "met" : "missed" }, one.shown);
    const rows = PRINCIPLES.map((principle) => [
      make("tr", null, make("th", { scope: "rowgroup", colspan: String(choices.length + 2), class: "proposal-principle" }, desk.say("proposals", principle))),
      ...scorecard.map((one, row) => (one.principle !== principle ? null
        : make("tr", null, make("th", { scope: "row" }, one.name), cell(one), ...choices.map((choice) => cell(choice.scorecard[row])))))
        .filter(Boolean),
    ]).reduce((all, some) => all.concat(some));
    const heads = [desk.say("proposals", "draft"), ...choices.map(({ label }) => desk.say("proposals", label))];
    return make("details", { class: "proposal-scores" }, make("summary", null, desk.say("proposals", "scorecards")),
      make("table", { class: "score" },
        make("thead", null, make("tr", null, make("td"), ...heads.map((head) => make("th", { scope: "col" }, head)))),
        make("tbody", null, ...rows)));
  }

  /** @param {any} table */
  _markColumn(table) {
    for (const row of table.rows) {
      Array.from(row.cells).forEach((cell, place) => cell.classList.toggle("chosen", place === this.choice + 1));
    }
  }

  /** @param {number} place */
  _choose(place) {
    this.choice = place;
    this._markColumn(this.table);
    this.preview(place);
    this._readMoves();
  }

  /** A sentence for every block that moves, each with the way there. */
  async _readMoves() {
    const { desk, job } = this;
    if (!job) return;
    const mine = `${job.id} ${this.choice}`;
    this._moving = mine;
    this.moves.replaceChildren(make("p", { class: "sheet-empty" }, desk.say("common", "loading")));
    await desk.attempt(async () => {
      const { moves } = await desk.ask("GET", `proposals/${job.id}/moves?choice=${this.choice}`);
      if (this._moving !== mine) return;
      const lines = moves.slice(0, SHOWN_MOVES).map((/** @type {any} */ one) => make("li", null, make("button", {
        type: "button", class: "thing", onclick: () => desk.goToCells(one.cells),
      }, make("span", { class: "thing-sign thing-sign--soft", "aria-hidden": "true" }, "→"),
      make("span", { class: "thing-told" }, one.text),
      make("span", { class: "visually-hidden" }, desk.say("common", "goThere")))));
      this.moves.replaceChildren(
        make("h3", null, desk.say("proposals", "moves", { count: desk.number(moves.length) })),
        make("ul", { class: "things" }, ...lines),
        ...(moves.length > SHOWN_MOVES ? [make("p", { class: "sheet-empty" }, desk.say("proposals", "moreMoves", { count: desk.number(moves.length - SHOWN_MOVES) }))] : []),
      );
    });
  }

  /** What one of the proposals makes of the draft. @param {number} place */
  _reading(place) {
    const { store } = this.desk;
    const { owner, grids } = /** @type {Job} */ (this.job).choices[place];
    return asProposed(store, owner, grids, this.own);
  }

  /** Show a proposal on the map instead of the draft; null shows the draft.
   * @param {number | null} place
   */
  preview(place) {
    const { canvas } = this.board;
    if (place === null || !this.job || !this.job.choices[place]) {
      if (!this._shown) return;
      this.compare.show(null);
      return;
    }
    canvas.reading = this._reading(place);
    canvas.redraw();
    this._comeToSee();
    this._banner(this.desk.say("proposals", "shown", { name: this._label(place) }));
  }

  /** Bring what is shown into view, where the map shows another part of the city. */
  _comeToSee() {
    const { store } = this.desk;
    const { reading } = this.board.canvas;
    this.desk.comeToSee(Array.from(store.cells.keys()).filter((cell) => reading.isChanged(cell)));
  }

  /** @param {number} place */
  _label(place) {
    return this.desk.say("proposals", /** @type {Job} */ (this.job).choices[place].label);
  }

  /** Say on the map that it shows something else than the draft.
   * @param {string} text
   */
  _banner(text) {
    this._shown = Boolean(text);
    if (!this.banner) {
      this.banner = make("div", { class: "proposal-banner", hidden: true }, make("span", { role: "status" }),
        make("button", { type: "button", class: "plan-mini", onclick: () => this.preview(null) }, this.desk.say("proposals", "showDraft")));
      byId("plan-map").append(this.banner);
    }
    this.banner.hidden = !text;
    const told = this.banner.querySelector("span");
    if (told.textContent !== text) told.textContent = text;
  }

  /** Hold the chosen proposal against the draft, on the map. */
  compareChoice() {
    const title = this._label(this.choice);
    this.compare.show({ title, reading: this._reading(this.choice) });
    this.openTab("compare");
  }

  /** Make the chosen proposal part of this draft.
   * @param {"here" | "draft"} into
   * @param {any} button
   * @param {string} [name]
   */
  async take(into, button, name) {
    const { desk, job, choice } = this;
    if (!job) return undefined;
    const key = this._takeKey(job, choice, into);
    const body = Object.assign({ key, choice, into }, name ? { name } : {});
    return desk.attempt(async () => {
      const taken = await desk.ask("POST", `proposals/${job.id}/take`, body);
      this._keys.delete(`${job.id} ${choice} ${into}`);
      if (into === "here") {
        this.preview(null);
        desk.toast(desk.say("proposals", "taken"));
      }
      return taken;
    }, button);
  }

  /** The same key until it has been taken: asked twice, it is taken once.
   * @param {Job} job
   * @param {number} choice
   * @param {string} into
   */
  _takeKey(job, choice, into) {
    this._keys = this._keys || new Map();
    const name = `${job.id} ${choice} ${into}`;
    if (!this._keys.has(name)) this._keys.set(name, newKey());
    return this._keys.get(name);
  }

  /** Make a new draft of the chosen proposal, and go there. */
  branch() {
    const { desk } = this;
    const plan = desk.meta ? desk.meta.name : desk.page.plan.name;
    const name = make("input", {
      class: "sheet-field", maxlength: "120", required: true, value: `${plan} · ${this._label(this.choice)}`, "aria-label": desk.say("proposals", "draftName"),
    });
    const act = make("button", { type: "button", class: "plan-mini plan-mini--main", onclick: async () => {
      if (!name.value.trim()) return name.focus();
      const taken = await this.take("draft", act, name.value.trim());
      if (taken) window.location.assign(`/plan/${taken.plan}`);
      return undefined;
    } }, desk.say("proposals", "takeDraft"));
    desk.dialog(desk.say("proposals", "takeDraft"), [make("label", { class: "proposal-field" }, make("span", null, desk.say("proposals", "draftName")), name)], [act]);
    name.select();
  }

  /** Searches that were made before. */
  async _list() {
    const { desk } = this;
    await desk.attempt(async () => {
      const { jobs } = await desk.ask("GET", "proposals");
      const busy = jobs.find((/** @type {Job} */ one) => ["waiting", "running"].includes(one.state));
      if (busy && !this.job) await this._open(busy);
      this.earlier.replaceChildren(...(jobs.length ? [
        make("h3", null, desk.say("proposals", "earlier")),
        make("ul", { class: "things" }, ...jobs.map((/** @type {Job} */ one) => this._line(one))),
      ] : []));
    });
  }

  /** @param {Job} one */
  _line(one) {
    const { desk } = this;
    const sign = { done: "✓", failed: "!", cancelled: "×", running: "…", waiting: "…" }[one.state];
    const told = [desk.moment(one.created_at), desk.personName(one.created_by), desk.say("proposals", "seedOf", { seed: one.seed })];
    return make("li", null, make("button", {
      type: "button", class: "thing", "aria-current": this.job && this.job.id === one.id ? "true" : null, onclick: () => this._open(one),
    }, make("span", { class: "thing-sign thing-sign--round", "aria-hidden": "true" }, sign),
    make("span", { class: "thing-told" },
      make("span", null, this._title(one)),
      make("small", null, `${desk.say("proposals", `is_${one.state}`)} · ${told.join(" · ")}`))));
  }

  /** @param {Job} one */
  async _open(one) {
    await this.desk.attempt(async () => {
      this.job = null;
      this._show(await this.desk.ask("GET", `proposals/${one.id}`));
      this.result.scrollIntoView({ block: "nearest" });
    });
  }
}

/** The plans to choose from: one where all that were searched for came to the same.
 * @param {Choice[]} choices
 */
function unlike(choices) {
  const [first] = choices;
  const alike = choices.every(({ owner, grids }) => same(owner, first.owner) && same(grids, first.grids));
  return alike ? [first] : choices;
}

/** Fill the sheets of proposals and comparisons.
 * @param {Board & {desk: Desk}} editor
 * @param {(tab: string) => void} openTab
 */
export function mountProposals(editor, openTab) {
  const compare = new Compare(editor.desk, byId("tab-compare"), editor);
  const sheet = document.getElementById("tab-proposals");
  if (sheet) new Proposals(editor.desk, sheet, editor, compare, openTab);
}
