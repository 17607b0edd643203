/** What the desk asks the server for: lists, counts, one case, and acting on cases. */

import { ask, newKey } from "../plan/wire.js";

const ISSUES = "/api/v1/issues";
/** As many cases go with one request for many. */
const AT_ONCE = 200;
/** Cases of one page of the list. */
export const PAGE = 50;

/**
 * @typedef {{code: string, name: string, name_en: string}} Named
 *
 * @typedef {object} Due the running clock that is due first
 * @property {string} stage
 * @property {string} due_at
 * @property {boolean} overdue
 * @property {boolean} paused
 *
 * @typedef {object} Routing
 * @property {string | null} generation
 * @property {string} method
 * @property {(Named & {community: Named, street: Named}) | null} grid as reported
 * @property {Named | null} current_grid
 * @property {{name: string, name_en: string, phone: string | null} | null} branch
 * @property {Named | null} department
 *
 * @typedef {object} Summary a case in the list
 * @property {string} id
 * @property {string} number
 * @property {string} jurisdiction
 * @property {string} state
 * @property {string} occurred_at
 * @property {string} received_at
 * @property {string | null} closed_at
 * @property {Named | null} duty
 * @property {string | null} text
 * @property {{lon: number, lat: number, accuracy_m: number | null} | null} location
 * @property {boolean} withheld
 * @property {Routing} routing
 * @property {string} source
 * @property {boolean} public
 * @property {number} version
 * @property {number} transfers
 * @property {string | null} escalated_at
 * @property {Due | null} due
 * @property {number} photos_count
 * @property {{id: string, number: string} | null} duplicate_of
 *
 * @typedef {object} Clock of a stage
 * @property {string} stage
 * @property {"forecast" | "running" | "paused" | "met" | "missed" | "overdue"} state
 * @property {string} due_at
 * @property {string | null} started_at
 * @property {string | null} met_at
 * @property {string | null} paused_at
 * @property {number} extensions
 * @property {boolean} calendar_known
 *
 * @typedef {{number: number, url: string, event: number}} Photo
 *
 * @typedef {object} More what one case tells beside its summary
 * @property {Clock[]} deadlines
 * @property {Photo[]} photos
 * @property {{code: string, message: string}[]} warnings
 * @property {string[]} my_actions
 * @property {number} followers
 * @property {Routing & {nearest: Named | null, distance_m: number | null, confident: boolean,
 *   candidates: {code: string, share: number}[],
 *   responsible: {level: string, role: string, name: string, phone: string | null}[]}} routing
 * @property {(Named & {version: number | null}) | null} duty
 *
 * @typedef {Summary & More} Case
 *
 * @typedef {object} Happened one thing that happened to a case
 * @property {number} sequence
 * @property {string} at
 * @property {string} action
 * @property {string | null} from_state
 * @property {string} to_state
 * @property {string} actor
 * @property {string} note
 * @property {Record<string, any>} detail
 *
 * @typedef {object} Near an open case near by
 * @property {string} id
 * @property {string} number
 * @property {string} state
 * @property {string | null} text
 * @property {string} occurred_at
 * @property {number} distance_m
 * @property {Named | null} duty
 * @property {string[]} photos
 *
 * @typedef {object} View what the list shows
 * @property {string} queue
 * @property {string} community
 * @property {string} grid
 * @property {string} department
 * @property {string} duty
 * @property {string} overdue "1" for overdue ones alone
 * @property {string} q
 *
 * @typedef {{id: string, ok: boolean, state?: string, problem?: any}} Outcome of one among many
 */

/** @param {Record<string, string | number | null | undefined>} values */
function query(values) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") made.set(name, String(value));
  }
  return made.toString();
}

/** A page of the list.
 * @param {string} jurisdiction
 * @param {View} view
 * @param {string} [cursor]
 * @param {number} [limit]
 * @returns {Promise<{issues: Summary[], next: string | null}>}
 */
