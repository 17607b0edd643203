/** Sending drafts, each exactly once, by whoever is awake: a tab of the page or the service worker.
 *
 * One of them sends at a time. A draft keeps one key for its whole life, so that the server knows
 * one that comes again; once it may have arrived it isn't changed any more. The service worker uses
 * this module, too: it knows no document.
 */

import { encoded } from "../issues/photos.js";
import { nameOfKept } from "./store.js";

const PAGE = "/worker";
const PATHS = { report: "/api/v1/issues", visit: "/api/v1/visits" };
const ALIVE = "/healthz";
const LEASE = "sending";
const LEASE_MS = 90000;
const ANSWER_MS = 60000;
const ALIVE_MS = 8000;
const FIRST_ERROR = 500;
/** Answers that a later attempt may not get. */
const LATER = [408, 425, 429];
const CREATED = 201;
const MOST_SENT = 20;

/**
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {import("./store.js").Store} Store
 *
 * @typedef {"sent" | "refused" | "later" | "sign_in"} Outcome
 *
 * @typedef {object} Pass what lets requests of an account through
 * @property {number} account
 * @property {string} token
 *
 * @typedef {object} Sent a draft that has arrived
 * @property {string} key
 * @property {"report" | "visit"} kind
 * @property {string} label
 * @property {string} at when it arrived
 * @property {string} written
 * @property {string} [number] of the issue
 * @property {string} [id] of the issue
 * @property {{name: string, name_en: string} | null} [grid] that it went to
 *
 * @typedef {object} Round what became of the drafts
 * @property {Sent[]} sent
 * @property {number} refused
 * @property {"done" | "busy" | "offline" | "sign_in"} ended
 */

/** Send all drafts of an account that wait; whoever else is at it is left alone.
 * @param {Store} store
 * @param {number} account
 * @param {Pass | null} pass that the page came with; it is asked for anew where it does not hold
 * @param {(sent: Sent) => void} [told] of each that has arrived
 * @returns {Promise<Round>}
 */
export async function sendDrafts(store, account, pass, told = () => undefined) {
  const round = await alone(store, () => sendEach(store, account, pass, told));
  return round || { sent: [], refused: 0, ended: "busy" };
}

/** Do something unless another tab does it: by a lock of the browser, else by a lease in the store.
 * @template T
 * @param {Store} store
 * @param {() => Promise<T>} work
 * @returns {Promise<T | null>}
 */
async function alone(store, work) {
  const { locks } = /** @type {{locks?: LockManager}} */ (navigator);
  if (locks) return locks.request(`hongge.${LEASE}`, { ifAvailable: true }, (lock) => (lock ? work() : null));
  const holder = String(Math.random());
  if (!await store.lease(LEASE, holder, LEASE_MS)) return null;
  const renewing = setInterval(() => store.lease(LEASE, holder, LEASE_MS), LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await store.lease(LEASE, holder, -1);
  }
}

/**
 * @param {Store} store
 * @param {number} account
 * @param {Pass | null} pass
 * @param {(sent: Sent) => void} told
 * @returns {Promise<Round>}
 */
async function sendEach(store, account, pass, told) {
  /** @type {Round} */
  const round = { sent: [], refused: 0, ended: "done" };
  const waiting = (await store.drafts(account)).filter(({ refused }) => !refused);
  if (!waiting.length) return round;
  if (!await isAlive()) return Object.assign(round, { ended: "offline" });
  let known = pass && pass.account === account ? pass : await askPass();
  for (const { key } of waiting) {
    if (!known || known.account !== account) return Object.assign(round, { ended: "sign_in" });
    const draft = await store.draft(key);
    if (!draft) continue;
    let [outcome, sent] = await sendOne(store, draft, known, false);
    if (outcome === "sign_in") {
      known = await askPass();
      if (!known || known.account !== account) return Object.assign(round, { ended: "sign_in" });
      [outcome, sent] = await sendOne(store, draft, known, true);
    }
    if (outcome === "sign_in" || outcome === "later") {
      return Object.assign(round, { ended: outcome === "later" ? "offline" : "sign_in" });
    }
    if (outcome === "refused") round.refused += 1;
    if (sent) {
      round.sent.push(sent);
      await note(store, account, sent);
      told(sent);
    }
  }
  return round;
}

