/**
 * A map sheet: folium's maps, the basemap under them, and what stands beside them, joined.
 */

import { layTiles, layVectors } from "./ground.js";
import { offerPaper } from "./paper.js";
import { Side } from "./side.js";
import { Slider } from "./slider.js";
import { linkRows, markRows, offerSorting } from "./tables.js";
import { keepView, readView, rememberLayer, rememberedLayer, viewHash } from "./view.js";

/**
 * @typedef {object} SheetData
 * @property {[number, number, number, number]} bounds west, south, east, north
 * @property {string} language
 * @property {import("./side.js").MapData[]} maps
 * @property {string[]} strings
 * @property {Record<string, string>} words
 * @property {"tiles" | "vectors" | ""} ground what lies underneath; empty where folium has put it
 * @property {string} [version]
 * @property {import("./ground.js").Vectors} [basemap]
 */

/**
 * @template {HTMLElement} T
 * @param {string} selector
 */
const one = (selector) => /** @type {T | null} */ (document.querySelector(selector));

/** All that moves on a page with a sheet. */
class Sheet {
  /**
   * @param {SheetData} data
   */
  constructor(data) {
    this.data = data;
    this.chosen = "";
    this.sides = data.maps.map((map) => new Side(map, data.strings, data.words, data.bounds));
    this.layers = data.maps[0].layers;
    const slider = one(".sheet-slider");
    this.slider = slider && new Slider(slider, data.words, (step) => this.show(this.row, step));
    this.sides.forEach((side) => this._lay(side));
    this._moveSwitch();
    this._join();
    this._listen();
    const view = readView(window.location.hash);
    this.show(this._first(view), view ? view.step : 0);
    if (view) this._goTo(view);
    else this.sides.forEach((side) => side.frame());
  }

  get row() {
    return this.sides[0].row;
  }

  /** Show a layer in one of its states, on both maps.
   * @param {number} row
   * @param {number} step
   */
  show(row, step) {
    if (this.showing) return;
    this.showing = true;
    const { key } = this.layers[row];
    this.sides.forEach((side, at) => {
      const same = side.data.layers.findIndex((layer) => layer.key === key);
      const there = at === 0 ? row : Math.max(0, same);
      side.show(there, step);
      side.choose(this.chosen, false);
      side.hint("");
    });
    this._tellLegends();
    if (this.slider) {
      const [whole, ...steps] = this.layers[row].states.map((state) => state.name);
      const names = steps.length ? [whole || this.data.words.whole_time, ...steps] : [];
      this.slider.offer(names, this.sides[0].step);
      this.sides.forEach(({ map }) => map.invalidateSize({ animate: false, pan: false }));
    }
    this._tellChosen();
    this._keep();
    this.showing = false;
  }

  /** Let a shape, and its row, stand out.
   * @param {string} key
   * @param {"map" | "table"} from where it was chosen
   */
  choose(key, from) {
    this.chosen = key === this.chosen && from === "map" ? "" : key;
    this.sides.forEach((side) => side.choose(this.chosen, from === "table"));
    markRows(this.chosen, from === "map");
    this._tellChosen();
  }

  /**
   * @param {Side} side
   */
  _lay(side) {
    const { ground, language, version = "", basemap } = this.data;
    if (ground === "tiles") layTiles(side.map, language, version);
    if (ground === "vectors" && basemap) side.labels.goBefore(layVectors(side.map, basemap));
  }

  /** Take folium's switch of layers off the first map into the panel; the others' go. */
  _moveSwitch() {
    const place = one(".sheet-switch");
    const section = one(".sheet-layers");
    this.sides.forEach((side, at) => {
      const control = side.map.getContainer().querySelector(".leaflet-control-layers");
      if (!control) return;
      if (at > 0 || !place || !section) {
        control.remove();
        return;
      }
      place.appendChild(control);
      section.hidden = false;
    });
  }

  /** Let the maps show the same place and the same things. */
  _join() {
    const [first, second] = this.sides;
    if (!second) return;
    let moving = false;
    const follow = (/** @type {Side} */ from, /** @type {Side} */ to) => () => {
      if (moving) return;
      moving = true;
      to.map.setView(from.map.getCenter(), from.map.getZoom(), { animate: false });
      moving = false;
    };
    first.map.on("move", follow(first, second));
    second.map.on("move", follow(second, first));
    first.map.on("overlayadd", () => second.stations && second.map.addLayer(second.stations));
    first.map.on("overlayremove", () => second.stations && second.stations.remove());
  }

  _listen() {
    const [first] = this.sides;
    first.map.on("baselayerchange", (/** @type {any} */ event) => {
      const row = first.groups.indexOf(event.layer);
      if (row < 0 || this.showing) return;
      this.show(row, this.sides[0].step);
      rememberLayer(this.layers[row].key);
    });
    first.map.on("moveend", () => this._keep());
    this.sides.forEach((side) => {
      side.onPick = (key) => this.choose(key, "map");
      side.map.on("click", () => this.choose("", "table"));
    });
    linkRows(
      (key) => this.choose(key, "table"),
      (key) => this.sides.forEach((side) => side.hint(key)),
    );
    offerSorting();
    offerPaper(one(".sheet-paper"));
    window.addEventListener("hashchange", () => this._goBack());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.chosen) this.choose("", "table");
    });
  }

  /** The layer to begin with: the address', else the remembered one, else the first.
   * @param {import("./view.js").View | null} view
   */
  _first(view) {
    const wanted = [view ? view.layer : "", rememberedLayer()].filter(Boolean);
    const rows = wanted.map((key) => this.layers.findIndex((layer) => layer.key === key));
    return Math.max(0, rows.find((row) => row >= 0) || 0);
  }

  _goBack() {
    const view = readView(window.location.hash);
    if (!view) return;
    this.show(this._first(view), view.step);
    this._goTo(view);
  }

  /**
   * @param {import("./view.js").View} view
   */
  _goTo({ zoom, lat, lon }) {
    this.sides[0].map.setView([lat, lon], zoom, { animate: false });
  }

  _keep() {
    const { map, step } = this.sides[0];
    const { lat, lng } = map.getCenter();
    const layer = this.layers.length > 1 ? this.layers[this.row].key : "";
    keepView(viewHash({ zoom: map.getZoom(), lat, lon: lng, layer, step }));
  }

  _tellLegends() {
    this.sides.forEach((side, at) => {
      const legends = /** @type {NodeListOf<HTMLElement>} */ (
        document.querySelectorAll(`.sheet-side[data-side="${at}"] .sheet-legend`));
      legends.forEach((legend, row) => { legend.hidden = row !== side.row; });
      const told = legends[side.row] && legends[side.row].querySelectorAll(".sheet-count");
      if (told) side.counts().forEach((count, row) => { told[row].textContent = String(count); });
    });
  }

  _tellChosen() {
    const place = one(".sheet-chosen");
    if (!place) return;
    const told = this.sides.map((side) => ({ name: side.data.title, title: side.title(this.chosen) }))
      .filter(({ title }) => title);
    place.textContent = told
      .map(({ name, title }) => (this.sides.length > 1 ? `${name}: ${title}` : title)).join("\n");
  }
}

const holder = document.getElementById("sheet-data");
if (holder) new Sheet(JSON.parse(holder.textContent || "{}"));
