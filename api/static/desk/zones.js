/** Times of the clock on the wall in a time zone, as fields for date and time have them. */

const SECOND_MS = 1000;
/** Some browsers call midnight 24. */
const DAY_H = 24;

/** How far a zone is ahead of UTC at a moment.
 * @param {Date} at
 * @param {string} zone
 */
function aheadMs(at, zone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hour12: false, year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(at);
  const part = (/** @type {string} */ type) => Number((parts.find((one) => one.type === type) || { value: "0" }).value);
  const there = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour") % DAY_H, part("minute"), part("second"));
  return there - Math.floor(at.getTime() / SECOND_MS) * SECOND_MS;
}

/** A moment as a field shows it: "2026-11-23T19:30".
 * @param {Date} at
 * @param {string} zone
 */
export function inZone(at, zone) {
  return new Date(at.getTime() + aheadMs(at, zone)).toISOString().slice(0, "2026-11-23T19:30".length);
}

/** The moment that a field means.
 * @param {string} text
 * @param {string} zone
 * @returns {string} in UTC
 */
export function fromZone(text, zone) {
  const guess = Date.parse(`${text}:00Z`);
  const first = guess - aheadMs(new Date(guess), zone);
  return new Date(guess - aheadMs(new Date(first), zone)).toISOString();
}
