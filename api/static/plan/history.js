/** One's own edits, and which entry of the log takes which back. */

import { touched } from "./changes.js";

/**
 * @typedef {import("./changes.js").Changes} Changes
 *
 * @typedef {object} Line of the log, as much as undoing needs
 * @property {string} key
 * @property {number | null} seq null until the server has it
 * @property {string | null} undoes key of the entry that it takes back
 * @property {string | null} undoneBy key of the entry that last took it back
 *
 * @typedef {Line & {verb: string, detail: Record<string, any>, changes: Changes}} Edit one's own, on its
 *   way or in the log
 */

/** The log as far as it is known. */
export class History {
  constructor() {
    /** One's own edits, the first first; those that are not with the server come last.
     * @type {Edit[]} */
    this.own = [];
    /** @type {Map<string, Line>} */
    this._lines = new Map();
    /** @type {Map<number, string>} */
    this._keys = new Map();
  }

  /** Note the key of a number of the log.
   * @param {number} seq
   * @param {string} key
   * @returns {boolean} whether it was not known
   */
  note(seq, key) {
    if (this._keys.has(seq)) return false;
    this._keys.set(seq, key);
    return true;
  }

  /** Key of the entry with a number; one that stands for it where it is not known.
   * @param {number | null} seq
   */
  keyOf(seq) {
    return seq === null ? null : this._keys.get(seq) || `#${seq}`;
  }

  /** Add an edit of one's own.
   * @param {Edit} edit
   */
  add(edit) {
    const place = this.own.findIndex((one) => one.seq === null);
    if (edit.seq === null || place < 0) this.own.push(edit);
    else this.own.splice(place, 0, edit);
    this.link(edit);
  }

  /** Add an entry, and note what it takes back.
   * @param {Line} line
   */
  link(line) {
    this._lines.set(line.key, line);
    const target = line.undoes ? this._lines.get(line.undoes) : undefined;
    if (target) target.undoneBy = line.key;
  }

  /** Forget an edit that was not made after all.
   * @param {Edit} edit
   */
  drop(edit) {
    this.own = this.own.filter((one) => one !== edit);
    this._lines.delete(edit.key);
    const target = edit.undoes ? this._lines.get(edit.undoes) : undefined;
    if (target && target.undoneBy === edit.key) target.undoneBy = null;
  }

  /** @param {string} key */
  find(key) {
    return this.own.find((edit) => edit.key === key);
  }

  /** One's own last edit that stands.
   * @returns {Edit | null}
   */
  get undoable() {
    return this._last((edit) => !edit.undoes && !this._isGone(edit));
  }

  /** One's own last taking back, if no edit came after it.
   * @returns {Edit | null}
   */
  get redoable() {
    const found = this._last((edit) => !edit.undoes || (this._turnsBack(edit) && !edit.undoneBy));
    return found && found.undoes ? found : null;
  }

  /** Number of the edit that is taken back, or made again.
   * @param {Edit} target
   */
  editOf(target) {
    const edit = target.undoes ? this._lines.get(target.undoes) : target;
    return edit ? edit.seq : null;
  }

  /** One's own later edits that are not with the server and touch what an edit touched.
   * @param {Edit} edit
   */
  buildingOn(edit) {
    const known = new Set(touched(edit.changes));
    const later = this.own.slice(this.own.indexOf(edit) + 1).filter((one) => one.seq === null);
    return later.filter((one) => {
      const names = touched(one.changes);
      if (one.undoes !== edit.key && !names.some((name) => known.has(name))) return false;
      names.forEach((name) => known.add(name));
      return true;
    });
  }

  /** Whether an edit is taken back, and that was not taken back in turn.
   * @param {Edit} edit
   */
  _isGone(edit) {
    if (!edit.undoneBy) return false;
    const taking = this._lines.get(edit.undoneBy);
    return !taking || !taking.undoneBy;
  }

  /** Whether an entry takes an edit back (and is not the taking back of a taking back).
   * @param {Edit} edit
   */
  _turnsBack(edit) {
    if (!edit.undoes) return false;
    const target = this._lines.get(edit.undoes);
    return !target || !target.undoes;
  }

  /** @param {(edit: Edit) => boolean} fits */
  _last(fits) {
    for (let i = this.own.length - 1; i >= 0; i -= 1) if (fits(this.own[i])) return this.own[i];
    return null;
  }
}
