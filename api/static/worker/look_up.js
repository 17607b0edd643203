/** Compounds and buildings by name: the whole city's, or without a network those of the own grids. */

import { read } from "../issues/asking.js";

const PLACES = "/api/v1/places";
const MOST_FOUND = 20;
const MOST_INSIDE = 200;

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("../issues/places.js").Asked} Asked
 * @typedef {import("../issues/places.js").Found} Found
 */

/**
 * @param {App} app
 * @param {Asked} asked words, or the compound whose buildings are wanted
 * @returns {Promise<Found[]>}
 */
export async function lookUp(app, { q, within }) {
  if (navigator.onLine !== false) {
    try {
      const values = within
        ? { within: within.code, community: within.community.code, limit: MOST_INSIDE } : { q, limit: MOST_FOUND };
      return (await read(PLACES, Object.assign({ jurisdiction: app.city }, values))).places;
    } catch {
      // What the phone knows answers then.
    }
  }
  const known = (app.area ? app.area.buildings : []).map(foundOf);
  return within ? inside(known, within) : called(known, q || "");
}

/**
 * @param {Found[]} known
 * @param {Found} within
 */
function inside(known, within) {
  return known.filter(({ compound, community }) =>
    compound && compound.code === within.code && community.code === within.community.code);
}

/** Compounds first, then buildings, whose names have all the words.
 * @param {Found[]} known
 * @param {string} q
 */
function called(known, q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (/** @type {string} */ text) => words.every((word) => text.toLowerCase().includes(word));
  const buildings = known.filter((one) => fits(`${one.compound ? one.compound.name : ""} ${one.name} ${one.address} ${one.code}`));
  return [...compoundsOf(known, fits), ...buildings].slice(0, MOST_FOUND);
}

/**
 * @param {Found[]} known
 * @param {(text: string) => boolean} fits
 */
function compoundsOf(known, fits) {
  /** @type {Map<string, Found>} */
  const compounds = new Map();
  for (const { compound, community, lon, lat } of known) {
    if (!compound || !fits(`${compound.name} ${compound.name_en}`)) continue;
    const met = compounds.get(compound.code);
    if (met) met.buildings = (met.buildings || 0) + 1;
    else compounds.set(compound.code, Object.assign({}, compound, { kind: /** @type {"compound"} */ ("compound"), address: "", community, lon, lat, buildings: 1 }));
  }
  return compounds.values();
}

/** A building as the search has it.
 * @param {import("./app.js").WorkBuilding} building
 * @returns {Found}
 */
function foundOf({ code, name, address, community, compound, lon, lat, units }) {
  return { kind: "building", code, name: name || address, address, community, compound, lon, lat, units };
}
