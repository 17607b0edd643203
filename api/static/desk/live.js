/** What others do, as it happens: the server's events, and whether they still come. */

import { byId } from "../plan/page.js";

const EVENTS = "/api/v1/issues/events";
/** Changes that come together are told together. */
const TOGETHER_MS = 250;
/** Where events don't come, the page looks itself. */
const LOOK_MS = 30000;
/** After this it is tried again, when the server has refused. */
const AGAIN_MS = 5000;

/**
 * @typedef {{id: string, number: string, version: number, action: string, state: string, at: string}} Change
 */

/** Follow the server's events.
 *
 * @param {object} told
 * @param {(changes: Change[]) => void} told.changed cases that have changed; an empty list when any
 *   may have
 * @param {(alive: boolean) => void} told.state whether events come
 */
export function follow({ changed, state }) {
  /** @type {Change[]} */
  let waiting = [];
  let timer = 0;
  let alive = false;
  let lost = false;
  const tell = () => {
    timer = 0;
    const some = waiting;
    waiting = [];
    changed(some);
  };
  /** @type {EventSource} */
  let source;
  const connect = () => {
    source = new EventSource(EVENTS);
    source.addEventListener("issue", (event) => {
      waiting.push(JSON.parse(/** @type {MessageEvent} */ (event).data));
      if (!timer) timer = window.setTimeout(tell, TOGETHER_MS);
    });
    source.addEventListener("open", () => {
      alive = true;
      state(true);
      if (lost) changed([]);
      lost = false;
    });
    source.addEventListener("error", () => {
      alive = false;
      lost = true;
      state(false);
      // A browser connects again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) window.setTimeout(connect, AGAIN_MS);
    });
  };
  connect();
  window.setInterval(() => {
    if (!alive) changed([]);
  }, LOOK_MS);
  window.addEventListener("pagehide", () => source.close());
}

/** Say on the page whether what it shows is kept up to date.
 * @param {import("./board.js").Board} board
 * @param {string} frame id of what is marked
 * @param {string} words id of the words
 * @returns {(alive: boolean) => void}
 */
export function liveSign(board, frame, words) {
  return (alive) => {
    byId(frame).dataset.live = alive ? "on" : "off";
    byId(words).textContent = board.say(alive ? "live" : "notLive");
  };
}

/** Do something again whenever it is asked for, but one after the other and not too often: what is
 * asked for meanwhile is done once, when its time has come.
 * @param {() => Promise<any>} work
 * @param {number} everyMs
 * @returns {() => void}
 */
export function unhurried(work, everyMs) {
  let busy = false;
  let again = false;
  const run = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    await work();
    window.setTimeout(() => {
      busy = false;
      if (again) run();
    }, everyMs);
  };
  return run;
}
