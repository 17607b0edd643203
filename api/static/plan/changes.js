/** Changes of a draft: of every subject and key, what it was and what it is. */

/**
 * @typedef {"shape" | "owner" | "lock" | "grid" | "grid_lock"} Subject
 * @typedef {Partial<Record<Subject, Record<string, [any, any]>>>} Changes what was and what is
 */

/** In the order in which changes are told: cells and grids before what is said about them.
 * @type {Subject[]} */
export const SUBJECTS = ["shape", "grid", "owner", "lock", "grid_lock"];

/** What a subject is where nothing is said.
 * @type {Record<Subject, any>} */
export const NOTHING = { shape: null, grid: null, owner: null, lock: false, grid_lock: false };

/** What changes say: subject, key, what it was, what it is.
 * @param {Changes} changes
 * @returns {Iterable<[Subject, string, any, any]>}
 */
export function* told(changes) {
  for (const subject of SUBJECTS) {
    const keys = changes[subject];
    if (!keys) continue;
    for (const key of Object.keys(keys)) yield [subject, key, keys[key][0], keys[key][1]];
  }
}

/** One name for a subject's key.
 * @param {Subject} subject
 * @param {string} key
 */
export const nameOf = (subject, key) => `${subject} ${key}`;

/** Names of all that changes touch.
 * @param {Changes} changes
 */
export const touched = (changes) => Array.from(told(changes), ([subject, key]) => nameOf(subject, key));

/** The changes that take changes back.
 * @param {Changes} changes
 * @returns {Changes}
 */
export function inverted(changes) {
  /** @type {Changes} */
  const back = {};
  for (const [subject, key, was, becomes] of told(changes)) put(back, subject, key, [becomes, was]);
  return back;
}

/** Say one thing more.
 * @param {Changes} changes
 * @param {Subject} subject
 * @param {string} key
 * @param {[any, any]} change
 */
export function put(changes, subject, key, change) {
  const keys = changes[subject] || {};
  keys[key] = change;
  changes[subject] = keys;
}

/** Say one thing more of what may have been said already: what it was at first stays.
 * @param {Changes} changes
 * @param {Subject} subject
 * @param {string} key
 * @param {[any, any]} change
 */
export function extend(changes, subject, key, [was, becomes]) {
  const known = (changes[subject] || {})[key];
  put(changes, subject, key, [known ? known[0] : was, becomes]);
}

/** Whether two values of JSON are the same.
 * @param {any} one
 * @param {any} other
 * @returns {boolean}
 */
export function same(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  return names.length === others.length && names.every((name) => same(one[name], other[name]));
}
