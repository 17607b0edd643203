/** What the phone keeps for whoever works with it: drafts, the own area, the latest list.
 *
 * All of it lies in IndexedDB, under the account it belongs to. Where a browser gives none, it is
 * kept in memory, and `Store.lasting` says that it goes with the page. The service worker uses this
 * module, too: it knows no document.
 */

const NAME = "hongge-worker";
const VERSION = 1;
const DRAFTS = "drafts";
const KEPT = "kept";
const OPENING_MS = 4000;
/** Where the form is kept that somebody has begun. */
const WRITTEN = "form/";

/**
 * @typedef {object} Wrong what the server said against a field
 * @property {string} field its path in what was sent
 * @property {string} message
 *
 * @typedef {object} Draft a report or a visit that has not arrived yet
 * @property {string} key of the request, for the draft's whole life
 * @property {number} account
 * @property {"report" | "visit"} kind
 * @property {Record<string, any>} body what is sent, but for photos
 * @property {import("../issues/photos.js").Photo[]} photos
 * @property {string} label what it is called in lists
 * @property {string} written when, as an ISO 8601 time
 * @property {Record<string, any>} [form] what only the form needs, to be opened again
 * @property {number} tried how often it was sent without an answer: it may have arrived
 * @property {{status: number, detail: string, fields: Wrong[]} | null} refused
 */

/** The phone has no room for what was to be kept. */
export class StorageFull extends Error {}

/** A store of this browser. */
export class Store {
  /** @param {IDBDatabase | null} database */
  constructor(database) {
    this.database = database;
    /** @type {Record<string, Map<string, any>>} */
    this.memory = { [DRAFTS]: new Map(), [KEPT]: new Map() };
  }

  /** Whether what is kept outlives the page. */
  get lasting() {
    return this.database !== null;
  }

  /** The drafts of an account, the oldest first.
   * @param {number} account
   * @returns {Promise<Draft[]>}
   */
  async drafts(account) {
    const all = /** @type {Draft[]} */ (await this._all(DRAFTS));
    return all.filter((one) => one.account === account)
      .sort((one, other) => one.written.localeCompare(other.written));
  }

  /** @param {string} key @returns {Promise<Draft | undefined>} */
  draft(key) {
    return this._get(DRAFTS, key);
  }

  /** @param {Draft} draft */
  keepDraft(draft) {
    return this._put(DRAFTS, draft.key, draft);
  }

  /** @param {string} key */
  dropDraft(key) {
    return this._delete(DRAFTS, key);
  }

  /** Change a draft if it is still there, in one step.
   * @param {string} key
   * @param {(draft: Draft) => Draft} change
   */
  async changeDraft(key, change) {
    if (!this.database) {
      const found = this.memory[DRAFTS].get(key);
      if (found) this.memory[DRAFTS].set(key, change(found));
      return;
    }
    await this._do(DRAFTS, "readwrite", (box) => {
      const asked = box.get(key);
      asked.onsuccess = () => {
        if (asked.result) box.put(change(asked.result), key);
      };
      return asked;
    });
  }

  /** @param {string} name @returns {Promise<any>} */
  kept(name) {
    return this._get(KEPT, name);
  }

  /** @param {string} name @param {any} value */
  keep(name, value) {
    return this._put(KEPT, name, value);
  }

  /** Forget what belongs to accounts, but for what they wrote: that stays until it is sent.
   * @param {number | null} [but] the account that stays
   */
  async forget(but = null) {
    if (!this.database) return;
    const own = but === null ? null : `/${but}`;
    await this._do(KEPT, "readwrite", (box) => {
      const asked = box.getAllKeys();
      asked.onsuccess = () => {
        for (const key of asked.result) {
          const name = String(key);
          if (name.startsWith(WRITTEN)) continue;
          if (own === null || (name.includes("/") && !name.endsWith(own))) box.delete(key);
        }
      };
      return asked;
    });
  }

  /** Take a lease, unless somebody else has it; tells whether that worked.
   * @param {string} name
   * @param {string} holder
   * @param {number} forMs
   */
  async lease(name, holder, forMs) {
    if (!this.database) return true;
    let mine = false;
    await this._do(KEPT, "readwrite", (box) => {
      const asked = box.get(name);
      asked.onsuccess = () => {
        const { by = "", until = 0 } = asked.result || {};
        mine = by === holder || until < Date.now();
        if (mine) box.put({ by: holder, until: Date.now() + forMs }, name);
      };
      return asked;
    });
    return mine;
  }

  /** @param {string} box @param {string} key */
  async _get(box, key) {
    if (!this.database) return this.memory[box].get(key);
    return this._do(box, "readonly", (opened) => opened.get(key));
  }

  /** @param {string} box */
  async _all(box) {
    if (!this.database) return Array.from(this.memory[box].values());
    return this._do(box, "readonly", (opened) => opened.getAll());
  }

  /** @param {string} box @param {string} key @param {any} value */
  async _put(box, key, value) {
    if (!this.database) this.memory[box].set(key, value);
    else await this._do(box, "readwrite", (opened) => opened.put(value, key));
  }

  /** @param {string} box @param {string} key */
  async _delete(box, key) {
    if (!this.database) this.memory[box].delete(key);
    else await this._do(box, "readwrite", (opened) => opened.delete(key));
  }

  /** Ask the database, and wait until what was written is safe.
   * @param {string} box
   * @param {IDBTransactionMode} mode
   * @param {(opened: IDBObjectStore) => IDBRequest} ask
   * @returns {Promise<any>}
   */
  _do(box, mode, ask) {
    const database = /** @type {IDBDatabase} */ (this.database);
    return new Promise((done, failed) => {
      const work = database.transaction(box, mode);
      /** @type {IDBRequest} */
      let asked;
      try {
        asked = ask(work.objectStore(box));
      } catch (error) {
        failed(reasonOf(/** @type {DOMException} */ (error)));
        return;
      }
      work.oncomplete = () => done(asked.result);
      work.onerror = work.onabort = () => failed(reasonOf(work.error || asked.error));
    });
  }
}

/** @param {DOMException | null} error */
function reasonOf(error) {
  return error && error.name === "QuotaExceededError" ? new StorageFull(error.message) : error;
}

/** Open the store of this browser; one in memory where it gives none.
 * @returns {Promise<Store>}
 */
export async function openStore() {
  try {
    return new Store(await openDatabase());
  } catch {
    return new Store(null);
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error("the database does not open")), OPENING_MS);
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      for (const box of [DRAFTS, KEPT]) asked.result.createObjectStore(box);
    };
    asked.onsuccess = () => {
      clearTimeout(timer);
      asked.result.onversionchange = () => asked.result.close();
      done(asked.result);
    };
    asked.onerror = asked.onblocked = () => failed(asked.error);
  });
}

/** The name under which something of an account is kept.
 * @param {string} what
 * @param {number} account
 */
export function nameOfKept(what, account) {
  return `${what}/${account}`;
}
