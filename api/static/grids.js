/** The atlas of grids: asks which grid looks after a place, by click, key, device or link. */

import { CityMap } from "./map.js";

const LOCATE_TIMEOUT_MS = 15000;
const KEPT_POSITION_MS = 30000;
const DECIMALS = 6;

/**
 * @typedef {object} Question
 * @property {number} lon
 * @property {number} lat
 * @property {string} [datum]
 * @property {number} [accuracyM]
 */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return /** @type {T} */ (found);
}

const page = JSON.parse(element("page-data").textContent || "{}");
const answer = element("answer");
const locateButton = /** @type {HTMLButtonElement} */ (element("locate"));
const locateMessage = element("locate-message");
const mapMessage = element("map-message");
const map = new CityMap(element("map"), Object.assign({ place: answeredPlace() }, page));

/** Number of the latest question, so that a slow answer never replaces a newer one. */
let asked = 0;

/** Address of a question on this page, or on another path.
 * @param {Question} question
 * @param {string} path
 */
function address(question, path) {
  const values = new URLSearchParams({
    lon: question.lon.toFixed(DECIMALS), lat: question.lat.toFixed(DECIMALS),
  });
  if (question.datum && question.datum !== "wgs84") values.set("datum", question.datum);
  if (question.accuracyM) values.set("accuracy_m", String(Math.ceil(question.accuracyM)));
  values.set("lang", page.language);
  return `${path}?${values}`;
}

/** Ask the server and show what it says.
 * @param {Question} question
 * @param {boolean} [approaching] whether the map moves to the place
 */
async function ask(question, approaching = false) {
  asked += 1;
  const mine = asked;
  answer.setAttribute("aria-busy", "true");
  say(mapMessage, "");
  say(locateMessage, "");
  map.pin(question.lon, question.lat, question.accuracyM);
  try {
    const response = await fetch(address(question, "/answer"), { headers: { Accept: "text/html" } });
    const html = await response.text();
    if (mine !== asked) return;
    answer.innerHTML = html;
    answer.hidden = false;
    if (liesElsewhere()) {
      location.assign(address(question, "/grids"));
      return;
    }
    history.replaceState(null, "", address(question, "/grids"));
    showAnswer();
    const place = answeredPlace();
    if (place && approaching) map.approach(place);
    window.scrollTo(0, 0);
  } catch {
    if (mine === asked) say(mapMessage, page.texts.noConnection);
  } finally {
    if (mine === asked) answer.removeAttribute("aria-busy");
  }
}

/** Whether the answer's grid belongs to another city than the lists and stations of this page. */
function liesElsewhere() {
  const card = /** @type {HTMLElement | null} */ (answer.querySelector("[data-city]"));
  return Boolean(card && card.dataset.city !== page.city);
}

/** Place of the answer that stands on the page.
 * @returns {{lon: number, lat: number, accuracyM: number, code: string} | null}
 */
function answeredPlace() {
  const card = /** @type {HTMLElement | null} */ (answer.querySelector("[data-lon]"));
  if (!card) return null;
  const { code = "", lon, lat, accuracy = 0 } = card.dataset;
  return { lon: Number(lon), lat: Number(lat), accuracyM: Number(accuracy), code };
}

/** Bring map and lists into line with the answer that stands on the page. */
function showAnswer() {
  const place = answeredPlace();
  const code = place ? place.code : "";
  map.choose(code);
  for (const row of document.querySelectorAll(".row[data-code]")) {
    if (row.getAttribute("data-code") === code) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  if (place) map.pin(place.lon, place.lat, place.accuracyM);
  element("content").scrollTop = 0;
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

/** Say why the device's position is not to be had, and what to do instead.
 * @param {GeolocationPositionError} error
 */
function explain(error) {
  const reasons = { 1: page.texts.refused, 2: page.texts.unavailable, 3: page.texts.tooSlow };
  waiting(false);
  say(locateMessage, reasons[/** @type {1 | 2 | 3} */ (error.code)] || page.texts.unavailable);
}

/**
 * @param {boolean} busy
 */
function waiting(busy) {
  if (busy) locateButton.setAttribute("aria-busy", "true");
  else locateButton.removeAttribute("aria-busy");
  const label = locateButton.querySelector("span");
  if (label) label.textContent = busy ? page.texts.locating : page.texts.locate;
}

function locateMe() {
  say(locateMessage, "");
  if (!window.isSecureContext) {
    say(locateMessage, page.texts.insecure);
    return;
  }
  if (!navigator.geolocation) {
    say(locateMessage, page.texts.unsupported);
    return;
  }
  if (locateButton.getAttribute("aria-busy")) return;
  waiting(true);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      waiting(false);
      ask({ lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy }, true);
    },
    explain,
    { enableHighAccuracy: true, maximumAge: KEPT_POSITION_MS, timeout: LOCATE_TIMEOUT_MS },
  );
}

/** Stations as the lists of the page name them.
 * @returns {import("./map.js").Station[]}
 */
function stations() {
  const rows = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll("[data-station]")));
  return rows.map((row) => {
    const { station: kind = "", kindName = "", name = "", lon, lat } = row.dataset;
    const glyph = /** @type {HTMLTemplateElement} */ (element(`glyph-${kind}`));
    const small = row.querySelector("small");
    return {
      kind,
      kindName,
      name,
      address: (small && small.textContent) || "",
      lon: Number(lon),
      lat: Number(lat),
      glyph: /** @type {Element} */ (glyph.content.children[0].cloneNode(true)),
    };
  });
}

/** Links to places on this page are answered here, without loading it again.
 * @param {MouseEvent} event
 */
function followLink(event) {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a.row"));
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const values = new URL(link.href).searchParams;
  event.preventDefault();
  ask({ lon: Number(values.get("lon")), lat: Number(values.get("lat")) }, true);
}

/** Opening a street frames it on the map.
 * @param {Event} event
 */
function frameStreet(event) {
  const opened = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  if (!opened.open || !opened.dataset.bounds) return;
  const bounds = opened.dataset.bounds.split(",").map(Number);
  map.frame(/** @type {import("./map.js").Bounds} */ (bounds));
}

map.addStations(stations());
map.onAsk((lon, lat) => ask({ lon, lat }));
locateButton.hidden = false;
locateButton.addEventListener("click", locateMe);
element("content").addEventListener("click", followLink);
for (const street of document.querySelectorAll("details[data-bounds]")) {
  street.addEventListener("toggle", frameStreet);
}
showAnswer();
