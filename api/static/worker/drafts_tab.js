/** Drafts that wait, with what stands against each, and what has arrived. */

import { make } from "../plan/page.js";
import { reasonsOf } from "./fate.js";

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./store.js").Draft} Draft
 */

/** The tab of the drafts. */
export class DraftsTab {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   * @param {(draft: Draft) => void} edit
   */
  constructor(app, host, edit) {
    this.app = app;
    this.host = host;
    this.edit = edit;
    app.on("drafts", () => this._show());
    app.on("network", () => this._show());
  }

  open() {
    this._show();
  }

  leave() {}

  _show() {
    const { app } = this;
    const { drafts, sent } = app;
    const waiting = drafts.filter(({ refused }) => !refused);
    this.host.textContent = "";
    const send = make("button", {
      type: "button", class: "button", onclick: () => app.send(), "aria-busy": app.sending ? "true" : null,
    }, app.say("drafts", app.sending ? "sending" : "sendNow"));
    send.hidden = !waiting.length;
    this.host.append(
      make("div", { class: "drafts-head" },
        make("h2", { role: "status" }, drafts.length ? app.say("drafts", "count", { count: drafts.length }) : app.say("drafts", "none")), send),
      make("p", { class: "soft" }, app.say("drafts", drafts.length ? "about" : "noneMore")),
      make("ul", { class: "cards" }, ...drafts.map((one) => this._card(one))),
    );
    if (sent.length) {
      this.host.append(
        make("h2", { class: "section-head" }, app.say("drafts", "arrived")),
        make("ul", { class: "rows arrived" }, ...sent.map((one) => make("li", { class: "arrived-row" },
          make("span", null, make("span", { class: "arrived-label" }, one.label),
            make("small", { class: "soft" }, app.say("drafts", "arrivedAt", { written: app.moment(one.written), time: app.moment(one.at) }))),
          one.id ? make("a", { class: "link figures", href: `#case/${one.id}` }, one.number) : ""))),
      );
    }
  }

  /** @param {Draft} draft */
  _card(draft) {
    const { app } = this;
    const { refused, photos, kind, tried } = draft;
    const facts = [
      app.say("drafts", kind), app.moment(draft.written),
      photos.length ? app.say("drafts", "photos", { count: photos.length }) : "",
    ];
    const state = refused ? make("ul", { class: "draft-wrong" }, ...reasonsOf(refused).map((reason) => make("li", null, reason)))
      : tried ? make("p", { class: "small soft" }, app.say("drafts", "tried")) : "";
    return make(
      "li", { class: "card draft", "data-key": draft.key },
      make("div", { class: "card-head" },
        make("strong", { class: "draft-label" }, draft.label),
        make("span", { class: refused ? "badge badge--unsure" : "badge" }, app.say("drafts", refused ? "refused" : "waits"))),
      make("p", { class: "small soft" }, facts.filter(Boolean).join(" · ")), state,
      make("p", { class: "draft-ways" },
        !tried && make("button", { type: "button", class: "button", onclick: () => this.edit(draft) }, app.say("drafts", "edit")),
        make("button", { type: "button", class: "button", onclick: (/** @type {any} */ event) => this._drop(draft, event.currentTarget) }, app.say("drafts", "drop"))),
    );
  }

  /** Ask once more before a draft goes.
   * @param {Draft} draft
   * @param {HTMLElement} button
   */
  _drop(draft, button) {
    const { app } = this;
    const sure = make("p", { class: "draft-sure note note--caution", role: "alert" },
      app.say("drafts", draft.tried ? "sureTried" : "sure"),
      make("span", { class: "draft-ways" },
        make("button", { type: "button", class: "button button--primary", onclick: () => app.dropDraft(draft.key) }, app.say("drafts", "dropIt")),
        make("button", { type: "button", class: "button", onclick: () => this._show() }, app.say("drafts", "keepIt"))));
    const ways = /** @type {HTMLElement} */ (button.parentElement);
    ways.replaceWith(sure);
    sure.querySelector("button").focus();
  }
}
