/** Names of a grid, and of its party branch (党支部) with its number, changed in a dialog. */

import { byId, make } from "./page.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./tools.js").Workbench} Workbench
 */

const FIELDS = /** @type {const} */ (["name", "name_en", "branch_name", "branch_name_en", "branch_phone"]);
const MOST_LETTERS = 80;

/** Put the button that opens the dialog beside the tool that chooses grids.
 * @param {Workbench} bench
 * @param {Desk} desk
 */
export function mountDetails(bench, desk) {
  if (!document.getElementById("plan-only-community")) return;
  const button = make("button", {
    type: "button", class: "plan-mini", id: "plan-details", onclick: () => openDetails(bench, desk, bench.grid),
  }, bench.say("details"));
  byId("plan-option-extra").after(button);
  const follow = () => {
    button.hidden = !bench.mayEdit || bench.inHand !== "select" || !bench.store.grids.has(bench.grid);
  };
  bench.addEventListener("choose", follow);
  bench.addEventListener("tool", follow);
  desk.addEventListener("meta", follow);
  follow();
}

/**
 * @param {Workbench} bench
 * @param {Desk} desk
 * @param {string} key
 */
function openDetails(bench, desk, key) {
  const was = bench.store.grids.get(key);
  if (!was) return;
  const inputs = FIELDS.map((field) => make("input", {
    class: "sheet-field", name: field, maxlength: String(MOST_LETTERS), autocomplete: "off", value: was[field] || "",
    required: field === "name", type: field === "branch_phone" ? "tel" : "text",
  }));
  const save = make("button", { type: "submit", class: "plan-mini plan-mini--main" }, desk.say("common", "save"));
  const form = make("form", { class: "plan-details stack" }, ...inputs.map((input, place) =>
    make("label", { class: "field" }, make("span", null, bench.say(`details_${FIELDS[place]}`)), input)), save);
  const dialog = desk.dialog(`${bench.say("details")} · ${was.code}`, [form], []);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    dialog.close();
    rename(bench, key, inputs.map(({ value }) => value.trim()));
  });
}

/**
 * @param {Workbench} bench
 * @param {string} key
 * @param {string[]} values in the order of the fields
 */
function rename(bench, key, values) {
  const was = bench.store.grids.get(key);
  if (!was || !values[0] || FIELDS.every((field, place) => (was[field] || "") === values[place])) return;
  const now = Object.assign({}, was);
  FIELDS.forEach((field, place) => {
    now[field] = values[place];
  });
  bench.store.apply("rename", { grid: key }, { grid: { [key]: [was, now] } });
}
