/** Links by which anybody may read the draft: given out, listed, taken back. */

import { make } from "./page.js";

const DAYS = [7, 30, 90];

/**
 * @typedef {import("./desk.js").Desk} Desk
 *
 * @typedef {object} Share
 * @property {string} key
 * @property {string} expires_at
 * @property {{id: number, name: string} | null} by
 * @property {boolean} holds
 */

/** Show the dialog of links.
 * @param {Desk} desk
 */
export async function showShares(desk) {
  const given = make("ul", { class: "facts-list" });
  const fresh = make("div", { role: "status" });
  const days = make("select", { class: "sheet-field" }, ...DAYS.map((count) =>
    make("option", { value: String(count) }, desk.say("shares", "day", { count }))));
  const make_ = make("button", { type: "submit", class: "plan-mini plan-mini--main" }, desk.say("shares", "make"));
  const form = make("form", { class: "dialog-row" },
    make("label", { class: "field" }, make("span", null, desk.say("shares", "days")), days), make_);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    desk.attempt(async () => {
      const { url } = await desk.ask("POST", "shares", { days: Number(days.value) });
      fresh.replaceChildren(freshLink(desk, new URL(url, location.href).href));
      await list(desk, given);
    }, make_);
  });
  desk.dialog(desk.say("shares", "title"), [
    make("p", { class: "soft" }, desk.say("shares", "hint")), form, fresh,
    make("h3", null, desk.say("shares", "given")), given,
  ], []);
  await desk.attempt(() => list(desk, given));
}

/** A link that was just made, which nobody can show again.
 * @param {Desk} desk
 * @param {string} url
 */
function freshLink(desk, url) {
  const field = make("input", { class: "sheet-field", readonly: true, value: url, "aria-label": desk.say("shares", "link") });
  const copy = make("button", { type: "button", class: "plan-mini" }, desk.say("shares", "copy"));
  copy.addEventListener("click", async () => {
    field.select();
    // Pages without encryption have no clipboard; the selection can still be copied by hand.
    if (navigator.clipboard) await navigator.clipboard.writeText(url).catch(() => undefined);
    else document.execCommand("copy");
    copy.textContent = desk.say("shares", "copied");
  });
  return make("div", { class: "note" }, make("p", null, desk.say("shares", "once")),
    make("div", { class: "dialog-row" }, make("span", { class: "grow field" }, field), copy));
}

/**
 * @param {Desk} desk
 * @param {HTMLElement} place
 */
async function list(desk, place) {
  /** @type {{shares: Share[]}} */
  const { shares } = await desk.ask("GET", "shares");
  const lines = shares.filter((one) => one.holds).map((one) => line(desk, one, place));
  place.replaceChildren(...(lines.length ? lines : [make("li", { class: "soft" }, desk.say("shares", "noneGiven"))]));
}

/**
 * @param {Desk} desk
 * @param {Share} one
 * @param {HTMLElement} place
 */
function line(desk, one, place) {
  const when = desk.moment(one.expires_at);
  const revoke = make("button", { type: "button", class: "plan-mini" }, desk.say("shares", "revoke"));
  revoke.addEventListener("click", () => desk.attempt(async () => {
    await desk.ask("DELETE", `shares/${one.key}`);
    await list(desk, place);
  }, revoke));
  return make("li", null,
    make("span", { class: "grow" }, desk.say("shares", "until", { when, name: desk.personName(one.by) })), revoke);
}
