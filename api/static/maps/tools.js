/**
 * What stands under a sheet's title: filters that are applied at once, files of the layer that is
 * shown, and the link to share.
 */

import { readView } from "./view.js";

const OPEN_KEY = "hongge.map.filter";

/** Ask for what a form says, without the fields that say nothing; the view is kept.
 * @param {HTMLFormElement} form
 * @param {string} field name of what was changed
 */
function apply(form, field) {
  const fields = [...new FormData(form)].filter(([, value]) => value !== "");
  const address = new URL(form.action);
  address.search = new URLSearchParams(/** @type {[string, string][]} */ (fields)).toString();
  if (field === "place") address.hash = "";
  keepOpen(field);
  window.location.assign(address.href);
}

/** Apply a filter as soon as it is chosen.
 * @param {HTMLFormElement} form
 */
function live(form) {
  form.addEventListener("change", (event) => {
    const field = /** @type {HTMLSelectElement} */ (event.target);
    if (field.matches("select, input[type=date]") && form.checkValidity()) apply(form, field.name);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(form, "");
  });
}

/** Let the filters be open on the page that comes next, where one of them was changed.
 * @param {string} field
 */
function keepOpen(field) {
  try {
    window.sessionStorage.setItem(OPEN_KEY, field);
  } catch (_) {
    // Where nothing may be stored, they are opened once more.
  }
}

/** Open the filters again where one of them was changed on the page before. */
function reopen() {
  let field = "";
  try {
    field = window.sessionStorage.getItem(OPEN_KEY) || "";
    window.sessionStorage.removeItem(OPEN_KEY);
  } catch (_) {
    return;
  }
  const drop = /** @type {HTMLDetailsElement | null} */ (document.getElementById("filters"));
  if (!drop || !field) return;
  drop.open = true;
  const changed = drop.querySelector(`[name="${CSS.escape(field)}"]`);
  if (changed) /** @type {HTMLElement} */ (changed).focus({ preventScroll: true });
}

/** Keep one panel open at a time; Escape and a click elsewhere close it.
 * @param {HTMLDetailsElement[]} drops
 */
function closeOthers(drops) {
  const close = (/** @type {(drop: HTMLDetailsElement) => boolean} */ which) => {
    drops.filter((drop) => drop.open && which(drop)).forEach((drop) => { drop.open = false; });
  };
  drops.forEach((drop) => drop.addEventListener("toggle", () => {
    if (drop.open) close((one) => one !== drop);
  }));
  document.addEventListener("click", (event) => {
    close((drop) => !drop.contains(/** @type {Node} */ (event.target)));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = drops.find((drop) => drop.open && drop.contains(document.activeElement));
    close(() => true);
    if (open) /** @type {HTMLElement} */ (open.querySelector("summary")).focus();
  });
}

/** Ask for the layer and the step that are shown.
 * @param {HTMLAnchorElement} link
 */
function followLayer(link) {
  link.addEventListener("click", () => {
    const view = readView(window.location.hash);
    const address = new URL(link.href);
    address.searchParams.delete("layer");
    address.searchParams.delete("step");
    if (view && view.layer) address.searchParams.set("layer", view.layer);
    if (view && view.step) address.searchParams.set("step", String(view.step - 1));
    link.href = address.href;
  });
}

/** Copy the page's address; where that isn't possible, show it to be copied.
 * @param {HTMLElement} button
 * @param {HTMLElement} told
 */
async function share(button, told) {
  const address = window.location.href;
  try {
    await navigator.clipboard.writeText(address);
    told.textContent = button.dataset.copied || "";
  } catch (_) {
    window.prompt(button.dataset.copy, address);
  }
}

document.querySelectorAll(".sheet-form").forEach(
  (form) => live(/** @type {HTMLFormElement} */ (form)));
document.querySelectorAll("a[data-picture]").forEach(
  (link) => followLayer(/** @type {HTMLAnchorElement} */ (link)));
closeOthers(/** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll(".sheet-drop")]));
reopen();
const shareButton = document.getElementById("share");
const shareTold = document.getElementById("share-told");
if (shareButton && shareTold) {
  shareButton.hidden = false;
  shareButton.addEventListener("click", () => share(shareButton, shareTold));
}
