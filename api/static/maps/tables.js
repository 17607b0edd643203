/**
 * The tables of a sheet: rows lead to shapes and back, columns can be sorted by.
 */

/** Let rows and shapes find each other.
 * @param {(key: string) => void} onFind somebody wants to see a row's shape
 * @param {(key: string) => void} onPoint somebody points at a row; empty: at none any longer
 */
export function linkRows(onFind, onPoint) {
  document.querySelectorAll(".sheet-table tbody").forEach((body) => {
    body.addEventListener("click", (event) => {
      const row = rowOf(event);
      if (row) onFind(keyOf(row));
    });
    body.addEventListener("mouseover", (event) => onPoint(keyOf(rowOf(event))));
    body.addEventListener("mouseleave", () => onPoint(""));
  });
}

/** Let the rows of a shape stand out.
 * @param {string} key
 * @param {boolean} moving whether the table goes there
 */
export function markRows(key, moving) {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll(".sheet-table tr[data-key]"));
  rows.forEach((row) => {
    if (keyOf(row) !== key) {
      row.removeAttribute("aria-current");
      return;
    }
    row.setAttribute("aria-current", "true");
    if (moving) bringIntoView(row);
  });
}

/** Offer to sort tables by their columns. */
export function offerSorting() {
  document.querySelectorAll(".sheet-table table").forEach((table) => {
    table.querySelectorAll("thead th").forEach((heading, column) => {
      const name = /** @type {HTMLElement | null} */ (heading.querySelector("span"));
      const button = /** @type {HTMLElement | null} */ (heading.querySelector(".sheet-sort"));
      if (!name || !button) return;
      name.hidden = true;
      button.hidden = false;
      button.addEventListener("click", () => sort(table, heading, column));
    });
  });
}

/** Move the table alone, not the page.
 * @param {HTMLElement} row
 */
function bringIntoView(row) {
  const frame = row.closest(".sheet-table");
  if (!frame) return;
  const above = row.getBoundingClientRect().top - frame.getBoundingClientRect().top;
  if (above < 60 || above > frame.clientHeight - 40) frame.scrollTop += above - 80;
}

/**
 * @param {Element} table
 * @param {Element} heading
 * @param {number} column
 */
function sort(table, heading, column) {
  const number = heading.classList.contains("number");
  const was = heading.getAttribute("aria-sort");
  const rising = was ? was === "descending" : !number;
  table.querySelectorAll("thead th").forEach((one) => one.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const body = /** @type {HTMLElement} */ (table.querySelector("tbody"));
  const rows = Array.from(body.querySelectorAll("tr"));
  const language = document.documentElement.lang;
  const sign = rising ? 1 : -1;
  rows.sort((one, other) => {
    const [a, b] = [one.children[column], other.children[column]];
    if (!number) return sign * text(a).localeCompare(text(b), language, { numeric: true });
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
  rows.forEach((row) => body.appendChild(row));
}

/**
 * @param {Element} cell
 */
const text = (cell) => cell.textContent || "";

/** A cell's number; what has none comes last.
 * @param {Element} cell
 */
function value(cell) {
  const told = cell.getAttribute("data-value");
  return told === null ? null : Number(told);
}

/**
 * @param {Event} event
 * @returns {HTMLElement | null}
 */
const rowOf = (event) => /** @type {Element} */ (event.target).closest("tr[data-key]");

/**
 * @param {HTMLElement | null} row
 */
const keyOf = (row) => (row && row.dataset.key) || "";
