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

import { Adjacency } from "./adjacency.js";
import { Beginning } from "./beginning.js";
import { extend, inverted, NOTHING, put, same, SUBJECTS, told } from "./changes.js";
import { Cover } from "./cover.js";
import { boxAround, boxOf } from "./geometry.js";
import { History } from "./history.js";
import { Kept } from "./kept.js";
import { partByHand, Sums } from "./sums.js";
import { ask, newKey, Outbox } from "./wire.js";

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./sums.js").CellFigures} CellFigures
 * @typedef {import("./sums.js").Problem} Trouble
 * @typedef {import("./sums.js").Totals} Totals
 * @typedef {import("./wire.js").Problem} Refusal
 *
 * @typedef {import("./changes.js").Subject} Subject
 * @typedef {import("./changes.js").Changes} Changes
 * @typedef {import("./history.js").Edit} Edit
 *
 * @typedef {object} Cell
 * @property {string} community
 * @property {string} block
 * @property {string} compound
 * @property {string} kind
 * @property {number[][][]} rings polygons of rings x, y, x, y, … in degrees times ten million
 *
 * @typedef {object} Grid
 * @property {string} code
 * @property {string} name
 * @property {string} name_en
 * @property {string} kind
 * @property {string} branch_name
 * @property {string} branch_name_en
 * @property {string} branch_phone
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
 *
 * @typedef {object} Worker
 * @property {string} code
 * @property {string} name
 * @property {string} role
 *
 * @typedef {[number, number, number, number, string, string]} Building longitude, latitude,
 *   households, people, cell, address
 */

/** What stands in degrees times ten million. */
export const SCALE = 1e7;
const NOBODY = "";
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

