/**
 * Texts on a map that keep clear of each other; the first ones have the choice.
 */

/**
 * @typedef {object} Label
 * @property {[number, number]} place latitude and longitude
 * @property {string} text
 * @property {string} [kind] a class of its own
 * @property {number} [from] the first zoom at which it stands
 * @property {any} [within] bounds that it has to fit into
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box pixels of a zoom
 */

const HEIGHT_PX = 16;
const GAP_PX = 2;
const FONT = '600 12px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const OVERHANG = 1.1;

/** Labels in a pane of a map. */
export class Labels {
  /**
   * @param {any} map
   * @param {string} pane
   */
  constructor(map, pane) {
    this.map = map;
    this.pane = pane;
    /** @type {Label[]} */
    this.labels = [];
    /** @type {[number, number][]} */
    this.keptFree = [];
    this.freePx = 0;
    this.group = L.layerGroup().addTo(map);
    const context = document.createElement("canvas").getContext("2d");
    if (context) context.font = FONT;
    this.widthPx = (/** @type {string} */ text) => (context ? context.measureText(text).width : 0);
    /** @type {Labels | null} */
    this.below = null;
    this.relay = () => this.lay();
    map.on("zoomend", this.relay);
  }

  /** Let other labels keep clear of these.
   * @param {Labels} below
   */
  goBefore(below) {
    this.below = below;
    below.map.off("zoomend", below.relay);
    this.lay();
  }

  /** Keep places free of labels, for markers.
   * @param {[number, number][]} places latitudes and longitudes
   * @param {number} radiusPx
   */
  keepFree(places, radiusPx) {
    this.keptFree = places;
    this.freePx = radiusPx;
    this.lay();
  }

  /**
   * @param {Label[]} labels
   */
  show(labels) {
    this.labels = labels;
    this.lay();
  }

  /** Set those for which there is room at this zoom.
   * @param {Box[]} [others] where labels of others stand
   */
  lay(others = []) {
    const zoom = this.map.getZoom();
    this.group.clearLayers();
    const taken = this.keptFree.map((place) => this._box(place, this.freePx, this.freePx))
      .concat(others);
    for (const label of this.labels) {
      if (!label.text || zoom < (label.from || 0)) continue;
      const width = this.widthPx(label.text);
      if (label.within && !this._fits(label.within, width)) continue;
      const box = this._box(label.place, width / 2 + GAP_PX, HEIGHT_PX / 2);
      if (taken.some((other) => meet(box, other))) continue;
      taken.push(box);
      this.group.addLayer(this._marker(label));
    }
    if (this.below) this.below.lay(taken);
  }

  /**
   * @param {any} bounds
   * @param {number} width
   */
  _fits(bounds, width) {
    const zoom = this.map.getZoom();
    const room = this.map.project(bounds.getSouthEast(), zoom)
      .subtract(this.map.project(bounds.getNorthWest(), zoom));
    return width <= room.x * OVERHANG && HEIGHT_PX <= room.y;
  }

  /**
   * @param {[number, number]} place
   * @param {number} across
   * @param {number} down
   * @returns {Box}
   */
  _box(place, across, down) {
    const { x, y } = this.map.project(place, this.map.getZoom());
    return { left: x - across, top: y - down, right: x + across, bottom: y + down };
  }

  /**
   * @param {Label} label
   */
  _marker(label) {
    const text = document.createElement("span");
    text.textContent = label.text;
    const icon = L.divIcon({
      className: `sheet-name ${label.kind || ""}`, html: text, iconSize: [0, 0],
    });
    const marker = L.marker(label.place, {
      icon, interactive: false, keyboard: false, pane: this.pane,
    });
    return marker.on("add", () => marker.getElement().setAttribute("aria-hidden", "true"));
  }
}

/**
 * @param {Box} one
 * @param {Box} other
 */
const meet = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom
  && other.top < one.bottom;
