/**
 * Printing: a sheet of paper across, A4 or A3, with the map as large as the paper lets it be.
 *
 * Maps are laid out in pixels before the browser makes pages, so their size is set here; tiles
 * that come into view then need a moment, which the page's own button leaves them.
 */

const SETTLE_MS = 1500;
const CLASS = "sheet--paper";

/** Offer to print.
 * @param {HTMLElement | null} element the choice of paper, and the button
 * @param {import("./side.js").Side[]} sides
 */
export function offerPaper(element, sides) {
  const root = document.documentElement;
  const choice = element && element.querySelector("select");
  /** @type {any[]} */
  let before = [];
  const layOut = () => {
    if (before.length) return;
    before = sides.map(({ map }) => map.getBounds());
    root.classList.add(CLASS, `${CLASS}-${choice ? choice.value : "a4"}`);
    sides.forEach(({ map }, at) => fitted(map, before[at]));
  };
  const putBack = () => {
    root.classList.remove(CLASS, `${CLASS}-a4`, `${CLASS}-a3`);
    const shown = before;
    before = [];
    sides.forEach(({ map }, at) => shown[at] && fitted(map, shown[at]));
  };
  window.addEventListener("beforeprint", layOut);
  window.addEventListener("afterprint", putBack);
  if (!element) return;
  element.hidden = false;
  const button = element.querySelector("button");
  if (!button) return;
  button.addEventListener("click", () => {
    layOut();
    button.setAttribute("aria-busy", "true");
    window.setTimeout(() => {
      button.removeAttribute("aria-busy");
      window.print();
    }, SETTLE_MS);
  });
}

/**
 * @param {any} map
 * @param {any} bounds
 */
function fitted(map, bounds) {
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(bounds, { animate: false });
}
