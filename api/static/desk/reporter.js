/** Who reported a case: masked, and shown for a purpose that goes on record. */

import { byId, make } from "../plan/page.js";
import { unmask } from "./wire.js";

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {{name: string, phone: string}} Reporter
 */

/**
 * @param {Board} board
 * @param {{id: string}} issue
 * @param {Reporter | null} reporter
 * @returns {HTMLElement}
 */
export function reporterOf(board, issue, reporter) {
  if (!reporter) return make("p", { class: "soft" }, board.say("noReporter"));
  const told = make("dl", { class: "facts" });
  const show = (/** @type {Reporter} */ { name, phone }, /** @type {boolean} */ open) => told.replaceChildren(
    make("div", null, make("dt", null, board.say("name")), make("dd", null, name || "–")),
    make("div", null, make("dt", null, board.say("phone")), make("dd", { class: "figures" },
      open && phone ? make("a", { href: `tel:${phone}` }, phone) : phone || "–")));
  show(reporter, false);
  const purposes = /** @type {HTMLTemplateElement} */ (byId("purposes")).content;
  const select = /** @type {HTMLSelectElement} */ (/** @type {Element} */ (purposes.querySelector("select")).cloneNode(true));
  const wrong = make("p", { class: "act-wrong", role: "alert", hidden: true });
  const form = make(
    "form", { class: "unmask" },
    make("label", { class: "field" }, make("span", null, board.say("whatFor")), select),
    make("button", { type: "submit", class: "button" }, board.say("unmask")),
    make("p", { class: "soft small" }, board.say("onRecord")), wrong);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!select.value) {
      wrong.textContent = board.say("missing_purpose");
      wrong.hidden = false;
      select.focus();
      return;
    }
    try {
      show(await unmask(issue.id, select.value), true);
      form.replaceWith(make("p", { class: "soft small", role: "status" }, board.say("wasOnRecord")));
    } catch (error) {
      wrong.textContent = board.wrong(error);
      wrong.hidden = false;
    }
  });
  return make("div", null, told, form);
}
