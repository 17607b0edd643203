/** A draft of a plan in the browser: what it is now, what it adds up to, and every edit's way.
 *
 * An edit counts at once and is then sent; what the server refuses is taken back. Others' edits come
 * as they are made. A stroke of the brush is one edit, however many cells it touches.
 *
 *     const store = await PlanStore.open({ id, account, follow });
 *     store.addEventListener("changed", (event) => show(event.detail.grids));
 *     const stroke = store.begin("paint");
 *     stroke.give("3608810010010007", grid);
 *     stroke.commit();
 *     store.totals(grid).households;
 *
 * Events, each a CustomEvent with `detail`:
 *
 * changed    {cells, grids, shapes}: keys whose owner, lock or outline changed; grids whose sums or
 *            names did (an empty key stands for what is nobody's)
 * figures    {}: figures of cells or grids were read anew
 * entry      {entry}: an entry is in the log, one's own or somebody else's
 * edited     {verb, detail, grids: [{grid, before, after}]}: one's own edit counts, not yet sent
 * conflict   {edit, conflicts, lost}: an edit met somebody else's and was taken back; `lost` are one's
 *            later edits of the same cells, taken back as well; `store.insist(edit)` makes them again
 * refused    {edit, problem}: the server refused an edit and it was taken back
 * network    {state: "saved" | "saving" | "waiting", waiting}: whether all edits are with the server
 * gone       {}: the reader may no longer read the draft
 * presence, job, comment, mark, step   what the server tells of it
 */

import { extend, inverted, put, same, told } from "./changes.js";
import { Cover } from "./cover.js";
import { Draft } from "./draft.js";
import { History } from "./history.js";
import { Kept } from "./kept.js";
import { ask, newKey, Outbox } from "./wire.js";

/**
 * @typedef {import("./sums.js").CellFigures} CellFigures
 * @typedef {import("./sums.js").Totals} Totals
 * @typedef {import("./wire.js").Problem} Refusal
 * @typedef {import("./changes.js").Changes} Changes
 * @typedef {import("./history.js").Edit} Edit
 *
 * @typedef {object} Who
 * @property {number} id
 * @property {string} name
 *
 * @typedef {object} Entry of the log, as the server tells it
 * @property {number} seq
 * @property {string} key
 * @property {Who | null} account
 * @property {string} at
 * @property {string} verb
 * @property {Record<string, any>} detail
 * @property {Changes} changes
 * @property {number | null} undoes
 * @property {Record<string, CellFigures>} [figures]
 *
 * @typedef {object} PlanOptions
 * @property {string} id of the draft
 * @property {number | null} account whose edits undo takes back
 * @property {string} [follow] secret of a link to the draft
 */

const TOLD = ["presence", "job", "comment", "mark", "step"];
/** Entries of the log that are read when a draft is opened, so that undo answers at once. */
const KNOWN_ENTRIES = 200;
const LISTEN_AGAIN_MS = 15000;

/** An edit that is being made. */
export class Stroke {
  /**
   * @param {PlanStore} store
   * @param {Edit} edit
   */
  constructor(store, edit) {
    this.store = store;
    this.edit = edit;
    /** @type {Map<string, Totals>} */
    this.before = new Map();
    this.open = true;
  }

  /** Give a cell to a grid, or to nobody.
   * @param {string} cell
   * @param {string | null} grid
   */
  give(cell, grid) {
    this.change({ owner: { [cell]: [null, grid] } });
  }

  /** Change more. What things were is looked up here; only what becomes of them counts.
   * @param {Changes} changes
   */
  change(changes) {
    if (!this.open) throw new Error("the stroke is finished");
    this.store._widen(this, changes);
  }

  /** Whether it changes anything. */
  get empty() {
    return !Object.keys(this.edit.changes).length;
  }

  /** Finish the edit and send it; one that changes nothing is forgotten.
   * @param {Record<string, any>} [detail]
   * @returns {Edit | null}
   */
  commit(detail = {}) {
    this.open = false;
    return this.store._finish(this, detail);
  }

  /** Take everything back that the stroke changed. */
  cancel() {
    if (this.open) this.store._abandon(this);
    this.open = false;
  }
}

