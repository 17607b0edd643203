/** What the tabs of the worker's page share: who works, the own area, drafts, texts and times. */

import { fill } from "../plan/page.js";
import { nameOf } from "../issues/asking.js";
import { Refused, ask } from "../plan/wire.js";
import { nameOfKept } from "./store.js";
import { askPass, sendDrafts } from "./sending.js";

const AREA = "/api/v1/worker/area";
/** After an attempt in vain the next one comes soon, and then ever later. */
const FIRST_RETRY_MS = 2000;
const RETRY_MS = 45000;
const MINUTE_MS = 60000;
const UNITS = /** @type {[string, number][]} */ ([
  ["day", 24 * 60 * MINUTE_MS], ["hour", 60 * MINUTE_MS], ["minute", MINUTE_MS],
]);

/**
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./sending.js").Sent} Sent
 * @typedef {import("./ground.js").WorkGrid} WorkGrid
 *
 * @typedef {{code: string, name: string, name_en: string}} Named
 * @typedef {{id: number, room: string}} Door
 * @typedef {{number: number, name: string, doors: Door[]}} WorkUnit
 *
 * @typedef {object} WorkBuilding
 * @property {string} code
 * @property {string} name
 * @property {string} address
 * @property {string} jurisdiction
 * @property {string} grid code
 * @property {number} storeys
 * @property {number} lon
 * @property {number} lat
 * @property {Named} community
 * @property {Named | null} compound
 * @property {number[][][][]} polygons
 * @property {WorkUnit[]} units
 *
 * @typedef {object} WorkStation
 * @property {string} code
 * @property {string} kind
 * @property {string} name
 * @property {string} name_en
 * @property {string} address
 * @property {string | null} phone
 * @property {number} lon
 * @property {number} lat
 *
 * @typedef {object} Area
 * @property {string} version of the map's data
 * @property {{slug: string, name: string, name_en: string, timezone: string, synthetic: boolean, source: string, source_en: string, review_number: string | null}[]} jurisdictions
 * @property {WorkGrid[]} grids in order of precedence
 * @property {WorkBuilding[]} buildings
 * @property {WorkStation[]} stations
 * @property {(Named & {jurisdiction: string, department: Named})[]} duties
 *
 * @typedef {object} WorkerPage
 * @property {{id: number, name: string} | null} account
 * @property {string} language tag
 * @property {string} page path
 * @property {number} photosMost
 * @property {string} serviceWorker path
 * @property {Record<string, string>} actions
 * @property {Record<string, string>} done
 * @property {Record<string, Record<string, string[]>>} needs by state and action
 * @property {Record<string, string>} stages
 * @property {Record<string, string>} states
 * @property {Record<string, string>} stationKinds
 * @property {Record<string, Record<string, string>>} texts by module
 */

