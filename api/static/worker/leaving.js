/** Nobody is signed in any more: what the worker's page kept goes; drafts that wait stay. */

import { openStore } from "./store.js";

const OWN = "hongge-";

async function leave() {
  const store = await openStore();
  await store.forget();
  if (!("caches" in self)) return;
  for (const name of await caches.keys()) if (name.startsWith(OWN)) await caches.delete(name);
}

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[action='/logout']"));
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave().finally(() => form.submit());
  });
} else leave();