/** A draft and its edits. */
export class PlanStore extends Draft {
  /** Open a draft: read it, its figures and one's own last edits, and follow it.
   * @param {PlanOptions} options
   * @returns {Promise<PlanStore>}
   */
  static async open(options) {
    const store = new PlanStore(options);
    const [state, figures] = await Promise.all([store.get("state"), store.get("figures")]);
    store.read(state, figures);
    const after = Math.max(0, state.version - KNOWN_ENTRIES);
    const log = state.version ? await store.get(`log?after=${after}&limit=${KNOWN_ENTRIES}`) : null;
    if (log) store._remember(log.entries);
    store._sendKept();
    store._follow();
    return store;
  }

  /** @param {PlanOptions} options */
  constructor(options) {
    super();
    this.options = options;
    this.address = `/api/v1/plans/${options.id}`;
    this.history = new History();
    this.cover = new Cover();
    this.kept = new Kept(options.id, options.account);
    /** Keys of edits that the server was asked to work out.
     * @type {Set<string>} */
    this._asked = new Set();
    this.outbox = new Outbox(this.address, options.follow || "", (state, waiting) =>
      this._tell("network", { state, waiting }));
  }

  /** Read something of the draft.
   * @param {string} path
   */
  get(path) {
    return ask("GET", `${this.address}/${path}`, undefined, this.options.follow);
  }

  /** Whether edits are not yet with the server. */
  get unsaved() {
    return this.outbox.queue.length > 0;
  }

  /** Begin an edit that grows while it is made; it counts at once, and is sent by `commit`.
   * @param {string} verb
   * @returns {Stroke}
   */
  begin(verb) {
    return new Stroke(this, {
      key: newKey(), seq: null, verb, detail: {}, changes: {}, undoes: null, undoneBy: null,
    });
  }

  /** Make an edit in one go.
   * @param {string} verb
   * @param {Record<string, any>} detail
   * @param {Changes} changes of which only what becomes counts
   * @returns {Edit | null} null when nothing changes
   */
  apply(verb, detail, changes) {
    const stroke = this.begin(verb);
    stroke.change(changes);
    return stroke.commit(detail);
  }

  /** Make an edit again that was taken back, upon what there is now.
   * @param {Edit} edit
   */
  insist(edit) {
    return this.apply(edit.verb, edit.detail, edit.changes);
  }

  /** The edit that undo would take back: one's own last that stands.
   * @returns {Edit | null}
   */
  get undoable() {
    return this.history.undoable;
  }

  /** What redo would take back: one's own last taking back, if no edit came after it.
   * @returns {Edit | null}
   */
  get redoable() {
    return this.history.redoable;
  }

  /** Take one's own last edit back.
   * @returns {Edit | null} what was taken back
   */
  undo() {
    return this._takeBack("undo", this.undoable);
  }

  /** Make again what was taken back last.
   * @returns {Edit | null} what was made again
   */
  redo() {
    const taking = this._takeBack("redo", this.redoable);
    return taking && ((taking.undoes && this.history.find(taking.undoes)) || taking);
  }

  /** Let the server make an edit that only it can: cut, border, split, restore.
   * @param {string} path such as "cut"
   * @param {object} body
   * @returns {Promise<Entry>}
   */
  request(path, body) {
    const key = newKey();
    this._asked.add(key);
    return new Promise((resolve, reject) => {
      this.outbox.add({
        key,
        path,
        body: () => Object.assign({ key }, body),
        done: (answer) => resolve(this._hear(answer.entry)),
        refused: (problem) => {
          this._asked.delete(key);
          this._tell("refused", { edit: null, problem });
          reject(new Error(problem.detail || problem.title || path));
        },
      });
    });
  }

  /** Read all figures anew: what people, workers and cases are may have changed. */
  async refreshFigures() {
    this.learn(await this.get("figures"));
  }

  /** Stop following the draft. */
  close() {
    clearTimeout(this._again);
    if (this._source) this._source.close();
  }

  /** Add to a stroke, and let it count.
   * @param {Stroke} stroke
   * @param {Changes} changes
   */
  _widen(stroke, changes) {
    /** @type {Changes} */
    const added = {};
    for (const [subject, key, , becomes] of told(changes)) {
      const was = this._value(subject, key);
      if (same(was, becomes)) continue;
      put(added, subject, key, [was, becomes]);
      const known = stroke.edit.changes[subject];
      if (!known || !known[key]) this.cover.lay(subject, key, was);
      extend(stroke.edit.changes, subject, key, [was, becomes]);
    }
    const grids = this._concerned(added);
    for (const grid of grids) {
      if (!stroke.before.has(grid)) stroke.before.set(grid, this.totals(grid));
    }
    this._write(added);
  }

