/** What the modules of a report share: asking the server with an idempotency key, names, numbers. */

import { Refused, ask, newKey } from "../plan/wire.js";

export { Refused, newKey };

export const ISSUES = "/api/v1/issues";

/**
 * @typedef {object} Named
 * @property {string} code
 * @property {string} name
 * @property {string} name_en
 */

/** A thing's name in a language; the Chinese one where it must.
 * @param {{name: string, name_en?: string}} thing
 * @param {string} language tag
 */
export function nameOf(thing, language) {
  return (language.startsWith("en") && thing.name_en) || thing.name;
}

/** Read from the server.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [values] of its query
 * @returns {Promise<any>}
 */
export function read(path, values = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  return ask("GET", query.toString() ? `${path}?${query}` : path);
}

/** Send to the server; the same key again is answered the same, and stores nothing.
 * @param {string} path
 * @param {object} body
 * @param {string} [key]
 * @returns {Promise<any>}
 */
export function send(path, body, key) {
  return ask("POST", path, body, "", key ? { "Idempotency-Key": key } : {});
}

/** Values that are kept in this browser; nothing where it keeps none.
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(name) || "null");
  } catch {
    return null;
  }
}

/** Keep a value in this browser, or forget it; tells whether that worked.
 * @param {string} name
 * @param {any} value `null` forgets
 */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Calls back once nothing has called it for a while.
 * @param {() => void} work
 * @param {number} afterMs
 */
export function later(work, afterMs) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(work, afterMs);
  };
}
