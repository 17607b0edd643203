/** The panel beside the map and the lines around it: tabs, width, who is here, what is saved. */

import { Comments } from "./comments.js";
import { watchConflicts } from "./conflicts.js";
import { Desk, onceAFrame } from "./desk.js";
import { LogList, initial } from "./log.js";
import { byId, make } from "./page.js";
import { ProblemList } from "./problems.js";
import { Review, watchBar } from "./review.js";
import { ScorecardPanel } from "./scorecard_panel.js";
import { showShares } from "./shares.js";
import { GridTable } from "./table.js";

const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const WIDTH = "hongge:plan:width";
const NARROWEST_PX = 280;
const WIDTH_STEP_PX = 24;
/** The map keeps at least this. */
const MAP_PX = 240;

/**
 * @typedef {import("./page.js").PlanPage} PlanPage
 * @typedef {import("./store.js").PlanStore} PlanStore
 * @typedef {import("./desk.js").Guide} Guide
 */

/** Make tabs and grip of the panel work, before there is anything in it. */
export function mountFrame() {
  const tabs = Array.from(byId("plan-tabs").querySelectorAll('[role="tab"]'));
  for (const tab of tabs) {
    tab.addEventListener("click", (event) => {
      const open = tab.getAttribute("aria-selected") === "true" && !isClosed();
      const byMouse = /** @type {MouseEvent} */ (event).detail > 0;
      if (open && byMouse) closePanel();
      else openTab(nameOf(tab));
    });
    tab.addEventListener("keydown", (event) => {
      const { key } = /** @type {KeyboardEvent} */ (event);
      const step = KEYS[/** @type {keyof KEYS} */ (key)];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      /** @type {HTMLElement} */ (next).focus();
      openTab(nameOf(next));
    });
  }
  mountGrip();
}

/** Show one tab's sheet. Dispatches `open` on its section; the focus does not stay in a hidden one.
 * @param {string} name such as "grids"
 */
export function openTab(name) {
  byId("content").classList.remove("plan-panel--closed");
  const left = document.activeElement && document.activeElement.closest(".sheet");
  for (const tab of byId("plan-tabs").querySelectorAll('[role="tab"]')) {
    const chosen = nameOf(tab) === name;
    tab.setAttribute("aria-selected", String(chosen));
    /** @type {HTMLElement} */ (tab).tabIndex = chosen ? 0 : -1;
    byId(String(tab.getAttribute("aria-controls"))).hidden = !chosen;
  }
  if (left && left.id !== `tab-${name}`) byId(`tab-button-${name}`).focus();
  window.dispatchEvent(new Event("resize"));
  byId(`tab-${name}`).dispatchEvent(new CustomEvent("open"));
}

/** @param {Element} tab */
const nameOf = (tab) => tab.id.replace("tab-button-", "");

const isClosed = () => byId("content").classList.contains("plan-panel--closed");

function closePanel() {
  byId("content").classList.add("plan-panel--closed");
  window.dispatchEvent(new Event("resize"));
}

/** The border between map and panel is dragged, or moved by arrow keys. */
function mountGrip() {
  const grip = byId("plan-grip");
  const panel = byId("content");
  const sheets = byId("plan-sheets");
  const room = () => byId("plan").clientWidth - byId("plan-tools").offsetWidth - byId("plan-tabs").offsetWidth - MAP_PX;
  const set = (/** @type {number} */ width) => {
    const fitting = Math.round(Math.max(NARROWEST_PX, Math.min(width, room())));
    panel.style.setProperty("--plan-panel", `${fitting}px`);
    grip.setAttribute("aria-valuenow", String(fitting));
    window.dispatchEvent(new Event("resize"));
    return fitting;
  };
  const keep = (/** @type {number} */ width) => {
    try {
      localStorage.setItem(WIDTH, String(set(width)));
    } catch {
      // A browser that keeps nothing forgets the width.
    }
  };
  grip.setAttribute("aria-valuemin", String(NARROWEST_PX));
  grip.setAttribute("aria-valuemax", String(Math.max(NARROWEST_PX, room())));
  grip.setAttribute("aria-valuenow", String(sheets.offsetWidth));
  grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
  grip.addEventListener("pointermove", (event) => {
    if (grip.hasPointerCapture(event.pointerId)) keep(sheets.getBoundingClientRect().right - event.clientX);
  });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: WIDTH_STEP_PX, ArrowRight: -WIDTH_STEP_PX }[event.key];
    if (!step) return;
    event.preventDefault();
    keep(sheets.offsetWidth + step);
  });
  const known = keptWidth();
  if (known && window.matchMedia("(min-width: 75rem)").matches) set(known);
}

function keptWidth() {
  try {
    return Number(localStorage.getItem(WIDTH)) || 0;
  } catch {
    return 0;
  }
}

