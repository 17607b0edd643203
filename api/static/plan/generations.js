/** Generations on the map: a slider through them, what a grid or a place was, figures then and now. */

import { CityMap } from "../map.js";
import { byId, fill, make } from "./page.js";
import { ask, Refused } from "./wire.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN_PX = 60;
const DAY_LENGTH = 10;

/**
 * @typedef {{label: string, starts: string, ends: string | null}} Generation
 * @typedef {{code: string, name: string, name_en: string}} Named
 * @typedef {{generation: string, starts: string, ends: string | null, code: string, name: string,
 *   name_en: string, community: Named, area_m2: number, redrawn: boolean | null,
 *   origins: (Named & {share: number})[]}} Spell
 * @typedef {{generation: string, starts: string, ends: string | null, method: string,
 *   grid: Named | null}} Stay
 * @typedef {Named & {households: number, people: number, issues: number}} Figures
 */

const page = JSON.parse(byId("page-data").textContent || "{}");
/** @type {Generation[]} */
const generations = page.generations;
const english = page.language.startsWith("en");
const number = new Intl.NumberFormat(page.language, { maximumFractionDigits: 0 });
/** @type {Intl.DateTimeFormatOptions} */
const dayStyle = { year: "numeric", month: "short", day: "numeric", timeZone: page.timeZone };
const day = new Intl.DateTimeFormat(page.language, dayStyle);
const map = new CityMap(byId("map"), Object.assign({ without: ["grids"] }, page));
const renderer = L.svg({ padding: 0.3 });
const slider = /** @type {HTMLInputElement} */ (byId("era"));
const [earlier, later] = ["era-earlier", "era-later"].map((id) => /** @type {HTMLButtonElement} */ (byId(id)));
const told = byId("history");

/** @type {Map<string, Promise<any>>} */
const grids = new Map();
/** What is on the map now. */
let layers = L.layerGroup().addTo(map.leaflet);
let chosen = generations.findIndex((one) => one.label === page.chosen);
/** Address of the account that stands on the page; empty for the one it came with. */
let shown = "";
/** Number of the latest choice, so that a slow answer never replaces a newer one. */
let asked = 0;

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
const say = (key, values) => fill(page.words[key] || "", values);
/** @param {Named | null} thing */
const nameOf = (thing) => (thing ? (english && thing.name_en) || thing.name : "");
/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The grids that a generation drew.
 * @param {string} label
 */
function gridsOf(label) {
  const known = grids.get(label);
  if (known) return known;
  const reading = ask("GET", `/api/v1/generations/${encodeURIComponent(label)}/grids`);
  grids.set(label, reading);
  reading.catch(() => grids.delete(label));
  return reading;
}

/** When a generation was in force, in words.
 * @param {{starts: string, ends: string | null}} one
 */
function period({ starts, ends }) {
  const start = day.format(new Date(starts));
  return ends ? say("period", { start, end: day.format(new Date(ends)) }) : say("since", { start });
}

/** Show a generation: on the map, in the lists, in the address.
 * @param {number} place
 */
async function choose(place) {
  asked += 1;
  const mine = asked;
  chosen = place;
  const { label } = generations[place];
  slider.value = String(place);
  slider.setAttribute("aria-valuetext", `${label}, ${period(generations[place])}`);
  earlier.disabled = place === 0;
  later.disabled = place === generations.length - 1;
  for (const stop of document.querySelectorAll(".era-stop")) {
    if (stop.getAttribute("value") === label) stop.setAttribute("aria-current", "true");
    else stop.removeAttribute("aria-current");
  }
  const url = `/plan/generations?place=${page.city}&generation=${encodeURIComponent(label)}`;
  try {
    const [now, before, list] = await Promise.all([
      gridsOf(label), place ? gridsOf(generations[place - 1].label) : null, listOf(url),
    ]);
    if (mine !== asked) return;
    byId("chosen").replaceChildren(...Array.from(list.childNodes));
    shown = url;
    history.replaceState(null, "", url);
    draw(now, before);
    warn("");
  } catch (failure) {
    if (mine === asked) warn(failure instanceof Refused ? failure.message : page.texts.noConnection);
  }
  showFigures();
}

/** The page's own account of a generation.
 * @param {string} url
 * @returns {Promise<Element>}
 */
async function listOf(url) {
  if (shown === url || !shown) return byId("chosen");
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new TypeError(answer.statusText);
  const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
  return /** @type {Element} */ (whole.getElementById("chosen"));
}

/** @param {string} text */
function warn(text) {
  const message = byId("map-message");
  message.hidden = !text;
  message.textContent = text;
}

/** Draw a generation, what it changed, and where boundaries ran before.
 * @param {any} now
 * @param {any} before
 */
