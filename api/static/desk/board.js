/** What every part of the desk is given: words, names and times as the reader has them, the view. */

import { fill } from "../plan/page.js";
import { Refused } from "../plan/wire.js";

const MINUTE_MS = 60000;
const HOUR_MIN = 60;
const DAY_MIN = 24 * HOUR_MIN;
/** From here on hours don't matter. */
const MANY_DAYS = 3;
const KILOMETRE_M = 1000;
const PERCENT = 100;

/**
 * @typedef {import("./wire.js").Named} Named
 * @typedef {import("./wire.js").View} View
 *
 * @typedef {object} Page what the page's JSON block holds
 * @property {string} city slug of the jurisdiction
 * @property {string} language tag
 * @property {string} timeZone
 * @property {string} version of the map's data
 * @property {string} attribution
 * @property {[number, number, number, number]} bounds
 * @property {any} texts of the map
 * @property {Record<string, string>} words
 * @property {string} me
 * @property {number} photosMax
 * @property {string[]} queues
 * @property {(Named & {bounds: [number, number, number, number], street: string, street_en: string})[]} communities
 * @property {(Named & {community: string, lon: number, lat: number})[]} grids
 * @property {Named[]} departments
 * @property {(Named & {department: string, private: boolean})[]} duties
 * @property {Record<string, string>} states
 * @property {Record<string, string>} stages
 * @property {Record<string, string>} done what an action is called once it is done
 * @property {Record<string, string>} actors
 * @property {Record<string, string | null>} owners who has to act, by state
 * @property {string[]} actions in the order of the loop
 * @property {Record<string, string>} keys letter of each action
 * @property {Record<string, Record<string, string[]>>} needs by state and action
 * @property {Record<string, string[]>} mine actions of one's roles by state
 */

/** Words, names, times, and the view that the address keeps.
 *
 * Dispatches `view` when the list is to show something else, `case` when another case is opened or
 * none, `chosen` when cases are chosen for an action on many, and `changed` when the server or
 * somebody else has changed a case.
 */
export class Board extends EventTarget {
  /** @param {Page} page */
  constructor(page) {
    super();
    this.page = page;
    this.english = page.language.startsWith("en");
    this.grids = new Map(page.grids.map((one) => [one.code, one]));
    this.communities = new Map(page.communities.map((one) => [one.code, one]));
    this.departments = new Map((page.departments || []).map((one) => [one.code, one]));
    this.duties = new Map((page.duties || []).map((one) => [one.code, one]));
    this._numbers = new Intl.NumberFormat(page.language, { maximumFractionDigits: 0 });
    /** @type {Intl.DateTimeFormatOptions} */
    const clock = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: page.timeZone };
    this._moments = new Intl.DateTimeFormat(page.language, Object.assign({ month: "short", day: "numeric" }, clock));
    this._years = new Intl.DateTimeFormat(
      page.language, Object.assign({ year: "numeric", month: "short", day: "numeric" }, clock));
    this._clock = new Intl.DateTimeFormat(page.language, clock);
    /** @type {View} */
    this.view = { queue: "", community: "", grid: "", department: "", duty: "", overdue: "", q: "" };
    /** Key of the case that is open. */
    this.open = "";
  }

  /** A text with its values.
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values) {
    return fill(this.page.words[key] || key, values);
  }

  /** @param {number} value */
  number(value) {
    return this._numbers.format(value);
  }

  /** @param {Named | {name: string, name_en?: string} | null | undefined} thing */
  nameOf(thing) {
    if (!thing) return "";
    return (this.english && thing.name_en) || thing.name;
  }

  /** @param {string} code of a grid */
  gridName(code) {
    return this.nameOf(this.grids.get(code)) || code;
  }

  /** @param {string} instant */
  moment(instant) {
    const at = new Date(instant);
    const thisYear = at.getFullYear() === new Date().getFullYear();
    return (thisYear ? this._moments : this._years).format(at);
  }

  /** @param {Date} at */
  clock(at) {
    return this._clock.format(at);
  }

  /** @param {number} distance in metres */
  metres(distance) {
    if (distance < KILOMETRE_M) return this.say("metres", { number: this.number(distance) });
    return this.say("kilometres", { number: (distance / KILOMETRE_M).toFixed(1) });
  }

  /** @param {number} share */
  percent(share) {
    return `${Math.round(share * PERCENT)}%`;
  }

  /** A span of time in its two largest units.
   * @param {number} span in milliseconds; its sign doesn't matter
   */
  span(span) {
    const minutes = Math.floor(Math.abs(span) / MINUTE_MS);
    const days = Math.floor(minutes / DAY_MIN);
    const hours = Math.floor((minutes % DAY_MIN) / HOUR_MIN);
    if (days >= MANY_DAYS) return this.say("spanDays", { days });
    if (days) return hours ? this.say("spanDaysHours", { days, hours }) : this.say("spanDays", { days });
    if (hours) return this.say("spanHours", { hours, minutes: minutes % HOUR_MIN });
    return this.say("spanMinutes", { minutes });
  }

  /** How long until a moment, or since.
   * @param {string} instant
   */
  remaining(instant) {
    const span = Date.parse(instant) - Date.now();
    return this.say(span < 0 ? "over" : "left", { time: this.span(span) });
  }

  /** Who did something, in words.
   * @param {string} actor
   */
  actor(actor) {
    return this.page.actors[actor] || actor;
  }

  /** What somebody did, in words.
   * @param {string} action
   */
  done(action) {
    return this.page.done[action] || action;
  }

  /** Words for what went wrong.
   * @param {unknown} error
   */
  wrong(error) {
    if (error instanceof Refused) {
      const { problem } = error;
      const named = /** @type {any} */ (problem).errors;
      const first = named && named[0] && named[0].message;
      return first || problem.detail || problem.title || this.say("failed");
    }
    if (error instanceof TypeError) return this.say("noConnection");
    throw error;
  }

  /** Take the view from the address, as far as it names what there is. */
  readAddress() {
    const asked = new URLSearchParams(window.location.search);
    for (const name of /** @type {(keyof View)[]} */ (Object.keys(this.view))) {
      this.view[name] = asked.get(name) || "";
    }
    if (!this.page.queues.includes(this.view.queue)) this.view.queue = this.page.queues[0];
    this.open = asked.get("case") || "";
  }

  /** Keep the view in the address.
   * @param {boolean} [anew] whether the way back leads to what was shown before
   */
  writeAddress(anew = false) {
    const address = new URL(window.location.href);
    const all = Object.assign({}, this.view, { case: this.open });
    for (const [name, value] of Object.entries(all)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    if (address.href === window.location.href) return;
    if (anew) window.history.pushState(null, "", address);
    else window.history.replaceState(null, "", address);
  }

  /** Show something else in the list.
   * @param {Partial<View>} changes
   */
  look(changes) {
    Object.assign(this.view, changes);
    this.writeAddress();
    this.dispatchEvent(new CustomEvent("view"));
  }

  /** Open a case; an empty key closes the one that is open.
   * @param {string} id
   * @param {boolean} [remember] whether the way back leads to what was open before
   */
  openCase(id, remember = true) {
    if (id === this.open) return;
    const nothingBefore = !this.open;
    this.open = id;
    if (remember) this.writeAddress(nothingBefore || !id);
    this.dispatchEvent(new CustomEvent("case"));
  }

  /** Say something to those who don't see it.
   * @param {string} words
   */
  announce(words) {
    const line = document.getElementById("desk-announce");
    if (line) line.textContent = words;
  }
}
