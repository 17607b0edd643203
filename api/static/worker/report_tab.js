/** Reporting in a few presses: where, what about, words, photos; kept as a draft before it is sent. */

import { make } from "../plan/page.js";
import { later, newKey } from "../issues/asking.js";
import { DutyPicker } from "../issues/duties.js";
import { Nearby } from "../issues/nearby.js";
import { PhotoPicker } from "../issues/photos.js";
import { PositionPicker } from "../issues/position.js";
import { Preview } from "../issues/preview.js";
import { Fate, reasonsOf } from "./fate.js";
import { whereIs } from "./ground.js";
import { lookUp } from "./look_up.js";
import { mapOptions } from "./map_tab.js";
import { nameOfKept } from "./store.js";

const KEEP_MS = 600;
const MOST_WORDS = "5000";

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("../issues/position.js").Place} Place
 * @typedef {import("../issues/photos.js").Photo} Photo
 *
 * @typedef {object} Form what is written so far
 * @property {Place | null} place
 * @property {string | null} duty
 * @property {boolean} decided whether the duty was chosen, or that it isn't known
 * @property {string} text
 */

/** The tab of the report. */
export class ReportTab {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   */
  constructor(app, host) {
    this.app = app;
    this.host = host;
    /** @type {Draft | null} the draft that is being changed */
    this.draft = null;
    this.built = false;
    // The parts of the form stand from when the tab is first opened.
    this.picker = /** @type {PositionPicker} */ (/** @type {unknown} */ (null));
    this.duty = /** @type {DutyPicker} */ (/** @type {unknown} */ (null));
    this.photos = /** @type {PhotoPicker} */ (/** @type {unknown} */ (null));
    this.near = /** @type {Nearby} */ (/** @type {unknown} */ (null));
    this.preview = /** @type {Preview} */ (/** @type {unknown} */ (null));
    this._save = later(() => this._keepForm(), KEEP_MS);
    this.fate = new Fate(app, () => this._anew());
    app.on("area", () => this.opened && this._begin());
    window.addEventListener("online", () => this.built && this._changed());
    window.addEventListener("offline", () => this.built && this._changed());
  }

  /** @param {string} [building] code of one to report at */
  open(building) {
    this.opened = true;
    this._begin(building);
  }

  leave() {
    this.opened = false;
  }

  /** @param {string} [building] */
  async _begin(building) {
    const { app } = this;
    if (!app.area || !app.grids.length) {
      this.host.textContent = app.say("app", app.area ? "noGrid" : "loading");
      return;
    }
    if (!this.built) {
      this._build();
      if (!building) await this._restoreForm();
    } else {
      this.picker.map.leaflet.invalidateSize({ animate: false });
    }
    if (building) this._at(building);
    else if (!this.picker.value) this.picker.locate();
  }

