/** The hand on the map: mouse, pen, fingers and keys become touches that tools understand.
 *
 * One finger or the left button works; two fingers, the middle button, or the left one with the space
 * bar move the map. Arrow keys move a cursor from block to block, Enter or the space bar works there.
 */

/**
 * @typedef {import("./geometry.js").Point} Point
 *
 * @typedef {object} Touch where the hand is
 * @property {Point} position in the map's window, in pixels
 * @property {Point} place in the plane
 * @property {boolean} shift
 * @property {boolean} alt
 * @property {boolean} byKeys
 *
 * @typedef {object} Working what the hand works with
 * @property {(touch: Touch) => void} down
 * @property {(touch: Touch) => void} move while down
 * @property {(touch: Touch) => void} up
 * @property {() => void} cancel
 * @property {(touch: Touch | null) => void} hover null when the hand has left
 * @property {(touch: Touch) => void} twice a double click
 * @property {() => boolean} movesMap whether a dragging hand moves the map
 */

const MIDDLE = 1;
/** A second finger within this time makes the first one's dab a mistake. */
const SECOND_FINGER_MS = 300;

/** Input on the map's element. */
export class Hand {
  /**
   * @param {any} leaflet
   * @param {(position: Point) => Point} toPlane
   * @param {Working} working
   */
  constructor(leaflet, toPlane, working) {
    this.leaflet = leaflet;
    this.toPlane = toPlane;
    this.working = working;
    this.element = leaflet.getContainer();
    this.space = false;
    /** @type {number | null} */
    this._pointer = null;
    /** @type {Map<number, PointerEvent>} */
    this._fingers = new Map();
    this._since = 0;
    /** @type {Point | null} */
    this._panning = null;
    this.element.classList.add("map--hand");
    leaflet.keyboard.disable();
    leaflet.boxZoom.disable();
    leaflet.doubleClickZoom.disable();
    this._listen();
  }

  _listen() {
    const { element } = this;
    /** @type {(name: string, act: (event: any) => void, where?: EventTarget) => void} */
    const on = (name, act, where = element) => where.addEventListener(name, act, { capture: true });
    on("pointerdown", (event) => this._down(event));
    on("pointermove", (event) => this._move(event));
    on("pointerup", (event) => this._up(event));
    on("pointercancel", (event) => this._lost(event));
    on("pointerleave", () => this._fingers.size === 0 && this.working.hover(null));
    on("dblclick", (event) => this._isOurs(event) && this.working.twice(this.touch(event)));
    on("auxclick", (event) => event.preventDefault());
    on("blur", () => this._holdSpace(false), window);
    on("keyup", (event) => event.code === "Space" && this._holdSpace(false), window);
    on("keydown", (event) => {
      if (event.code === "Space" && !inField(event.target)) this._holdSpace(true);
    }, window);
  }

  /** Say again whether a dragging hand moves the map: the tool has changed. */
  settle() {
    const moves = this.space || this.working.movesMap();
    if (moves) this.leaflet.dragging.enable();
    else this.leaflet.dragging.disable();
    this.element.classList.toggle("map--moving", moves);
  }

  /**
   * @param {MouseEvent} event
   * @returns {Touch}
   */
  touch(event) {
    const window = this.element.getBoundingClientRect();
    return this.touchAt([event.clientX - window.left, event.clientY - window.top], event);
  }

  /** A touch at a position of the map's window.
   * @param {Point} position
   * @param {{shiftKey: boolean, altKey: boolean}} [keys]
   * @param {boolean} [byKeys]
   * @returns {Touch}
   */
  touchAt(position, keys, byKeys = false) {
    return {
      position, place: this.toPlane(position), byKeys,
      shift: Boolean(keys && keys.shiftKey), alt: Boolean(keys && keys.altKey),
    };
  }

  /** @param {boolean} held */
  _holdSpace(held) {
    if (this.space === held) return;
    this.space = held;
    this.settle();
  }

  /** Whether an event is on the map itself, not on a button, pin or station on it.
   * @param {Event} event
   */
  _isOurs(event) {
    const target = /** @type {Element} */ (event.target);
    return !target.closest(".leaflet-control, .leaflet-marker-icon, .leaflet-popup, button");
  }

  /** @param {PointerEvent} event */
  _down(event) {
    if (!this._isOurs(event)) return;
    if (event.pointerType === "touch") {
      this._fingers.set(event.pointerId, event);
      if (this._fingers.size > 1) {
        this._secondFinger();
        return;
      }
    }
    if (event.button === MIDDLE) {
      event.preventDefault();
      this._panning = [event.clientX, event.clientY];
      this.element.setPointerCapture(event.pointerId);
      return;
    }
    if (event.button !== 0 || this._pointer !== null) return;
    if (this.space) return;
    this._pointer = event.pointerId;
    this._since = event.timeStamp;
    if (!this.working.movesMap()) this.element.setPointerCapture(event.pointerId);
    this.working.down(this.touch(event));
  }

  /** @param {PointerEvent} event */
  _move(event) {
    if (this._panning) {
      const [x, y] = this._panning;
      this._panning = [event.clientX, event.clientY];
      this.leaflet._rawPanBy(L.point(x - event.clientX, y - event.clientY));
      this.leaflet.fire("move");
      return;
    }
    if (event.pointerId === this._pointer) {
      const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const step of steps.length ? steps : [event]) this.working.move(this.touch(step));
    } else if (event.pointerType !== "touch" && this._isOurs(event)) {
      this.working.hover(this.touch(event));
    }
  }

  /** @param {PointerEvent} event */
  _up(event) {
    this._fingers.delete(event.pointerId);
    if (this._panning && event.button === MIDDLE) {
      this._panning = null;
      this.leaflet.fire("moveend");
      return;
    }
    if (event.pointerId !== this._pointer) return;
    this._pointer = null;
    this.working.up(this.touch(event));
    if (event.pointerType === "touch") this.working.hover(null);
  }

  /** @param {PointerEvent} event */
  _lost(event) {
    this._fingers.delete(event.pointerId);
    if (event.pointerId !== this._pointer) return;
    this._pointer = null;
    this.working.cancel();
  }

  /** Two fingers move and zoom the map; what one had begun is kept unless it had only just begun. */
  _secondFinger() {
    if (this._pointer === null) return;
    const first = /** @type {PointerEvent} */ (this._fingers.values().next().value);
    const quick = performance.now() - this._since < SECOND_FINGER_MS;
    this._pointer = null;
    if (quick) this.working.cancel();
    else this.working.up(this.touch(first));
  }
}

/** Whether keys pressed there are written into a field or press a button.
 * @param {EventTarget | null} target
 */
export function inField(target) {
  const element = /** @type {Element | null} */ (target);
  return Boolean(element && element.closest
    && element.closest("input, textarea, select, button, a, summary, [contenteditable], dialog"));
}
