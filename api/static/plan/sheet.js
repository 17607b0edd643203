/** The sheet of all keys. */

import { byId, make } from "./page.js";

/**
 * @typedef {import("./tools.js").Workbench} Workbench
 */

/** Keys that no button has: keys and what they do.
 * @type {[string[], string][]} */
const ON_MAP = [
  [["←", "↑", "→", "↓"], "keyArrows"], [["Enter", "Space"], "keyEnter"], [["Shift", "←↑→↓"], "keyShiftArrows"],
  [["+", "−"], "keyZoom"], [["[", "]"], "keyBrush"], [["1", "…", "9"], "keyDigits"], [[",", "."], "keyNextGrid"],
  [["I"], "keyPick"], [["Esc"], "keyEscape"],
];
/** @type {[string, string][]} */
const BY_HAND = [["mouseSpace", "keySpace"], ["mousePick", "keyPick"], ["mouseFingers", "keyFingers"]];

/** Show the sheet.
 * @param {Workbench} bench
 * @param {(title: string, body: (Node | string)[], acts: HTMLElement[]) => HTMLDialogElement} dialog
 */
export function showSheet(bench, dialog) {
  const groups = Array.from(byId("plan-tools").querySelectorAll('[role="group"]'));
  const tools = groups.map((group) => section(
    group.getAttribute("aria-label") || "",
    Array.from(group.querySelectorAll("[data-tool]"), (button) => row(
      keysOf(button), button.getAttribute("aria-label") || "")),
  ));
  const shown = dialog(bench.say("keys"), [make("div", { class: "keys" },
    ...tools,
    section(bench.say("keyMap"), ON_MAP.map(([keys, text]) => row(keys, bench.say(text)))),
    section(bench.say("keyMouse"), BY_HAND.map(([hand, text]) => row([bench.say(hand)], bench.say(text)))),
  )], []);
  shown.classList.add("plan-dialog--keys");
  shown.addEventListener("close", () => shown.classList.remove("plan-dialog--keys"), { once: true });
}

/** The keys of a button, the first of several.
 * @param {Element} button
 */
function keysOf(button) {
  const [first] = (button.getAttribute("aria-keyshortcuts") || "").split(" ");
  return first.split("+").map((key) => (key === "Control" ? "Ctrl" : key));
}

/**
 * @param {string} title
 * @param {Node[]} rows
 */
function section(title, rows) {
  return make("section", null, make("h3", null, title), make("dl", null, ...rows));
}

/**
 * @param {string[]} keys
 * @param {string} text
 */
function row(keys, text) {
  return make("div", null,
    make("dt", null, ...keys.map((key) => (key === "…" ? "…" : make("kbd", null, key)))),
    make("dd", null, text));
}
