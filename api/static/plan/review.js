/** The review: what stands in the way, what changes for people, and the steps to publishing. */

import { make } from "./page.js";
import { Effects } from "./effects.js";

/** The way of a plan, and the states in which it has come so far. */
const STAGES = [
  { stage: "open", states: ["open", "returned", "archived"] },
  { stage: "submitted", states: ["submitted"] },
  { stage: "approved", states: ["approved"] },
  { stage: "published", states: ["published"] },
];
const DONE = {
  submit: "didSubmit", recall: "didRecall", approve: "didApprove", return: "didReturn",
  publish: "didPublish", withdraw: "didWithdraw", archive: "didArchive",
};

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Step
 * @property {{id: number, name: string} | null} account
 * @property {string} at
 * @property {string} action
 * @property {number} version
 * @property {string} remark
 * @property {string | null} starts
 */

/** The sheet of the review. */
export class Review {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   */
  constructor(desk, sheet) {
    this.desk = desk;
    this.opened = false;
    /** @type {Step[]} */
    this.steps = [];
    /** What came of the draft.
     * @type {{label: string, number: number, starts: string} | null} */
    this.published = null;
    this.way = make("ol", { class: "path", "aria-label": desk.say("review", "state") });
    this.act = make("div");
    this.history = make("ol", { class: "steps" });
    const effects = make("section");
    this.effects = new Effects(desk, effects, () => this._starts());
    sheet.replaceChildren(make("div", { class: "sheet-body sheet-pad", tabindex: "0", role: "region", "aria-labelledby": "tab-button-review" },
      make("div", { class: "review" }, this.way, this.act, effects,
        make("section", null, make("h3", null, desk.say("review", "steps")), this.history))));
    desk.addEventListener("meta", () => this.write());
    desk.store.addEventListener("step", () => this._hear());
  }

  /** Read what there is, when the sheet is shown. */
  async open() {
    this.opened = true;
    await this.desk.attempt(async () => {
      await this._readSteps();
      this.write();
    });
    await this.effects.open();
  }

  async _hear() {
    await this.desk.attempt(async () => {
      await this.desk.refresh();
      if (this.opened) await this._readSteps();
      this.write();
    });
  }

  async _readSteps() {
    const { steps, generation } = await this.desk.ask("GET", "steps");
    this.steps = steps;
    this.published = generation;
  }

  write() {
    const { meta } = this.desk;
    if (!meta) return;
    const reached = STAGES.findIndex((one) => one.states.includes(meta.state));
    this.way.replaceChildren(...STAGES.map(({ stage }, place) => {
      const here = place === reached;
      const name = this.desk.say("states", here ? meta.state : stage);
      return make("li", { class: here ? "here" : place < reached ? "done" : null, "aria-current": here ? "step" : null }, name);
    }));
    this._writeAct();
    this._writeHistory();
  }

  _writeHistory() {
    const { desk } = this;
    const lines = this.steps.slice().sort((one, other) => (one.at < other.at ? 1 : -1)).map((one) => {
      const key = DONE[/** @type {keyof DONE} */ (one.action)];
      const starts = one.starts ? desk.day(one.starts) : desk.moment(one.at);
      return make("li", null, make("strong", null, desk.say("review", key, { starts })),
        make("p", { class: "soft small" }, desk.personName(one.account), " · ",
          make("time", { datetime: one.at }, desk.moment(one.at)), ` · ${desk.say("log", "step", { seq: one.version })}`),
        one.remark ? make("blockquote", null, one.remark) : null);
    });
    this.history.replaceChildren(...(lines.length ? lines : [make("li", null, desk.say("review", "noSteps"))]));
  }

  /** What can be done now. A remark that is being written is kept. */
  _writeAct() {
    const { desk } = this;
    const { meta } = desk;
    if (!meta) return;
    const known = this.act.querySelector("textarea");
    const kept = known ? known.value : "";
    const remark = make("textarea", { class: "plan-text", rows: "2", maxlength: "2000", "aria-label": desk.say("review", "remark"), placeholder: desk.say("review", meta.state === "submitted" ? "reasonHint" : "remarkHint") });
    remark.value = kept;
    const acts = this._acts(remark);
    const parts = [this._said(meta)];
    if (meta.may.includes("publish")) parts.push(...this._publishing(remark));
    else if (acts.length) parts.push(make("label", { class: "field" }, make("span", null, desk.say("review", "remark")), remark));
    if (acts.length) parts.push(make("p", { class: "thread-foot" }, ...acts));
    this.act.replaceChildren(make("div", { class: "review-act" }, ...parts.filter(Boolean)));
  }

