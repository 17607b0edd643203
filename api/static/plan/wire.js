/** The way to the server: requests with the visitor's token, and a queue that loses nothing.
 *
 * What is queued is sent one after the other. While the server doesn't answer, it is sent again and
 * again; the keys of edits let the server recognise what it has already taken.
 */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20000;
/** Answers that a later attempt may not get: the server is there, but not ready. */
const TRY_AGAIN = [408, 425, 429, 502, 503, 504];
/** A request that makes the server fail is sent this often, before it is taken for refused. */
const ATTEMPTS = 3;
const FAILED = 500;

/**
 * @typedef {object} Sending one request of the queue
 * @property {string} key
 * @property {string} path after the draft's address
 * @property {() => object} body made when it is sent
 * @property {(answer: any) => void} done
 * @property {(problem: Problem) => void} refused
 *
 * @typedef {object} Problem what the server says no with (RFC 9457), or our own words
 * @property {number} status 0 when it never came to an answer
 * @property {string} type
 * @property {string} [title]
 * @property {string} [detail]
 * @property {any[]} [conflicts]
 * @property {any[]} [refusals]
 *
 * @typedef {"saved" | "saving" | "waiting"} NetworkState
 */

/** An answer that says no. */
export class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail || problem.title || String(problem.status));
    this.problem = problem;
  }
}

/** A new key (UUID); pages without encryption have no `crypto.randomUUID`. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => digits.slice(from, to))
    .join("-");
}

/** Ask the server.
 *
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @param {string} [follow] secret of the link by which a visitor came who isn't signed in
 * @param {Record<string, string>} [more] headers
 * @returns {Promise<any>} its answer
 * @throws {Refused} when it says no
 * @throws {TypeError} when it can't be reached
 */
export async function ask(method, url, body, follow, more) {
  /** @type {Record<string, string>} */
  const headers = Object.assign({ Accept: "application/json" }, more);
  const token = document.querySelector("meta[name=csrf-token]");
  if (token && method !== "GET") headers["X-CSRF-Token"] = token.getAttribute("content") || "";
  if (follow) headers["X-Follow-Key"] = follow;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(url, {
    method, headers, body: body ? JSON.stringify(body) : undefined, credentials: "same-origin",
  });
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  throw new Refused(problemOf(response.status, text));
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {Problem}
 */
function problemOf(status, text) {
  try {
    return Object.assign({ type: "" }, JSON.parse(text), { status });
  } catch {
    return { status, type: "" };
  }
}

/** Requests that are sent one after the other until each has an answer. */
export class Outbox {
  /**
   * @param {string} address of the draft
   * @param {string} follow
   * @param {(state: NetworkState, waiting: number) => void} tell
   */
  constructor(address, follow, tell) {
    this.address = address;
    this.follow = follow;
    this.tell = tell;
    /** @type {Sending[]} */
    this.queue = [];
    this._wait = FIRST_WAIT_MS;
    this._busy = false;
    this._timer = 0;
    this._failing = "";
    this._failures = 0;
    window.addEventListener("online", () => this.hurry());
  }

  /** @param {Sending} sending */
  add(sending) {
    this.queue.push(sending);
    this._send();
  }

  /** Take a request that has not been answered out of the queue.
   * @param {string} key
   */
  drop(key) {
    this.queue = this.queue.filter((one) => one.key !== key);
    this._tellNow();
  }

  /** Send now what waits for the server to come back. */
  hurry() {
    clearTimeout(this._timer);
    this._timer = 0;
    this._wait = FIRST_WAIT_MS;
    this._send();
  }

  async _send() {
    if (this._busy || this._timer || !this.queue.length) return;
    this._busy = true;
    const first = this.queue[0];
    this.tell("saving", this.queue.length);
    const answered = await this._ask(first);
    this._busy = false;
    if (!answered) this._tryLater();
    else {
      this._wait = FIRST_WAIT_MS;
      this.queue = this.queue.filter((one) => one !== first);
      if (answered.problem) first.refused(answered.problem);
      else first.done(answered.answer);
    }
    this._tellNow();
    this._send();
  }

  /** What the server says to a request; nothing when it is to be asked again.
   * @param {Sending} sending
   * @returns {Promise<{answer?: any, problem?: Problem} | null>}
   */
  async _ask(sending) {
    const url = `${this.address}/${sending.path}`;
    try {
      return { answer: await ask("POST", url, sending.body(), this.follow) };
    } catch (error) {
      if (!(error instanceof Refused) || TRY_AGAIN.includes(error.problem.status)) return null;
      if (error.problem.status !== FAILED) return { problem: error.problem };
      this._failures = sending.key === this._failing ? this._failures + 1 : 1;
      this._failing = sending.key;
      return this._failures < ATTEMPTS ? null : { problem: error.problem };
    }
  }

  _tryLater() {
    this._timer = window.setTimeout(() => {
      this._timer = 0;
      this._send();
    }, this._wait);
    this._wait = Math.min(this._wait * 2, LONGEST_WAIT_MS);
  }

  _tellNow() {
    if (!this.queue.length) this.tell("saved", 0);
    else this.tell(this._timer ? "waiting" : "saving", this.queue.length);
  }
}
