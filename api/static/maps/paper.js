/**
 * Printing: a sheet of paper across, A4 or A3, with the map as it is seen, as large as there is
 * room for. Maps are drawn in pixels of the screen, so they are enlarged as a whole.
 */

const CLASS = "sheet--paper";
/** Room for the map beside its legend, in CSS pixels. */
const ROOM = /** @type {Record<string, [number, number]>} */ ({ a4: [760, 610], a3: [1180, 930] });

/** Offer to print.
 * @param {HTMLElement | null} element the choice of paper, and the button
 */
export function offerPaper(element) {
  const root = document.documentElement;
  const choice = element && element.querySelector("select");
  window.addEventListener("beforeprint", () => {
    const paper = choice ? choice.value : "a4";
    const stage = document.querySelector(".sheet-stage");
    if (!stage || !ROOM[paper]) return;
    const { width, height } = stage.getBoundingClientRect();
    const [across, down] = ROOM[paper];
    const look = root.style;
    look.setProperty("--stage-width", `${width}px`);
    look.setProperty("--stage-height", `${height}px`);
    look.setProperty("--stage-zoom", String(Math.min(across / width, down / height)));
    root.classList.add(CLASS, `${CLASS}-${paper}`);
  });
  window.addEventListener("afterprint", () => {
    root.classList.remove(CLASS, `${CLASS}-a4`, `${CLASS}-a3`);
  });
  const button = element && element.querySelector("button");
  if (!element || !button) return;
  element.hidden = false;
  button.addEventListener("click", () => window.print());
}
