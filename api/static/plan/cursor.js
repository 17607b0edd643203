/** The cursor that arrow keys move over the map, from block to block. */

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {import("./shapes.js").Shapes} Shapes
 */

/** @type {Record<string, Point>} */
export const DIRECTIONS = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};
/** How far aside a block may lie, as the tangent of the angle to the arrow. */
const ASIDE = 1.4;
/** How far beyond a block without neighbours another one is looked for. */
const REACH = 3000;

/** The block next to one in a direction: a neighbour, or over the road the nearest there is.
 * @param {Shapes} shapes
 * @param {Iterable<string>} neighbours
 * @param {string} cell
 * @param {Point} direction
 * @returns {string} the same block where there is none
 */
export function nextCell(shapes, neighbours, cell, direction) {
  const from = /** @type {Shape} */ (shapes.all.get(cell)).inner;
  const beside = best(shapes, neighbours, cell, from, direction);
  if (beside) return beside;
  const [x, y] = from;
  return best(shapes, shapes.near([x - REACH, y - REACH, x + REACH, y + REACH]), cell, from, direction) || cell;
}

/**
 * @param {Shapes} shapes
 * @param {Iterable<string>} cells
 * @param {string} own
 * @param {Point} from
 * @param {Point} direction
 */
function best(shapes, cells, own, [x, y], [dx, dy]) {
  let [found, least] = ["", Infinity];
  for (const cell of cells) {
    const shape = shapes.all.get(cell);
    if (!shape || cell === own) continue;
    const [ex, ey] = [shape.inner[0] - x, shape.inner[1] - y];
    const along = ex * dx + ey * dy;
    const aside = Math.abs(ex * dy - ey * dx);
    if (along <= 0 || aside > along * ASIDE) continue;
    const weight = along + 2 * aside;
    if (weight < least) [found, least] = [cell, weight];
  }
  return found;
}
