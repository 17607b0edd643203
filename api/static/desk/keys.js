/** The keyboard: moving, choosing, acting; and the sheet that tells all keys. */

import { byId } from "../plan/page.js";

const LETTERS = "hongge:desk:letters";
const QUEUE_DIGITS = "123456789";

/**
 * @typedef {object} Doing what keys lead to
 * @property {(step: number, range: boolean) => void} move
 * @property {(range: boolean) => void} toggle
 * @property {() => void} chooseAll
 * @property {() => void} search
 * @property {() => void} escape
 * @property {(step: number) => void} queue
 * @property {(place: number) => void} queueAt
 * @property {() => void} map
 * @property {(letter: string) => boolean} act
 */

/** Whether single letters act: who speaks to the computer turns them off (WCAG 2.1.4). */
export function lettersOn() {
  try {
    return localStorage.getItem(LETTERS) !== "off";
  } catch {
    return true;
  }
}

/** Listen to keys.
 * @param {Doing} doing
 */
export function listen(doing) {
  const sheet = /** @type {HTMLDialogElement} */ (byId("desk-sheet"));
  const toggle = /** @type {HTMLInputElement} */ (byId("desk-letters"));
  toggle.checked = lettersOn();
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(LETTERS, toggle.checked ? "on" : "off");
    } catch {
      // A browser that keeps nothing asks again next time.
    }
  });
  byId("desk-help").addEventListener("click", () => sheet.showModal());
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || /** @type {Element} */ (event.target).closest(".sheet-close")) sheet.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (work(event, doing, sheet)) event.preventDefault();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {Doing} doing
 * @param {HTMLDialogElement} sheet
 * @returns {boolean} whether the key was ours
 */
function work(event, doing, sheet) {
  const target = /** @type {HTMLElement} */ (event.target);
  const { key } = event;
  if (key === "Escape") {
    doing.escape();
    return true;
  }
  if (isTyped(target) || event.altKey) return false;
  const inList = Boolean(target.closest("#desk-list")) || target === document.body || target.id === "content";
  const onMap = Boolean(target.closest("#map"));
  const onTabs = Boolean(target.closest('[role="tablist"]'));
  if (event.ctrlKey || event.metaKey) {
    if (key.toLowerCase() !== "a" || !inList) return false;
    doing.chooseAll();
    return true;
  }
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (arrow && inList && !onMap && !onTabs) {
    doing.move(arrow, event.shiftKey);
    return true;
  }
  if (!lettersOn()) return false;
  if (key === "?") {
    sheet.showModal();
    return true;
  }
  return single(event, doing);
}

/**
 * @param {KeyboardEvent} event
 * @param {Doing} doing
 */
function single({ key, shiftKey }, doing) {
  const letter = key.toUpperCase();
  /** @type {Record<string, () => void>} */
  const known = {
    J: () => doing.move(1, shiftKey),
    K: () => doing.move(-1, shiftKey),
    X: () => doing.toggle(shiftKey),
    "/": () => doing.search(),
    "[": () => doing.queue(-1),
    "]": () => doing.queue(1),
    Y: () => doing.map(),
  };
  if (known[letter]) {
    known[letter]();
    return true;
  }
  if (QUEUE_DIGITS.includes(key)) {
    doing.queueAt(Number(key) - 1);
    return true;
  }
  return key.length === 1 && doing.act(letter);
}

/** @param {HTMLElement} target */
function isTyped(target) {
  if (target.closest("select, textarea, .act-form, [contenteditable]")) return true;
  const input = target.closest("input");
  return Boolean(input) && /** @type {HTMLInputElement} */ (input).type !== "checkbox";
}