/** Fill the panel: table, problems, log, comments, scorecard, review; and the lines around the map.
 *
 * @param {PlanPage} page
 * @param {PlanStore} store
 * @param {Guide} guide
 * @returns {{desk: Desk, choose: (grid: string) => void, comment: (place: [number, number]) => void}}
 *   the desk, for other modules; `choose` tells the table of the grid that was chosen on the map,
 *   `comment` asks for the words of a comment at a place
 */
export function mountPanels(page, store, guide) {
  const desk = new Desk(page, store, guide);
  const table = new GridTable(desk, byId("tab-grids"));
  new ProblemList(desk, byId("tab-problems"));
  const log = new LogList(desk, byId("tab-log"));
  const comments = new Comments(desk, byId("tab-comments"), () => openTab("comments"));
  const score = new ScorecardPanel(desk, byId("tab-scorecard"));
  whenOpened("log", () => log.open());
  whenOpened("scorecard", () => score.open());
  if (document.getElementById("tab-review")) {
    const review = new Review(desk, byId("tab-review"));
    whenOpened("review", () => review.open());
    watchBar(() => openTab("review"));
  }
  const share = document.getElementById("plan-share");
  if (share) share.addEventListener("click", () => showShares(desk));
  watchConflicts(desk);
  mountLines(desk);
  mountName(desk);
  desk.attempt(() => desk.refresh());
  return {
    desk,
    choose: (grid) => table.choose(grid),
    comment: (place) => comments.compose(place),
  };
}

/**
 * @param {string} name
 * @param {() => any} opened
 */
function whenOpened(name, opened) {
  const sheet = byId(`tab-${name}`);
  sheet.addEventListener("open", opened);
  if (!sheet.hidden) opened();
}

/** The line of figures below the map; who is here, and the draft's state, above it.
 * @param {Desk} desk
 */
function mountLines(desk) {
  const { store } = desk;
  const sum = onceAFrame(() => writeWhole(desk));
  store.addEventListener("changed", (/** @type {any} */ event) => event.detail.shapes.length && sum());
  store.addEventListener("figures", sum);
  sum();
  store.addEventListener("presence", (/** @type {any} */ event) => writePeople(desk, event.detail));
  desk.addEventListener("meta", () => {
    if (!desk.meta) return;
    const state = byId("plan-state");
    state.dataset.state = desk.meta.state;
    state.textContent = desk.say("states", desk.meta.state);
    byId("plan").classList.toggle("plan--reading", !desk.may("edit"));
    writePeople(desk, desk.meta);
  });
}

/** @param {Desk} desk */
function writeWhole(desk) {
  let [households, people, issues] = [0, 0, 0];
  const { sums } = desk.store;
  const parts = Array.from(desk.store.cells.keys(), (cell) => sums.of(cell));
  for (const one of parts.concat(Array.from(sums.extra.values()))) {
    households += one.households;
    people += one.people;
    issues += one.issues;
  }
  byId("status-whole").textContent = desk.say("panels", desk.page.me ? "whole" : "wholeShared", {
    households: desk.number(households), people: desk.number(people), issues: desk.number(issues),
  });
}

/**
 * @param {Desk} desk
 * @param {{online?: {id: number, name: string}[]}} told
 */
function writePeople(desk, told) {
  const { me } = desk.page;
  const others = (told.online || []).filter((one) => !me || one.id !== me.id);
  const names = others.map((one) => one.name).join(desk.english ? ", " : "、");
  byId("plan-people").replaceChildren(
    ...(others.length ? [make("span", { class: "visually-hidden" }, desk.say("panels", "here", { names }))] : []),
    ...others.map((one) => make("span", { class: "plan-person", title: one.name, "aria-hidden": "true" }, initial(one.name))),
  );
}

/** The draft's name is changed where it stands.
 * @param {Desk} desk
 */
function mountName(desk) {
  const button = /** @type {HTMLButtonElement} */ (byId("plan-name"));
  desk.addEventListener("meta", () => {
    if (desk.meta) button.textContent = desk.meta.name;
    button.disabled = !desk.may("edit");
  });
  button.addEventListener("click", () => {
    const field = make("input", { class: "plan-name-field", value: button.textContent, maxlength: "120", "aria-label": button.textContent });
    let left = false;
    const leave = async (/** @type {boolean} */ saving) => {
      if (left) return;
      left = true;
      const name = field.value.trim();
      field.replaceWith(button);
      if (saving && name && desk.meta && name !== desk.meta.name) {
        await desk.attempt(async () => desk.learn(await desk.ask("PATCH", "", { name })));
      }
    };
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key === "Enter") leave(true).then(() => button.focus());
      if (event.key === "Escape") leave(false).then(() => button.focus());
    });
    field.addEventListener("blur", () => leave(true));
    button.replaceWith(field);
    field.focus();
    field.select();
  });
}
