/** Names and numbers of grids on the map, each where there is room for it. */

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./look.js").Look} Look
 * @typedef {import("./sums.js").Fit} Fit
 *
 * @typedef {object} Label
 * @property {string} name
 * @property {string} number households, as written; empty for none
 * @property {string} change how many more or fewer than before, as written; empty for none
 * @property {Fit} fit
 * @property {boolean} locked
 * @property {boolean} chosen
 * @property {Point} at in pixels
 * @property {number} room how many pixels wide its grid is
 */

const NAME_PX = 12;
const NUMBER_PX = 13;
const LINE_PX = 16;
const GAP_PX = 3;
const LOCK_PX = 10;
/** @type {Record<string, string>} */
const SIGNS = { high: "▲ ", low: "▼ ", empty: "∅ " };

/** Write labels, the weightiest first; what would lie over another is shortened, then left out.
 * @param {CanvasRenderingContext2D} pen
 * @param {Label[]} labels
 * @param {Look} look
 */
export function writeLabels(pen, labels, look) {
  /** @type {Box[]} */
  const taken = [];
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  for (const label of labels.slice().sort(byWeight)) {
    for (const lines of forms(label, look)) {
      const box = boxOfLines(pen, lines, label.at);
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      write(pen, lines, label.at, look);
      break;
    }
  }
}

/** @typedef {{text: string, font: string, colour: string, locked?: boolean}} Line */

/** What a label may say: all of it, or the number alone.
 * @param {Label} label
 * @param {Look} look
 * @returns {Line[][]}
 */
function forms(label, look) {
  const { colour, font } = look;
  const toned = { high: colour["high-text"], low: colour["low-text"] };
  const number = {
    text: (SIGNS[label.fit] || "") + label.number,
    font: `700 ${NUMBER_PX}px ${font}`,
    colour: toned[/** @type {"high" | "low"} */ (label.fit)] || colour.label,
    locked: label.locked,
  };
  const name = {
    text: label.name, font: `600 ${NAME_PX}px ${font}`,
    colour: label.chosen ? colour.chosen : colour.label,
  };
  const change = { text: label.change, font: `500 11px ${font}`, colour: colour["label-soft"] };
  const whole = [name].concat(label.number ? [number] : [], label.change ? [change] : []);
  if (label.chosen || !label.number) return [whole];
  return [whole, [name, number], [number]];
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Line[]} lines
 * @param {Point} at
 * @returns {Box}
 */
function boxOfLines(pen, lines, [x, y]) {
  let width = 0;
  for (const { text, font, locked } of lines) {
    width = Math.max(width, widthOf(pen, text, font) + (locked ? 2 * LOCK_PX : 0));
  }
  const half = (lines.length * LINE_PX) / 2;
  return [x - width / 2 - GAP_PX, y - half, x + width / 2 + GAP_PX, y + half];
}

/** @type {Map<string, number>} */
const widths = new Map();

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {string} font
 */
function widthOf(pen, text, font) {
  const name = `${font}|${text}`;
  const known = widths.get(name);
  if (known !== undefined) return known;
  if (widths.size > 5000) widths.clear();
  pen.font = font;
  const { width } = pen.measureText(text);
  widths.set(name, width);
  return width;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Line[]} lines
 * @param {Point} at
 * @param {Look} look
 */
function write(pen, lines, [x, y], look) {
  let line = y - ((lines.length - 1) * LINE_PX) / 2;
  pen.strokeStyle = look.colour["label-halo"];
  pen.lineWidth = 3.5;
  for (const { text, font, colour, locked } of lines) {
    pen.font = font;
    pen.strokeText(text, x, line);
    pen.fillStyle = colour;
    pen.fillText(text, x, line);
    if (locked) drawLock(pen, x - widthOf(pen, text, font) / 2 - LOCK_PX / 2 - 2, line, colour);
    pen.strokeStyle = look.colour["label-halo"];
    pen.lineWidth = 3.5;
    line += LINE_PX;
  }
}

/** Draw a small padlock.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 */
export function drawLock(pen, x, y, colour) {
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.fillRect(x - 4, y - 1, 8, 6);
  pen.beginPath();
  pen.arc(x, y - 1.5, 2.6, Math.PI, 2 * Math.PI);
  pen.stroke();
}

/**
 * @param {Box} one
 * @param {Box} other
 */
const overlap = (one, other) =>
  one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

/**
 * @param {Label} one
 * @param {Label} other
 */
function byWeight(one, other) {
  const weight = (/** @type {Label} */ label) =>
    (label.chosen ? 4 : 0) + (label.fit === "high" || label.fit === "low" ? 2 : 0) + (label.change ? 1 : 0);
  return weight(other) - weight(one) || other.room - one.room;
}
