/** Saying where: by the device, by dragging the map under a fixed crosshair, or by building. */

/* global L */

import { CityMap } from "../map.js";
import { fill, make } from "../plan/page.js";
import { locateOnce } from "./here.js";
import { PlaceSearch } from "./places.js";

const CLOSE_ZOOM = 17;
/** How far the crosshair may be from the device's fix and still be there, in metres. */
const SAME_PLACE_M = 2;

/**
 * @typedef {import("./here.js").Fix} Fix
 * @typedef {import("./places.js").Chosen} ChosenBuilding
 *
 * @typedef {object} Place what a report says of where it is
 * @property {{lon: number, lat: number, datum: "wgs84", accuracy_m?: number}} location
 * @property {{building: string, unit?: number} | null} unit
 * @property {"device" | "map" | "building"} source
 * @property {string} label of the building; else empty
 *
 * @typedef {object} PositionOptions
 * @property {import("../map.js").MapOptions & {city: string}} map
 * @property {Record<string, string>} texts
 * @property {(place: Place | null) => void} onChange
 * @property {import("./places.js").LookUp} [lookUp] finds places; by default the server does
 */

/** A place on a map, chosen in one of three ways; each leads to the others. */
export class PositionPicker {
  /**
   * @param {HTMLElement} host becomes the picker
   * @param {PositionOptions} options
   */
  constructor(host, options) {
    this.options = options;
    this.texts = options.texts;
    /** @type {Place | null} */
    this.value = null;
    /** Whether the map is moved by us, not by the reader. */
    this._moving = false;
    /** @type {() => void} */
    this._stop = () => undefined;
    this.search = new PlaceSearch({
      texts: this.texts, jurisdiction: options.map.city, language: options.map.language,
      lookUp: options.lookUp, onChoose: (chosen) => this._chooseBuilding(chosen),
    });
    this._build(host);
    this.map = new CityMap(this.canvas, options.map);
    this._follow();
  }

  /** Ask the device where it is. */
  locate() {
    this._stop();
    this._busy(true);
    this._tell("");
    this._stop = locateOnce({
      found: (fix) => this._found(fix),
      failed: (obstacle) => this._failed(obstacle),
    });
  }

  /** Take a place that was kept, and show it.
   * @param {Place} place
   */
  restore(place) {
    this._show(place.location.lon, place.location.lat);
    if (place.source === "device" && place.location.accuracy_m) {
      this._circle(place.location.lon, place.location.lat, place.location.accuracy_m);
    }
    this.search.show(place.source === "building" ? place.label : "");
    this._set(place);
  }

  /** @param {HTMLElement} host */
  _build(host) {
    const { texts } = this;
    const help = make("p", { class: "visually-hidden", id: "picker-help" }, texts.help);
    this.canvas = make("div", {
      class: "map picker--unset", role: "application", tabindex: "0",
      "aria-label": texts.map, "aria-describedby": help.id,
    });
    this.told = make("p", { class: "picker-told on-map", role: "status" }, texts.start);
    this.label = make("span", null, texts.locate);
    this.button = make(
      "button", { type: "button", class: "button picker-locate", onclick: () => this.locate() },
      sign("M12 1.5v4M12 18.5v4M1.5 12h4M18.5 12h4M12 5.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z"),
      this.label,
    );
    this.message = make("div", { class: "note note--caution picker-message", role: "alert" });
    this.message.hidden = true;
    host.classList.add("picker");
    host.append(
      make("div", { class: "picker-map" }, this.canvas, cross(), help, this.told),
      this.message,
      make("div", { class: "picker-ways" }, this.button, this.search.element),
    );
  }

  /** Whatever moves the map but us moves the place. */
  _follow() {
    const { leaflet } = this.map;
    leaflet.on("moveend", () => {
      if (this._moving) return;
      const middle = leaflet.getCenter().wrap();
      if (this.value && leaflet.distance(middle, this._latLng()) < SAME_PLACE_M) return;
      this._stop();
      this._busy(false);
      this.search.show("");
      this._tell("");
      this._set(placeAt(middle.lng, middle.lat));
    });
    this.map.onAsk((lon, lat) => {
      if (leaflet.getZoom() < CLOSE_ZOOM) leaflet.setView([lat, lon], CLOSE_ZOOM);
      else leaflet.panTo([lat, lon]);
    });
  }

  _latLng() {
    const { lon, lat } = /** @type {Place} */ (this.value).location;
    return L.latLng(lat, lon);
  }

