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
    const { noConnection, failed } = page.texts.common;
    message.textContent = failure instanceof Refused ? failure.message || failed : noConnection;
    message.hidden = false;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
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