/** Note what has arrived, so that the page can tell of it later.
 * @param {Store} store
 * @param {number} account
 * @param {Sent} sent
 */
async function note(store, account, sent) {
  const name = nameOfKept("sent", account);
  try {
    await store.keep(name, [sent].concat(await store.kept(name) || []).slice(0, MOST_SENT));
  } catch {
    // Without room for the note, the draft has arrived all the same.
  }
}

/** Send one draft; before it leaves, the store knows that it may have arrived.
 * @param {Store} store
 * @param {Draft} draft
 * @param {Pass} pass
 * @param {boolean} fresh whether the pass was given out just now: then a no is about the draft
 * @returns {Promise<[Outcome, Sent | null]>}
 */
async function sendOne(store, draft, pass, fresh) {
  const body = Object.assign({}, draft.body);
  if (draft.kind === "report") body.photos = await Promise.all(draft.photos.map(encoded));
  await store.changeDraft(draft.key, (one) => Object.assign(one, { tried: one.tried + 1 }));
  const answer = await post(PATHS[draft.kind], body, draft.key, pass.token);
  if (!answer || answer.status >= FIRST_ERROR || LATER.includes(answer.status)) return ["later", null];
  if (answer.status === CREATED) {
    await store.dropDraft(draft.key);
    return ["sent", sentOf(draft, answer.said)];
  }
  // A refusal is an answer: nothing was stored, and the draft may be changed again.
  await store.changeDraft(draft.key, (one) => Object.assign(one, { tried: draft.tried }));
  if (answer.status === 401 || (answer.status === 403 && !fresh)) return ["sign_in", null];
  const refused = { status: answer.status, detail: answer.said.detail || "", fields: answer.said.errors || [] };
  await store.changeDraft(draft.key, (one) => Object.assign(one, { refused }));
  return ["refused", null];
}

/**
 * @param {Draft} draft
 * @param {any} said the server's answer
 * @returns {Sent}
 */
function sentOf(draft, said) {
  const { key, kind, label, written } = draft;
  const routing = said.routing || {};
  return {
    key, kind, label, written, at: new Date().toISOString(),
    number: said.number, id: kind === "report" ? said.id : undefined, grid: routing.grid || null,
  };
}

/** Send a body; nothing where no answer came.
 * @param {string} path
 * @param {object} body
 * @param {string} key
 * @param {string} token
 * @returns {Promise<{status: number, said: any} | null>}
 */
async function post(path, body, key, token) {
  const response = await ask(path, {
    method: "POST",
    headers: {
      Accept: "application/json", "Content-Type": "application/json",
      "Idempotency-Key": key, "X-CSRF-Token": token,
    },
    body: JSON.stringify(body),
  }, ANSWER_MS);
  if (!response) return null;
  try {
    return { status: response.status, said: await response.json() };
  } catch {
    // An answer that is none of ours, such as a proxy's page, says nothing about the draft.
    return null;
  }
}

/** Whether the service answers at all: a draft isn't sent into nowhere. */
async function isAlive() {
  if (navigator.onLine === false) return false;
  const response = await ask(ALIVE, { cache: "no-store" }, ALIVE_MS);
  return Boolean(response && response.ok);
}

/** Ask for what lets requests through now, and whose they are then; nothing where nobody is
 * signed in.
 * @returns {Promise<Pass | null>}
 */
export async function askPass() {
  const response = await ask(PAGE, { headers: { Accept: "text/html" }, cache: "no-store" }, ALIVE_MS);
  if (!response || !response.ok) return null;
  const html = await response.text();
  const token = /<meta name="csrf-token" content="([^"]+)">/.exec(html);
  const account = /<body[^>]* data-account="(\d+)"/.exec(html);
  return token && account ? { token: token[1], account: Number(account[1]) } : null;
}

/**
 * @param {string} path
 * @param {RequestInit} request
 * @param {number} forMs
 * @returns {Promise<Response | null>}
 */
async function ask(path, request, forMs) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), forMs);
  try {
    return await fetch(path, Object.assign({ credentials: "same-origin", signal: patience.signal }, request));
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
