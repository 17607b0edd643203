/** Searching a place: compound (小区) → building (楼栋) → unit (单元). */

import { fill, make } from "../plan/page.js";
import { later, nameOf, read } from "./asking.js";

const PLACES = "/api/v1/places";
const MOST = 20;
const WAIT_MS = 220;

/**
 * @typedef {object} Found a compound or a building
 * @property {"compound" | "building"} kind
 * @property {string} code
 * @property {string} name
 * @property {string} [name_en]
 * @property {string} address
 * @property {{code: string, name: string, name_en: string}} community
 * @property {{code: string, name: string, name_en: string} | null} [compound] of a building
 * @property {number} lon
 * @property {number} lat
 * @property {{number: number, name: string}[]} [units] of a building
 * @property {number} [buildings] how many a compound has
 *
 * @typedef {object} Asked
 * @property {string} [q] words
 * @property {Found} [within] a compound whose buildings are wanted
 *
 * @typedef {(asked: Asked) => Promise<Found[]>} LookUp
 *
 * @typedef {object} Chosen a building, and the unit in it if it is known
 * @property {string} building
 * @property {number | null} unit
 * @property {number} lon
 * @property {number} lat
 * @property {string} label
 *
 * @typedef {object} SearchOptions
 * @property {Record<string, string>} texts
 * @property {string} jurisdiction
 * @property {string} language
 * @property {LookUp} [lookUp]
 * @property {(chosen: Chosen) => void} onChoose
 */

/** A search field with what it finds below it. */
export class PlaceSearch {
  /** @param {SearchOptions} options */
  constructor(options) {
    this.options = options;
    this.lookUp = options.lookUp || ((/** @type {Asked} */ asked) => this._askServer(asked));
    const { texts } = options;
    this._asked = 0;
    const soon = later(() => this._search(), WAIT_MS);
    this.field = make("input", {
      type: "search", autocomplete: "off", id: "place-search", placeholder: texts.searchHint,
      oninput: soon, onkeydown: (/** @type {KeyboardEvent} */ event) => this._key(event),
    });
    this.list = make("ul", { class: "found" });
    this.list.hidden = true;
    this.list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._key(event));
    this.status = make("p", { class: "found-status soft small", role: "status" });
    this.units = make("div", { class: "found-units", role: "group", "aria-label": texts.unit });
    this.units.hidden = true;
    this.element = make(
      "div", { class: "place-search" },
      make("label", { class: "field", for: "place-search" }, make("span", null, texts.search), this.field),
      this.status, this.list, this.units,
    );
  }

  /** Bring the reader to the field. */
  open() {
    this.field.focus();
  }

  /** Show what is chosen; nothing when the place is not by building.
   * @param {string} label
   */
  show(label) {
    this._asked += 1;
    this.field.value = label;
    this.list.hidden = this.units.hidden = true;
    this.status.textContent = "";
  }

  /** @param {Asked} asked @returns {Promise<Found[]>} */
  async _askServer({ q, within }) {
    const values = within
      ? { within: within.code, community: within.community.code, limit: 200 }
      : { q, limit: MOST };
    const answer = await read(PLACES, Object.assign({ jurisdiction: this.options.jurisdiction }, values));
    return answer.places;
  }

  async _search() {
    const q = this.field.value.trim();
    this.units.hidden = true;
    if (!q) {
      this.show("");
      return;
    }
    await this._list({ q });
  }

  /** List what is found, unless something newer is asked for meanwhile.
   * @param {Asked} asked
   */
  async _list(asked) {
    this._asked += 1;
    const mine = this._asked;
    const { texts } = this.options;
    try {
      const found = await this.lookUp(asked);
      if (mine !== this._asked) return;
      this.list.textContent = "";
      this.list.append(...found.map((one) => this._row(one, Boolean(asked.within))));
      this.list.hidden = !found.length;
      this.status.textContent = found.length ? fill(texts.found, { count: found.length }) : texts.nothing;
      if (asked.within) this._focusRow(0);
    } catch {
      if (mine === this._asked) this.status.textContent = texts.searchFailed;
    }
  }

  /**
   * @param {Found} one
   * @param {boolean} inside whether its compound is known already
   */
  _row(one, inside) {
    const { texts, language } = this.options;
    const more = one.kind === "compound"
      ? fill(texts.buildings, { count: one.buildings || 0 })
      : one.address;
    const name = inside ? one.name : labelOf(one, language);
    return make(
      "li", null,
      make(
        "button", { type: "button", class: "found-row", onclick: () => this._choose(one) },
        make("span", { class: "found-name" }, name),
        make("span", { class: "found-more soft" }, `${nameOf(one.community, language)} · ${more}`),
      ),
    );
  }

  /** @param {Found} one */
  _choose(one) {
    if (one.kind === "compound") {
      this.field.value = nameOf(one, this.options.language);
      this._list({ within: one });
      return;
    }
    const units = one.units || [];
    this.show(labelOf(one, this.options.language));
    this._take(one, units.length === 1 ? units[0].number : null);
    if (units.length > 1) this._offerUnits(one, units);
    else this.field.focus();
  }

  /**
   * @param {Found} one
   * @param {{number: number, name: string}[]} units
   */
  _offerUnits(one, units) {
    const { texts } = this.options;
    const choice = (/** @type {string} */ label, /** @type {number | null} */ unit) =>
      make("button", {
        type: "button", class: "chip", "aria-pressed": String(unit === null),
        onclick: (/** @type {Event} */ event) => {
          for (const other of this.units.querySelectorAll("button")) {
            other.setAttribute("aria-pressed", String(other === event.currentTarget));
          }
          this._take(one, unit, unit === null ? "" : label);
        },
      }, label);
    this.units.textContent = "";
    this.units.append(
      make("span", { class: "soft small", "aria-hidden": "true" }, texts.unit),
      ...units.map(({ name, number }) => choice(name || fill(texts.unitNumber, { number }), number)),
      choice(texts.unitUnknown, null),
    );
    this.units.hidden = false;
    this.units.querySelector("button").focus();
  }

  /**
   * @param {Found} one
   * @param {number | null} unit
   * @param {string} [unitName]
   */
  _take(one, unit, unitName = "") {
    const label = [labelOf(one, this.options.language), unitName].filter(Boolean).join(" ");
    this.options.onChoose({ building: one.code, unit, lon: one.lon, lat: one.lat, label });
  }

  /** Arrow keys go from the field through the list and back; Escape closes it.
   * @param {KeyboardEvent} event
   */
  _key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && event.target === this.field) {
      event.preventDefault();
      this._search();
    } else if (event.key === "Escape" && !this.list.hidden) {
      this.list.hidden = true;
      this.field.focus();
    } else if (step && !this.list.hidden) {
      event.preventDefault();
      const rows = Array.from(this.list.querySelectorAll("button"));
      const present = rows.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
      if (present + step < 0) this.field.focus();
      else this._focusRow(present + step);
    }
  }

  /** @param {number} place */
  _focusRow(place) {
    const rows = this.list.querySelectorAll("button");
    const row = rows[Math.min(place, rows.length - 1)];
    if (row) row.focus();
  }
}

/** What a place is called on its own: a building with its compound.
 * @param {Found} one
 * @param {string} language
 */
export function labelOf(one, language) {
  return one.compound ? `${nameOf(one.compound, language)} ${one.name}` : nameOf(one, language);
}