  /** @param {Fix} fix */
  _found({ lon, lat, accuracyM }) {
    this._busy(false);
    this.search.show("");
    this._show(lon, lat);
    this._circle(lon, lat, accuracyM);
    this._set({
      location: { lon, lat, datum: "wgs84", accuracy_m: Math.ceil(accuracyM) },
      unit: null, source: "device", label: "",
    });
  }

  /** Say why there is no position, and what can be done instead.
   * @param {import("./here.js").Obstacle} obstacle
   */
  _failed(obstacle) {
    this._busy(false);
    this._tell(this.texts[obstacle], obstacle === "unavailable" || obstacle === "timeout");
  }

  /** @param {ChosenBuilding} chosen */
  _chooseBuilding(chosen) {
    this._stop();
    this._busy(false);
    this._tell("");
    this._show(chosen.lon, chosen.lat);
    const unit = chosen.unit === null ? {} : { unit: chosen.unit };
    this._set({
      location: { lon: chosen.lon, lat: chosen.lat, datum: "wgs84" },
      unit: Object.assign({ building: chosen.building }, unit),
      source: "building", label: chosen.label,
    });
  }

  /**
   * @param {number} lon
   * @param {number} lat
   */
  _show(lon, lat) {
    const { leaflet } = this.map;
    this._moving = true;
    leaflet.setView([lat, lon], Math.max(leaflet.getZoom(), CLOSE_ZOOM), { animate: false });
    this._moving = false;
  }

  /** Draw where the device says it is, with the circle in which it probably is.
   * @param {number} lon
   * @param {number} lat
   * @param {number} accuracyM
   */
  _circle(lon, lat, accuracyM) {
    if (this.here) this.here.remove();
    const still = { interactive: false, bubblingMouseEvents: true };
    this.here = L.layerGroup([
      L.circle([lat, lon], Object.assign({ radius: accuracyM, className: "here-circle" }, still)),
      L.circleMarker([lat, lon], Object.assign({ radius: 6, className: "here-dot" }, still)),
    ]).addTo(this.map.leaflet);
  }

  /** @param {Place | null} place */
  _set(place) {
    this.value = place;
    const { texts } = this;
    const accuracy = place && place.location.accuracy_m;
    if (!place) this.told.textContent = texts.start;
    else if (place.source === "building") this.told.textContent = place.label;
    else if (accuracy) this.told.textContent = fill(texts.accuracy, { metres: accuracy });
    else this.told.textContent = texts.byHand;
    this.canvas.classList.toggle("picker--unset", !place);
    this.options.onChange(place);
  }

  /** @param {boolean} busy */
  _busy(busy) {
    if (busy) this.button.setAttribute("aria-busy", "true");
    else this.button.removeAttribute("aria-busy");
    this.label.textContent = busy ? this.texts.locating : this.texts.locate;
  }

  /** Say something above the ways on; without a text, take it away.
   * @param {string} text
   * @param {boolean} [again] whether asking the device again may help
   */
  _tell(text, again = false) {
    this.message.hidden = !text;
    this.message.textContent = "";
    if (!text) return;
    const way = (/** @type {string} */ label, /** @type {() => void} */ go) =>
      make("button", { type: "button", class: "button", onclick: go }, label);
    this.message.append(
      make("p", null, text),
      make(
        "p", { class: "picker-on" },
        again && way(this.texts.again, () => this.locate()),
        way(this.texts.toMap, () => this.canvas.focus()),
        way(this.texts.toSearch, () => this.search.open()),
      ),
    );
  }
}

/** A place that was chosen by hand.
 * @param {number} lon
 * @param {number} lat
 * @returns {Place}
 */
function placeAt(lon, lat) {
  return { location: { lon, lat, datum: "wgs84" }, unit: null, source: "map", label: "" };
}

const SVG = "http://www.w3.org/2000/svg";

/** The fixed crosshair: a pin whose tip is the map's middle. */
function cross() {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "picker-cross");
  drawing.setAttribute("viewBox", "0 0 40 56");
  drawing.setAttribute("aria-hidden", "true");
  const shapes = [
    ["picker-cross-foot", "M20 48.5a6 2.5 0 1 0 0 5 6 2.5 0 0 0 0-5z"],
    ["picker-cross-pin", "M20 51C19 38 5 32 5 18a15 15 0 0 1 30 0c0 14-14 20-15 33z"],
    ["picker-cross-eye", "M20 12.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z"],
  ];
  for (const [name, shape] of shapes) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", shape);
    drawing.appendChild(path);
  }
  return drawing;
}

/** A sign drawn in lines on a 24-unit square.
 * @param {string} lines
 */
export function sign(lines) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "sign");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", lines);
  drawing.appendChild(path);
  return drawing;
}