  /**
   * @param {Stroke} stroke
   * @param {Record<string, any>} detail
   */
  _finish(stroke, detail) {
    const { edit } = stroke;
    this._prune(edit);
    if (stroke.empty) return null;
    edit.detail = detail;
    this.history.add(edit);
    this._tellEdited(edit, stroke.before);
    this.kept.keep(edit);
    this._send(edit);
    return edit;
  }

  /** Don't say of an edit what came back to where it was.
   * @param {Edit} edit
   */
  _prune(edit) {
    /** @type {Changes} */
    const kept = {};
    /** @type {Changes} */
    const others = {};
    for (const [subject, key, was, becomes] of told(edit.changes)) {
      if (!same(was, becomes)) {
        put(kept, subject, key, [was, becomes]);
        continue;
      }
      const under = this.cover.lift(subject, key);
      if (under) put(others, subject, key, [was, under.value]);
    }
    edit.changes = kept;
    this._write(others);
  }

  /** @param {Stroke} stroke */
  _abandon(stroke) {
    this._restore(stroke.edit);
  }

  /**
   * @param {"undo" | "redo"} path
   * @param {Edit | null} target
   */
  _takeBack(path, target) {
    if (!target) return null;
    const changes = inverted(target.changes);
    if (!this._fits(changes)) {
      this._askToTakeBack(path, target);
      return target;
    }
    const stroke = this.begin(path);
    stroke.edit.undoes = target.key;
    stroke.change(changes);
    stroke.open = false;
    this.history.add(stroke.edit);
    this._tellEdited(stroke.edit, stroke.before);
    this._queue(stroke.edit, path, () => ({ key: stroke.edit.key, seq: this.history.editOf(target) }));
    return target;
  }

  /** Let the server say why something can't be taken back.
   * @param {string} path
   * @param {Edit} target
   */
  _askToTakeBack(path, target) {
    const key = newKey();
    this.outbox.add({
      key,
      path,
      body: () => ({ key, seq: this.history.editOf(target) }),
      done: (answer) => this._hear(answer.entry),
      refused: (problem) => this._tellRefused(target, problem, []),
    });
  }

  /** @param {Edit} edit */
  _send(edit) {
    const { key, verb, detail, changes } = edit;
    this._queue(edit, "edits", () => ({ key, verb, detail, changes }));
  }

  /**
   * @param {Edit} edit
   * @param {string} path
   * @param {() => object} body
   */
  _queue(edit, path, body) {
    this.outbox.add({
      key: edit.key,
      path,
      body,
      done: (answer) => this._hear(answer.entry),
      refused: (problem) => this._refuse(edit, problem),
    });
  }

  /** Take an edit back that the server refused, with those that build on it.
   * @param {Edit} edit
   * @param {Refusal} problem
   */
  _refuse(edit, problem) {
    const lost = this.history.buildingOn(edit);
    for (const one of lost.slice().reverse()) {
      this.outbox.drop(one.key);
      this._discard(one);
    }
    this._discard(edit);
    this._tellRefused(edit, problem, lost);
  }

  /** @param {Edit} edit */
  _discard(edit) {
    this._restore(edit);
    this.kept.letGo(edit.key);
    this.history.drop(edit);
  }

  /**
   * @param {Edit} edit
   * @param {Refusal} problem
   * @param {Edit[]} lost
   */
  _tellRefused(edit, problem, lost) {
    if (problem.conflicts && problem.conflicts.length) {
      this._tell("conflict", { edit, conflicts: problem.conflicts, lost });
    } else {
      this._tell("refused", { edit, problem, lost });
    }
  }

