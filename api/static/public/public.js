/** The public page: where the reader is, what they look for, and the stations that fit.
 *
 * The server writes the list; this asks for it again when the place or a filter changes, and adds the
 * device's position, the map with the way, sharing, and the last list where there is no network.
 */

import { locateOnce, obstacle } from "../issues/here.js";
import { PublicMap } from "./public_map.js";

const DECIMALS = 6;
/** A list that is older than this is asked for anew when the page is looked at again. */
const OLD_MS = 60000;

/**
 * @param {string} id
 * @returns {any}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/** Put values into the places of a text.
 * @param {string} text
 * @param {Record<string, string>} values
 */
const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

const page = JSON.parse(byId("page-data").textContent);
const texts = page.public;
const near = byId("near");
const button = byId("locate");
const note = byId("obstacle");
const kept = byId("kept");
const chips = byId("chips");

/** Number of the latest question, so that a slow answer never replaces a newer one. */
let asked = 0;
/** @type {() => void} */
let stopLocating = () => undefined;
/** @type {PublicMap | null} */
let map = null;

const card = () => /** @type {HTMLElement} */ (near.querySelector(".near"));

/** What the list on the page says of itself. */
const told = () => JSON.parse(/** @type {Element} */ (near.querySelector(".near-data")).textContent || "{}");

/** Ask for the list of an address, and show it.
 * @param {URL} address of the page
 * @param {boolean} [moving] whether the map follows
 */
