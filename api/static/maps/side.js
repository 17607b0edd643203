/**
 * One map of a sheet: folium drew it; here its layers get their classes, steps, labels, and
 * shapes that stand out.
 */

import { Labels } from "./labels.js";

/**
 * @typedef {object} State classes and titles of shapes, in one step of time or through all of it
 * @property {string} name empty for the whole
 * @property {number[]} classes rows of the legend; -1 for what has no value
 * @property {number[]} titles numbers of texts
 *
 * @typedef {object} LayerData
 * @property {string} key
 * @property {number} source
 * @property {string[]} keys
 * @property {number[]} labels numbers of texts
 * @property {State[]} states the whole, then the steps
 * @property {string} group name of folium's group
 * @property {string[]} fills of the classes; last, of what has no value
 *
 * @typedef {object} MapData
 * @property {string} title
 * @property {string} name of folium's map
 * @property {{name: string, places: number[]}[]} sources shapes, and where their labels stand
 * @property {LayerData[]} layers
 * @property {string} stations name of folium's group; empty where there are none
 *
 * @typedef {Record<string, string>} Words
 */

const LABELS_PANE = "sheet-labels";
const CHOSEN_PANE = "sheet-chosen";
const STATION_PX = 12;
const FAR_STATION_PX = 7;
/** From here on stations are drawn large. */
const STATION_ZOOM = 15;
const CLOSE_ZOOM = 17;
const FRAME_PX = 12;
/** Shapes this wide have edges of a pixel; those of smaller ones would hide their colours. */
const EDGED_PX = 45;
const FINEST_EDGE_PX = 0.15;
/** So many shapes tell how wide they all are. */
const ENOUGH = 60;
/** Frames that differ by less are the same. */
const SAME_DEG = 1e-4;

/** What folium's script has made.
 * @param {string} name
 */
const made = (name) => /** @type {any} */ (window)[name];

/** A map with its layers. */
export class Side {
  /**
   * @param {MapData} data
   * @param {string[]} strings
   * @param {Words} words
   * @param {[number, number, number, number]} bounds west, south, east, north
   */
  constructor(data, strings, words, bounds) {
    this.data = data;
    this.strings = strings;
    this.bounds = bounds;
    this.map = made(data.name);
    this.row = 0;
    this.step = 0;
    this.sources = data.sources.map((one) => ({ shapes: made(one.name), places: one.places }));
    this.groups = data.layers.map((one) => made(one.group));
    /** @type {((key: string) => void)} */
    this.onPick = () => undefined;
    this._furnish(words, data.title);
    this.labels = new Labels(this.map, LABELS_PANE);
    this.outline = L.layerGroup().addTo(this.map);
    this.hinted = L.layerGroup().addTo(this.map);
    this.sources.forEach((one) => this._follow(one.shapes));
    this.stations = data.stations ? made(data.stations) : null;
    this._fitStations();
    this.map.on("overlayadd overlayremove zoomend", () => this._fitStations());
    this.map.on("zoomend", () => this._fitEdges());
  }

  /** The layer that is shown. */
  get layer() {
    return this.data.layers[this.row];
  }

  /** What is shown of it. */
  get state() {
    return this.layer.states[this.step] || this.layer.states[0];
  }

  /** Show a layer in one of its states.
   * @param {number} row
   * @param {number} step 0 for the whole
   */
  show(row, step) {
    const other = row !== this.row || step !== this.step;
    this.row = row;
    this.step = Math.min(step, this.layer.states.length - 1);
    this.groups.forEach((group, at) => {
      if (at === row && !this.map.hasLayer(group)) this.map.addLayer(group);
      if (at !== row && this.map.hasLayer(group)) this.map.removeLayer(group);
    });
    this.sources.forEach(({ shapes }, at) => {
      const used = at === this.layer.source;
      if (used && !this.map.hasLayer(shapes)) this.map.addLayer(shapes);
      if (!used && this.map.hasLayer(shapes)) this.map.removeLayer(shapes);
    });
    this._paint();
    this._fitEdges();
    if (other) this.sources.forEach(({ shapes }) => shapes.closeTooltip());
  }

