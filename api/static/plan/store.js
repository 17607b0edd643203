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
 * presence, job, comment, mark, step   what the server tells of it
 */

import { Adjacency } from "./adjacency.js";
import { boxAround, boxOf } from "./geometry.js";
import { partByHand, Sums } from "./sums.js";
import { ask, newKey, Outbox } from "./wire.js";

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./sums.js").CellFigures} CellFigures
 * @typedef {import("./sums.js").Problem} Trouble
 * @typedef {import("./sums.js").Totals} Totals
 * @typedef {import("./wire.js").Problem} Refusal
 *
 * @typedef {"shape" | "owner" | "lock" | "grid" | "grid_lock"} Subject
 * @typedef {Partial<Record<Subject, Record<string, [any, any]>>>} Changes what was and what is
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
 * @typedef {object} Edit one's own, on its way or in the log
 * @property {string} key
 * @property {number | null} seq null until the server has it
 * @property {string} verb
 * @property {Record<string, any>} detail
 * @property {Changes} changes
 * @property {string | null} undoes key of the entry that it takes back
 * @property {string | null} undoneBy key of the entry that last took it back
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
/** @type {Subject[]} */
const SUBJECTS = ["shape", "grid", "owner", "lock", "grid_lock"];
/** @type {Record<Subject, any>} */
const NOTHING = { shape: null, grid: null, owner: null, lock: false, grid_lock: false };
const TOLD = ["presence", "job", "comment", "mark", "step"];
/** Entries of the log that are read when a draft is opened, so that undo answers at once. */
const KNOWN_ENTRIES = 200;
const LISTEN_AGAIN_MS = 5000;

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
    /** What the draft began with.
     * @type {{owner: Record<string, string>, grids: Record<string, Grid>}} */
    this.base = { owner: {}, grids: {} };
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
    /** One's own edits, the first first, in the log or on their way.
     * @type {Edit[]} */
    this.own = [];
    /** What the server has, of what one's own unanswered edits change.
     * @type {Map<string, {value: any, edits: number}>} */
    this._under = new Map();
    /** @type {Set<number>} */
    this._seen = new Set();
    /** Every entry that is known, by key: what it takes back, and what takes it back.
     * @type {Map<string, {seq: number | null, undoes: string | null, undoneBy: string | null}>} */
    this._lines = new Map();
    /** @type {Map<number, string>} */
    this._keys = new Map();
    /** Pieces and what they were cut from.
     * @type {Map<string, string>} */
    this._origins = new Map();
    /** @type {Trouble[] | null} */
    this._troubles = null;
    this._keep = `hongge:plan:${options.id}:${options.account}:`;
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
    const known = this.base.owner[cell];
    if (known !== undefined) return known || NOBODY;
    const origin = this._origins.get(cell);
    if (origin !== undefined) return this.baseOwner(origin);
    const { block } = this.cells.get(cell) || { block: "" };
    return block && block !== cell ? this.base.owner[block] || NOBODY : NOBODY;
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
    if (!this._baseCells) {
      /** @type {Map<string, string[]>} */
      const cells = new Map();
      for (const cell of this.cells.keys()) {
        const owner = this.baseOwner(cell);
        const known = cells.get(owner);
        if (known) known.push(cell);
        else cells.set(owner, [cell]);
      }
      this._baseCells = cells;
    }
    return this._baseCells.get(grid) || [];
  }

  /** Workers of a grid, as far as the reader may know them.
   * @param {string} grid
   * @returns {Worker[]}
   */
  workers(grid) {
    const known = this.gridFigures[grid];
    return known ? known.workers : [];
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
   * @returns {{households: number, people: number, issues: number} | null}
   */
  baseTotals(grid) {
    if (!this.base.grids[grid]) return null;
    if (!this._baseSums) this._baseSums = this._sumBase();
    return this._baseSums.get(grid) || { households: 0, people: 0, issues: 0 };
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
    return this._last((edit) => !edit.undoes && !this._isGone(edit));
  }

  /** What redo would take back: one's own last taking back, if no edit came after it.
   * @returns {Edit | null}
   */
  get redoable() {
    const found = this._last((edit) => !edit.undoes || (this._turnsBack(edit) && !edit.undoneBy));
    return found && found.undoes ? found : null;
  }

  /** Take one's own last edit back.
   * @returns {Edit | null} what was taken back
   */
  undo() {
    return this._takeBack("undo", this.undoable);
  }

  /** Make again what was taken back last. */
  redo() {
    return this._takeBack("redo", this.redoable);
  }

  /** Let the server make an edit that only it can: cut, border, split, restore.
   * @param {string} path such as "cut"
   * @param {object} body
   * @returns {Promise<Entry>}
   */
  request(path, body) {
    const key = newKey();
    return new Promise((resolve, reject) => {
      this.outbox.add({
        key,
        path,
        body: () => Object.assign({ key }, body),
        done: (answer) => resolve(this._hear(answer.entry)),
        refused: (problem) => {
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
    this.base = { owner: state.base.owner, grids: state.base.grids };
    this._origins.clear();
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
    this.adjacency = new Adjacency();
    const { cells, extra } = partByHand(figures);
    this.sums = Object.assign(new Sums(this.adjacency), { bounds: figures.bounds, extra });
    this.sums.figures = cells;
    for (const [cell, { rings, compound, community }] of this.cells) {
      this.adjacency.set(cell, rings);
      this.sums.add(cell, this.owner(cell), compound, community);
    }
    this._troubles = null;
    this._forgetBase();
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
    this._forgetBase();
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
    this.buildings = figures.buildings;
    this.communities = figures.communities;
    this.compounds = figures.compounds || {};
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
      this._cover(subject, key, stroke.edit.changes);
      extend(stroke.edit.changes, subject, key, was, becomes);
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
    this._own(edit);
    this._tellEdited(edit, stroke.before);
    this._keepEdit(edit);
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
      const under = this._under.get(`${subject} ${key}`);
      this._uncover(`${subject} ${key}`);
      if (under && !under.edits) put(others, subject, key, [was, under.value]);
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
    this._own(stroke.edit);
    this._tellEdited(stroke.edit, stroke.before);
    this._queue(stroke.edit, path, () => ({ key: stroke.edit.key, seq: this._editOf(target) }));
    return target;
  }

  /** Number of the edit that is taken back, or made again.
   * @param {Edit} target
   */
  _editOf(target) {
    const edit = target.undoes ? this._lines.get(target.undoes) : target;
    return edit ? edit.seq : null;
  }

  /** Put an edit of one's own to those that are known.
   * @param {Edit} edit
   */
  _own(edit) {
    const place = this.own.findIndex((one) => one.seq === null);
    if (edit.seq === null || place < 0) this.own.push(edit);
    else this.own.splice(place, 0, edit);
    this._link(edit);
  }

  /** Note which entry takes which back.
   * @param {{key: string, seq: number | null, undoes: string | null, undoneBy: string | null}} line
   */
  _link(line) {
    this._lines.set(line.key, line);
    const target = line.undoes ? this._lines.get(line.undoes) : undefined;
    if (target) target.undoneBy = line.key;
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
      body: () => ({ key, seq: this._editOf(target) }),
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
    const lost = this._buildingOn(edit);
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
    this._letGo(edit.key);
    this.own = this.own.filter((one) => one !== edit);
    this._lines.delete(edit.key);
    const target = edit.undoes ? this._lines.get(edit.undoes) : undefined;
    if (target && target.undoneBy === edit.key) target.undoneBy = null;
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

  /** One's own later edits that are not with the server and touch what an edit touched.
   * @param {Edit} edit
   */
  _buildingOn(edit) {
    const touched = new Set(Array.from(told(edit.changes), ([subject, key]) => `${subject} ${key}`));
    const later = this.own.slice(this.own.indexOf(edit) + 1).filter((one) => one.seq === null);
    return later.filter((one) => {
      const keys = Array.from(told(one.changes), ([subject, key]) => `${subject} ${key}`);
      if (one.undoes !== edit.key && !keys.some((key) => touched.has(key))) return false;
      keys.forEach((key) => touched.add(key));
      return true;
    });
  }

  /** An entry is in the log: somebody else's counts now, one's own is no longer on its way.
   * @param {Entry} entry
   * @returns {Entry}
   */
  _hear(entry) {
    if (this._seen.has(entry.seq)) return entry;
    this._note(entry);
    const own = this.own.find((edit) => edit.key === entry.key);
    if (own) {
      own.seq = entry.seq;
      this._settle(entry.changes);
      this._letGo(own.key);
      this.outbox.drop(own.key);
    } else {
      this._adopt(entry);
      this._take(entry);
    }
    this._tell("entry", { entry });
    return entry;
  }

  /** @param {Entry} entry */
  _note(entry) {
    this._seen.add(entry.seq);
    this.version = Math.max(this.version, entry.seq);
    this._keys.set(entry.seq, entry.key);
    const cut = entry.changes.shape;
    if (cut) this._noteCut(cut, entry.changes.owner || {});
    if (entry.figures) Object.assign(this.sums.figures, this._newFigures(entry.figures));
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

  /** Remember what pieces were cut from, to know whose they were when the draft began.
   * @param {Record<string, [Cell | null, Cell | null]>} shapes
   * @param {Record<string, [string | null, string | null]>} owners
   */
  _noteCut(shapes, owners) {
    const gone = Object.keys(shapes).filter((key) => !shapes[key][1]);
    for (const key of Object.keys(shapes)) {
      const [was, becomes] = shapes[key];
      if (was || !becomes) continue;
      const beside = gone.filter((one) => /** @type {Cell} */ (shapes[one][0]).block === becomes.block);
      const grid = owners[key] ? owners[key][1] : null;
      const origin = beside.find((one) => (owners[one] ? owners[one][0] : null) === grid) || beside[0];
      if (origin) this._origins.set(key, origin);
    }
  }

  /** Take in an entry of the log that this page did not make.
   * @param {Entry} entry
   */
  _adopt(entry) {
    const { key, seq, verb, detail, changes } = entry;
    const undoes = entry.undoes === null ? null : this._keys.get(entry.undoes) || `#${entry.undoes}`;
    const edit = { key, seq, verb, detail, changes, undoes, undoneBy: null };
    if (entry.account && entry.account.id === this.options.account) this._own(edit);
    else this._link({ key, seq, undoes, undoneBy: null });
  }

  /** Let somebody's entry count; what one's own edits cover changes underneath.
   * @param {Entry} entry
   */
  _take(entry) {
    /** @type {Changes} */
    const seen = {};
    for (const [subject, key, was, becomes] of told(entry.changes)) {
      const under = this._under.get(`${subject} ${key}`);
      if (under) under.value = becomes;
      else put(seen, subject, key, [was, becomes]);
    }
    this._write(seen);
  }

  /** One's own edit is with the server: what it made is what the server has.
   * @param {Changes} changes
   */
  _settle(changes) {
    for (const [subject, key, , becomes] of told(changes)) {
      const name = `${subject} ${key}`;
      const under = this._under.get(name);
      if (!under) continue;
      under.value = becomes;
      this._uncover(name);
    }
  }

  /** Keep what the server has of something that one's own edit changes for the first time.
   * @param {Subject} subject
   * @param {string} key
   * @param {Changes} sofar what the edit changes already
   */
  _cover(subject, key, sofar) {
    const keys = sofar[subject];
    if (keys && keys[key]) return;
    const name = `${subject} ${key}`;
    const under = this._under.get(name);
    if (under) under.edits += 1;
    else this._under.set(name, { value: this._value(subject, key), edits: 1 });
  }

  /** Take one's own edit back: what it changed is again what it was before, or what others made of it.
   * @param {Edit} edit
   */
  _restore(edit) {
    /** @type {Changes} */
    const back = {};
    for (const [subject, key, was] of told(edit.changes)) {
      const name = `${subject} ${key}`;
      const under = this._under.get(name);
      this._uncover(name);
      const value = under && !under.edits ? under.value : was;
      put(back, subject, key, [this._value(subject, key), value]);
    }
    this._write(back);
  }

  /** One's own edits cover something once less.
   * @param {string} name
   */
  _uncover(name) {
    const under = this._under.get(name);
    if (!under) return;
    under.edits -= 1;
    if (!under.edits) this._under.delete(name);
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
    if (shapes.length) this._forgetBase();
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

  _forgetBase() {
    this._baseSums = undefined;
    this._baseCells = undefined;
  }

  _sumBase() {
    /** @type {Map<string, {households: number, people: number, issues: number}>} */
    const sums = new Map();
    for (const cell of this.cells.keys()) {
      const grid = this.baseOwner(cell);
      const sum = sums.get(grid) || { households: 0, people: 0, issues: 0 };
      const { households, people, issues } = this.sums.of(cell);
      sum.households += households;
      sum.people += people;
      sum.issues += issues;
      sums.set(grid, sum);
    }
    for (const [grid, extra] of this.sums.extra) {
      const sum = sums.get(grid);
      if (sum) {
        sum.households += extra.households;
        sum.people += extra.people;
      }
    }
    return sums;
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
    source.addEventListener("open", () => this.outbox.hurry());
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this._again = window.setTimeout(() => this._follow(), LISTEN_AGAIN_MS);
    });
  }

  /** Keep an edit until the server has it, should the page be closed before.
   * @param {Edit} edit
   */
  _keepEdit(edit) {
    const { key, verb, detail, changes } = edit;
    try {
      localStorage.setItem(this._keep + key, JSON.stringify({ at: Date.now(), key, verb, detail, changes }));
    } catch {
      // A browser that keeps nothing still warns before the page is closed.
    }
  }

  /** @param {string} key */
  _letGo(key) {
    try {
      localStorage.removeItem(this._keep + key);
    } catch {
      // See _keepEdit.
    }
  }

  /** Send what an earlier visit could not; an edit that no longer fits is a conflict like any other. */
  _sendKept() {
    /** @type {any[]} */
    const kept = [];
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(this._keep)) kept.push(JSON.parse(localStorage.getItem(name) || "null"));
      }
    } catch {
      return;
    }
    const known = new Set(this.own.map((edit) => edit.key));
    kept.filter((one) => one && known.has(one.key)).forEach((one) => this._letGo(one.key));
    for (const one of kept.filter((one) => one && !known.has(one.key)).sort((a, b) => a.at - b.at)) {
      const stroke = this.begin(one.verb);
      stroke.edit.key = one.key;
      stroke.change(one.changes);
      stroke.edit.changes = one.changes;
      stroke.commit(one.detail);
    }
  }

  /**
   * @param {Edit} edit
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

/** What changes say, in the order in which it is told: subject, key, what it was, what it is.
 * @param {Changes} changes
 * @returns {Iterable<[Subject, string, any, any]>}
 */
export function* told(changes) {
  for (const subject of SUBJECTS) {
    const keys = changes[subject];
    if (!keys) continue;
    for (const key of Object.keys(keys)) yield [subject, key, keys[key][0], keys[key][1]];
  }
}

/** The changes that take changes back.
 * @param {Changes} changes
 * @returns {Changes}
 */
export function inverted(changes) {
  /** @type {Changes} */
  const back = {};
  for (const [subject, key, was, becomes] of told(changes)) put(back, subject, key, [becomes, was]);
  return back;
}

/**
 * @param {Changes} changes
 * @param {Subject} subject
 * @param {string} key
 * @param {[any, any]} change
 */
function put(changes, subject, key, change) {
  const keys = changes[subject] || {};
  keys[key] = change;
  changes[subject] = keys;
}

/** Let an edit say one thing more; what comes back to where it was is not said.
 * @param {Changes} changes
 * @param {Subject} subject
 * @param {string} key
 * @param {any} was
 * @param {any} becomes
 */
function extend(changes, subject, key, was, becomes) {
  const known = (changes[subject] || {})[key];
  put(changes, subject, key, [known ? known[0] : was, becomes]);
}

/** Whether two values of JSON are the same.
 * @param {any} one
 * @param {any} other
 * @returns {boolean}
 */
function same(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  return names.length === others.length && names.every((name) => same(one[name], other[name]));
}
