/** Canvases over the map that move, zoom and sharpen with it. */

import { PLANE_ZOOM } from "./shapes.js";

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("./geometry.js").Box} Box
 */

/** What is drawn beyond each side of the window, as a share of it, so that panning shows no gap. */
const MARGIN = 0.12;

/** Canvases in a pane of the map, with the view that they share. */
export class Stage {
  /**
   * @param {any} leaflet the map
   * @param {Point} corner of the plane, in pixels of the world at its zoom
   * @param {string[]} names of the canvases, the lowest first
   * @param {() => void} redraw called when the map has moved or its size has changed
   */
  constructor(leaflet, corner, names, redraw) {
    this.leaflet = leaflet;
    this._corner = corner;
    this._redraw = redraw;
    this.density = 1;
    /** Pixels a unit of the plane. */
    this.scale = 1;
    /** @type {Point} */
    this.shift = [0, 0];
    this.width = 0;
    this.height = 0;
    const pane = leaflet.getPane("plan") || leaflet.createPane("plan");
    pane.classList.add("plan-pane");
    this.element = document.createElement("div");
    this.element.className = "plan-stage leaflet-zoom-animated";
    pane.appendChild(this.element);
    /** @type {Record<string, CanvasRenderingContext2D>} */
    this.pens = {};
    for (const name of names) this.pens[name] = this._canvas(name);
    this._on = {
      moveend: () => this.update(), resize: () => this.update(), viewreset: () => this.update(),
      zoom: () => this._stretch(leaflet.getCenter(), leaflet.getZoom()),
      zoomanim: (/** @type {any} */ event) => this._stretch(event.center, event.zoom),
    };
    leaflet.on(this._on);
  }

  /** Take the canvases off the map. */
  remove() {
    this.leaflet.off(this._on);
    this.element.remove();
  }

  /** Put the canvases where the map is now, and have them drawn. */
  update() {
    const { leaflet } = this;
    const size = leaflet.getSize();
    const margin = size.multiplyBy(MARGIN).round();
    const corner = leaflet.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    const world = leaflet.getPixelOrigin().add(corner);
    this.zoom = leaflet.getZoom();
    this._center = leaflet.getCenter();
    this.scale = 2 ** (this.zoom - PLANE_ZOOM);
    this.shift = [this._corner[0] * this.scale - world.x, this._corner[1] * this.scale - world.y];
    this._size(size.x + 2 * margin.x, size.y + 2 * margin.y);
    L.DomUtil.setPosition(this.element, corner);
    this._redraw();
  }

  /** Position of a place of the plane on the canvases, in pixels.
   * @param {Point} place
   * @returns {Point}
   */
  toPixels([x, y]) {
    return [x * this.scale + this.shift[0], y * this.scale + this.shift[1]];
  }

  /** Place in the plane of a position in the map's window.
   * @param {Point} position
   * @returns {Point}
   */
  toPlane([x, y]) {
    const world = this.leaflet.getPixelOrigin().add(this.leaflet.containerPointToLayerPoint([x, y]));
    const scale = 2 ** (this.leaflet.getZoom() - PLANE_ZOOM);
    return [world.x / scale - this._corner[0], world.y / scale - this._corner[1]];
  }

  /** All that the canvases show, in the plane.
   * @returns {Box}
   */
  get box() {
    const [x, y] = this.shift;
    return [
      -x / this.scale, -y / this.scale, (this.width - x) / this.scale, (this.height - y) / this.scale,
    ];
  }

  /** Let a pen draw in the plane.
   * @param {CanvasRenderingContext2D} pen
   */
  inPlane(pen) {
    const k = this.scale * this.density;
    pen.setTransform(k, 0, 0, k, this.shift[0] * this.density, this.shift[1] * this.density);
  }

  /** Let a pen draw in pixels.
   * @param {CanvasRenderingContext2D} pen
   */
  inPixels(pen) {
    pen.setTransform(this.density, 0, 0, this.density, 0, 0);
  }

  /** Let a pattern keep its size while the pen draws in the plane.
   * @param {CanvasPattern} pattern
   */
  steady(pattern) {
    const k = 1 / (this.scale * this.density);
    const [x, y] = this.shift;
    pattern.setTransform(new DOMMatrix([k, 0, 0, k, -x / this.scale, -y / this.scale]));
  }

  /** @param {string} name */
  _canvas(name) {
    const canvas = document.createElement("canvas");
    canvas.className = `plan-canvas plan-canvas--${name}`;
    canvas.setAttribute("aria-hidden", "true");
    this.element.appendChild(canvas);
    return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  _size(width, height) {
    const density = window.devicePixelRatio || 1;
    if (width === this.width && height === this.height && density === this.density) return;
    [this.width, this.height, this.density] = [width, height, density];
    for (const pen of Object.values(this.pens)) {
      pen.canvas.width = Math.round(width * density);
      pen.canvas.height = Math.round(height * density);
      pen.canvas.style.width = `${width}px`;
      pen.canvas.style.height = `${height}px`;
    }
  }

  /** Stretch what is drawn while the map zooms; it is drawn anew at the end.
   * @param {any} center
   * @param {number} zoom
   */
  _stretch(center, zoom) {
    if (this.zoom === undefined) return;
    const { leaflet } = this;
    const scale = leaflet.getZoomScale(zoom, this.zoom);
    const half = leaflet.getSize().multiplyBy(0.5 + MARGIN);
    const corner = half.multiplyBy(-scale).add(leaflet.project(this._center, zoom))
      .subtract(leaflet._getNewPixelOrigin(center, zoom));
    L.DomUtil.setTransform(this.element, corner, scale);
  }
}