  /** How many shapes are in each class of what is shown. */
  counts() {
    const counted = this.layer.fills.map(() => 0);
    for (const one of this.state.classes) {
      counted[one < 0 ? counted.length - 1 : one] += 1;
    }
    return counted;
  }

  /** What is told of a shape; empty where there is no such shape.
   * @param {string} key
   */
  title(key) {
    const at = this.layer.keys.indexOf(key);
    return at < 0 ? "" : this.strings[this.state.titles[at]];
  }

  /** Let a shape stand out.
   * @param {string} key
   * @param {boolean} moving whether the map goes there, where it is out of sight
   */
  choose(key, moving) {
    const shape = this._draw(this.outline, key, "sheet-outline");
    if (!shape || !moving) return;
    const bounds = shape.getBounds ? shape.getBounds() : L.latLngBounds([shape.getLatLng()]);
    if (this.map.getBounds().contains(bounds)) return;
    this.map.fitBounds(bounds, { animate: false, maxZoom: CLOSE_ZOOM, padding: [60, 60] });
  }

  /** Let a shape stand out for as long as something points at it.
   * @param {string} key
   */
  hint(key) {
    this._draw(this.hinted, key, "sheet-hint");
  }

  /** Show what the sheet is about.
   * @param {boolean} [widening] whether all shapes are shown, wherever they are, when it is so already
   */
  frame(widening = false) {
    const [west, south, east, north] = this.bounds;
    const before = this.map.getBounds();
    this._fit(L.latLngBounds([[south, west], [north, east]]));
    const all = this.sources[this.layer.source].shapes.getBounds();
    if (widening && all.isValid() && before.equals(this.map.getBounds(), SAME_DEG)) this._fit(all);
  }

  /**
   * @param {any} bounds
   */
  _fit(bounds) {
    this.map.fitBounds(bounds, { animate: false, padding: [FRAME_PX, FRAME_PX] });
  }