function draw(now, before) {
  layers.remove();
  const changes = changesListed();
  const colour = token("map-grid");
  const whole = L.geoJSON(now, {
    renderer,
    style: (/** @type {any} */ { properties }) => ({
      color: colour, weight: 2, fillColor: colour,
      fillOpacity: ["new", "redrawn"].includes(changes.get(properties.code) || "") ? 1 : 0.001,
      className: `era-grid era-grid--${changes.get(properties.code) || "kept"}`,
    }),
    onEachFeature: (/** @type {any} */ { properties }, /** @type {any} */ layer) =>
      layer.bindTooltip(nameOf(properties), { sticky: true }),
  });
  const parts = [whole];
  if (before) {
    const moved = (/** @type {any} */ { properties }) =>
      ["gone", "redrawn", "new"].includes(changes.get(properties.code) || "gone");
    parts.push(L.geoJSON(before, {
      renderer, interactive: false, filter: moved,
      style: { color: token("ink"), weight: 2, dashArray: "1 6", lineCap: "round", fill: false },
    }));
  }
  layers = L.layerGroup(parts).addTo(map.leaflet);
  const drawn = map.leaflet.getPane("overlayPane").querySelector(".era-grid");
  if (drawn) addPatterns(drawn.ownerSVGElement, colour);
}

/** Hatching and dots, by which changed grids are known without colour.
 * @param {SVGElement} drawing
 * @param {string} colour
 */
function addPatterns(drawing, colour) {
  const defs = document.createElementNS(SVG, "defs");
  const hatch = pattern("era-hatch", 9, "M-2 11L11 -2M-2 2L2 -2M7 11L11 7", colour);
  const dots = pattern("era-dots", 8, "M2 2h.01M6 6h.01", colour, 2.4);
  defs.append(hatch, dots);
  for (const former of drawing.querySelectorAll("defs")) former.remove();
  drawing.prepend(defs);
  for (const [change, id] of [["redrawn", "era-hatch"], ["new", "era-dots"]]) {
    for (const path of drawing.querySelectorAll(`.era-grid--${change}`)) path.setAttribute("fill", `url(#${id})`);
  }
}

/**
 * @param {string} id
 * @param {number} side
 * @param {string} d
 * @param {string} colour
 * @param {number} [width]
 */
function pattern(id, side, d, colour, width = 1.3) {
  const made = document.createElementNS(SVG, "pattern");
  const path = document.createElementNS(SVG, "path");
  for (const [name, value] of [["id", id], ["width", side], ["height", side], ["patternUnits", "userSpaceOnUse"]]) {
    made.setAttribute(String(name), String(value));
  }
  const drawn = [
    ["d", d], ["stroke", colour], ["stroke-width", width], ["stroke-linecap", "round"],
    ["stroke-opacity", 0.5],
  ];
  for (const [name, value] of drawn) {
    path.setAttribute(String(name), String(value));
  }
  made.append(path);
  return made;
}

/** What the list says of each grid, by code. */
function changesListed() {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#chosen [data-code]"));
  return new Map(Array.from(rows, ({ dataset }) => [dataset.code || "", dataset.change || ""]));
}

/** Tell what a grid was; with a day, only then.
 * @param {string} code
 * @param {string} [at] "2025-06-01"
 */
async function tellGrid(code, at) {
  const query = at ? `?at=${encodeURIComponent(`${at}T12:00:00+08:00`)}` : "";
  await tell(async () => {
    /** @type {Spell[]} */
    const spells = await ask("GET", `/api/v1/grids/${encodeURIComponent(code)}/history${query}`);
    return [say("historyOf", { code }), spells.map((one) => spellLine(one))];
  });
}

/** Tell which grids a place was in.
 * @param {number} lon
 * @param {number} lat
 */
async function tellPlace(lon, lat) {
  map.pin(lon, lat);
  await tell(async () => {
    /** @type {Stay[]} */
    const stays = await ask("GET", `/api/v1/history?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`);
    const at = /** @type {HTMLInputElement} */ (byId("era-day")).value;
    const then = at ? new Date(`${at}T12:00:00+08:00`) : null;
    const held = stays.filter((one) => !then || (new Date(one.starts) <= then && (!one.ends || then < new Date(one.ends))));
    return [say("historyHere"), held.map(({ generation, grid, starts, ends }) => make("li", null,
      make("strong", null, grid ? nameOf(grid) : say("nowhere")), grid ? ` ${grid.code}` : null,
      make("small", null, `${generation} · ${period({ starts, ends })}`)))];
  });
}

/** @param {Spell} one */
function spellLine(one) {
  const share = new Intl.NumberFormat(page.language, { style: "percent", maximumFractionDigits: 0 });
  const origins = one.origins.filter((origin) => origin.code !== one.code || one.redrawn)
    .map((origin) => say("origin", { name: nameOf(origin), share: share.format(origin.share) }));
  const redrawn = one.redrawn ? ` · ${page.changeNames.redrawn}` : "";
  return make("li", null,
    make("strong", null, nameOf(one)), ` ${one.code}`,
    make("small", null, `${one.generation} · ${period(one)}${redrawn}`),
    make("small", null, say("area", { community: nameOf(one.community), hectares: (one.area_m2 / 1e4).toFixed(1) })),
    one.redrawn !== false && origins.length ? make("small", null, say("origins", { list: origins.join(say("comma")) })) : null);
}

