/** The public page's service worker: the last page and the last list, for times without a network.
 *
 * It keeps what nobody has to sign in for, and on this device alone.
 */

const CACHE = "hongge-public-";
const PAGE = "/";
const LIST = "/nearest";
const PATIENCE_MS = 5000;
const SERVER_ERROR = 500;

/** @type {any} the service worker's own global scope */
const worker = self;

/** Answer the page's requests from now on.
 * @param {{version: string, files: string[]}} kept
 */
export function serve({ version, files }) {
  const name = CACHE + version;
  worker.addEventListener("install", (/** @type {any} */ event) => {
    event.waitUntil(
      caches.open(name).then((cache) => cache.addAll(files)).then(() => worker.skipWaiting()),
    );
  });
  worker.addEventListener("activate", (/** @type {any} */ event) => {
    event.waitUntil(dropOld(name).then(() => worker.clients.claim()));
  });
  worker.addEventListener("message", (/** @type {any} */ event) => {
    const { keep } = event.data || {};
    if (keep && new URL(keep).pathname === PAGE) event.waitUntil(take(name, keep));
  });
  worker.addEventListener("fetch", (/** @type {any} */ event) => answer(name, event));
}

/** @param {string} name of the cache in use */
async function dropOld(name) {
  const names = await caches.keys();
  const old = names.filter((one) => one.startsWith(CACHE) && one !== name);
  await Promise.all(old.map((one) => caches.delete(one)));
}

/** Keep the page of an address.
 * @param {string} name
 * @param {string} address
 */
async function take(name, address) {
  const given = await fetch(address, { headers: { Accept: "text/html" } });
  await keep(name, PAGE, given);
}

/**
 * @param {string} name
 * @param {string} key
 * @param {Response} given
 */
async function keep(name, key, given) {
  const secret = (given.headers.get("Cache-Control") || "").includes("no-store");
  if (given.ok && !secret) await (await caches.open(name)).put(key, given.clone());
}

/**
 * @param {string} name
 * @param {any} event
 */
function answer(name, event) {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname === LIST) event.respondWith(fresh(name, request, LIST, keptList));
  else if (request.mode === "navigate" && url.pathname === PAGE) {
    event.respondWith(fresh(name, request, PAGE, keptPage));
  } else if (url.pathname.startsWith("/static/v-")) event.respondWith(file(name, request));
}

/** What the network has, which is kept; what is kept where it has nothing.
 * @param {string} name
 * @param {Request} request
 * @param {string} key
 * @param {(found: Response) => Promise<Response>} mark
 */
async function fresh(name, request, key, mark) {
  try {
    const given = await Promise.race([fetch(request), late()]);
    if (given && given.status < SERVER_ERROR) {
      await keep(name, key, given);
      return given;
    }
  } catch {
    // What is kept answers.
  }
  const found = await (await caches.open(name)).match(key, { ignoreVary: true });
  return found ? mark(found) : fetch(request);
}

/** @returns {Promise<null>} */
function late() {
  return new Promise((done) => { setTimeout(() => done(null), PATIENCE_MS); });
}

/** @param {Response} found */
async function keptList(found) {
  const headers = new Headers(found.headers);
  headers.set("X-Kept", "1");
  return new Response(await found.text(), { headers });
}

/** @param {Response} found */
async function keptPage(found) {
  const html = (await found.text()).replace("<html ", '<html data-kept="1" ');
  const headers = new Headers(found.headers);
  headers.delete("Content-Encoding");
  return new Response(html, { headers });
}

/**
 * @param {string} name
 * @param {Request} request
 */
async function file(name, request) {
  return await (await caches.open(name)).match(request) || fetch(request);
}
