/** Where the device is, and in words why it can't be told. */

const LIMIT_MS = 15000;
const KEPT_MS = 30000;
/** A fix as good as this is not waited on any more. */
const GOOD_M = 25;

/**
 * @typedef {"insecure" | "unsupported" | "denied" | "unavailable" | "timeout"} Obstacle why a
 *   position is not to be had: each has a text of its own
 *
 * @typedef {object} Fix
 * @property {number} lon
 * @property {number} lat
 * @property {number} accuracyM radius of the circle in which the device probably is
 *
 * @typedef {object} Listener
 * @property {(fix: Fix) => void} found
 * @property {(obstacle: Obstacle) => void} failed
 */

/** @type {Record<number, Obstacle>} */
const OBSTACLES = { 1: "denied", 2: "unavailable", 3: "timeout" };

/** What stands in the way of asking the device at all.
 * @returns {Obstacle | null}
 */
export function obstacle() {
  if (!window.isSecureContext) return "insecure";
  return navigator.geolocation ? null : "unsupported";
}

/** Ask the device until its position is good enough; a rough one is told at once.
 * @param {Listener} listener
 * @returns {() => void} ends it
 */
export function locateOnce(listener) {
  let fixes = 0;
  const stop = follow({
    found(fix) {
      fixes += 1;
      if (fix.accuracyM <= GOOD_M) end();
      listener.found(fix);
    },
    failed(reason) {
      end();
      if (!fixes) listener.failed(reason);
    },
  });
  const timer = window.setTimeout(() => end(), LIMIT_MS * 2);
  const end = () => {
    clearTimeout(timer);
    stop();
  };
  return end;
}

/** Follow the device, for as long as it is wanted.
 * @param {Listener} listener
 * @returns {() => void} ends it
 */
export function follow({ found, failed }) {
  const reason = obstacle();
  if (reason) {
    const timer = window.setTimeout(() => failed(reason));
    return () => clearTimeout(timer);
  }
  const watch = navigator.geolocation.watchPosition(
    ({ coords }) => found({
      lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy,
    }),
    ({ code }) => failed(OBSTACLES[code] || "unavailable"),
    { enableHighAccuracy: true, maximumAge: KEPT_MS, timeout: LIMIT_MS },
  );
  return () => navigator.geolocation.clearWatch(watch);
}