/** Say something in the card below the question.
 * @param {() => Promise<[string, HTMLElement[]]>} find
 */
async function tell(find) {
  told.hidden = false;
  try {
    const [title, lines] = await find();
    told.replaceChildren(make("h3", null, title),
      lines.length ? make("ol", { class: "era-history" }, ...lines) : make("p", { class: "note" }, say("nothingThen")));
  } catch (failure) {
    const text = failure instanceof Refused ? failure.message : page.texts.noConnection;
    told.replaceChildren(make("p", { class: "note note--caution" }, text));
  }
}

/** The generation that was in force on a day.
 * @param {string} at
 */
function placeOf(at) {
  const then = new Date(`${at}T12:00:00+08:00`);
  return generations.findIndex(({ starts, ends }) =>
    new Date(starts) <= then && (!ends || then < new Date(ends)));
}

/** Households and issues of the chosen generation, for those who may know. */
async function showFigures() {
  const how = /** @type {HTMLSelectElement | null} */ (document.getElementById("era-as"));
  if (!how) return;
  const mine = asked;
  const { label } = generations[chosen];
  const recast = how.value === "now";
  byId("era-as-help").textContent = say(recast ? "helpNow" : "helpThen", { label });
  try {
    const path = (/** @type {string} */ one, /** @type {string} */ as) =>
      `/api/v1/generations/${encodeURIComponent(one)}/statistics?as=${as}`;
    const past = await ask("GET", path(label, how.value));
    const present = recast ? await ask("GET", path(past.shown_on, "then")) : null;
    if (mine === asked) byId("era-figures").replaceChildren(table(past.grids, present ? present.grids : null));
  } catch (failure) {
    byId("era-figures").replaceChildren(make("p", { class: "note note--caution" },
      failure instanceof Refused ? failure.message : page.texts.noConnection));
  }
}

/**
 * @param {Figures[]} rows
 * @param {Figures[] | null} present the same grids' own figures, to compare with
 */
function table(rows, present) {
  const own = new Map((present || []).map((one) => [one.code, one]));
  const heads = present ? ["grid", "householdsThen", "householdsNow", "issuesThen", "issuesNow"]
    : ["grid", "households", "people", "issues"];
  const cells = (/** @type {Figures} */ one) => {
    const now = own.get(one.code);
    if (!present) return [one.households, one.people, one.issues];
    return [one.households, now ? now.households : 0, one.issues, now ? now.issues : 0];
  };
  return make("table", null,
    make("thead", null, make("tr", null, ...heads.map((key) => make("th", { scope: "col" }, say(key))))),
    make("tbody", null, ...rows.map((one) => make("tr", null,
      make("th", { scope: "row" }, one.code ? nameOf(one) : say("inNoGrid")),
      ...cells(one).map((value) => make("td", null, number.format(value)))))));
}

slider.hidden = generations.length < 2;
slider.style.setProperty("--stops", String(generations.length));
for (const step of [earlier, later]) step.hidden = generations.length < 2;
slider.addEventListener("input", () => choose(Number(slider.value)));
earlier.addEventListener("click", () => choose(chosen - 1));
later.addEventListener("click", () => choose(chosen + 1));
byId("era-bar").addEventListener("submit", (event) => {
  event.preventDefault();
  const stop = /** @type {any} */ (event).submitter;
  if (stop) choose(generations.findIndex((one) => one.label === stop.value));
});
byId("chosen").addEventListener("click", (event) => {
  const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-code]"));
  if (!row) return;
  event.preventDefault();
  const [lon, lat] = [Number(row.dataset.lon), Number(row.dataset.lat)];
  map.approach({ lon, lat, code: row.dataset.code || "" });
  map.pin(lon, lat);
  tellGrid(row.dataset.code || "");
  told.scrollIntoView({ block: "center" });
});
byId("era-ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const at = /** @type {HTMLInputElement} */ (byId("era-day")).value.slice(0, DAY_LENGTH);
  const code = /** @type {HTMLInputElement} */ (byId("era-code")).value.trim();
  const place = at ? placeOf(at) : -1;
  if (place >= 0) choose(place);
  if (code) tellGrid(code, at);
  else if (at && place < 0) tell(async () => [at, []]);
});
map.onAsk((lon, lat) => tellPlace(lon, lat));
const as = document.getElementById("era-as");
if (as) as.addEventListener("change", () => showFigures());
map.frame(page.bounds, false, MARGIN_PX);
choose(chosen);