/** The page as a whole: tabs hear of what changes by `on`. */
export class App {
  /**
   * @param {WorkerPage} page
   * @param {Store} store
   */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.language = page.language;
    /** @type {{id: number, name: string} | null} */
    this.account = page.account;
    /** @type {Area | null} */
    this.area = null;
    /** @type {string} when the area was last known to be right */
    this.areaAt = "";
    /** @type {Draft[]} */
    this.drafts = [];
    /** @type {Sent[]} */
    this.sent = [];
    this.sending = false;
    /** Whether something was written last that this phone did not keep. */
    this.unkept = false;
    /** @type {Map<string, Set<() => void>>} */
    this.listeners = new Map();
    this._timer = 0;
    this._pauseMs = FIRST_RETRY_MS;
  }

  /** Call back whenever something changes: `area`, `drafts`, `network`, `sign_in`.
   * @param {string} what
   * @param {() => void} listener
   */
  on(what, listener) {
    const all = this.listeners.get(what) || new Set();
    all.add(listener);
    this.listeners.set(what, all);
  }

  /** @param {string} what */
  tell(what) {
    for (const listener of this.listeners.get(what) || []) listener();
  }

  /** A text in the reader's language.
   * @param {string} module
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   */
  say(module, name, values) {
    return fill(this.page.texts[module][name] || name, values);
  }

  /** @param {{name: string, name_en?: string} | null | undefined} thing */
  name(thing) {
    return thing ? nameOf(thing, this.language) : "";
  }

  /** The own grids. */
  get grids() {
    return this.area ? this.area.grids.filter(({ own }) => own) : [];
  }

  get city() {
    return this.area && this.area.jurisdictions[0] ? this.area.jurisdictions[0].slug : "";
  }

  get timeZone() {
    return this.zoneOf(this.city);
  }

  /** The time zone of a jurisdiction; of the device while none is known.
   * @param {string} slug
   */
  zoneOf(slug) {
    const home = this.area && this.area.jurisdictions.find((one) => one.slug === slug);
    return home ? home.timezone : undefined;
  }

  /** A building of the own grids.
   * @param {string} code
   */
  building(code) {
    return this.area ? this.area.buildings.find((one) => one.code === code) : undefined;
  }

  /** What a building is called on its own.
   * @param {WorkBuilding} building
   */
  buildingName(building) {
    const { compound, name, address } = building;
    return [compound ? this.name(compound) : "", name || address].filter(Boolean).join(" ");
  }

  /** A moment as people say it, in the time of a jurisdiction.
   * @param {string} instant
   * @param {string} [jurisdiction] its slug
   */
  moment(instant, jurisdiction = this.city) {
    return new Intl.DateTimeFormat(this.language, {
      month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false,
      timeZone: this.zoneOf(jurisdiction),
    }).format(new Date(instant));
  }

  /** How far a moment is from now, as people say it.
   * @param {string} instant
   */
  fromNow(instant) {
    const distance = Date.parse(instant) - Date.now();
    const [unit, size] = UNITS.find(([, each]) => Math.abs(distance) >= each) || UNITS[UNITS.length - 1];
    const number = Math.trunc(distance / size);
    const { RelativeTimeFormat } = /** @type {any} */ (Intl);
    if (!RelativeTimeFormat) return this.moment(instant);
    return new RelativeTimeFormat(this.language, { numeric: "always", style: "short" }).format(number, unit);
  }

  /** Read what the phone keeps, then ask the server for what has changed. */
  async start() {
    const kept = await this.store.kept("account");
    if (!this.account) this.account = kept || null;
    if (!this.account) return;
    const { id } = this.account;
    if (!kept || kept.id !== id) {
      await this.store.forget(id);
      await this.keep("account", this.account);
    }
    const area = await this.store.kept(nameOfKept("area", id));
    if (area) this._take(area.area, area.at);
    await this.readDrafts();
  }

  /** @param {Area} area @param {string} at */
  _take(area, at) {
    this.area = area;
    this.areaAt = at;
    this.tell("area");
  }

  /** Ask for the own area, unless the one that is kept is still right.
   * @returns {Promise<string>} why it could not be had; empty where it could
   */
  async refreshArea() {
    if (!this.account) return "";
    const name = nameOfKept("area", this.account.id);
    const kept = await this.store.kept(name);
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    if (kept && kept.tag) headers["If-None-Match"] = kept.tag;
    try {
      const response = await fetch(AREA, { headers, cache: "no-store", credentials: "same-origin" });
      const at = new Date().toISOString();
      if (response.status === 304 && kept) {
        this.areaAt = at;
        await this.keep(name, Object.assign(kept, { at }));
        return "";
      }
      if (response.status === 401) this.tell("sign_in");
      if (!response.ok) return (await response.json()).detail || String(response.status);
      const area = await response.json();
      this._take(area, at);
      await this.keep(name, { area, at, tag: response.headers.get("ETag") });
      return "";
    } catch {
      return this.area ? "" : this.say("app", "noConnection");
    }
  }

  /** Keep something that can be had again; without room for it, the page goes on.
   * @param {string} name
   * @param {any} value
   * @returns {Promise<boolean>} whether it is kept
   */
  async keep(name, value) {
    try {
      await this.store.keep(name, value);
      return true;
    } catch {
      this.tell("full");
      return false;
    }
  }

  /** Whether something that was written goes when the page does. */
  get wouldLose() {
    return this.unkept || (!this.store.lasting && this.drafts.length > 0);
  }

  /** Ask the server; a session that has ended is said on the page.
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {string} [key]
   * @returns {Promise<any>}
   */
  async ask(method, path, body, key) {
    try {
      return await ask(method, path, body, "", key ? { "Idempotency-Key": key } : {});
    } catch (error) {
      if (error instanceof Refused && error.problem.status === 401) this.tell("sign_in");
      throw error;
    }
  }

  /** What stands against something, in words.
   * @param {unknown} error
   */
  reason(error) {
    return error instanceof Refused ? error.message : this.say("app", "noConnection");
  }

  async readDrafts() {
    if (!this.account) return;
    this.drafts = await this.store.drafts(this.account.id);
    this.sent = await this.store.kept(nameOfKept("sent", this.account.id)) || [];
    this.tell("drafts");
  }

  /** Keep a draft, and send it as soon as that can be.
   * @param {Draft} draft
   * @throws {import("./store.js").StorageFull}
   */
  async keepDraft(draft) {
    this.unkept = true;
    await this.store.keepDraft(draft);
    this.unkept = false;
    await this.readDrafts();
    this.send();
  }

  /** @param {string} key */
  async dropDraft(key) {
    await this.store.dropDraft(key);
    await this.readDrafts();
  }

  /** Send what waits.
   * @returns {Promise<Sent[]>}
   */
  async send() {
    if (!this.account || this.sending) return [];
    const waiting = this.drafts.filter(({ refused }) => !refused);
    if (!waiting.length) return [];
    this.sending = true;
    this.tell("drafts");
    this._askSync();
    const round = await sendDrafts(this.store, this.account.id, this._pass(), () => this.readDrafts());
    this.sending = false;
    await this.readDrafts();
    if (round.ended === "sign_in") this.tell("sign_in");
    clearTimeout(this._timer);
    if (round.ended === "offline" || round.ended === "busy") {
      this._timer = window.setTimeout(() => this.send(), this._pauseMs);
      this._pauseMs = Math.min(2 * this._pauseMs, RETRY_MS);
    } else {
      this._pauseMs = FIRST_RETRY_MS;
      const kept = this.drafts.filter(({ refused }) => !refused);
      if (kept.some(({ key }) => !waiting.some((one) => one.key === key))) this.send();
    }
    if (round.sent.length) this.tell("sent");
    return round.sent;
  }

  /** Give a page that was kept what lets its requests through, now that there is a network.
   * @returns {Promise<boolean>} whether the page is its account's again
   */
  async renew() {
    if (this.page.account || !this.account || navigator.onLine === false) return Boolean(this.page.account);
    const pass = await askPass();
    if (!pass) return false;
    if (pass.account !== this.account.id) {
      this.tell("sign_in");
      return false;
    }
    const meta = document.createElement("meta");
    meta.name = "csrf-token";
    meta.content = pass.token;
    document.head.appendChild(meta);
    this.page.account = this.account;
    return true;
  }

  /** What lets this page's requests through; a page that was kept has none. */
  _pass() {
    const token = document.querySelector("meta[name=csrf-token]");
    if (!token || !this.page.account) return null;
    return { account: this.page.account.id, token: token.getAttribute("content") || "" };
  }

  /** Let the browser wake the service worker when the network is back, where it can. */
  async _askSync() {
    const { serviceWorker } = navigator;
    if (!serviceWorker || !serviceWorker.controller) return;
    const registration = /** @type {any} */ (await serviceWorker.ready);
    if (registration.sync) registration.sync.register("drafts").catch(() => undefined);
  }
}
