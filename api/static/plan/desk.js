/** What every panel is given: the draft, the map, the reader's language, and who may do what. */

import { byId, fill, icon, make } from "./page.js";
import { Refused, ask } from "./wire.js";

const KILOMETRE_M = 1000;
const TOAST_MS = 6000;
/** Half the width of what the map shows around a place, in degrees: about 250 m. */
const AROUND = 0.0025;
/** Reasons of a refusal that are told. */
const TOLD_REASONS = 3;

/**
 * @typedef {import("./page.js").PlanPage} PlanPage
 * @typedef {import("./store.js").PlanStore} PlanStore
 * @typedef {[number, number, number, number]} Bounds west, south, east, north in degrees
 *
 * @typedef {object} Pin of a comment
 * @property {string} id
 * @property {number} lon
 * @property {number} lat
 * @property {string} label on the pin
 * @property {string} name for screen readers
 * @property {boolean} resolved
 * @property {boolean} chosen
 *
 * @typedef {object} Guide what panels ask of the map
 * @property {(bounds: Bounds) => void} go bring an area into view
 * @property {(bounds: Bounds) => boolean} sees tell whether some of an area is in view
 * @property {(grid: string) => void} choose let a grid stand out; an empty key lets none
 * @property {(cells: string[]) => void} point let some cells stand out for a moment
 * @property {(grid: string) => string} colour of a grid, as CSS has it; empty where it has none
 * @property {(pins: Pin[], chosen: (id: string) => void) => void} pin put pins on the map, in place of
 *   those that were there
 * @property {(moved: Record<string, string> | null) => void} preview show cells in other grids than
 *   they are in; null shows the draft
 * @property {() => Promise<[number, number] | null>} place let the visitor choose a place: longitude
 *   and latitude; null when they don't
 *
 * @typedef {object} Meta what the server tells of a draft
 * @property {string} name
 * @property {string} note
 * @property {string} state
 * @property {number} version
 * @property {{label: string, number: number} | null} base
 * @property {number | null} reviewed_version
 * @property {string | null} generation
 * @property {string[]} may
 * @property {{id: number, name: string}[]} authors
 * @property {{id: number, name: string}[]} online
 */

/** Draft, map and reader. Dispatches `meta` when the server tells something new of the draft. */
export class Desk extends EventTarget {
  /**
   * @param {PlanPage} page
   * @param {PlanStore} store
   * @param {Guide} guide
   */
  constructor(page, store, guide) {
    super();
    this.page = page;
    this.store = store;
    this.guide = guide;
    this.english = page.language.startsWith("en");
    /** @type {Meta | null} */
    this.meta = null;
    this._numbers = new Intl.NumberFormat(page.language, { maximumFractionDigits: 0 });
    this._tenths = new Intl.NumberFormat(page.language, { maximumFractionDigits: 1 });
    const zone = { timeZone: page.timeZone };
    /** @type {Intl.DateTimeFormatOptions} */
    const clock = { hour: "2-digit", minute: "2-digit", hour12: false };
    this._days = new Intl.DateTimeFormat(page.language, Object.assign({ dateStyle: "long" }, zone));
    this._clock = new Intl.DateTimeFormat(page.language, Object.assign({}, clock, zone));
    this._moments = new Intl.DateTimeFormat(page.language, Object.assign(
      { year: "numeric", month: "short", day: "numeric" }, clock, zone));
  }

  /** A text of a module with its values.
   * @param {string} module
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(module, key, values) {
    return fill((this.page.texts[module] || {})[key] || "", values);
  }

  /** @param {number} value */
  number(value) {
    return this._numbers.format(value);
  }

  /** @param {number} value with one decimal where it has one */
  tenths(value) {
    return this._tenths.format(value);
  }

  /** @param {number} distance in metres */
  metres(distance) {
    if (distance < KILOMETRE_M) return this.say("common", "metres", { number: this.number(distance) });
    return this.say("common", "kilometres", { number: this.tenths(distance / KILOMETRE_M) });
  }

  /** @param {string} instant */
  moment(instant) {
    return this._moments.format(new Date(instant));
  }

  /** @param {string} instant */
  clock(instant) {
    return this._clock.format(new Date(instant));
  }

  /** @param {string} instant */
  day(instant) {
    return this._days.format(new Date(instant));
  }

  /** @param {{name: string, name_en?: string} | null | undefined} thing */
  nameOf(thing) {
    if (!thing) return "";
    return (this.english && thing.name_en) || thing.name;
  }

  /** Tell whether a grid is one of the draft's, or was when it began.
   * @param {string} key
   */
  isKnown(key) {
    return this.store.grids.has(key) || Boolean(this.store.base.grids[key]);
  }

  /** Name of a grid, also of one that is gone.
   * @param {string} key
   */
  gridName(key) {
    const found = this.store.grids.get(key) || this.store.base.grids[key];
    return found ? this.nameOf(found) : this.say("log", "outside");
  }

  /** Name of a grid within its community: without the community's.
   * @param {string} key
   */
  shortName(key) {
    const whole = this.gridName(key);
    const found = this.store.grids.get(key) || this.store.base.grids[key];
    const community = found ? this.communityName(found.code.slice(0, 12)) : "";
    const stems = [community, community.replace(/社区$|居委会$|村$| Community$/, "")];
    const stem = stems.find((one) => one && whole.startsWith(one) && whole.length > one.length);
    return stem ? whole.slice(stem.length).trim() : whole;
  }

