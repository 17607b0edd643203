/** A report on its way, kept on the device until the server has answered.
 *
 * It is kept with its idempotency key, so that however often it is sent it counts once. Photos make
 * it too large for `localStorage`; browsers without a database for pages get that, too.
 */

import { keep, recall } from "./asking.js";

const DATABASE = "hongge-report";
const STORE = "sending";
const NAME = "hongge.sending";
const ONLY = "report";

/**
 * @typedef {object} Sending
 * @property {string} key
 * @property {object} body
 */

/**
 * @returns {Promise<IDBDatabase>}
 */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
    asked.onblocked = () => failed(new Error("blocked"));
  });
}

/** Carry out one step on the database.
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} step
 * @returns {Promise<any>}
 */
async function inStore(mode, step) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const asked = step(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Keep a report; tells whether this browser does.
 * @param {Sending} sending
 */
export async function keepSending(sending) {
  try {
    await inStore("readwrite", (store) => store.put(sending, ONLY));
    return true;
  } catch {
    return keep(NAME, sending);
  }
}

/** The report that is on its way, if there is one.
 * @returns {Promise<Sending | null>}
 */
export async function keptSending() {
  try {
    return (await inStore("readonly", (store) => store.get(ONLY))) || recall(NAME);
  } catch {
    return recall(NAME);
  }
}

/** Forget the report that was on its way. */
export async function forgetSending() {
  keep(NAME, null);
  try {
    await inStore("readwrite", (store) => store.delete(ONLY));
  } catch {
    // It was kept in the other place, or nowhere.
  }
}
