/** What the server has, of what one's own edits cover that it has not answered yet. */

import { nameOf, told } from "./changes.js";

/**
 * @typedef {import("./changes.js").Changes} Changes
 * @typedef {import("./changes.js").Subject} Subject
 */

/** Values under one's own edits. */
export class Cover {
  constructor() {
    /** @type {Map<string, {value: any, edits: number}>} */
    this._under = new Map();
  }

  /** An edit covers something, for the first time of this edit.
   * @param {Subject} subject
   * @param {string} key
   * @param {any} value that it has now
   */
  lay(subject, key, value) {
    const under = this._under.get(nameOf(subject, key));
    if (under) under.edits += 1;
    else this._under.set(nameOf(subject, key), { value, edits: 1 });
  }

  /** An edit no longer covers something.
   * @param {Subject} subject
   * @param {string} key
   * @returns {{value: any} | null} what the server has, when no edit covers it any more
   */
  lift(subject, key) {
    const under = this._under.get(nameOf(subject, key));
    if (!under) return null;
    under.edits -= 1;
    if (under.edits) return null;
    this._under.delete(nameOf(subject, key));
    return under;
  }

  /** Somebody else changed something.
   * @param {Subject} subject
   * @param {string} key
   * @param {any} value
   * @returns {boolean} whether an edit of one's own covers it
   */
  change(subject, key, value) {
    const under = this._under.get(nameOf(subject, key));
    if (under) under.value = value;
    return Boolean(under);
  }

  /** One's own edit is with the server: what it made is what the server has.
   * @param {Changes} changes
   */
  settle(changes) {
    for (const [subject, key, , becomes] of told(changes)) {
      this.change(subject, key, becomes);
      this.lift(subject, key);
    }
  }
}
