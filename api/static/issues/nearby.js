/** What is open near by already: “this one” follows it in place of a new report. */

import { fill, make } from "../plan/page.js";
import { ISSUES, Refused, later, nameOf, newKey, read, send } from "./asking.js";

const WAIT_MS = 300;
/** How many stand there before the others are asked for. */
const SHOWN = 3;

/**
 * @typedef {object} NearIssue
 * @property {string} id
 * @property {string} number
 * @property {string} state
 * @property {string | null} text
 * @property {string} occurred_at
 * @property {number} distance_m
 * @property {import("./asking.js").Named | null} duty
 * @property {string[]} photos
 * @property {number} followers
 *
 * @typedef {object} Followed
 * @property {string} number
 * @property {string | null} secret of the link, for residents
 * @property {NearIssue} issue
 *
 * @typedef {object} NearbyOptions
 * @property {Record<string, string>} texts with `state_…` for each state
 * @property {string} language tag
 * @property {string | undefined} timeZone
 * @property {() => {name?: string, phone?: string, text?: string}} details what the reader has said
 * @property {(followed: Followed) => void} onFollow
 */

/** A list of open cases; hidden while there is none. */
export class Nearby {
  /**
   * @param {HTMLElement} host
   * @param {NearbyOptions} options
   */
  constructor(host, options) {
    this.options = options;
    this.host = host;
    /** @type {Record<string, string | number | null> | null} */
    this.asked = null;
    /** @type {Map<string, string>} keys of attempts to follow, so that none counts twice */
    this.keys = new Map();
    this._number = 0;
    this._soon = later(() => this._ask(), WAIT_MS);
    this.host.hidden = true;
    this.host.classList.add("near");
  }

  /** Look around a place for open cases of a duty; `null` where there is no place yet.
   * @param {{lon: number, lat: number, duty: string | null, jurisdiction: string} | null} asked
   */
  update(asked) {
    this.asked = asked;
    this._soon();
  }

  async _ask() {
    this._number += 1;
    const mine = this._number;
    /** @type {{radius_m: number, issues: NearIssue[]}} */
    let answer = { radius_m: 0, issues: [] };
    try {
      if (this.asked) answer = await read(`${ISSUES}/nearby`, this.asked);
    } catch {
      // Nobody is kept from reporting because what is near can't be told.
    }
    if (mine === this._number) this._show(answer);
  }

  /** @param {{radius_m: number, issues: NearIssue[]}} answer */
  _show({ radius_m: radiusM, issues }) {
    const { texts } = this.options;
    this.host.textContent = "";
    this.host.hidden = !issues.length;
    if (!issues.length) return;
    this.status = make("p", { class: "field-error", role: "alert" });
    this.status.hidden = true;
    this.host.append(
      make("h2", null, texts.title),
      make("p", { class: "soft" }, fill(texts.about, { count: issues.length, metres: radiusM })),
      this.status,
      this._list(issues),
    );
  }

  /** The nearest few, and the others when they are asked for.
   * @param {NearIssue[]} issues
   */
  _list(issues) {
    const { texts } = this.options;
    const cards = issues.map((one) => this._card(one));
    const list = make("ul", { class: "near-list" }, ...cards.slice(0, SHOWN));
    if (cards.length <= SHOWN) return list;
    const more = make("button", {
      type: "button", class: "button button--quiet",
      onclick: () => {
        list.append(...cards.slice(SHOWN));
        more.remove();
        cards[SHOWN].querySelector("button").focus();
      },
    }, texts.all);
    return make("div", null, list, more);
  }

  /** @param {NearIssue} issue */
  _card(issue) {
    const { texts, language, timeZone } = this.options;
    const when = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone })
      .format(new Date(issue.occurred_at));
    const facts = [
      fill(texts.distance, { metres: issue.distance_m }),
      texts[`state_${issue.state}`] || issue.state,
      when,
      issue.followers ? fill(texts.followers, { count: issue.followers }) : "",
    ];
    const said = issue.text || (issue.duty ? nameOf(issue.duty, language) : texts.noWords);
    const button = make("button", {
      type: "button", class: "button near-this",
      "aria-label": fill(texts.thisOneOf, { text: said }),
      onclick: () => this._follow(issue, button),
    }, texts.thisOne);
    const photo = issue.photos[0]
      && make("img", { src: issue.photos[0], alt: texts.photo, loading: "lazy" });
    return make(
      "li", { class: "near-card" }, photo,
      make(
        "div", { class: "near-said" },
        make("p", { class: "near-text" }, said),
        make("p", { class: "soft small" }, facts.filter(Boolean).join(" · ")),
      ),
      button,
    );
  }

  /**
   * @param {NearIssue} issue
   * @param {HTMLButtonElement} button
   */
  async _follow(issue, button) {
    const { texts, details, onFollow } = this.options;
    const key = this.keys.get(issue.id) || newKey();
    this.keys.set(issue.id, key);
    button.setAttribute("aria-busy", "true");
    this.status.hidden = true;
    try {
      const told = await send(`${ISSUES}/${issue.id}/follow`, details(), key);
      onFollow({ number: told.number, secret: secretOf(told.follow), issue });
    } catch (error) {
      if (error instanceof Refused) this.keys.delete(issue.id);
      this.status.textContent = error instanceof Refused ? error.message : texts.noConnection;
      this.status.hidden = false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

/** The secret in a link that the server gave out.
 * @param {string | null} link
 */
export function secretOf(link) {
  return link ? new URL(link, location.href).searchParams.get("follow") : null;
}