  /** An entry is in the log: somebody else's counts now, one's own is no longer on its way.
   * @param {Entry} entry
   * @returns {Entry}
   */
  _hear(entry) {
    if (!this._note(entry)) return entry;
    if (entry.figures) Object.assign(this.sums.figures, this._newFigures(entry.figures));
    const own = this.history.find(entry.key);
    if (own) {
      own.seq = entry.seq;
      this.cover.settle(entry.changes);
      this.kept.letGo(own.key);
      this.outbox.drop(own.key);
    } else {
      const before = this._asked.delete(entry.key) && this._totalsOf(this._concerned(entry.changes));
      this._adopt(entry);
      this._take(entry);
      if (before) this._tellEdited(entry, before);
    }
    if (Object.keys(entry.changes.shape || {}).some((cell) => this._handCells.has(cell))) {
      this.refreshFigures();
    }
    this._tell("entry", { entry });
    return entry;
  }

  /** Note that an entry is in the log, and what it cut.
   * @param {Entry} entry
   * @returns {boolean} whether it was not known
   */
  _note(entry) {
    if (!this.history.note(entry.seq, entry.key)) return false;
    this.version = Math.max(this.version, entry.seq);
    const cut = entry.changes.shape;
    if (cut && entry.undoes === null) this.base.noteCut(cut, entry.changes.owner || {});
    return true;
  }

  /** Take in an entry of the log that this page did not make.
   * @param {Entry} entry
   */
  _adopt(entry) {
    const { key, seq, verb, detail, changes } = entry;
    const undoes = this.history.keyOf(entry.undoes);
    const edit = { key, seq, verb, detail, changes, undoes, undoneBy: null };
    if (entry.account && entry.account.id === this.options.account) this.history.add(edit);
    else this.history.link({ key, seq, undoes, undoneBy: null });
  }

  /** Let somebody's entry count; what one's own edits cover changes underneath.
   * @param {Entry} entry
   */
  _take(entry) {
    /** @type {Changes} */
    const seen = {};
    for (const [subject, key, was, becomes] of told(entry.changes)) {
      if (!this.cover.change(subject, key, becomes)) put(seen, subject, key, [was, becomes]);
    }
    this._write(seen);
  }

  /** Take one's own edit back: what it changed is again what it was before, or what others made of it.
   * @param {Edit} edit
   */
  _restore(edit) {
    /** @type {Changes} */
    const back = {};
    for (const [subject, key, was] of told(edit.changes)) {
      const under = this.cover.lift(subject, key);
      put(back, subject, key, [this._value(subject, key), under ? under.value : was]);
    }
    this._write(back);
  }

  /** Put the log's last entries to those that are known, without letting them count again.
   * @param {Entry[]} entries
   */
  _remember(entries) {
    for (const entry of entries.slice().sort((one, other) => one.seq - other.seq)) {
      if (entry.seq > this.version) continue;
      this._note(entry);
      this._adopt(entry);
    }
  }

  /** Hear what the server tells of the draft from now on; where the line is cut for good, ask again. */
  _follow() {
    const follow = this.options.follow ? `&follow=${encodeURIComponent(this.options.follow)}` : "";
    const source = new EventSource(`${this.address}/events?after=${this.version}${follow}`);
    this._source = source;
    source.addEventListener("entry", (event) => {
      this._hear(JSON.parse(/** @type {MessageEvent} */ (event).data));
    });
    for (const name of TOLD) {
      source.addEventListener(name, (event) => {
        this._tell(name, JSON.parse(/** @type {MessageEvent} */ (event).data));
      });
    }
    source.addEventListener("gone", () => {
      source.close();
      this._tell("gone", {});
    });
    source.addEventListener("open", () => this.outbox.hurry());
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this._again = window.setTimeout(() => this._follow(), LISTEN_AGAIN_MS);
    });
  }

  /** Send what an earlier visit could not; an edit that no longer fits is a conflict like any other. */
  _sendKept() {
    for (const { key, verb, detail, changes } of this.kept.all()) {
      if (this.history.find(key)) {
        this.kept.letGo(key);
        continue;
      }
      const stroke = this.begin(verb);
      stroke.edit.key = key;
      stroke.change(changes);
      stroke.edit.changes = changes;
      stroke.commit(detail);
    }
  }

  /**
   * @param {{verb: string, detail: Record<string, any>}} edit
   * @param {Map<string, Totals>} before
   */
  _tellEdited(edit, before) {
    const grids = Array.from(before, ([grid, was]) => ({ grid, before: was, after: this.totals(grid) }));
    this._tell("edited", { verb: edit.verb, detail: edit.detail, grids });
  }
}
