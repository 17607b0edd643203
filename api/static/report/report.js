/** The page of a report: puts the form's parts together, and sends it once. */

import { byId, fill, make } from "../plan/page.js";
import { DutyPicker } from "../issues/duties.js";
import { Nearby, secretOf } from "../issues/nearby.js";
import { PhotoPicker, encoded } from "../issues/photos.js";
import { PositionPicker } from "../issues/position.js";
import { Preview } from "../issues/preview.js";
import { ISSUES, Refused, nameOf, newKey, read, send } from "../issues/asking.js";
import { showCurrentPlace } from "../places.js";
import { forgetSending, keepSending, keptSending } from "../issues/kept.js";

const FIRST_WAIT_MS = 3000;
const LONGEST_WAIT_MS = 60000;
/** Answers that a later attempt may not get. */
const TRY_AGAIN = [408, 425, 502, 503, 504];

const page = JSON.parse(byId("page-data").textContent || "{}");
const texts = page.texts.page;
const form = /** @type {HTMLFormElement} */ (byId("report-form"));
const words = /** @type {HTMLTextAreaElement} */ (byId("text"));
const button = /** @type {HTMLButtonElement} */ (byId("send"));
const problem = byId("problem");

/** @type {import("../issues/photos.js").Photo[]} */
let photos = [];
let waitMs = FIRST_WAIT_MS;
let timer = 0;
let busy = false;
/** @type {import("../issues/kept.js").Sending | null} */
let sending = null;

for (const id of ["where-plain", "duty-plain"]) byId(id).remove();
showCurrentPlace();

const duties = new DutyPicker(byId("duty"), {
  duties: page.duties, texts: page.texts.duties, language: page.language, city: page.city,
  onChange: refresh,
});
new PhotoPicker(byId("photos"), {
  texts: page.texts.photos, most: page.photosMax,
  onChange: (chosen) => { photos = chosen; },
});
const picker = new PositionPicker(byId("where-picker"), {
  map: Object.assign({}, page, { texts: page.texts.map }), texts: page.texts.position,
  onChange: () => {
    refresh();
    lookElsewhere();
  },
});
const preview = new Preview(byId("goes"), {
  texts: page.texts.preview, language: page.language, timeZone: page.timeZone,
  onAnswer: (answer) => picker.map.choose(answer && answer.grid ? answer.grid.code : ""),
});
const near = new Nearby(byId("near"), {
  texts: page.texts.nearby, language: page.language, timeZone: page.timeZone,
  details: () => Object.assign({ text: words.value.trim() }, reporter()),
  onFollow: ({ secret, issue }) =>
    location.assign(secret ? `/follow/${secret}?new=1` : `/cases/${issue.id}`),
});

/** What name and number the reader gives, if any. */
function reporter() {
  const given = (/** @type {string} */ id) =>
    (/** @type {HTMLInputElement} */ (byId(id))).value.trim();
  return Object.assign(
    {}, given("name") && { name: given("name") }, given("phone") && { phone: given("phone") },
  );
}

/** The report as far as it says where and what about. */
function soFar() {
  const place = picker.value;
  if (!place) return null;
  return Object.assign(
    { location: place.location, jurisdiction: page.city },
    place.unit && { unit: place.unit }, duties.value && { duty: duties.value },
  );
}

/** Bring what depends on place and duty into line with them. */
function refresh() {
  problem.hidden = true;
  const place = picker.value;
  preview.update(soFar());
  near.update(place && {
    lon: place.location.lon, lat: place.location.lat, duty: duties.value, jurisdiction: page.city,
  });
}

/** Lead those who stand in another city to its page. */
async function lookElsewhere() {
  const note = byId("elsewhere");
  const place = picker.value;
  if (!place || !page.others.length) return;
  try {
    const { lon, lat } = place.location;
    const answer = await read("/api/v1/locate", { lon, lat });
    const there = page.others.find(
      (/** @type {{slug: string}} */ one) => answer.grid && one.slug === answer.jurisdiction,
    );
    note.hidden = !there;
    note.textContent = "";
    if (!there) return;
    const name = nameOf(there, page.language);
    note.append(
      fill(texts.elsewhere, { place: name }), " ", make("a", { href: `/report?place=${there.slug}` }, name),
    );
  } catch {
    note.hidden = true;
  }
}

