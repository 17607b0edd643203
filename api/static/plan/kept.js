/** Edits that the browser keeps until the server has them, should the page be closed before. */

/**
 * @typedef {import("./history.js").Edit} Edit
 * @typedef {Pick<Edit, "key" | "verb" | "detail" | "changes">} KeptEdit
 */

/** Unanswered edits of one account in one draft. */
export class Kept {
  /**
   * @param {string} draft
   * @param {number | null} account
   */
  constructor(draft, account) {
    this._prefix = `hongge:plan:${draft}:${account}:`;
  }

  /** @param {Edit} edit */
  keep({ key, verb, detail, changes }) {
    try {
      localStorage.setItem(this._prefix + key, JSON.stringify({ at: Date.now(), key, verb, detail, changes }));
    } catch {
      // A browser that keeps nothing still warns before the page is closed.
    }
  }

  /** @param {string} key */
  letGo(key) {
    try {
      localStorage.removeItem(this._prefix + key);
    } catch {
      // Nothing was kept.
    }
  }

  /** What an earlier visit could not send, the first first.
   * @returns {KeptEdit[]}
   */
  all() {
    /** @type {(KeptEdit & {at: number})[]} */
    const kept = [];
    try {
      for (const name of Object.keys(localStorage)) {
        const found = name.startsWith(this._prefix) && JSON.parse(localStorage.getItem(name) || "null");
        if (found) kept.push(found);
      }
    } catch {
      return [];
    }
    return kept.sort((one, other) => one.at - other.at);
  }
}