  /** @param {string} code */
  communityName(code) {
    return this.nameOf(this.store.communities.find((one) => one.code === code)) || code;
  }

  /** @param {{name: string} | null | undefined} person */
  personName(person) {
    return (person && person.name) || this.say("common", "somebody");
  }

  /** Whether the reader may do something with the draft now.
   * @param {string} what such as "edit"
   */
  may(what) {
    return Boolean(this.meta && this.meta.may.includes(what));
  }

  /** Ask the service about the draft.
   * @param {string} method
   * @param {string} path after the draft's address
   * @param {object} [body]
   */
  ask(method, path, body) {
    const url = path ? `${this.page.plan.url}/${path}` : this.page.plan.url;
    return ask(method, url, body, this.page.secret || undefined);
  }

  /** Ask anew what the draft is called, where it stands, and what the reader may do. */
  async refresh() {
    this.learn(await this.ask("GET", ""));
  }

  /** @param {Meta} meta */
  learn(meta) {
    this.meta = meta;
    this.dispatchEvent(new CustomEvent("meta"));
  }

  /** What to tell people of a failure.
   * @param {any} failure
   */
  told(failure) {
    if (!(failure instanceof Refused)) {
      if (failure instanceof TypeError) return this.say("common", "noConnection");
      return (failure && failure.message) || this.say("common", "failed");
    }
    const { refusals = [], detail, title } = failure.problem;
    const reasons = new Set(refusals.map((one) => one.text).filter(Boolean));
    const some = Array.from(reasons).slice(0, TOLD_REASONS).join(" ");
    return some || detail || title || this.say("common", "failed");
  }

  /** Do something that may fail, and say so where it does.
   * @param {() => Promise<any>} work
   * @param {any} [button] that started it
   */
  async attempt(work, button) {
    if (button) button.disabled = true;
    try {
      return await work();
    } catch (failure) {
      this.toast(this.told(failure), true);
      return undefined;
    } finally {
      if (button) button.disabled = false;
    }
  }

  /** Say something over the map for a while.
   * @param {string} text
   * @param {boolean} [bad]
   * @returns {() => void} takes it away before
   */
  toast(text, bad = false) {
    const shown = make("p", { class: bad ? "toast toast--bad" : "toast" }, text);
    byId("plan-toasts").append(shown);
    setTimeout(() => shown.remove(), TOAST_MS);
    return () => shown.remove();
  }

  /** Show a dialog; the same one for everything.
   * @param {string} title
   * @param {(Node | string)[]} body
   * @param {HTMLElement[]} acts buttons
   * @param {boolean} [aside] whether it stands beside what it is about, which stays in view
   * @returns {HTMLDialogElement}
   */
  dialog(title, body, acts, aside = false) {
    const dialog = /** @type {HTMLDialogElement} */ (byId("plan-dialog"));
    const close = make("button", {
      type: "button", class: "icon-button", "aria-label": this.say("common", "close"), onclick: () => dialog.close(),
    }, icon("close"));
    dialog.classList.toggle("plan-dialog--aside", aside);
    dialog.replaceChildren(
      make("div", { class: "dialog-head" }, make("h2", { id: "plan-dialog-title" }, title), close),
      make("div", { class: "dialog-body" }, ...body),
      ...(acts.length ? [make("div", { class: "dialog-acts" }, ...acts)] : []),
    );
    if (!dialog.open) dialog.showModal();
    return dialog;
  }

  /** Ask for a yes.
   * @param {string} title
   * @param {string} told
   * @param {string} yes
   * @returns {Promise<boolean>}
   */
  confirm(title, told, yes) {
    return new Promise((resolve) => {
      let answer = false;
      const act = make("button", { type: "button", class: "plan-mini plan-mini--main" }, yes);
      const back = make("button", { type: "button", class: "plan-mini" }, this.say("common", "cancel"));
      const dialog = this.dialog(title, [make("p", null, told)], [back, act]);
      act.addEventListener("click", () => {
        answer = true;
        dialog.close();
      });
      back.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => resolve(answer), { once: true });
      act.focus();
    });
  }

  /** Bring a grid into view and let it stand out.
   * @param {string} grid
   */
  goToGrid(grid) {
    const box = this.store.gridBox(grid);
    this.guide.choose(grid);
    if (box) this.guide.go(box);
  }

  /** Bring cells into view and let them stand out for a moment.
   * @param {string[]} cells
   */
  goToCells(cells) {
    const box = this.store.boxOf(cells);
    if (box) this.guide.go(box);
    this.guide.point(cells);
  }

  /** Bring a place into view.
   * @param {number} lon
   * @param {number} lat
   */
  goToPlace(lon, lat) {
    this.guide.go([lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND]);
  }

  /** Bring cells into view, unless one of them is there already.
   * @param {string[]} cells
   */
  comeToSee(cells) {
    const { guide, store } = this;
    const isSeen = (/** @type {string} */ cell) => {
      const box = store.boxOf([cell]);
      return box !== null && guide.sees(box);
    };
    const all = store.boxOf(cells);
    if (all && !cells.some(isSeen)) guide.go(all);
  }
}

/** Call something at most once per frame, however often it is asked for.
 * @param {() => void} work
 * @returns {() => void}
 */
export function onceAFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
