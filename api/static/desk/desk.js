/** The desk put together: queues, list, map and the open case, kept up to date by the server. */

import { byId, icon, make, readPage } from "../plan/page.js";
import { Board } from "./board.js";
import { Bulk } from "./bulk.js";
import { CasePane } from "./case.js";
import { DeskMap } from "./desk_map.js";
import { mountFilters } from "./filters.js";
import { listen } from "./keys.js";
import { CaseList } from "./list.js";
import { follow, liveSign, unhurried } from "./live.js";
import { readCounts } from "./wire.js";

const TICK_MS = 20000;
/** List and counts are not fetched more often than this. */
const EVERY_MS = 500;
const TOAST_MS = 5000;

const board = new Board(/** @type {any} */ (readPage()));
board.readAddress();
const map = new DeskMap(board);
const list = new CaseList(board);
const pane = new CasePane(board, map);
const bulk = new Bulk(board, list, map);
const tabs = /** @type {HTMLElement[]} */ (Array.from(byId("desk-queues").querySelectorAll('[role="tab"]')));
/** @type {Record<string, number>} */
let counts = {};
const refresh = unhurried(() => Promise.all([list.refresh(), countAll()]), EVERY_MS);

/** Everything is there once this is: tests and other scripts wait for it. */
export const ready = start();

async function start() {
  mountFilters(board);
  mountQueues();
  list.addEventListener("loaded", () => map.show(list.issues));
  list.addEventListener("anew", () => {
    if (!board.open) map.frame(board.view.community, board.view.grid, list.issues);
  });
  board.addEventListener("view", () => bulk.leave());
  for (const one of [pane, bulk]) {
    one.addEventListener("acted", (/** @type {any} */ event) => {
      if (event.detail.words) toast(event.detail.words);
      if (event.detail.issue) list.learn(event.detail.issue);
      refresh();
    });
  }
  byId("desk-all").addEventListener("click", () => list.chooseAll());
  byId("desk-view").addEventListener("click", () => toggleMap());
  window.addEventListener("popstate", () => {
    board.readAddress();
    board.dispatchEvent(new CustomEvent("view"));
    board.dispatchEvent(new CustomEvent("case"));
  });
  window.setInterval(tick, TICK_MS);
  mountKeys();
  showQueue();
  await Promise.all([list.load(), countAll(), board.open ? pane.load() : null]);
  follow({
    changed(changes) {
      refresh();
      pane.hear(changes);
    },
    state: liveSign(board, "desk-live", "desk-live-text"),
  });
  byId("desk").dataset.ready = "yes";
}

async function countAll() {
  try {
    const now = await readCounts(board.page.city);
    const [first] = board.page.queues;
    if (counts[first] < now[first]) {
      board.announce(board.say("newInQueue", { queue: board.say(`queue_${first}`), count: now[first] }));
    }
    counts = now;
    for (const tab of tabs) {
      const count = now[String(tab.dataset.queue)];
      const place = /** @type {HTMLElement} */ (tab.querySelector(".queue-count"));
      place.textContent = count === undefined ? "" : board.number(count);
      tab.classList.toggle("queue--none", !count);
    }
    const waiting = now[board.page.queues[0]] || 0;
    document.title = document.title.replace(/^(\(\d+\) )?/, waiting ? `(${waiting}) ` : "");
  } catch {
    // The line that says whether the desk is live tells of this, too.
  }
}

function mountQueues() {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  for (const tab of tabs) {
    tab.addEventListener("click", () => toQueue(String(tab.dataset.queue)));
    tab.addEventListener("keydown", (event) => {
      const by = step[/** @type {keyof step} */ (event.key)];
      if (!by) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
      next.focus();
      toQueue(String(next.dataset.queue));
    });
  }
  board.addEventListener("view", showQueue);
}

/** @param {string} queue */
function toQueue(queue) {
  board.openCase("");
  board.look({ queue });
}

function showQueue() {
  for (const tab of tabs) {
    const chosen = tab.dataset.queue === board.view.queue;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) {
      byId("desk-list").setAttribute("aria-labelledby", tab.id);
      tab.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
  byId("desk-queue-name").textContent = board.say(`queue_${board.view.queue}`);
}

function mountKeys() {
  listen({
    move: (by, range) => list.move(by, range),
    toggle: (range) => {
      if (list.at) list.toggle(list.at, range);
    },
    chooseAll: () => list.chooseAll(),
    search: () => {
      byId("desk-search").focus();
    },
    escape,
    queue: (by) => {
      const { queues } = board.page;
      toQueue(queues[(queues.indexOf(board.view.queue) + by + queues.length) % queues.length]);
    },
    queueAt: (place) => {
      if (board.page.queues[place]) toQueue(board.page.queues[place]);
    },
    map: toggleMap,
    act: (letter) => {
      const wanted = (/** @type {string} */ one) => board.page.keys[one] === letter;
      if (list.chosen.size) return begun(bulk.actions().find(wanted), (one) => bulk.begin(one));
      if (board.open) return begun(pane.actions().find(wanted), (one) => pane.begin(one));
      const current = list.current();
      const known = current && (board.page.mine[current.state] || []).find(wanted);
      return begun(known, async (one) => {
        board.openCase(list.at);
        await pane.load();
        pane.begin(one);
      });
    },
  });
}

/**
 * @param {string | undefined} action
 * @param {(action: string) => void} work
 */
function begun(action, work) {
  if (!action) return false;
  work(action);
  return true;
}

/** One step back: out of the search, the choice of many, the case, in this order. */
function escape() {
  const search = /** @type {HTMLInputElement} */ (byId("desk-search"));
  if (document.activeElement === search) {
    if (search.value) {
      search.value = "";
      board.look({ q: "" });
    } else if (list.at) list.focus(list.at);
    return;
  }
  if (bulk.form) bulk.leave(true);
  else if (list.chosen.size) list.choose([]);
  else if (board.open) board.openCase("");
  else if (byId("desk").classList.contains("desk--map")) toggleMap();
  if (list.at) list.focus(list.at);
}

/** On a narrow screen: the map in place of the list, and back. */
function toggleMap() {
  const shown = byId("desk").classList.toggle("desk--map");
  byId("desk-view").setAttribute("aria-pressed", String(shown));
  window.dispatchEvent(new Event("resize"));
  if (shown && !board.open) map.frame(board.view.community, board.view.grid, list.issues);
}

/** Clocks go on. */
function tick() {
  for (const one of Array.from(document.querySelectorAll("[data-due]"))) {
    one.textContent = board.remaining(String(one.getAttribute("data-due")));
  }
}

/** @param {string} words */
function toast(words) {
  const one = make("p", { class: "toast" }, icon("done"), words);
  byId("desk-toasts").append(one);
  window.setTimeout(() => one.remove(), TOAST_MS);
}
