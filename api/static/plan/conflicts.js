/** Two people changed the same: who changed what and when, and both ways out. */

import { make } from "./page.js";
import { Refused } from "./wire.js";

/** Conflicts that are told one by one; the others are counted. */
const SHOWN = 12;

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./history.js").Edit} Edit
 *
 * @typedef {object} Conflict
 * @property {string} subject
 * @property {string} key
 * @property {any} expected
 * @property {any} found
 * @property {any} wanted
 * @property {{id: number, name: string} | null} by
 * @property {string | null} at
 * @property {number | null} seq
 */

/** Ask, at every conflict of the draft, which of the two is to count.
 * @param {Desk} desk
 */
export function watchConflicts(desk) {
  desk.store.addEventListener("conflict", (/** @type {any} */ event) => showConflict(desk, event.detail));
  desk.store.addEventListener("refused", (/** @type {any} */ event) =>
    desk.toast(desk.told(new Refused(event.detail.problem)), true));
}

/**
 * @param {Desk} desk
 * @param {{edit: Edit | null, conflicts: Conflict[], lost: Edit[]}} told
 */
function showConflict(desk, { edit, conflicts, lost }) {
  const first = conflicts[0];
  const when = first.at ? desk.moment(first.at) : "–";
  const keep = make("button", { type: "button", class: "plan-mini" }, desk.say("conflicts", "keepTheirs"));
  const apply = make("button", { type: "button", class: "plan-mini plan-mini--main" }, desk.say("conflicts", "applyMine"));
  const dialog = desk.dialog(desk.say("conflicts", "title"), [
    make("p", null, desk.say("conflicts", "told", { name: desk.personName(first.by), when })),
    make("ul", { class: "conflict-list" }, ...sayings(desk, conflicts).map((one) => make("li", null, one))),
    ...onTheMap(desk, conflicts),
    make("p", { class: "soft" }, desk.say("conflicts", "kept")),
  ], [keep, ...(edit ? [apply] : [])], true);
  dialog.addEventListener("close", () => desk.guide.preview(null), { once: true });
  keep.addEventListener("click", () => dialog.close());
  apply.addEventListener("click", () => {
    dialog.close();
    for (const one of [edit, ...lost]) if (one && !one.undoes) desk.store.insist(one);
  });
  keep.focus();
}

/** Show the blocks as the other has them, or as one's own edit would.
 * @param {Desk} desk
 * @param {Conflict[]} conflicts
 */
function onTheMap(desk, conflicts) {
  const owners = conflicts.filter((one) => one.subject === "owner");
  if (!owners.length) return [];
  const cells = owners.map((one) => one.key);
  /** @type {Record<string, string>} */
  const mine = {};
  for (const { key, wanted } of owners) if (wanted) mine[key] = wanted;
  const show = (/** @type {boolean} */ own) => {
    theirs.setAttribute("aria-pressed", String(!own));
    yours.setAttribute("aria-pressed", String(own));
    desk.guide.preview(own ? mine : null);
    desk.guide.point(cells);
  };
  const theirs = make("button", { type: "button", class: "plan-mini", onclick: () => show(false) }, desk.say("conflicts", "theirs"));
  const yours = make("button", { type: "button", class: "plan-mini", onclick: () => show(true) }, desk.say("conflicts", "mine"));
  desk.goToCells(cells);
  show(false);
  return [make("div", { class: "conflict-map", role: "group", "aria-label": desk.say("conflicts", "show") },
    make("span", { class: "soft" }, desk.say("conflicts", "show")), theirs, yours)];
}

/** What the conflicts are, cells with the same two grids told together.
 * @param {Desk} desk
 * @param {Conflict[]} conflicts
 */
function sayings(desk, conflicts) {
  const grid = (/** @type {any} */ key) => (key ? desk.gridName(key) : desk.say("conflicts", "unassigned"));
  /** @type {Map<string, {one: Conflict, count: number}>} */
  const groups = new Map();
  for (const one of conflicts) {
    const name = one.subject === "owner" ? `${one.found} ${one.wanted} ${one.by ? one.by.id : ""}` : `${one.subject} ${one.key}`;
    const group = groups.get(name) || { one, count: 0 };
    group.count += 1;
    groups.set(name, group);
  }
  return Array.from(groups.values()).slice(0, SHOWN).map(({ one, count }) => {
    const name = desk.personName(one.by);
    if (one.subject !== "owner") {
      const what = one.subject === "grid" || one.subject === "grid_lock" ? desk.gridName(one.key) : one.key;
      return desk.say("conflicts", "otherThing", { name, what });
    }
    return desk.say("conflicts", "whose", {
      cells: desk.say("common", "blocks", { count: desk.number(count) }), name,
      theirs: grid(one.found), mine: grid(one.wanted),
    });
  });
}