/** @param {string} text */
function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

/** What is still missing, with where to say it.
 * @returns {[string, HTMLElement] | null}
 */
function missing() {
  if (!picker.value) return [texts.needPlace, picker.canvas];
  if (!words.value.trim() && !photos.length) return [texts.needWords, words];
  return null;
}

/** @param {Event} event */
async function submit(event) {
  event.preventDefault();
  if (busy) return;
  const lacking = missing();
  complain(lacking ? lacking[0] : "");
  if (lacking) {
    lacking[1].focus();
    return;
  }
  busy = true;
  show(true);
  duties.remember();
  const who = reporter();
  const body = Object.assign(soFar() || {}, {
    text: words.value.trim(),
    photos: await Promise.all(photos.map(encoded)),
    occurred_at: new Date().toISOString(),
  }, Object.keys(who).length && { reporter: who });
  sending = { key: newKey(), body };
  const kept = await keepSending(sending);
  await attempt(kept ? texts.waiting : texts.waitingShort);
}

/** @param {boolean} on */
function show(on) {
  if (on) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  button.textContent = on ? texts.sending : texts.send;
}

/** Send the report; whatever has no answer yet is sent again, and counts once.
 * @param {string} ifOffline what is said without a connection
 */
async function attempt(ifOffline) {
  if (!sending) return;
  clearTimeout(timer);
  busy = true;
  show(true);
  try {
    const answer = await send(ISSUES, sending.body, sending.key);
    await forgetSending();
    location.assign(`/follow/${secretOf(answer.follow)}?new=1`);
  } catch (error) {
    if (error instanceof Refused && !TRY_AGAIN.includes(error.problem.status)) {
      await forgetSending();
      sending = null;
      busy = false;
      show(false);
      told("");
      complain(reasonOf(error));
      return;
    }
    told(error instanceof Refused ? texts.tooSlow : ifOffline);
    timer = window.setTimeout(() => attempt(ifOffline), waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

/** @param {Refused} error */
function reasonOf({ message, problem: said }) {
  const fields = /** @type {{errors?: {message: string}[]}} */ (said).errors || [];
  return fields.length ? fields.map((one) => one.message).join(" ") : message;
}

/** @param {string} text */
function told(text) {
  const note = byId("kept");
  note.textContent = text;
  note.hidden = !text;
  form.classList.toggle("report-form--waiting", Boolean(text));
  if (text) note.scrollIntoView({ block: "center" });
}

/** Send what an earlier visit left unanswered. */
async function resume() {
  sending = await keptSending();
  if (!sending) return;
  told(texts.resumed);
  await attempt(texts.waiting);
}

/** Begin where the page before was asked about.
 * @returns {boolean} whether there was such a place
 */
function beginThere() {
  const asked = new URL(location.href).searchParams;
  const [lon, lat] = ["lon", "lat"].map((name) => parseFloat(asked.get(name) || ""));
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) return false;
  picker.restore({ location: { lon, lat, datum: "wgs84" }, unit: null, source: "map", label: "" });
  return true;
}

/** Ask the device at once where it is, if that has been allowed before. */
async function locateIfAllowed() {
  if (beginThere()) return;
  try {
    const { state } = await navigator.permissions.query({ name: "geolocation" });
    if (state === "granted" && !picker.value) picker.locate();
  } catch {
    // Browsers that can't tell ask when the button is pressed.
  }
}

form.addEventListener("submit", submit);
words.addEventListener("input", () => complain(""));
window.addEventListener("online", () => {
  waitMs = FIRST_WAIT_MS;
  if (sending) attempt(texts.waiting);
});
refresh();
resume();
locateIfAllowed();
