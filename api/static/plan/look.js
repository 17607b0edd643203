/** How a plan looks: colours from the stylesheet's tokens, and patterns that are read without colour. */

/**
 * @typedef {object} Look
 * @property {Record<string, string>} colour by token, without "plan-"
 * @property {string} font
 * @property {CanvasPattern} hatched what is in no grid
 * @property {CanvasPattern} dotted what has changed
 * @property {CanvasPattern} crossed what can't be reached
 */

const TOKENS = [
  "plan-high", "plan-low", "plan-fit", "plan-dedicated", "plan-open", "plan-hatch", "plan-dot",
  "plan-block", "plan-border", "plan-casing", "plan-community", "plan-chosen", "plan-chosen-fill",
  "plan-label", "plan-label-soft", "plan-label-halo", "plan-high-text", "plan-low-text", "plan-point",
  "plan-point-text", "plan-lock", "plan-far", "plan-farther", "plan-moved", "plan-cursor",
];

/** Read the look from the stylesheet.
 * @param {CanvasRenderingContext2D} context
 * @param {number} density device pixels a pixel
 * @returns {Look}
 */
export function readLook(context, density) {
  const style = getComputedStyle(document.documentElement);
  /** @type {Record<string, string>} */
  const colour = {};
  for (const name of TOKENS) {
    colour[name.replace("plan-", "")] = style.getPropertyValue(`--${name}`).trim();
  }
  const made = (/** @type {number} */ side, /** @type {(pen: CanvasRenderingContext2D) => void} */ draw) =>
    pattern(context, side, density, draw);
  return {
    colour,
    font: style.getPropertyValue("--font").trim(),
    hatched: made(8, (pen) => lines(pen, colour.hatch, 8)),
    dotted: made(7, (pen) => {
      pen.fillStyle = colour.dot;
      pen.beginPath();
      pen.arc(2, 2, 1.05, 0, 2 * Math.PI);
      pen.arc(5.5, 5.5, 1.05, 0, 2 * Math.PI);
      pen.fill();
    }),
    crossed: made(9, (pen) => {
      pen.strokeStyle = colour.dot;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(2.5, 4.5);
      pen.lineTo(6.5, 4.5);
      pen.moveTo(4.5, 2.5);
      pen.lineTo(4.5, 6.5);
      pen.stroke();
    }),
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 * @param {number} side
 */
function lines(pen, colour, side) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.3;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
  }
  pen.stroke();
}

/** Make a pattern that repeats every so many pixels.
 * @param {CanvasRenderingContext2D} context
 * @param {number} side
 * @param {number} density
 * @param {(pen: CanvasRenderingContext2D) => void} draw
 */
function pattern(context, side, density, draw) {
  const tile = document.createElement("canvas");
  tile.width = Math.round(side * density);
  tile.height = tile.width;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.scale(tile.width / side, tile.width / side);
  draw(pen);
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}
