/** What has become of a report: kept, on its way, arrived, refused, or another followed instead. */

import { make } from "../plan/page.js";

const SIGNS = { sent: "✓", refused: "!", kept: "…" };

/** @typedef {import("./app.js").App} App */

/** The part of the page that stands in the form's place once a report is kept. */
export class Fate {
  /**
   * @param {App} app
   * @param {() => void} onAnother another report is wanted
   */
  constructor(app, onAnother) {
    this.app = app;
    this.onAnother = onAnother;
    this.host = make("section", { class: "report-done", tabindex: "-1" });
    /** Key of the draft whose fate is shown; empty while the form is. */
    this.key = "";
    this.clear();
    app.on("drafts", () => this._say());
  }

  clear() {
    this.key = "";
    this.host.hidden = true;
  }

  /** @param {string} key of the draft */
  show(key) {
    this.key = key;
    this.host.hidden = false;
    this._say();
    this.host.focus();
  }

  /** @param {string} number of the case that is followed instead */
  followed(number) {
    const { app } = this;
    this.host.hidden = false;
    this._fill("sent", app.say("report", "followed", { number }), app.say("report", "followedMore"));
    this.host.focus();
  }

  _say() {
    const { app, key } = this;
    if (!key) return;
    const sent = app.sent.find((one) => one.key === key);
    const waits = app.drafts.find((one) => one.key === key);
    const wrong = waits && waits.refused;
    if (sent) {
      const to = sent.grid ? app.say("report", "wentTo", { grid: app.name(sent.grid) }) : app.say("report", "wentToDesk");
      this._fill("sent", app.say("report", "arrived", { number: sent.number || "" }), to,
        make("a", { class: "button", href: `#case/${sent.id}` }, app.say("report", "openCase")));
      return;
    }
    const title = app.say("report", wrong ? "refused" : app.sending ? "sending" : "kept");
    const more = wrong ? reasonsOf(wrong).join(" ")
      : app.say("report", "keptMore", { time: app.moment(waits ? waits.written : new Date().toISOString()) });
    this._fill(wrong ? "refused" : "kept", title, more,
      make("a", { class: "button", href: "#drafts" }, app.say("report", "openDrafts")));
  }

  /**
   * @param {keyof typeof SIGNS} state
   * @param {string} title
   * @param {string} more
   * @param {Node} [way] on
   */
  _fill(state, title, more, way) {
    this.host.dataset.state = state;
    this.host.textContent = "";
    this.host.append(
      make("div", { class: "done-sign", "aria-hidden": "true" }, SIGNS[state]),
      make("h2", { role: "status" }, title), make("p", { class: "soft" }, more),
      make("p", { class: "done-ways" },
        make("button", { type: "button", class: "button button--primary", onclick: () => this.onAnother() }, this.app.say("report", "another")),
        way),
    );
  }
}

/** What the server said against a draft, field by field.
 * @param {{detail: string, fields: import("./store.js").Wrong[]}} refused
 */
export function reasonsOf({ detail, fields }) {
  return fields.length ? fields.map(({ message }) => message) : [detail];
}
