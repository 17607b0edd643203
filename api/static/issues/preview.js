/** Where a report will go: grid, branch and department, and the neighbour near an edge. */

import { fill, make } from "../plan/page.js";
import { ISSUES, Refused, later, nameOf, send } from "./asking.js";

const WAIT_MS = 250;

/**
 * @typedef {import("./asking.js").Named} Named
 *
 * @typedef {object} PreviewAnswer
 * @property {string} jurisdiction
 * @property {string} method
 * @property {(Named & {kind: string, community: Named, street: Named}) | null} grid
 * @property {Named | null} nearest
 * @property {{name: string, name_en: string, phone: string} | null} branch
 * @property {Named | null} department
 * @property {{stage: string, due_at: string}[]} deadlines
 * @property {number | null} distance_m
 * @property {boolean} confident
 * @property {(Named & {share: number, distance_m: number})[]} neighbours
 * @property {{code: string, message: string}[]} warnings
 *
 * @typedef {object} PreviewOptions
 * @property {Record<string, string>} texts
 * @property {string} language tag
 * @property {string | undefined} timeZone
 * @property {(answer: PreviewAnswer | null) => void} [onAnswer]
 */

/** A card that says where a report will go, kept up to date while it is written. */
export class Preview {
  /**
   * @param {HTMLElement} host
   * @param {PreviewOptions} options
   */
  constructor(host, options) {
    this.options = options;
    this.host = host;
    /** @type {object | null} */
    this.report = null;
    /** @type {PreviewAnswer | null} */
    this.answer = null;
    this._asked = 0;
    this._soon = later(() => this._ask(), WAIT_MS);
    host.classList.add("goes");
    host.setAttribute("aria-live", "polite");
    this._say(options.texts.start);
  }

  /** Ask anew, for a report as far as it is known; `null` where it has no place yet.
   * @param {object | null} report body of the preview
   */
  update(report) {
    this.report = report;
    this._soon();
  }

  async _ask() {
    this._asked += 1;
    const mine = this._asked;
    const { texts, onAnswer } = this.options;
    if (!this.report) {
      this.answer = null;
      this._say(texts.start);
      if (onAnswer) onAnswer(null);
      return;
    }
    this.host.setAttribute("aria-busy", "true");
    /** @type {PreviewAnswer | null} */
    let answer = null;
    let problem = texts.offline;
    try {
      answer = await send(`${ISSUES}/preview`, this.report);
    } catch (error) {
      if (error instanceof Refused) problem = error.message;
    }
    if (mine !== this._asked) return;
    this.host.removeAttribute("aria-busy");
    this.answer = answer;
    if (answer) this._show(answer);
    else this._say(problem);
    if (onAnswer) onAnswer(answer);
  }

  /** @param {string} text */
  _say(text) {
    this.host.textContent = "";
    this.host.append(make("p", { class: "soft" }, text));
  }

  /** @param {PreviewAnswer} answer */
  _show(answer) {
    const { texts, language } = this.options;
    const { grid, nearest } = answer;
    this.host.textContent = "";
    if (!grid) {
      this.host.append(
        make("p", { class: "goes-grid" }, make("strong", null, texts.desk)),
        make("p", null, nearest
          ? fill(texts.outside, { grid: nameOf(nearest, language), metres: Math.round(answer.distance_m || 0) })
          : texts.noGrid),
      );
    } else {
      this.host.append(
        make(
          "p", { class: "goes-grid" }, make("strong", null, nameOf(grid, language)),
          make("span", { class: "soft" },
            ` ${nameOf(grid.street, language)} · ${nameOf(grid.community, language)}`),
        ),
      );
    }
    this._facts(answer);
    this._neighbours(answer);
    const told = answer.warnings.filter(({ code }) => code !== "no_duty" && code !== "near_edge");
    this.host.append(...told.map(({ message }) => make("p", { class: "small soft" }, message)));
  }

  /** @param {PreviewAnswer} answer */
  _facts({ branch, department, deadlines }) {
    const { texts, language } = this.options;
    const due = deadlines.find(({ stage }) => stage === "handle");
    const rows = /** @type {[string, string][]} */ ([
      [texts.branch, branch ? nameOf(branch, language) : ""],
      [texts.department, department ? nameOf(department, language) : texts.departmentLater],
      [texts.due, due ? this._day(due.due_at) : ""],
    ]);
    this.host.append(make(
      "dl", { class: "goes-facts" },
      ...rows.filter(([, said]) => said)
        .map(([name, said]) => make("div", null, make("dt", null, name), make("dd", null, said))),
    ));
  }

  /** @param {PreviewAnswer} answer */
  _neighbours({ method, grid, neighbours }) {
    const { texts, language } = this.options;
    if (!grid || !neighbours.length) return;
    const names = neighbours.map((one) => (one.share > 0
      ? fill(texts.shareOf, { grid: nameOf(one, language), share: `${Math.max(1, Math.round(one.share * 100))}%` })
      : fill(texts.distanceOf, { grid: nameOf(one, language), metres: Math.round(one.distance_m) })));
    const text = method === "edge" ? texts.onEdge : texts.nearEdge;
    this.host.append(
      make("p", { class: "note note--caution goes-near" }, fill(text, { grids: names.join(texts.comma) })),
    );
  }

  /** @param {string} instant */
  _day(instant) {
    const { language, timeZone } = this.options;
    const form = new Intl.DateTimeFormat(language, {
      month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", timeZone,
    });
    return form.format(new Date(instant));
  }
}