  /**
   * @param {Words} words
   * @param {string} title
   */
  _furnish(words, title) {
    const container = this.map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", title);
    this.map.attributionControl.setPrefix(false);
    L.control
      .zoom({ position: "topright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out })
      .addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    control("topright", () => this._wholeButton(words.whole)).addTo(this.map);
    control("topleft", () => north(words.north)).addTo(this.map);
    this.map.createPane(LABELS_PANE).style.zIndex = "450";
    this.map.createPane(CHOSEN_PANE).style.zIndex = "430";
    for (const name of [LABELS_PANE, CHOSEN_PANE]) {
      this.map.getPane(name).style.pointerEvents = "none";
    }
  }

  /**
   * @param {string} told
   */
  _wholeButton(told) {
    const bar = document.createElement("div");
    bar.className = "leaflet-bar";
    const button = document.createElement("a");
    button.href = "#";
    button.title = told;
    button.className = "sheet-whole";
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", told);
    button.appendChild(drawing("M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"));
    button.addEventListener("click", (event) => {
      event.preventDefault();
      this.frame(true);
    });
    bar.appendChild(button);
    return bar;
  }

  /**
   * @param {any} shapes
   */
  _follow(shapes) {
    shapes.bindTooltip((/** @type {any} */ shape) => this._told(shape), {
      className: "sheet-tip", direction: "top", sticky: true,
    });
    shapes.on("click", (/** @type {any} */ event) => {
      L.DomEvent.stopPropagation(event);
      this.onPick(this.layer.keys[event.layer.feature.id]);
    });
  }

  /**
   * @param {any} shape
   */
  _told(shape) {
    const text = document.createElement("span");
    text.textContent = this.strings[this.state.titles[shape.feature.id]];
    return text;
  }

  _paint() {
    const { shapes, places } = this.sources[this.layer.source];
    const { classes } = this.state;
    const fills = this.layer.fills;
    /** @type {import("./labels.js").Label[]} */
    const labels = [];
    shapes.eachLayer((/** @type {any} */ shape) => {
      const at = shape.feature.id;
      const one = classes[at];
      const fillColor = fills[one < 0 ? fills.length - 1 : one];
      if (shape.options.fillColor !== fillColor) shape.setStyle({ fillColor });
      offKeys(shape);
      const text = this.strings[this.layer.labels[at]];
      if (!text) return;
      const within = shape.getBounds ? shape.getBounds() : undefined;
      labels.push({ place: [places[2 * at + 1], places[2 * at]], text, within });
    });
    this.labels.show(labels);
  }

  /**
   * @param {any} group
   * @param {string} key
   * @param {string} className
   */
  _draw(group, key, className) {
    group.clearLayers();
    const at = key ? this.layer.keys.indexOf(key) : -1;
    if (at < 0) return null;
    /** @type {any} */
    let found = null;
    this.sources[this.layer.source].shapes.eachLayer((/** @type {any} */ shape) => {
      if (shape.feature.id === at) found = shape;
    });
    for (const part of ["casing", "line"]) {
      L.geoJSON(found.feature, {
        style: { className: `${className} ${className}--${part}`, fill: false },
        interactive: false,
        pane: CHOSEN_PANE,
        pointToLayer: (/** @type {any} */ _feature, /** @type {any} */ place) =>
          L.circleMarker(place, { pane: CHOSEN_PANE, radius: 10 }),
      }).addTo(group);
    }
    return found;
  }

  /** Draw the edges of small shapes finer than those of large ones. */
  _fitEdges() {
    const wide = [];
    for (const shape of this.sources[this.layer.source].shapes.getLayers().slice(0, ENOUGH)) {
      if (!shape.getBounds) continue;
      const bounds = shape.getBounds();
      const from = this.map.latLngToLayerPoint(bounds.getSouthWest());
      wide.push(from.distanceTo(this.map.latLngToLayerPoint(bounds.getNorthEast())));
    }
    wide.sort((a, b) => a - b);
    const usual = wide.length ? wide[Math.floor(wide.length / 2)] : EDGED_PX;
    const edge = Math.min(1, Math.max(FINEST_EDGE_PX, usual / EDGED_PX));
    this.map.getContainer().style.setProperty("--edge", edge.toFixed(2));
  }

  /** Draw stations as large as there is room for, and keep their places free of labels. */
  _fitStations() {
    const far = this.map.getZoom() < STATION_ZOOM;
    this.map.getContainer().classList.toggle("sheet-map--far", far);
    const shown = this.stations && this.map.hasLayer(this.stations);
    const places = !shown ? [] : this.stations.getLayers().map((/** @type {any} */ marker) => {
      const { lat, lng } = marker.getLatLng();
      return [lat, lng];
    });
    this.labels.keepFree(places, far ? FAR_STATION_PX : STATION_PX);
  }
}

/**
 * @param {string} position
 * @param {() => HTMLElement} make
 */
function control(position, make) {
  const one = L.control({ position });
  one.onAdd = () => {
    const element = make();
    L.DomEvent.disableClickPropagation(element);
    return element;
  };
  return one;
}

/** Let the tabulator key pass a shape, at which Leaflet makes it stop: the table tells of all by name.
 * @param {any} shape
 */
function offKeys(shape) {
  const drawn = shape.getElement && shape.getElement();
  if (drawn) drawn.setAttribute("tabindex", "-1");
}

/** An arrow to the north.
 * @param {string} told
 */
function north(told) {
  const element = document.createElement("div");
  element.className = "sheet-north";
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", told);
  element.title = told;
  const letter = document.createElement("span");
  letter.textContent = "N";
  element.appendChild(drawing("M12 2l6 20-6-4-6 4z"));
  element.appendChild(letter);
  return element;
}

/**
 * @param {string} lines
 */
function drawing(lines) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "sign");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", lines);
  svg.appendChild(path);
  return svg;
}
