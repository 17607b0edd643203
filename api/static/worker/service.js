/** The service worker: the page without a network, and drafts sent when it is back.
 *
 * It keeps the page as nobody in particular sees it, the files it is made of, and tiles of the map:
 * nothing that is anybody's. What belongs to an account lies in the store alone.
 */

import { sendDrafts } from "./sending.js";
import { openStore } from "./store.js";

const CACHE = "hongge-worker-";
const TILES = "hongge-tiles";
const MOST_TILES = 1500;
const PATIENCE_MS = 4000;
const LAST_GOOD = 500;

/**
 * @typedef {object} Kept
 * @property {string} version of the static files
 * @property {string} page path
 * @property {string} shell path
 * @property {string[]} files
 */

/** @type {any} the service worker's own global scope */
const worker = self;

/** Answer the page's requests from now on.
 * @param {Kept} kept
 */
export function serve(kept) {
  worker.addEventListener("install", (/** @type {any} */ event) => {
    event.waitUntil(fill(kept).then(() => worker.skipWaiting()));
  });
  worker.addEventListener("activate", (/** @type {any} */ event) => {
    event.waitUntil(dropOld(kept).then(() => worker.clients.claim()));
  });
  worker.addEventListener("fetch", (/** @type {any} */ event) => answer(kept, event));
  worker.addEventListener("sync", (/** @type {any} */ event) => event.waitUntil(sendWaiting()));
  worker.addEventListener("message", (/** @type {any} */ event) => {
    const { fill: wanted, tiles, language } = event.data || {};
    if (wanted) event.waitUntil(fill(kept, language));
    if (tiles) event.waitUntil(keepTiles(tiles));
  });
}

/** Keep all that the page is made of, in the reader's language.
 * @param {Kept} kept
 * @param {string} [language]
 */
async function fill({ version, shell, files }, language) {
  const cache = await caches.open(CACHE + version);
  const missing = [];
  for (const file of files) if (!await cache.match(file)) missing.push(file);
  await cache.addAll(missing);
  const store = await openStore();
  if (language) await store.keep("language", language);
  const lang = language || await store.kept("language") || "zh";
  const page = await fetch(`${shell}?lang=${lang}`, { credentials: "omit", cache: "no-store" });
  if (page.ok) await cache.put(shell, page);
}

/** @param {Kept} kept */
async function dropOld({ version }) {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE) && name !== CACHE + version);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * @param {Kept} kept
 * @param {any} event
 */
function answer(kept, event) {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === kept.page) event.respondWith(page(kept, request));
  } else if (url.pathname.startsWith("/static/v-")) {
    event.respondWith(keptOr(CACHE + kept.version, request));
  } else if (url.pathname.startsWith("/tiles/")) {
    event.respondWith(tile(request));
  }
}

/** The page of whoever is signed in; the one that is kept where the network has none.
 * @param {Kept} kept
 * @param {Request} request
 */
async function page({ version, shell }, request) {
  const inCache = async () => (await caches.open(CACHE + version)).match(shell);
  try {
    const given = await Promise.race([fetch(request), late()]);
    if (given && given.status < LAST_GOOD) return given;
  } catch {
    // Without a network the page that is kept answers.
  }
  return await inCache() || fetch(request);
}

/** @returns {Promise<null>} */
function late() {
  return new Promise((done) => { setTimeout(() => done(null), PATIENCE_MS); });
}

/**
 * @param {string} name
 * @param {Request} request
 */
async function keptOr(name, request) {
  const found = await (await caches.open(name)).match(request);
  return found || fetch(request);
}

/** A tile that is kept, else one from the network, which is kept then.
 * @param {Request} request
 */
async function tile(request) {
  const cache = await caches.open(TILES);
  const found = await cache.match(request);
  if (found) return found;
  const given = await fetch(request);
  if (given.ok) await cache.put(request, given.clone());
  return given;
}

/** Keep the tiles of the own area, and none of an earlier state of the map.
 * @param {string[]} wanted addresses
 */
async function keepTiles(wanted) {
  const cache = await caches.open(TILES);
  const version = new URL(wanted[0], location.href).search;
  const known = await cache.keys();
  const stale = known.filter(({ url }) => new URL(url).search !== version);
  const tooMany = known.slice(0, Math.max(0, known.length - MOST_TILES));
  await Promise.all([...stale, ...tooMany].map((one) => cache.delete(one)));
  for (const url of wanted) {
    if (await cache.match(url)) continue;
    const given = await fetch(url);
    if (given.ok) await cache.put(url, given);
  }
}

/** Send what waits; an open page does it by itself, and shows it. */
async function sendWaiting() {
  const pages = await worker.clients.matchAll({ type: "window" });
  if (pages.length) {
    for (const one of pages) one.postMessage({ send: true });
    return;
  }
  const store = await openStore();
  const account = await store.kept("account");
  if (!account) return;
  const { ended } = await sendDrafts(store, account.id, null);
  // The browser tries a sync that failed again.
  if (ended === "offline") throw new Error("drafts wait");
}
