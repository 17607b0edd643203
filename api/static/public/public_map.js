/** The public page's map: stations by their state, the reader's place, and the way to one of them. */

/* global L */

import { CityMap } from "../map.js";

const MARGIN_PX = 48;
const CLOSE_ZOOM = 17;
const SVG_SIZE = 44;

/**
 * @typedef {object} Shown a station in the list
 * @property {string} code
 * @property {string} name
 * @property {string} kind
 * @property {string} state "open", "closed" or "unknown"
 * @property {string} said its state in words
 * @property {number} lon
 * @property {number} lat
 * @property {[number, number][]} route longitudes and latitudes of the way to it; empty without one
 *
 * @typedef {{lon: number, lat: number, accuracyM: number}} Place
 */

export class PublicMap {
  /**
   * @param {HTMLElement} element
   * @param {any} options what the page's JSON block holds
   * @param {(lon: number, lat: number) => void} onAsk
   */
  constructor(element, options, onAsk) {
    this.map = new CityMap(element, Object.assign({}, options, {
      without: ["grids", "communities", "stations"],
    }));
    this.markers = L.layerGroup().addTo(this.map.leaflet);
    this.way = L.layerGroup().addTo(this.map.leaflet);
    /** @type {Shown[]} */
    this.stations = [];
    /** @type {Place | null} */
    this.place = null;
    this.map.onAsk(onAsk);
  }

  /** Show stations, the reader's place, and the way to the first of them.
   * @param {{stations: Shown[], way: string}} told
   * @param {Place | null} place
   * @param {boolean} moving whether the map brings them into view
   */
  show(told, place, moving) {
    this.stations = told.stations;
    this.place = place;
    this.markers.clearLayers();
    for (const one of told.stations) this._mark(one);
    if (place) this.map.pin(place.lon, place.lat, place.accuracyM);
    this.draw(told.way, moving);
  }

  /** Draw the way to a station; tells its name where there is a way.
   * @param {string} code
   * @param {boolean} [moving]
   * @returns {string}
   */
  draw(code, moving = true) {
    this.way.clearLayers();
    const station = this.stations.find((one) => one.code === code);
    const line = station ? station.route.map(([lon, lat]) => [lat, lon]) : [];
    if (line.length) {
      L.polyline(line, { className: "way-casing", interactive: false }).addTo(this.way);
      L.polyline(line, { className: "way-line", interactive: false }).addTo(this.way);
    }
    if (moving) this._frame(station, line);
    return station && line.length ? station.name : "";
  }

  /**
   * @param {Shown | undefined} station
   * @param {number[][]} line
   */
  _frame(station, line) {
    const points = line.slice();
    if (station) points.push([station.lat, station.lon]);
    if (this.place) points.push([this.place.lat, this.place.lon]);
    if (points.length < 2) {
      if (this.place) this.map.leaflet.setView(points[0], CLOSE_ZOOM);
      return;
    }
    this.map.leaflet.fitBounds(points, {
      animate: false, maxZoom: CLOSE_ZOOM, padding: [MARGIN_PX, MARGIN_PX],
    });
  }

  /** @param {Shown} station */
  _mark(station) {
    const template = /** @type {HTMLTemplateElement} */ (
      document.getElementById(`glyph-${station.kind}`));
    const icon = L.divIcon({
      className: `map-station map-station--${station.state}`,
      html: template.content.children[0].cloneNode(true),
      iconSize: [SVG_SIZE, SVG_SIZE],
    });
    const marker = L.marker([station.lat, station.lon], { icon, riseOnHover: true });
    marker.addTo(this.markers);
    const label = `${station.name}: ${station.said}`;
    const element = marker.getElement();
    if (element) element.setAttribute("aria-label", label);
    const words = document.createElement("span");
    words.textContent = label;
    marker.bindPopup(words, { autoPanPadding: [16, 16], closeButton: false });
    marker.on("click", () => this.draw(station.code, false));
  }
}
