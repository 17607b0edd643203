/** Plane geometry of rings: where a point lies, what a brush or a lasso touches, where a name fits.
 *
 * A ring is a flat list x, y, x, y, … that is closed (its last point is its first). A polygon is its
 * outer ring with its holes, an outline a list of polygons. Units are the caller's.
 */

/**
 * @typedef {ArrayLike<number>} Ring
 * @typedef {ArrayLike<Ring>} Polygon outer ring, then holes
 * @typedef {ArrayLike<Polygon>} Outline
 * @typedef {[number, number, number, number]} Box least x, least y, greatest x, greatest y
 * @typedef {[number, number]} Point
 */

/** Steps across a polygon in search of its roomiest height. */
const HEIGHTS = 9;

/** Twice the area of a ring, positive when it runs counter-clockwise in a plane with y upwards.
 * @param {Ring} ring
 */
export function doubleArea(ring) {
  const [x0, y0] = [ring[0], ring[1]];
  let sum = 0;
  for (let i = 2; i + 3 < ring.length; i += 2) {
    sum += (ring[i] - x0) * (ring[i + 3] - y0) - (ring[i + 2] - x0) * (ring[i + 1] - y0);
  }
  return sum;
}

/**
 * @param {Outline} outline
 * @returns {Box}
 */
export function boxOf(outline) {
  /** @type {Box} */
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let p = 0; p < outline.length; p += 1) {
    const outer = outline[p][0];
    for (let i = 0; i + 1 < outer.length; i += 2) {
      if (outer[i] < box[0]) box[0] = outer[i];
      if (outer[i] > box[2]) box[2] = outer[i];
      if (outer[i + 1] < box[1]) box[1] = outer[i + 1];
      if (outer[i + 1] > box[3]) box[3] = outer[i + 1];
    }
  }
  return box;
}

/** The box that holds all boxes; of none, one that meets nothing.
 * @param {Iterable<Box>} boxes
 * @returns {Box}
 */
export function boxAround(boxes) {
  /** @type {Box} */
  const all = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [west, south, east, north] of boxes) {
    if (west < all[0]) all[0] = west;
    if (south < all[1]) all[1] = south;
    if (east > all[2]) all[2] = east;
    if (north > all[3]) all[3] = north;
  }
  return all;
}

/** The box of all that is within reach of the way between two points.
 * @param {Point} from
 * @param {Point} to
 * @param {number} reach
 * @returns {Box}
 */
export const boxAlong = (from, to, reach) => [
  Math.min(from[0], to[0]) - reach, Math.min(from[1], to[1]) - reach,
  Math.max(from[0], to[0]) + reach, Math.max(from[1], to[1]) + reach,
];

/**
 * @param {Box} one
 * @param {Box} other
 */
export const boxesMeet = (one, other) =>
  one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3];

/** Whether a ring winds around a point an odd number of times.
 * @param {Ring} ring
 * @param {number} x
 * @param {number} y
 */
export function ringHolds(ring, x, y) {
  let inside = false;
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [ay, by] = [ring[i + 1], ring[i + 3]];
    if (ay > y === by > y) continue;
    if (x < ring[i] + ((y - ay) * (ring[i + 2] - ring[i])) / (by - ay)) inside = !inside;
  }
  return inside;
}

/**
 * @param {Outline} outline
 * @param {number} x
 * @param {number} y
 */
export function outlineHolds(outline, x, y) {
  let inside = false;
  for (let p = 0; p < outline.length; p += 1) {
    for (let r = 0; r < outline[p].length; r += 1) {
      if (ringHolds(outline[p][r], x, y)) inside = !inside;
    }
  }
  return inside;
}

/** Square of the distance of a point to a segment.
 * @param {number} x @param {number} y
 * @param {number} ax @param {number} ay
 * @param {number} bx @param {number} by
 */
export function squareToSegment(x, y, ax, ay, bx, by) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  const [ex, ey] = [x - ax - along * dx, y - ay - along * dy];
  return ex * ex + ey * ey;
}

/**
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by
 * @param {number} cx @param {number} cy @param {number} dx @param {number} dy
 */
export function segmentsCross(ax, ay, bx, by, cx, cy, dx, dy) {
  const side = (
    /** @type {number} */ px, /** @type {number} */ py, /** @type {number} */ qx,
    /** @type {number} */ qy, /** @type {number} */ rx, /** @type {number} */ ry,
  ) => Math.sign((qx - px) * (ry - py) - (qy - py) * (rx - px));
  return side(ax, ay, bx, by, cx, cy) !== side(ax, ay, bx, by, dx, dy)
    && side(cx, cy, dx, dy, ax, ay) !== side(cx, cy, dx, dy, bx, by);
}

/** Whether a round brush that moves from one point to another touches an outline.
 * @param {Outline} outline
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 */
export function brushTouches(outline, [ax, ay], [bx, by], radius) {
  if (outlineHolds(outline, bx, by) || outlineHolds(outline, ax, ay)) return true;
  const square = radius * radius;
  return someSide(outline, (px, py, qx, qy) =>
    squareToSegment(px, py, ax, ay, bx, by) <= square
    || squareToSegment(ax, ay, px, py, qx, qy) <= square
    || squareToSegment(bx, by, px, py, qx, qy) <= square
    || segmentsCross(px, py, qx, qy, ax, ay, bx, by));
}

/**
 * @param {Outline} outline
 * @param {(px: number, py: number, qx: number, qy: number) => boolean} holds
 */
function someSide(outline, holds) {
  for (let p = 0; p < outline.length; p += 1) {
    for (let r = 0; r < outline[p].length; r += 1) {
      const ring = outline[p][r];
      for (let i = 0; i + 3 < ring.length; i += 2) {
        if (holds(ring[i], ring[i + 1], ring[i + 2], ring[i + 3])) return true;
      }
    }
  }
  return false;
}

/** A point well inside an outline: the middle of the widest way through its largest polygon.
 * @param {Outline} outline
 * @returns {Point}
 */
export function innerPoint(outline) {
  let largest = outline[0];
  for (let p = 1; p < outline.length; p += 1) {
    if (Math.abs(doubleArea(outline[p][0])) > Math.abs(doubleArea(largest[0]))) largest = outline[p];
  }
  const [west, south, east, north] = boxOf([largest]);
  /** @type {Point} */
  let best = [(west + east) / 2, (south + north) / 2];
  let room = 0;
  for (let step = 1; step <= HEIGHTS; step += 1) {
    const y = south + ((north - south) * step) / (HEIGHTS + 1);
    const crossings = crossingsAt(largest, y);
    const fromMiddle = 1 - Math.abs(step / (HEIGHTS + 1) - 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const width = (crossings[i + 1] - crossings[i]) * fromMiddle;
      if (width > room) {
        room = width;
        best = [(crossings[i] + crossings[i + 1]) / 2, y];
      }
    }
  }
  return best;
}

/**
 * @param {Polygon} polygon
 * @param {number} y
 */
function crossingsAt(polygon, y) {
  /** @type {number[]} */
  const found = [];
  for (let r = 0; r < polygon.length; r += 1) {
    const ring = polygon[r];
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [ay, by] = [ring[i + 1], ring[i + 3]];
      if (ay > y !== by > y) found.push(ring[i] + ((y - ay) * (ring[i + 2] - ring[i])) / (by - ay));
    }
  }
  return found.sort((one, other) => one - other);
}