async function show(address, moving = true) {
  asked += 1;
  const mine = asked;
  near.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/nearest${address.search}`, { headers: { Accept: "text/html" } });
    const html = await answer.text();
    if (mine !== asked) return;
    if (!answer.ok) throw new Error(String(answer.status));
    const city = card().dataset.city;
    near.innerHTML = html;
    if (card().dataset.city !== city && !answer.headers.get("X-Kept")) {
      location.assign(address.href);
      return;
    }
    history.replaceState(null, "", address.href);
    sayKept(Boolean(answer.headers.get("X-Kept")));
    follow(address);
    if (map) map.show(told(), place(), moving);
  } catch {
    if (mine === asked) sayKept(true);
  } finally {
    if (mine === asked) near.removeAttribute("aria-busy");
  }
}

/** Say that the list is an earlier one, or no longer that it is.
 * @param {boolean} yes
 */
function sayKept(yes) {
  kept.textContent = yes ? fill(texts.offline, { time: card().dataset.time || "" }) : "";
  kept.hidden = !yes;
}

/** Where the list is for.
 * @returns {{lon: number, lat: number, accuracyM: number} | null}
 */
function place() {
  const { lon, lat, accuracy = "0" } = card().dataset;
  return lon && lat ? { lon: Number(lon), lat: Number(lat), accuracyM: Number(accuracy) } : null;
}

/** The address of this page for another place.
 * @param {number} lon
 * @param {number} lat
 * @param {number} [accuracyM]
 */
function addressOf(lon, lat, accuracyM = 0) {
  const address = new URL(location.href);
  for (const name of ["q", "near", "datum", "accuracy_m", "place"]) address.searchParams.delete(name);
  address.searchParams.set("lon", lon.toFixed(DECIMALS));
  address.searchParams.set("lat", lat.toFixed(DECIMALS));
  if (accuracyM) address.searchParams.set("accuracy_m", String(Math.ceil(accuracyM)));
  return address;
}

/** Let the forms and the links of the frame keep what the address asks for now.
 * @param {URL} address
 */
function follow(address) {
  for (const one of chips.querySelectorAll("[data-kept]")) one.remove();
  const names = ["lon", "lat", "datum", "accuracy_m", "near", "place", "q", "at"];
  for (const [name, value] of address.searchParams) {
    if (!names.includes(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    field.dataset.kept = "";
    chips.append(field);
  }
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
    document.querySelectorAll(".public-header nav a"))) {
    const leading = new URL(link.href);
    const own = ["view", "size", "lang"].map((name) => [name, leading.searchParams.get(name)]);
    leading.search = address.search;
    for (const [name, value] of own) if (name && value) leading.searchParams.set(name, value);
    link.href = leading.href;
  }
}

/** Show what the chosen filters leave. */
function filter() {
  const address = new URL(location.href);
  address.search = new URLSearchParams(
    /** @type {any} */ ([...new FormData(chips).entries()]),
  ).toString();
  show(address, false);
}

/** @param {boolean} busy */
function waiting(busy) {
  button.toggleAttribute("aria-busy", busy);
  if (busy) button.setAttribute("aria-busy", "true");
  button.querySelector("span").textContent = busy ? texts.locating : texts.locate;
}

/** Ask the device where it is. */
function locate() {
  stopLocating();
  note.hidden = true;
  waiting(true);
  stopLocating = locateOnce({
    found({ lon, lat, accuracyM }) {
      waiting(false);
      show(addressOf(lon, lat, accuracyM));
    },
    failed(reason) {
      waiting(false);
      explain(reason);
    },
  });
}

/** Say why the device's position is not to be had, and the ways on.
 * @param {string} reason
 */
function explain(reason) {
  note.textContent = "";
  const words = document.createElement("p");
  words.textContent = texts[reason];
  note.append(words, way(texts.toSearch, () => byId("words").focus()), way(texts.toMap, () => {
    byId("map-frame").scrollIntoView({ block: "start" });
    byId("map").focus({ preventScroll: true });
  }));
  note.hidden = false;
}

/**
 * @param {string} text
 * @param {() => void} go
 */
function way(text, go) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = text;
  made.addEventListener("click", go);
  return made;
}

/** Hand the link to this place to another application, or copy it.
 * @param {Event} event
 */
async function share(event) {
  const link = /** @type {HTMLAnchorElement} */ (event.target);
  event.preventDefault();
  const status = byId("share-told");
  try {
    if (navigator.share) {
      await navigator.share({ title: texts.shareTitle, url: link.href });
      return;
    }
    await navigator.clipboard.writeText(link.href);
    status.textContent = texts.copied;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return;
    const field = byId("share-field");
    const input = field.querySelector("input");
    field.hidden = false;
    input.value = link.href;
    input.select();
    status.textContent = texts.copyFailed;
  }
}

/** @param {Event} event */
function clicked(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("#share")) share(event);
}

/** A way that is opened is drawn, and the others are closed.
 * @param {Event} event
 */
function toggled(event) {
  const opened = /** @type {HTMLDetailsElement} */ (event.target);
  if (!opened.matches(".way") || !opened.open) return;
  for (const other of near.querySelectorAll(".way[open]")) if (other !== opened) other.open = false;
  if (!map) return;
  const drawn = map.draw(opened.dataset.code || "");
  byId("route-told").textContent = drawn ? fill(texts.route, { place: drawn }) : "";
}

/** Keep this page and its list for times without a network, where the browser can. */
async function keepOffline() {
  if (!window.isSecureContext || !navigator.serviceWorker) return;
  try {
    const options = /** @type {RegistrationOptions} */ ({ scope: "/", type: "module" });
    await navigator.serviceWorker.register(page.serviceWorker, options);
    const { active } = await navigator.serviceWorker.ready;
    if (active) active.postMessage({ keep: location.href });
  } catch {
    // The page works without it.
  }
}

/** Ask the device at once, if it has been allowed before and no place is asked about. */
async function locateIfAllowed() {
  if (place() || obstacle() || new URL(location.href).searchParams.get("q")) return;
  try {
    const { state } = await navigator.permissions.query({ name: "geolocation" });
    if (state === "granted") locate();
  } catch {
    // Browsers that can't tell ask when the button is pressed.
  }
}

function begin() {
  button.hidden = false;
  document.documentElement.classList.add("scripted");
  button.addEventListener("click", locate);
  chips.addEventListener("change", filter);
  chips.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    filter();
  });
  near.addEventListener("click", clicked);
  near.addEventListener("toggle", toggled, true);
  document.addEventListener("visibilitychange", () => {
    const old = Date.now() - Number(card().dataset.asked) > OLD_MS;
    if (!document.hidden && old) show(new URL(location.href), false);
  });
  window.addEventListener("online", () => show(new URL(location.href), false));
  if (document.documentElement.dataset.kept) show(new URL(location.href), false);
  else locateIfAllowed();
  map = new PublicMap(byId("map"), page, (lon, lat) => show(addressOf(lon, lat), false));
  map.show(told(), place(), true);
  keepOffline();
}

begin();