export function readList(jurisdiction, view, cursor, limit = PAGE) {
  const { queue, community, grid, department, duty, q, overdue } = view;
  const values = { jurisdiction, queue, community, grid, department, duty, q, limit, cursor };
  const order = queue === "ended" ? "latest" : "due";
  const before = overdue ? new Date().toISOString() : "";
  return ask("GET", `${ISSUES}?${query(Object.assign(values, { order, due_before: before }))}`);
}

/** How many cases are in each queue.
 * @param {string} jurisdiction
 * @returns {Promise<Record<string, number>>}
 */
export async function readCounts(jurisdiction) {
  const told = await ask("GET", `${ISSUES}/counts?${query({ jurisdiction })}`);
  return told.counts;
}

/** Figures of the whole board.
 * @param {string} jurisdiction
 * @returns {Promise<any>}
 */
export function readBoard(jurisdiction) {
  return ask("GET", `${ISSUES}/board?${query({ jurisdiction })}`);
}

/** One case, with what happened to it, its reporter, masked, and where nobody answers.
 * @param {string} id
 * @returns {Promise<{issue: Case, history: Happened[], reporter: {name: string, phone: string} | null, gaps: string[]}>}
 */
export async function readCase(id) {
  const [issue, history, told, chain] = await Promise.all([
    ask("GET", `${ISSUES}/${id}`), ask("GET", `${ISSUES}/${id}/history`), ask("GET", `${ISSUES}/${id}/reporter`),
    ask("GET", `${ISSUES}/${id}/responsibility`),
  ]);
  const gaps = [...chain.levels, ...chain.units].map(({ gap }) => gap).filter(Boolean);
  return { issue, history: history.events, reporter: told.reporter, gaps };
}

/** Who reported a case; that goes on record.
 * @param {string} id
 * @param {string} purpose
 * @returns {Promise<{name: string, phone: string}>}
 */
export function unmask(id, purpose) {
  return ask("POST", `${ISSUES}/${id}/reporter/unmask`, { purpose });
}

/** Open cases around a place; of one duty, or of any.
 * @param {Summary} issue
 * @param {boolean} [sameDuty]
 * @returns {Promise<{radius_m: number, issues: Near[]}>}
 */
export async function readNear(issue, sameDuty = false) {
  if (!issue.location) return { radius_m: 0, issues: [] };
  const { lon, lat } = issue.location;
  const duty = sameDuty && issue.duty ? issue.duty.code : "";
  const told = await ask("GET", `${ISSUES}/nearby?${query({ lon, lat, duty, jurisdiction: issue.jurisdiction })}`);
  return Object.assign(told, {
    issues: told.issues.filter((/** @type {Near} */ one) => one.id !== issue.id),
  });
}

/** The grid at a place, and how far it is.
 * @param {number} lon
 * @param {number} lat
 * @returns {Promise<any>}
 */
export function locate(lon, lat) {
  return ask("GET", `/api/v1/locate?${query({ lon, lat })}`);
}

/** Carry out an action; sent again after a lost answer, it is done once.
 * @param {string} id
 * @param {object} body
 * @param {string} key
 * @returns {Promise<Case>}
 */
export function act(id, body, key) {
  return ask("POST", `${ISSUES}/${id}/actions`, body, "", { "Idempotency-Key": key });
}

/** Carry out one action on many cases; sent again after a lost answer, it is done once.
 * @param {{id: string, version: number}[]} items
 * @param {object} body
 * @param {string} key
 * @param {(done: number) => void} told after each part
 * @returns {Promise<Outcome[]>}
 */
export async function actOnMany(items, body, key, told) {
  /** @type {Outcome[]} */
  let outcomes = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const part = items.slice(from, from + AT_ONCE).map(({ id, version }) => ({ id, version }));
    const whole = Object.assign({ items: part }, body);
    const answer = await ask("POST", `${ISSUES}/actions`, whole, "", { "Idempotency-Key": key });
    outcomes = outcomes.concat(answer.results);
    told(outcomes.length);
  }
  return outcomes;
}

export { newKey };
