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
const MOST_PICTURES = 800;
/** Where a name may stand instead, in steps of so many pixels across and down. */
const DODGE_PX = [28, 17];
const DODGES = [
  [0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [0, 2], [0, -2], [1, 1], [-1, 1], [1, -1], [-1, -1], [0, 3], [0, -3],
];
/** @type {Record<string, string>} */
const SIGNS = { high: "▲ ", low: "▼ ", empty: "∅ " };

/** Write labels, the weightiest first; what is wider than its grid or would lie over another is
 * shortened, then left out.
 * @param {CanvasRenderingContext2D} pen
 * @param {Label[]} labels
 * @param {Look} look
 * @param {number} density device pixels a pixel
 * @param {Box[]} [taken] where nothing may stand; what is written is added
 */
export function writeLabels(pen, labels, look, density, taken = []) {
  for (const label of labels.slice().sort(byWeight)) {
    for (const lines of forms(label, look)) {
      const picture = pictureOf(lines, look, density);
      if (picture.width > roomFor(label, lines)) continue;
      const box = boxAt(picture, label.at);
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      place(pen, picture, label.at);
      break;
    }
  }
}

/** How wide a label may be: a name as its grid, a number alone twice that, one that is out of bounds
 * as it likes.
 * @param {Label} label
 * @param {Line[]} lines
 */
function roomFor({ name, room, chosen, fit }, lines) {
  if (chosen) return Infinity;
  if (lines[0].text === name) return room;
  return fit === "high" || fit === "low" ? Infinity : 2 * room;
}

/** Write names that give way: beside their place where something stands there, else not at all.
 * @param {CanvasRenderingContext2D} pen
 * @param {{name: string, at: Point}[]} names
 * @param {Look} look
 * @param {number} density
 * @param {Box[]} taken
 */
export function writeNames(pen, names, look, density, taken) {
  for (const { name, at } of names) {
    const font = `700 13px ${look.font}`;
    const picture = pictureOf([{ text: name, font, colour: look.colour.community }], look, density);
    for (const [across, down] of DODGES) {
      /** @type {Point} */
      const there = [at[0] + across * DODGE_PX[0], at[1] + down * DODGE_PX[1]];
      const box = boxAt(picture, there);
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      place(pen, picture, there);
      break;
    }
  }
}

/**
 * @typedef {object} Picture of a label, so that its text is drawn once
 * @property {HTMLCanvasElement} canvas
 * @property {number} width
 * @property {number} height
 * @property {number} density
 */

/** @type {Map<string, Picture>} */
const pictures = new Map();

/**
 * @param {Line[]} lines
 * @param {Look} look
 * @param {number} density
 * @returns {Picture}
 */
function pictureOf(lines, look, density) {
  const halo = look.colour["label-halo"];
  const key = lines.map(({ text, font, colour, locked }) => `${text}|${font}|${colour}|${locked}`)
    .concat(halo, String(density)).join("\n");
  const known = pictures.get(key);
  if (known) return known;
  if (pictures.size > MOST_PICTURES) pictures.clear();
  const canvas = document.createElement("canvas");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [x0, y0, x1, y1] = boxOfLines(pen, lines, [0, 0]);
  const [width, height] = [Math.ceil(x1 - x0) + 2, Math.ceil(y1 - y0) + 2];
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  pen.scale(density, density);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  write(pen, lines, [width / 2, height / 2], look);
  const picture = { canvas, width, height, density };
  pictures.set(key, picture);
  return picture;
}

/**
 * @param {Picture} picture
 * @param {Point} at
 * @returns {Box}
 */
const boxAt = ({ width, height }, [x, y]) =>
  [x - width / 2, y - height / 2, x + width / 2, y + height / 2];

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Point} at
 */
function place(pen, { canvas, width, height, density }, [x, y]) {
  const whole = (/** @type {number} */ value) => Math.round(value * density) / density;
  pen.drawImage(canvas, whole(x - width / 2), whole(y - height / 2), width, height);
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
