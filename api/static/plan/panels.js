/** The panel beside the map: its tabs, its width, the line below. */

import { byId } from "./page.js";

const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Make tabs and grip of the panel work.
 * @param {import("./page.js").PlanPage} _page
 */
export function mountFrame(_page) {
  const tabs = Array.from(byId("plan-tabs").querySelectorAll('[role="tab"]'));
  for (const tab of tabs) {
    tab.addEventListener("click", () => openTab(tab.id.replace("tab-button-", "")));
    tab.addEventListener("keydown", (event) => {
      const key = /** @type {KeyboardEvent} */ (event).key;
      const step = KEYS[/** @type {keyof KEYS} */ (key)];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      /** @type {HTMLElement} */ (next).focus();
      openTab(next.id.replace("tab-button-", ""));
    });
  }
}

/** Show one tab's sheet.
 * @param {string} name such as "grids"
 */
export function openTab(name) {
  for (const tab of byId("plan-tabs").querySelectorAll('[role="tab"]')) {
    const chosen = tab.id === `tab-button-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    /** @type {HTMLElement} */ (tab).tabIndex = chosen ? 0 : -1;
    byId(String(tab.getAttribute("aria-controls"))).hidden = !chosen;
  }
}
