/** Choosing a duty (事项) by search, in Chinese or English, the ones that were used last first. */

import { make } from "../plan/page.js";
import { keep, nameOf, recall } from "./asking.js";

const RECENT = "hongge.duties";
const MOST_RECENT = 5;
const SHOWN = 4;

/**
 * @typedef {object} OfferedDuty
 * @property {string} code
 * @property {string} name
 * @property {string} name_en
 * @property {{name: string, name_en: string}} [department]
 *
 * @typedef {object} DutyOptions
 * @property {OfferedDuty[]} duties
 * @property {Record<string, string>} texts
 * @property {string} language tag
 * @property {string} city slug; what was used last is kept for each
 * @property {(code: string | null) => void} onChange
 */

/** A search field over a list of choices, which folds when one is chosen. */
export class DutyPicker {
  /**
   * @param {HTMLElement} host
   * @param {DutyOptions} options
   */
  constructor(host, options) {
    this.options = options;
    /** @type {string | null} code; `null` where the reader doesn't know */
    this.value = null;
    this.decided = false;
    this.all = false;
    const { texts } = options;
    this.field = make("input", {
      type: "search", autocomplete: "off", id: "duty-search", placeholder: texts.hint,
      oninput: () => this._list(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        const first = this._matching()[0];
        if (first && this.field.value.trim()) this.choose(first.code);
      },
    });
    this.list = make("div", { class: "choices-list", role: "radiogroup", "aria-label": texts.label });
    this.more = make("button", {
      type: "button", class: "button button--quiet",
      onclick: () => {
        this.all = true;
        this._list();
      },
    }, texts.all);
    this.status = make("p", { class: "visually-hidden", role: "status" });
    this.open = make(
      "div", { class: "duty-open" },
      make("label", { class: "field", for: "duty-search" }, make("span", null, texts.search), this.field),
      this.list, this.more, this.status,
    );
    this.said = make("strong", null);
    this.of = make("span", { class: "soft small" });
    this.change = make(
      "button", { type: "button", class: "button button--quiet", onclick: () => this._unfold() },
      texts.change,
    );
    this.closed = make("div", { class: "duty-chosen" }, make("p", null, this.said, this.of), this.change);
    this.closed.hidden = true;
    host.classList.add("duty-picker");
    host.append(this.open, this.closed);
    this._list();
  }

  /** Choose by code; `null`: the reader doesn't know.
   * @param {string | null} code
   * @param {boolean} [moving] whether the keyboard's focus follows
   */
  choose(code, moving = true) {
    const { texts, language, duties, onChange } = this.options;
    const duty = duties.find((one) => one.code === code);
    this.value = duty ? duty.code : null;
    this.decided = true;
    this.said.textContent = duty ? nameOf(duty, language) : texts.unknown;
    const department = duty && duty.department;
    this.of.textContent = duty ? (department ? nameOf(department, language) : "") : texts.unknownMeans;
    this.open.hidden = true;
    this.closed.hidden = false;
    if (moving) this.change.focus();
    onChange(this.value);
  }

  /** Keep the present choice among those used last. */
  remember() {
    if (!this.value) return;
    const key = `${RECENT}.${this.options.city}`;
    const others = this._recent().filter((code) => code !== this.value);
    keep(key, [this.value, ...others].slice(0, MOST_RECENT));
  }

  /** @returns {string[]} */
  _recent() {
    const kept = recall(`${RECENT}.${this.options.city}`);
    return Array.isArray(kept) ? kept.map(String) : [];
  }

  _unfold() {
    this.open.hidden = false;
    this.closed.hidden = true;
    this.field.value = "";
    this._list();
    this.field.focus();
  }

  /** The duties that fit what is typed, those used last first. */
  _matching() {
    /** @type {string[]} */
    const words = this.field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const recent = this._recent();
    const rank = (/** @type {OfferedDuty} */ one) => {
      const place = recent.indexOf(one.code);
      return place < 0 ? recent.length : place;
    };
    return this.options.duties
      .filter((one) => words.every((word) => textOf(one).includes(word)))
      .map((one, place) => ({ one, place, rank: rank(one) }))
      .sort((a, b) => a.rank - b.rank || a.place - b.place)
      .map(({ one }) => one);
  }

  _list() {
    const { texts, language } = this.options;
    const found = this._matching();
    const typed = Boolean(this.field.value.trim());
    const shown = this.all || typed ? found : found.slice(0, Math.max(SHOWN, this._recent().length));
    const rows = shown.map((one) => this._choice(one.code, nameOf(one, language),
      one.department ? nameOf(one.department, language) : ""));
    rows.unshift(this._choice(null, texts.unknown, texts.unknownMeans));
    this.list.textContent = "";
    this.list.append(...rows);
    this.more.hidden = shown.length === found.length;
    this.status.textContent = typed && !found.length ? texts.nothing : "";
  }

  /**
   * @param {string | null} code
   * @param {string} name
   * @param {string} more
   */
  _choice(code, name, more) {
    const chosen = this.decided && this.value === code;
    const input = make("input", {
      type: "radio", name: "duty-choice", value: code || "", checked: chosen,
      onclick: (/** @type {MouseEvent} */ event) => {
        if (event.detail > 0) this.choose(code);
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.choose(code);
      },
    });
    return make(
      "label", { class: "choice" }, input,
      make("span", null, name, more && make("small", { class: "soft" }, more)),
    );
  }
}

/** What is searched in a duty.
 * @param {OfferedDuty} duty
 */
function textOf({ code, name, name_en: english, department }) {
  const of = department ? `${department.name} ${department.name_en}` : "";
  return `${code} ${name} ${english} ${of}`.toLowerCase();
}
