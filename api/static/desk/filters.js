/** Which cases of a queue the list shows: by place, duty, department, words, overdue alone. */

import { byId, make } from "../plan/page.js";

const TYPED_MS = 300;

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").View} View
 */

/** Let the fields above the list say what it shows, and the other way round.
 * @param {Board} board
 */
export function mountFilters(board) {
  const { page } = board;
  const search = /** @type {HTMLInputElement} */ (byId("desk-search"));
  const overdue = /** @type {HTMLInputElement} */ (byId("filter-overdue"));
  const selects = /** @type {[keyof View, HTMLSelectElement][]} */ (
    ["community", "grid", "department", "duty"].map((name) => [name, byId(`filter-${name}`)]));
  const fill = (/** @type {HTMLSelectElement} */ select, /** @type {import("./wire.js").Named[]} */ things) => {
    const [all] = Array.from(select.options);
    select.replaceChildren(all, ...things.map((one) => make("option", { value: one.code }, board.nameOf(one))));
  };
  const grids = () => {
    const { community } = board.view;
    const inside = page.grids.filter((one) => !community || one.community === community);
    fill(/** @type {HTMLSelectElement} */ (byId("filter-grid")), inside);
  };
  fill(selects[0][1], page.communities);
  fill(selects[2][1], page.departments);
  fill(selects[3][1], page.duties);
  const show = () => {
    grids();
    for (const [name, select] of selects) select.value = board.view[name];
    overdue.checked = Boolean(board.view.overdue);
    if (document.activeElement !== search) search.value = board.view.q;
    const used = selects.filter(([name]) => board.view[name]).length + Number(Boolean(board.view.overdue));
    const count = byId("filter-count");
    count.textContent = used ? String(used) : "";
    count.hidden = !used;
    byId("filter-clear").hidden = !used && !board.view.q;
  };
  for (const [name, select] of selects) {
    select.addEventListener("change", () => {
      const changes = /** @type {Partial<View>} */ ({ [name]: select.value });
      if (name === "community") changes.grid = "";
      board.look(changes);
    });
  }
  overdue.addEventListener("change", () => board.look({ overdue: overdue.checked ? "1" : "" }));
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => board.look({ q: search.value.trim() }), TYPED_MS);
  });
  byId("filter-clear").addEventListener("click", () => {
    search.value = "";
    board.look({ community: "", grid: "", department: "", duty: "", overdue: "", q: "" });
  });
  board.addEventListener("view", show);
  show();
}
