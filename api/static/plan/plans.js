/** The list of plans: makes drafts, from a generation or from another draft. */

import { byId, readPage } from "./page.js";
import { Refused, ask } from "./wire.js";

const page = /** @type {any} */ (readPage());
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("new-plan"));

/** Make the draft that the form describes, and open it.
 * @param {HTMLFormElement} from
 */
async function makeDraft(from) {
  const fields = new FormData(from);
  const button = /** @type {HTMLButtonElement} */ (from.querySelector("[type=submit]"));
  const message = byId("new-plan-message");
  const [kind, ...rest] = String(fields.get("from")).split(":");
  message.hidden = true;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    const made = await ask("POST", "/api/v1/plans", {
      jurisdiction: page.jurisdiction,
      name: fields.get("name"),
      note: fields.get("note"),
      from: { [kind]: rest.join(":") },
    });
    location.assign(`/plan/${made.id}`);
  } catch (failure) {
    tellFailure(message, button, failure);
  }
}

/** Let the grids of an earlier generation come into force again.
 * @param {HTMLFormElement} from
 */
async function publishAgain(from) {
  const button = /** @type {HTMLButtonElement} */ (from.querySelector("[type=submit]"));
  const message = /** @type {HTMLElement} */ (from.querySelector("[role=alert]"));
  const label = encodeURIComponent(from.dataset.republish || "");
  message.hidden = true;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await ask("POST", `/api/v1/generations/${label}/republish`, { note: new FormData(from).get("note") });
    location.reload();
  } catch (failure) {
    tellFailure(message, button, failure);
  }
}

/** Say why the server did not do it, and let it be asked again.
 * @param {HTMLElement} message
 * @param {HTMLButtonElement} button
 * @param {unknown} failure
 */
function tellFailure(message, button, failure) {
  const { noConnection, failed } = page.texts.common;
  message.textContent = failure instanceof Refused ? failure.message || failed : noConnection;
  message.hidden = false;
  button.disabled = false;
  button.removeAttribute("aria-busy");
}

for (const again of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("[data-republish]"))) {
  again.addEventListener("submit", (event) => {
    event.preventDefault();
    publishAgain(again);
  });
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    makeDraft(form);
  });
  for (const button of document.querySelectorAll("[data-from]")) {
    button.addEventListener("click", () => {
      const from = /** @type {HTMLSelectElement} */ (form.elements.namedItem("from"));
      from.value = button.getAttribute("data-from") || "";
      /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).focus();
    });
  }
}
