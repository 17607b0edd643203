/** A field that finds one of many things by code or name (combobox with a list, WAI-ARIA 1.2). */

import { make } from "../plan/page.js";

const MOST = 30;
let last = 0;

/**
 * @typedef {{code: string, name: string, more?: string}} Choice
 */

/** A field with the list of what fits; holds the code of what was chosen. Dispatches `chosen`. */
export class Picker extends EventTarget {
  /**
   * @param {string} label
   * @param {Choice[]} choices
   * @param {object} [options]
   * @param {string} [options.value] code of what is chosen at first
   * @param {string} [options.hint] shown while nothing is chosen
   * @param {string} [options.none] what is said when nothing fits
   * @param {boolean} [options.required]
   */
  constructor(label, choices, { value = "", hint = "", none = "", required = false } = {}) {
    super();
    this.choices = choices;
    this.none = none;
    this.code = "";
    /** @type {Choice[]} */
    this.shown = [];
    this.at = -1;
    last += 1;
    const id = `picker-${last}`;
    this.input = make("input", {
      type: "text", id, role: "combobox", autocomplete: "off", placeholder: hint, spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
      "aria-required": required ? "true" : null,
    });
    this.list = make("ul", { id: `${id}-list`, role: "listbox", class: "picker-list", "aria-label": label, hidden: true });
    this.element = make("div", { class: "picker" },
      make("label", { for: id, class: "picker-label" }, label), this.input, this.list);
    this.input.addEventListener("input", () => {
      this.code = "";
      this._open();
    });
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this._open(true));
    this.input.addEventListener("blur", () => this._leave());
    this.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._key(event));
    if (value) this.choose(value, false);
  }

  /** Choose by code.
   * @param {string} code
   * @param {boolean} [telling]
   */
  choose(code, telling = true) {
    const found = this.choices.find((one) => one.code === code);
    this.code = found ? found.code : "";
    this.input.value = found ? found.name : "";
    this._close();
    if (telling) this.dispatchEvent(new CustomEvent("chosen"));
  }

  focus() {
    this.input.focus();
  }

  /** @param {boolean} [all] whether what stands in the field is not looked for */
  _open(all = false) {
    const words = all ? "" : this.input.value.trim().toLowerCase();
    const fits = (/** @type {Choice} */ one) =>
      words.split(/\s+/).every((/** @type {string} */ word) => `${one.code} ${one.name} ${one.more || ""}`.toLowerCase().includes(word));
    this.shown = this.choices.filter(fits).slice(0, MOST);
    this.at = words && this.shown.length ? 0 : -1;
    this.list.replaceChildren(...this.shown.map((one, place) => {
      const option = make("li", {
        id: `${this.list.id}-${place}`, role: "option", class: "picker-option",
        "aria-selected": one.code === this.code ? "true" : "false",
      }, make("span", null, one.name), make("span", { class: "picker-more" }, [one.more, one.code].filter(Boolean).join(" · ")));
      option.addEventListener("pointerdown", (/** @type {Event} */ event) => {
        event.preventDefault();
        this.choose(one.code);
      });
      return option;
    }));
    if (!this.shown.length) {
      this.list.append(make("li", { role: "option", class: "picker-none", "aria-disabled": "true", "aria-selected": "false" }, this.none));
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this._mark();
  }

  _close() {
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  _leave() {
    if (!this.code && this.shown.length === 1 && this.input.value.trim()) this.choose(this.shown[0].code);
    else this._close();
  }

  _mark() {
    Array.from(this.list.children).forEach((/** @type {any} */ option, place) => {
      option.classList.toggle("picker-option--at", place === this.at);
      if (place === this.at) option.scrollIntoView({ block: "nearest" });
    });
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this._open(Boolean(this.code));
      const { length } = this.shown;
      if (length) this.at = (this.at + step + length) % length;
      this._mark();
    } else if (event.key === "Enter" && !this.list.hidden && this.at >= 0) {
      event.preventDefault();
      event.stopPropagation();
      this.choose(this.shown[this.at].code);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this._close();
    }
  }
}
