/** Comments pinned to places: threads beside the map, pins on it. */

import { byId, icon, make } from "./page.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Remark
 * @property {string} id
 * @property {{id: number, name: string} | null} by
 * @property {string} at
 * @property {number | null} lon
 * @property {number | null} lat
 * @property {string | null} answers
 * @property {string} text
 * @property {string | null} resolved_at
 * @property {{id: number, name: string} | null} resolved_by
 */

/** Threads of comments. */
export class Comments {
  /**
   * @param {Desk} desk
   * @param {HTMLElement} sheet
   * @param {() => void} show opens the sheet
   */
  constructor(desk, sheet, show) {
    this.desk = desk;
    this.show = show;
    /** @type {Remark[]} */
    this.all = [];
    this.chosen = "";
    /** @type {[number, number] | null} */
    this.placed = null;
    this.count = /** @type {HTMLElement} */ (byId("tab-button-comments").querySelector(".tab-count"));
    this._build(sheet);
    desk.store.addEventListener("comment", () => this.read());
    desk.addEventListener("meta", () => this.write());
    this.read();
  }

  /** @param {HTMLElement} sheet */
  _build(sheet) {
    const { desk } = this;
    this.pin = make("button", { type: "button", class: "plan-mini push", hidden: true, onclick: () => this.begin() },
      icon("comment"), desk.say("comments", "pin"));
    this.withResolved = make("input", { type: "checkbox", onchange: () => this.write() });
    this.list = make("div");
    sheet.replaceChildren(
      make("div", { class: "sheet-head" },
        make("label", { class: "plan-option plan-check" }, this.withResolved,
          make("span", null, desk.say("comments", "showResolved"))), this.pin),
      make("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-labelledby": "tab-button-comments" }, this.list),
    );
  }

  async read() {
    await this.desk.attempt(async () => {
      const told = await this.desk.ask("GET", "comments");
      this.all = told.comments;
      this.write();
    });
  }

  /** Let the visitor choose a place, and ask for the words. */
  async begin() {
    if (!this.desk.may("comment")) return;
    const done = this.desk.toast(this.desk.say("comments", "pinHint"));
    const place = await this.desk.guide.place();
    done();
    if (place) this.compose(place);
  }

  /** Ask for the words of a comment at a place.
   * @param {[number, number]} place longitude and latitude
   */
  compose(place) {
    this.placed = place;
    this.show();
    this.write();
    const field = this.list.querySelector("textarea");
    if (field) field.focus();
  }

  /** Let a thread stand out, in the list and on the map.
   * @param {string} id
   */
  choose(id) {
    this.chosen = id;
    this.show();
    this.write();
    const thread = this.list.querySelector(".thread--chosen");
    if (thread) thread.scrollIntoView({ block: "nearest" });
  }

  write() {
    const { desk } = this;
    this.pin.hidden = !desk.may("comment");
    const roots = this.all.filter((one) => !one.answers);
    const shown = roots.filter((one) => !one.resolved_at || this.withResolved.checked || one.id === this.chosen);
    const open = roots.filter((one) => !one.resolved_at).length;
    this.count.hidden = !open;
    this.count.textContent = String(open);
    /** @type {Node[]} */
    const parts = this.placed ? [this._composer(this.placed)] : [];
    parts.push(...shown.map((one) => this._thread(one, roots.indexOf(one) + 1)));
    if (!parts.length) parts.push(make("p", { class: "sheet-empty" }, desk.say("comments", "none")));
    this.list.replaceChildren(...parts);
    this._writePins(shown, roots);
  }

  /**
   * @param {Remark[]} shown
   * @param {Remark[]} roots
   */
  _writePins(shown, roots) {
    const { desk } = this;
    desk.guide.pin(shown.map((one) => {
      const number = roots.indexOf(one) + 1;
      return {
        id: one.id, lon: Number(one.lon), lat: Number(one.lat), label: String(number),
        name: desk.say("comments", "pinNumber", { number, name: desk.personName(one.by) }),
        resolved: Boolean(one.resolved_at), chosen: one.id === this.chosen,
      };
    }), (id) => this.choose(id));
  }

  /** @param {[number, number]} place */
  _composer(place) {
    const { desk } = this;
    const done = () => {
      this.placed = null;
      this.write();
    };
    const form = this._form(desk.say("comments", "text"), async (text) => {
      const [lon, lat] = place;
      const made = await desk.ask("POST", "comments", { lon, lat, text });
      this.placed = null;
      this.chosen = made && made.id ? made.id : "";
      await this.read();
    });
    form.lastChild.append(make("button", { type: "button", class: "plan-mini", onclick: done }, desk.say("common", "cancel")));
    return make("div", { class: "thread thread--chosen" }, form);
  }

  /**
   * @param {Remark} root
   * @param {number} number
   */
  _thread(root, number) {
    const { desk } = this;
    const answers = this.all.filter((one) => one.answers === root.id);
    const go = make("button", {
      type: "button", class: "plan-mini", onclick: () => this._go(root),
      "aria-label": `${desk.say("common", "goThere")}: ${number}`,
    }, `#${number}`);
    const foot = make("div", { class: "thread-foot" });
    if (desk.may("comment")) this._addActs(foot, root);
    const settled = root.resolved_at
      ? make("p", { class: "soft small" }, desk.say("comments", "resolved", { name: desk.personName(root.resolved_by) })) : null;
    const names = ["thread", root.id === this.chosen && "thread--chosen", root.resolved_at && "thread--resolved"];
    return make("article", { class: names.filter(Boolean).join(" ") },
      this._words(root, go),
      answers.length ? make("div", { class: "thread-answers" }, ...answers.map((one) => this._words(one))) : null,
      settled, foot);
  }

  /**
   * @param {Remark} one
   * @param {Node} [sign]
   */
  _words(one, sign) {
    const { desk } = this;
    return make("div", null,
      make("p", { class: "thread-head" }, sign, make("strong", null, desk.personName(one.by)),
        make("time", { class: "soft small", datetime: one.at }, desk.moment(one.at))),
      make("p", { class: "thread-words" }, one.text));
  }

  /**
   * @param {HTMLElement} foot
   * @param {Remark} root
   */
  _addActs(foot, root) {
    const { desk } = this;
    const answer = make("button", { type: "button", class: "plan-mini" }, desk.say("comments", "answer"));
    const settle = make("button", { type: "button", class: "plan-mini" },
      desk.say("comments", root.resolved_at ? "reopen" : "resolve"));
    answer.addEventListener("click", () => {
      const form = this._form(desk.say("comments", "answer"), async (text) => {
        await desk.ask("POST", "comments", { answers: root.id, text });
        await this.read();
      });
      foot.replaceChildren(form);
      form.querySelector("textarea").focus();
    });
    settle.addEventListener("click", () => desk.attempt(async () => {
      await desk.ask("PATCH", `comments/${root.id}`, { resolved: !root.resolved_at });
      await this.read();
    }, settle));
    foot.append(answer, settle);
  }

  /**
   * @param {string} label
   * @param {(text: string) => Promise<void>} send
   */
  _form(label, send) {
    const { desk } = this;
    const field = make("textarea", { class: "plan-text", maxlength: "2000", required: true, "aria-label": label, rows: "3" });
    const button = make("button", { type: "submit", class: "plan-mini plan-mini--main" }, desk.say("comments", "send"));
    const form = make("form", null, field, make("p", { class: "thread-foot" }, button));
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      if (field.value.trim()) desk.attempt(() => send(field.value.trim()), button);
    });
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    return form;
  }

  /** @param {Remark} root */
  _go(root) {
    this.chosen = root.id;
    this.desk.goToPlace(Number(root.lon), Number(root.lat));
    this.write();
  }
}