/** A draft and its figures. */
export class PlanStore extends EventTarget {
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
    this.version = 0;
    /** @type {Record<Subject, Map<string, any>>} */
    this.values = {
      shape: new Map(), owner: new Map(), lock: new Map(), grid: new Map(), grid_lock: new Map(),
    };
    /** How the draft began: `base.owner` by cell, `base.grids` by key. */
    this.base = new Beginning({}, {}, this.values.shape);
    this.adjacency = new Adjacency();
    this.sums = new Sums(this.adjacency);
    /** @type {Record<string, {workers: Worker[]}>} */
    this.gridFigures = {};
    /** @type {Building[]} */
    this.buildings = [];
    /** @type {{code: string, name: string, name_en: string}[]} */
    this.communities = [];
    /** @type {Record<string, {name: string, name_en: string}>} */
    this.compounds = {};
    /** Cells with units that count in another grid: which piece they lie in, only the server knows.
     * @type {Set<string>} */
    this._handCells = new Set();
    this.history = new History();
    this.cover = new Cover();
    this.kept = new Kept(options.id, options.account);
    /** Keys of edits that the server was asked to work out.
     * @type {Set<string>} */
    this._asked = new Set();
    /** @type {Trouble[] | null} */
    this._troubles = null;
    this.outbox = new Outbox(this.address, options.follow || "", (state, waiting) =>
      this._tell("network", { state, waiting }));
  }

  /** Read something of the draft.
   * @param {string} path
   */
  get(path) {
    return ask("GET", `${this.address}/${path}`, undefined, this.options.follow);
  }

  /** @type {Map<string, Cell>} */
  get cells() {
    return this.values.shape;
  }

  /** @type {Map<string, Grid>} */
  get grids() {
    return this.values.grid;
  }

  /** Whether edits are not yet with the server. */
  get unsaved() {
    return this.outbox.queue.length > 0;
  }

  /** The grid of a cell; empty when nobody has it.
   * @param {string} cell
   * @returns {string}
   */
  owner(cell) {
    return this.values.owner.get(cell) || NOBODY;
  }

  /** The grid that had a cell when the draft began; of a piece, that of what it was cut from.
   * @param {string} cell
   * @returns {string}
   */
  baseOwner(cell) {
    return this.base.ownerOf(cell);
  }

  /** Whether a cell has another grid than when the draft began.
   * @param {string} cell
   */
  isChanged(cell) {
    return this.owner(cell) !== this.baseOwner(cell);
  }

  /** Whether a cell stays where it is, locked by itself or with its grid.
   * @param {string} cell
   */
  isLocked(cell) {
    return this.values.lock.get(cell) === true || this.isGridLocked(this.owner(cell));
  }

  /** @param {string} grid */
  isGridLocked(grid) {
    return this.values.grid_lock.get(grid) === true;
  }

  /** Code of a grid's community; empty for nobody.
   * @param {string} grid
   */
  communityOf(grid) {
    const found = this.grids.get(grid);
    return found ? found.code.slice(0, 12) : "";
  }

  /** @param {string} grid */
  members(grid) {
    return this.sums.members.get(grid) || new Set();
  }

  /** Whether a grid's households are in bounds.
   * @param {string} grid
   */
  fit(grid) {
    const found = this.grids.get(grid);
    return this.sums.fit(grid, found ? found.kind : "general");
  }

  /** Cells of a grid when the draft began.
   * @param {string} grid
   */
  baseMembers(grid) {
    return this.base.members(grid);
  }

  /** Workers of a grid, as far as the reader may know them.
   * @param {string} grid
   * @returns {Worker[]}
   */
  workers(grid) {
    const known = this.gridFigures[grid];
    return (known && known.workers) || [];
  }

  /** What a grid adds up to now.
   * @param {string} grid
   * @returns {Totals}
   */
  totals(grid) {
    const found = this.grids.get(grid);
    return this.sums.totals(grid, found ? found.kind : "general", this.workers(grid).length);
  }

  /** What a grid added up to when the draft began; null when there was none.
   * @param {string} grid
   * @returns {import("./beginning.js").Before | null}
   */
  baseTotals(grid) {
    return this.base.totals(grid, this.sums, this.workers(grid).length);
  }

  /** Connected parts of a grid's cells, the largest first.
   * @param {string} grid
   */
  pieces(grid) {
    return this.sums.pieces(grid);
  }

  /** All that is wrong, the worst first.
   * @returns {Trouble[]}
   */
  problems() {
    if (!this._troubles) {
      const grids = new Map(Array.from(this.grids, ([key, grid]) =>
        /** @type {[string, {code: string, kind: string, community: string}]} */ (
          [key, { code: grid.code, kind: grid.kind, community: grid.code.slice(0, 12) }])));
      this._troubles = this.sums.problems(grids);
    }
    return this._troubles;
  }

  /** Box of some cells in degrees: west, south, east, north; null of none.
   * @param {Iterable<string>} cells
   * @returns {Box | null}
   */
  boxOf(cells) {
    const boxes = [];
    for (const cell of cells) {
      const found = this.cells.get(cell);
      if (found) boxes.push(boxOf(found.rings));
    }
    if (!boxes.length) return null;
    const [west, south, east, north] = boxAround(boxes);
    return [west / SCALE, south / SCALE, east / SCALE, north / SCALE];
  }

  /** Box of a grid; of one without cells, that of its community.
   * @param {string} grid
   */
  gridBox(grid) {
    const own = this.boxOf(this.members(grid));
    if (own) return own;
    const community = this.communityOf(grid);
    return this.boxOf(Array.from(this.cells.keys()).filter((cell) =>
      /** @type {Cell} */ (this.cells.get(cell)).community === community));
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

  /** Take in what the server says a draft is.
   * @param {any} state
   * @param {any} figures
   */
  read(state, figures) {
    this.version = state.version;
    this._readFigures(figures);
    const given = {
      shape: state.cells, owner: state.owner, lock: state.lock, grid: state.grids,
      grid_lock: state.grid_lock,
    };
    for (const subject of SUBJECTS) {
      if (subject === "owner") continue;
      this.values[subject] = new Map(Object.entries(given[subject]));
    }
    this.values.owner = new Map(Object.entries(state.owner).filter(([, grid]) => grid));
    this.base = new Beginning(state.base.owner, state.base.grids, this.values.shape);
    this.adjacency = new Adjacency();
    const { cells, extra } = partByHand(figures);
    this.sums = Object.assign(new Sums(this.adjacency), { bounds: figures.bounds, extra });
    this.sums.figures = cells;
    for (const [cell, { rings, compound, community }] of this.cells) {
      this.adjacency.set(cell, rings);
      this.sums.add(cell, this.owner(cell), compound, community);
    }
    this._troubles = null;
    this.base.forget();
  }

  /** Read all figures anew: what people, workers and cases are may have changed. */
  async refreshFigures() {
    const figures = await this.get("figures");
    this._readFigures(figures);
    this.sums.bounds = figures.bounds;
    const { cells, extra } = partByHand(figures);
    this.sums.extra = extra;
    this.sums.learn(cells);
    this._troubles = null;
    this.base.forget();
    this._tell("figures", {});
  }

  /** Stop following the draft. */
  close() {
    clearTimeout(this._again);
    if (this._source) this._source.close();
  }

  /** @param {any} figures */
  _readFigures(figures) {
    this.gridFigures = figures.grids;
    this.buildings = figures.buildings || [];
    this.communities = figures.communities;
    this.compounds = figures.compounds || {};
    this._handCells = new Set((figures.by_hand || []).map((/** @type {any} */ unit) => unit.cell));
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

  /** Figures of cells that are not known yet; known ones are in sums already.
   * @param {Record<string, CellFigures>} figures
   */
  _newFigures(figures) {
    /** @type {Record<string, CellFigures>} */
    const fresh = {};
    for (const [cell, one] of Object.entries(figures)) {
      if (!this.cells.has(cell)) fresh[cell] = one;
      else this._changeFigures(cell, one);
    }
    return fresh;
  }

  /**
   * @param {string} cell
   * @param {CellFigures} figures
   */
  _changeFigures(cell, figures) {
    const { compound, community } = /** @type {Cell} */ (this.cells.get(cell));
    this.sums.remove(cell, this.owner(cell), compound);
    this.sums.figures[cell] = figures;
    this.sums.add(cell, this.owner(cell), compound, community);
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

  /** Write values, sums and neighbours, and tell who listens.
   * @param {Changes} changes
   */
  _write(changes) {
    const grids = this._concerned(changes);
    const cells = new Set();
    const shapes = Object.keys(changes.shape || {});
    for (const [subject, key, , becomes] of told(changes)) {
      if (subject === "shape") this._writeShape(key, becomes);
      else if (subject === "owner") this._writeOwner(key, becomes);
      else this._set(subject, key, becomes);
      if (subject === "owner" || subject === "lock") cells.add(key);
    }
    if (!cells.size && !grids.size && !shapes.length) return;
    this._troubles = null;
    if (shapes.length) this.base.forget();
    if (shapes.length) this.sums.forgetPieces(Array.from(this.grids.keys()).concat(NOBODY));
    this._tell("changed", { cells: Array.from(cells), grids: Array.from(grids), shapes });
  }

  /**
   * @param {string} key
   * @param {Cell | null} cell
   */
  _writeShape(key, cell) {
    const was = this.cells.get(key);
    if (was) this.sums.remove(key, this.owner(key), was.compound);
    this._set("shape", key, cell);
    if (!cell) {
      this.adjacency.delete(key);
      return;
    }
    this.adjacency.set(key, cell.rings);
    this.sums.add(key, this.owner(key), cell.compound, cell.community);
  }

  /**
   * @param {string} key
   * @param {string | null} grid
   */
  _writeOwner(key, grid) {
    const cell = this.cells.get(key);
    if (cell) this.sums.remove(key, this.owner(key), cell.compound);
    this._set("owner", key, grid);
    if (cell) this.sums.add(key, this.owner(key), cell.compound, cell.community);
  }

  /** Grids whose sums or names some changes change.
   * @param {Changes} changes
   * @returns {Set<string>}
   */
  _concerned(changes) {
    const grids = new Set();
    for (const [subject, key, was, becomes] of told(changes)) {
      if (subject === "owner") grids.add(was || NOBODY).add(becomes || NOBODY);
      else if (subject === "grid" || subject === "grid_lock") grids.add(key);
      else if (subject === "shape") grids.add(this.owner(key));
    }
    return grids;
  }

  /**
   * @param {Subject} subject
   * @param {string} key
   */
  _value(subject, key) {
    const value = this.values[subject].get(key);
    return value === undefined ? NOTHING[subject] : value;
  }

  /**
   * @param {Subject} subject
   * @param {string} key
   * @param {any} value
   */
  _set(subject, key, value) {
    if (value === NOTHING[subject] || value === undefined) this.values[subject].delete(key);
    else this.values[subject].set(key, value);
  }

  /** Whether things are what changes say they were.
   * @param {Changes} changes
   */
  _fits(changes) {
    for (const [subject, key, was] of told(changes)) {
      if (!same(this._value(subject, key), was)) return false;
    }
    return true;
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
   * @param {Iterable<string>} grids
   * @returns {Map<string, Totals>}
   */
  _totalsOf(grids) {
    return new Map(Array.from(grids, (grid) => /** @type {[string, Totals]} */ ([grid, this.totals(grid)])));
  }

  /**
   * @param {{verb: string, detail: Record<string, any>}} edit
   * @param {Map<string, Totals>} before
   */
  _tellEdited(edit, before) {
    const grids = Array.from(before, ([grid, was]) => ({ grid, before: was, after: this.totals(grid) }));
    this._tell("edited", { verb: edit.verb, detail: edit.detail, grids });
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  _tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
