/**
 * What lies under a sheet: the service's own tiles, or vectors that the page brings with it.
 */

import { groundLayer, roadWidth, token } from "../map.js";
import { Labels } from "./labels.js";

/**
 * @typedef {object} Vectors coordinates are differences in steps of a millionth of a degree
 * @property {number[][][]} roads by class
 * @property {number[]} classes 0 for major roads, 1 for middle ones, 2 for narrow ways
 * @property {number[][]} water rings
 * @property {number[][]} streams lines
 * @property {number[][]} buildings rings
 * @property {[number, number, string, string][]} names longitude, latitude, text, kind
 */

const STEP = 1e-6;
const GROUND_PANE = "ground";
const NAMES_PANE = "names";
const BUILDINGS_ZOOM = 14.5;
const CASING_PX = 1.6;
/** Classes of roads as the map's drawing rules count them. */
const CLASSES = /** @type {(-1 | 0 | 1 | 2)[]} */ ([2, 1, 0, -1]);
/** From which zoom on names of a kind are written. */
const NAMED_FROM = /** @type {Record<string, number>} */ ({
  community: 12, water: 14, road: 16,
});
const NAMED_ELSE = 16;

/** Put the service's tiles under a map, in the colours of now.
 * @param {any} map
 * @param {string} language
 * @param {string} version
 */
export function layTiles(map, language, version) {
  /** @type {any} */
  let tiles = null;
  const draw = () => {
    if (tiles) tiles.remove();
    tiles = groundLayer(language, version).addTo(map);
  };
  draw();
  followTheme(draw);
}

/** Put vectors under a map, in the colours of now.
 * @param {any} map
 * @param {Vectors} vectors
 * @returns {Labels} their names
 */
export function layVectors(map, vectors) {
  const pane = map.createPane(GROUND_PANE);
  pane.style.zIndex = "210";
  const renderer = L.canvas({ pane: GROUND_PANE, padding: 0.2 });
  const shared = { interactive: false, renderer, smoothFactor: 0.6 };
  const rings = (/** @type {number[][]} */ chains) =>
    L.polygon(chains.map(unpacked), { ...shared, stroke: false, fillOpacity: 1 }).addTo(map);
  const lines = (/** @type {number[][]} */ chains) =>
    L.polyline(chains.map(unpacked), { ...shared, lineCap: "round" }).addTo(map);
  const water = rings(vectors.water);
  const streams = lines(vectors.streams);
  const narrowFirst = vectors.classes.map((one, row) => ({ one, chains: vectors.roads[row] }))
    .sort((one, other) => other.one - one.one);
  const casings = narrowFirst.map(({ chains }) => lines(chains));
  const roads = narrowFirst.map(({ chains }) => lines(chains));
  const buildings = rings(vectors.buildings);
  const draw = () => {
    const zoom = map.getZoom();
    water.setStyle({ fillColor: token("map-water") });
    streams.setStyle({ color: token("map-water"), weight: roadWidth(0, zoom) });
    narrowFirst.forEach(({ one }, row) => {
      const width = roadWidth(CLASSES[one], zoom);
      const major = one === 0;
      const casing = token(major ? "map-road-major-line" : "map-road-line");
      casings[row].setStyle({ color: casing, weight: width + CASING_PX });
      roads[row].setStyle({ color: token(major ? "map-road-major" : "map-road"), weight: width });
    });
    buildings.setStyle({
      fillColor: token("map-building"), fillOpacity: zoom < BUILDINGS_ZOOM ? 0.45 : 1,
    });
  };
  draw();
  map.on("zoomend", draw);
  followTheme(draw);
  return nameVectors(map, vectors);
}

/**
 * @param {any} map
 * @param {Vectors} vectors
 */
function nameVectors(map, vectors) {
  const pane = map.createPane(NAMES_PANE);
  pane.style.zIndex = "350";
  const names = new Labels(map, NAMES_PANE);
  names.show(vectors.names.map(([lon, lat, text, kind]) => ({
    place: [lat, lon], text, kind: `name--${kind}`, from: NAMED_FROM[kind] || NAMED_ELSE,
  })));
  return names;
}

/** Read a line or a ring.
 * @param {number[]} chain
 * @returns {[number, number][]} latitudes and longitudes
 */
function unpacked(chain) {
  /** @type {[number, number][]} */
  const points = [];
  let lon = 0;
  let lat = 0;
  for (let at = 0; at < chain.length; at += 2) {
    lon += chain[at];
    lat += chain[at + 1];
    points.push([lat * STEP, lon * STEP]);
  }
  return points;
}

/**
 * @param {() => void} draw
 */
function followTheme(draw) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  if (dark.addEventListener) dark.addEventListener("change", draw);
}