  /** In a sentence, where the draft stands for the reader.
   * @param {import("./desk.js").Meta} meta
   */
  _said(meta) {
    const { desk } = this;
    const state = make("p", { class: "review-now" }, make("span", { class: "plan-state", "data-state": meta.state }, desk.say("states", meta.state)));
    if (this.published) {
      const { label, starts } = this.published;
      const key = new Date(starts) > new Date() ? "scheduled" : "inForce";
      return make("div", null, state, make("p", null, desk.say("review", "publishedAs", { label }), " ",
        desk.say("review", key, { starts: desk.day(starts) })));
    }
    const { me } = desk.page;
    const author = me && meta.authors.some((one) => one.id === me.id);
    const hint = meta.state === "submitted" && author ? desk.say("review", "ownPlan") : "";
    const reader = !desk.page.mayEdit ? desk.say("review", "readOnly") : "";
    return make("div", null, state, hint || reader ? make("p", { class: "soft" }, hint || reader) : null);
  }

  /** @param {HTMLTextAreaElement} remark */
  _acts(remark) {
    const { desk } = this;
    /** @type {[string, boolean][]} */
    const all = [["submit", true], ["approve", true], ["return", false], ["recall", false], ["withdraw", false], ["archive", false]];
    return all.filter(([action]) => desk.may(action)).map(([action, main]) => make("button", {
      type: "button", class: main ? "plan-mini plan-mini--main" : "plan-mini", "data-step": action,
      onclick: (/** @type {Event} */ event) => this._take(action, remark.value, null, event.currentTarget),
    }, desk.say("review", action)));
  }

  /**
   * @param {HTMLTextAreaElement} remark
   */
  _publishing(remark) {
    const { desk } = this;
    const date = make("input", {
      type: "date", class: "sheet-field", required: true, value: desk.page.nextMonth, min: today(desk.page.timeZone),
    });
    const publish = make("button", {
      type: "button", class: "plan-mini plan-mini--main", "data-step": "publish",
      onclick: () => date.reportValidity() && this._publish(date.value, remark.value, publish),
    }, desk.say("review", "publish"));
    return [
      make("label", { class: "field" }, make("span", null, desk.say("review", "starts")), date),
      make("p", { class: "soft small" }, desk.say("review", "startsHint", { zone: desk.page.timeZone })),
      make("label", { class: "field" }, make("span", null, desk.say("review", "remark")), remark),
      make("p", null, publish),
    ];
  }

  /** When the plan comes into force, as it is published or as the form says. */
  _starts() {
    if (this.published) return this.published.starts;
    const field = this.act.querySelector("input[type=date]");
    const date = (field && field.value) || this.desk.page.nextMonth;
    return midnight(date, this.desk.page.timeZone).toISOString();
  }

  /**
   * @param {string} date
   * @param {string} remark
   * @param {any} button
   */
  async _publish(date, remark, button) {
    const { desk } = this;
    const atOnce = date <= today(desk.page.timeZone);
    const starts = atOnce ? null : midnight(date, desk.page.timeZone).toISOString();
    const [title, told] = starts
      ? [desk.say("review", "confirmPublish", { starts: desk.day(starts) }), desk.say("review", "confirmPublishTold")]
      : [desk.say("review", "confirmNow"), desk.say("review", "confirmNowTold")];
    const yes = await desk.confirm(title, told, desk.say("review", "publish"));
    if (yes) await this._take("publish", remark, starts, button);
  }

  /**
   * @param {string} action
   * @param {string} remark
   * @param {string | null} starts
   * @param {any} button
   */
  _take(action, remark, starts, button) {
    const { desk } = this;
    return desk.attempt(async () => {
      const body = { action, version: desk.store.version, remark: remark.trim() };
      await desk.ask("POST", "steps", starts ? Object.assign({ starts }, body) : body);
      const field = this.act.querySelector("textarea");
      if (field) field.value = "";
      await this._hear();
    }, button);
  }
}

/** The day that it is in a time zone, such as "2027-01-01".
 * @param {string} timeZone
 */
export function today(timeZone) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone }).format(new Date());
}

/** The instant at which a day begins in a time zone.
 * @param {string} date such as "2027-01-01"
 * @param {string} timeZone
 */
export function midnight(date, timeZone) {
  const guess = new Date(`${date}T00:00:00Z`);
  /** @type {Record<string, string>} */
  const parts = {};
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone, hour12: false, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
    minute: "2-digit", second: "2-digit",
  });
  for (const { type, value } of format.formatToParts(guess)) parts[type] = value;
  const [year, month, day, hour, minute, second] =
    ["year", "month", "day", "hour", "minute", "second"].map((name) => Number(parts[name]));
  const seen = Date.UTC(year, month - 1, day, hour % 24, minute, second);
  return new Date(guess.getTime() - (seen - guess.getTime()));
}

/** The button of the bar that leads to the review.
 * @param {() => void} show
 */
export function watchBar(show) {
  const button = document.getElementById("plan-next-step");
  if (button) button.addEventListener("click", show);
}