  _build() {
    const { app } = this;
    const { page } = app;
    this.built = true;
    this.host.textContent = "";
    const part = (/** @type {string} */ title, /** @type {Node[]} */ ...inside) =>
      make("section", { class: "report-part" }, make("h2", null, app.say("report", title)), ...inside);
    const hosts = Array.from({ length: 5 }, () => make("div"));
    const [where, what, photos, near, goes] = hosts;
    this.words = make("textarea", {
      id: "report-words", rows: "3", maxlength: MOST_WORDS, placeholder: app.say("report", "wordsHint"),
      oninput: () => this._changed(false),
    });
    this.wrong = make("p", { class: "field-error", role: "alert" });
    this.wrong.hidden = true;
    this.sendLabel = make("span");
    this.sendTo = make("span", { class: "send-to" });
    this.button = make("button", { type: "submit", class: "button button--primary send-button" }, this.sendLabel, this.sendTo);
    this.guess = make("p", { class: "goes-guess", role: "status" });
    this.form = make(
      "form", { class: "report-form", novalidate: true },
      make("div", { class: "report-where" }, where),
      make("div", { class: "report-rest" },
        part("what", what),
        make("section", { class: "report-part" },
          make("label", { class: "field", for: "report-words" }, make("span", null, app.say("report", "words")), this.words),
          photos),
        near,
        part("goes", this.guess, goes),
        make("div", { class: "send-bar" }, this.wrong, this.button)),
    );
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this._submit();
    });
    this.fate.clear();
    this.host.append(this.form, this.fate.host);
    this.picker = new PositionPicker(where, {
      map: mapOptions(app), texts: page.texts.position, lookUp: (asked) => lookUp(app, asked),
      onChange: () => this._changed(),
    });
    this.duty = new DutyPicker(what, {
      duties: app.area ? app.area.duties.filter(({ jurisdiction }) => jurisdiction === app.city) : [],
      texts: page.texts.duties, language: app.language, city: app.city, onChange: () => this._changed(),
    });
    this.photos = new PhotoPicker(photos, {
      texts: page.texts.photos, most: page.photosMost, onChange: () => this._changed(false),
    });
    this.near = new Nearby(near, {
      texts: this._nearTexts(), language: app.language, timeZone: app.timeZone,
      details: () => ({ text: this.words.value.trim() }), onFollow: ({ number }) => this._followed(number),
    });
    this.preview = new Preview(goes, {
      texts: page.texts.preview, language: app.language, timeZone: app.timeZone,
      onAnswer: (answer) => this._sayWhere(answer),
    });
    this._sayWhere(null);
  }

  /** The states as those at work call them. */
  _nearTexts() {
    const texts = Object.assign({}, this.app.page.texts.nearby);
    for (const [state, said] of Object.entries(this.app.page.states)) texts[`state_${state}`] = said;
    return texts;
  }

  /** Report at a building that was chosen on the map.
   * @param {string} code
   */
  _at(code) {
    const building = this.app.building(code);
    if (!building) return;
    const unit = building.units.length === 1 ? { unit: building.units[0].number } : {};
    this.picker.restore({
      location: { lon: building.lon, lat: building.lat, datum: "wgs84" },
      unit: Object.assign({ building: code }, unit), source: "building", label: this.app.buildingName(building),
    });
  }

  /** @returns {Form} */
  _form() {
    return { place: this.picker.value, duty: this.duty.value, decided: this.duty.decided, text: this.words.value };
  }

  /** @param {Form} form @param {Photo[]} photos */
  _fill({ place, duty, decided, text }, photos) {
    if (place) this.picker.restore(place);
    if (decided) this.duty.choose(duty, false);
    this.words.value = text;
    this.photos.restore(photos);
    this._changed();
  }

  /** Something has been written.
   * @param {boolean} [elsewhere] whether it may go elsewhere now
   */
  _changed(elsewhere = true) {
    this.wrong.hidden = true;
    if (elsewhere) {
      const { place, duty } = this._form();
      const away = navigator.onLine === false;
      const known = place && !away;
      this.preview.update(known ? this._body(place, duty) : null);
      this.near.update(known ? { lon: place.location.lon, lat: place.location.lat, duty, jurisdiction: this.app.city } : null);
      this._sayWhere(null);
    }
    this._save();
  }

  /** @param {Place} place @param {string | null} duty */
  _body(place, duty) {
    /** @type {Record<string, any>} */
    const body = { location: place.location };
    if (place.unit) body.unit = place.unit;
    if (duty) body.duty = duty;
    return body;
  }

  /** Say on the button where it goes: by the server's word, else by what the phone knows.
   * @param {import("../issues/preview.js").PreviewAnswer | null} answer
   */
  _sayWhere(answer) {
    const { app } = this;
    const away = navigator.onLine === false;
    const { place } = this._form();
    const grid = answer ? answer.grid : this._guess(place);
    this.sendLabel.textContent = app.say("report", this.draft ? "keepChanges" : away ? "keep" : "send");
    this.sendTo.textContent = grid ? app.say("report", "to", { grid: app.name(grid) }) : "";
    this.preview.host.hidden = Boolean(!answer && away && place);
  }

  /** The grid by the phone's own knowledge, said where the server can't.
   * @param {Place | null} place
   */
  _guess(place) {
    const { app } = this;
    this.guess.textContent = "";
    if (!place || !app.area) return null;
    const { lon, lat, accuracy_m: accuracy } = place.location;
    const building = place.unit ? app.building(place.unit.building) : undefined;
    const named = building ? app.area.grids.find(({ code }) => code === building.grid) : undefined;
    const { grid, others, nearest } = whereIs(app.area.grids, { lon, lat, accuracyM: accuracy || 0 });
    if (navigator.onLine !== false) return named || grid;
    const found = named || grid;
    const near = others.map((one) => app.name(one)).join(app.say("grid", "comma"));
    const away = nearest ? app.say("grid", "nearest", { grid: app.name(nearest.grid), metres: Math.round(nearest.metres) }) : "";
    this.guess.append(
      make("strong", null, found ? app.name(found) : app.say("grid", "hereNone")),
      make("span", { class: "soft small" }, found ? app.say("report", "guessed") : away),
      near && !named ? make("span", { class: "note note--caution small" }, app.say("grid", "crossing", { grids: near })) : "",
    );
    return found;
  }

  async _submit() {
    const { app } = this;
    const { place, duty, decided, text } = this._form();
    const photos = this.photos.photos;
    if (!place) return this._refuse("noPlace", () => this.picker.button.focus());
    if (!text.trim() && !duty && !photos.length) {
      return this._refuse("noWords", () => (decided ? this.words.focus() : this.duty.field.focus()));
    }
    const before = this.draft;
    /** @type {Draft} */
    const draft = {
      key: before ? before.key : newKey(),
      account: /** @type {{id: number}} */ (app.account).id,
      kind: "report",
      body: Object.assign(this._body(place, duty), {
        text: text.trim(), occurred_at: before ? before.written : new Date().toISOString(),
      }),
      photos,
      label: text.trim() || this._dutyName(duty),
      written: before ? before.written : new Date().toISOString(),
      form: this._form(),
      tried: 0,
      refused: null,
    };
    this.button.disabled = true;
    try {
      await app.keepDraft(draft);
    } catch (error) {
      this.button.disabled = false;
      return this._refuse(error instanceof DOMException ? "notKept" : "full", () => this.button.focus());
    }
    this.button.disabled = false;
    this.duty.remember();
    await this._forgetForm();
    this.form.hidden = true;
    this.fate.show(draft.key);
    return undefined;
  }

  /** @param {string | null} code */
  _dutyName(code) {
    const duties = this.app.area ? this.app.area.duties : [];
    const duty = duties.find((one) => one.code === code);
    return duty ? this.app.name(duty) : this.app.say("drafts", "photoReport");
  }

  /**
   * @param {string} why
   * @param {() => void} focus
   */
  _refuse(why, focus) {
    this.wrong.textContent = this.app.say("report", why);
    this.wrong.hidden = false;
    focus();
  }

  /** @param {string} number of the case that is followed instead */
  async _followed(number) {
    await this._forgetForm();
    this.form.hidden = true;
    this.fate.followed(number);
  }

  /** An empty form, at the place where the phone is. */
  _anew() {
    this.host.textContent = "";
    this.built = false;
    this.draft = null;
    this._begin();
    this.host.scrollIntoView();
  }

  /** Open a draft to change it.
   * @param {Draft} draft
   */
  async edit(draft) {
    this.host.textContent = "";
    this.draft = draft;
    this._build();
    this._fill(/** @type {Form} */ (draft.form), draft.photos);
    if (draft.refused) {
      this.wrong.textContent = reasonsOf(draft.refused).join(" ");
      this.wrong.hidden = false;
      this._pointAt(draft.refused.fields.map(({ field }) => field));
    }
  }

  /** Bring the reader to the first part that the server refused.
   * @param {string[]} fields paths
   */
  _pointAt(fields) {
    const parts = /** @type {[string, HTMLElement][]} */ ([
      ["location", this.picker.button], ["unit", this.picker.search.field], ["duty", this.duty.change],
      ["text", this.words], ["photos", this.photos.input],
    ]);
    const found = parts.find(([name]) => fields.some((field) => field.split(".")[0] === name));
    if (!found) return;
    const [, element] = found;
    element.setAttribute("aria-invalid", "true");
    element.setAttribute("aria-describedby", "report-wrong");
    this.wrong.id = "report-wrong";
    element.focus();
  }

  /** Keep what is written so far, in case the page goes. */
  async _keepForm() {
    if (this.draft || !this.app.account || this.form.hidden) return;
    const { text, decided } = this._form();
    if (!text && !decided && !this.photos.photos.length) return;
    const form = { form: this._form(), photos: this.photos.photos };
    this.app.unkept = !await this.app.keep(nameOfKept("form", this.app.account.id), form);
  }

  async _restoreForm() {
    if (!this.app.account) return;
    const kept = await this.app.store.kept(nameOfKept("form", this.app.account.id));
    if (kept) this._fill(kept.form, kept.photos);
  }

  async _forgetForm() {
    if (this.app.account) await this.app.keep(nameOfKept("form", this.app.account.id), null);
  }
}
