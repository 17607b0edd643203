/**
 * What stands under a sheet's title: filters that are applied at once, files of the layer that is
 * shown, and the link to share.
 */

import { readView } from "./view.js";

/** Apply a filter as soon as it is chosen, and keep the view.
 * @param {HTMLFormElement} form
 */
function live(form) {
  form.addEventListener("change", (event) => {
    const field = /** @type {HTMLElement} */ (event.target);
    if (field.matches("select, input[type=date]")) form.submit();
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
const shareButton = document.getElementById("share");
const shareTold = document.getElementById("share-told");
if (shareButton && shareTold) {
  shareButton.hidden = false;
  shareButton.addEventListener("click", () => share(shareButton, shareTold));
}
