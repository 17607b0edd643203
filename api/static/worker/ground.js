/** Which grid a position is in, worked out on the phone from the grids' polygons.
 *
 * What the server says counts; this is for where there is no network, and for following a phone on
 * its way.
 */

const DEGREE_M = 111320;
const RADIANS = Math.PI / 180;
/** Spots in the circle of a fix, on two rings, that are asked which grid they are in. */
const RINGS = /** @type {[number, number][]} */ ([[0.5, 12], [1, 32]]);

/**
 * @typedef {import("../issues/here.js").Fix} Fix
 *
 * @typedef {object} Branch
 * @property {string} name
 * @property {string} name_en
 * @property {string | null} phone
 *
 * @typedef {object} WorkGrid
 * @property {string} code
 * @property {string} name
 * @property {string} name_en
 * @property {boolean} own
 * @property {string} jurisdiction
 * @property {{code: string, name: string, name_en: string}} community
 * @property {Branch | null} branch
 * @property {number[][][][]} polygons
 *
 * @typedef {object} Standing where a phone is
 * @property {WorkGrid | null} grid that it is in, one's own or a neighbour's
 * @property {WorkGrid[]} others that the circle of the fix reaches into
 * @property {boolean} leaves whether the circle reaches beyond all known grids
 * @property {{grid: WorkGrid, metres: number} | null} nearest own one, where it is in none
 */

/** The first grid that contains a position: they are in order of precedence.
 * @param {WorkGrid[]} grids
 * @param {number} lon
 * @param {number} lat
 * @returns {WorkGrid | null}
 */
export function gridAt(grids, lon, lat) {
  return grids.find(({ polygons }) => polygons.some((rings) => contains(rings, lon, lat))) || null;
}

/** Where a phone is, and where else it may be.
 * @param {WorkGrid[]} grids
 * @param {Fix} fix
 * @returns {Standing}
 */
export function whereIs(grids, { lon, lat, accuracyM }) {
  const grid = gridAt(grids, lon, lat);
  /** @type {Set<WorkGrid>} */
  const others = new Set();
  let leaves = false;
  for (const [east, north] of spotsAround(lon, lat, accuracyM)) {
    const there = gridAt(grids, east, north);
    if (there && there !== grid) others.add(there);
    if (!there) leaves = true;
  }
  return { grid, others: Array.from(others), leaves, nearest: grid ? null : nearestOwn(grids, lon, lat) };
}

/**
 * @param {number} lon
 * @param {number} lat
 * @param {number} radiusM
 * @returns {[number, number][]}
 */
function spotsAround(lon, lat, radiusM) {
  /** @type {[number, number][]} */
  const spots = [];
  const wide = DEGREE_M * Math.cos(lat * RADIANS);
  for (const [share, count] of RINGS) {
    for (let number = 0; number < count; number += 1) {
      const angle = (2 * Math.PI * number) / count;
      spots.push([
        lon + (share * radiusM * Math.cos(angle)) / wide,
        lat + (share * radiusM * Math.sin(angle)) / DEGREE_M,
      ]);
    }
  }
  return spots;
}

/** Whether rings contain a position, by how often a line to the east crosses them.
 * @param {number[][][]} rings
 * @param {number} lon
 * @param {number} lat
 */
function contains(rings, lon, lat) {
  let inside = false;
  for (const ring of rings) {
    for (let to = 1; to < ring.length; to += 1) {
      const [west, south] = ring[to - 1];
      const [east, north] = ring[to];
      if (south > lat !== north > lat && lon < west + ((lat - south) / (north - south)) * (east - west)) {
        inside = !inside;
      }
    }
  }
  return inside;
}

/**
 * @param {WorkGrid[]} grids
 * @param {number} lon
 * @param {number} lat
 */
function nearestOwn(grids, lon, lat) {
  const all = grids.filter(({ own }) => own)
    .map((grid) => ({ grid, metres: metresTo(grid, lon, lat) }))
    .sort((one, other) => one.metres - other.metres);
  return all[0] || null;
}

/** How far a grid's outline is.
 * @param {WorkGrid} grid
 * @param {number} lon
 * @param {number} lat
 */
function metresTo({ polygons }, lon, lat) {
  const wide = DEGREE_M * Math.cos(lat * RADIANS);
  let least = Infinity;
  for (const rings of polygons) {
    for (const ring of rings) {
      for (let to = 1; to < ring.length; to += 1) {
        const [x, y] = [(ring[to - 1][0] - lon) * wide, (ring[to - 1][1] - lat) * DEGREE_M];
        const [dx, dy] = [(ring[to][0] - lon) * wide - x, (ring[to][1] - lat) * DEGREE_M - y];
        const length = dx * dx + dy * dy;
        const share = length ? Math.min(1, Math.max(0, -(x * dx + y * dy) / length)) : 0;
        least = Math.min(least, Math.hypot(x + share * dx, y + share * dy));
      }
    }
  }
  return least;
}

/** West, south, east and north of grids.
 * @param {WorkGrid[]} grids
 * @returns {[number, number, number, number]}
 */
export function boundsOf(grids) {
  /** @type {[number, number, number, number]} */
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { polygons } of grids) {
    for (const rings of polygons) {
      for (const [lon, lat] of rings[0]) {
        bounds[0] = Math.min(bounds[0], lon);
        bounds[1] = Math.min(bounds[1], lat);
        bounds[2] = Math.max(bounds[2], lon);
        bounds[3] = Math.max(bounds[3], lat);
      }
    }
  }
  return bounds;
}

/** Addresses of the map's tiles over an area, so that a phone can take them along.
 * @param {[number, number, number, number]} bounds
 * @param {string} version of the map's data
 * @param {number} most
 */
export function tilesOver([west, south, east, north], version, most) {
  const tiles = [];
  for (const zoom of [14, 15, 16, 13]) {
    const [left, top] = tileAt(west, north, zoom);
    const [right, bottom] = tileAt(east, south, zoom);
    for (let x = left; x <= right; x += 1) {
      for (let y = top; y <= bottom; y += 1) {
        for (const layer of ["basemap", "grids", "communities", "stations"]) {
          tiles.push(`/tiles/${layer}/${zoom}/${x}/${y}.mvt?v=${version}`);
        }
      }
    }
  }
  return tiles.slice(0, most);
}

/**
 * @param {number} lon
 * @param {number} lat
 * @param {number} zoom
 */
function tileAt(lon, lat, zoom) {
  const count = 2 ** zoom;
  const angle = lat * RADIANS;
  const down = (1 - Math.log(Math.tan(angle) + 1 / Math.cos(angle)) / Math.PI) / 2;
  return [Math.floor(((lon + 180) / 360) * count), Math.floor(down * count)];
}
