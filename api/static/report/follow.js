/** The page of a report: the link to it, copied or passed on. */

import { byId, fill } from "../plan/page.js";

const page = JSON.parse(byId("page-data").textContent || "{}");
const { texts } = page;

/** @param {string} text */
function say(text) {
  byId("said").textContent = text;
}

async function copy() {
  const field = /** @type {HTMLInputElement} */ (byId("link"));
  field.select();
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else if (!document.execCommand("copy")) throw new Error("not copied");
    say(texts.copied);
  } catch {
    say(texts.copyFailed);
  }
}

async function share() {
  const { value } = /** @type {HTMLInputElement} */ (byId("link"));
  try {
    await navigator.share({ title: fill(texts.shareTitle, { number: page.number }), url: value });
  } catch {
    // Whoever closes the device's sheet has nothing to be told.
  }
}

/** The address without the word that it is new: a reload later is no new report. */
function settle() {
  const address = new URL(location.href);
  address.searchParams.delete("new");
  history.replaceState(null, "", address.href);
}

if (document.getElementById("thanks")) {
  settle();
  const copying = byId("copy");
  copying.hidden = false;
  copying.addEventListener("click", copy);
  const sharing = byId("share");
  sharing.hidden = !("share" in navigator);
  sharing.addEventListener("click", share);
}
