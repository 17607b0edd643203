/** The map beside the list: where the cases of the list are, the open one, and its grids. */

import { CityMap } from "../map.js";
import { byId, make } from "../plan/page.js";
import { locate } from "./wire.js";

/* global L */

const MARK_PX = 22;
const CLOSE_ZOOM = 17;
const OVERVIEW_ZOOM = 15;
const AROUND_PX = 48;

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").Summary} Summary
 * @typedef {import("./wire.js").Case} Case
 * @typedef {import("./wire.js").Near} Near
 */

/** Cases on the map. The list says the same in words; marks are for the mouse alone. */
export class DeskMap {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    const { page } = board;
    this.map = new CityMap(byId("map"), {
      language: page.language, version: page.version, attribution: page.attribution,
      bounds: page.bounds, texts: page.texts,
    });
    this.marks = L.layerGroup().addTo(this.map.leaflet);
    this.others = L.layerGroup().addTo(this.map.leaflet);
    this.hint = byId("map-hint");
    /** @type {Map<string, any>} */
    this._marks = new Map();
    /** @type {((code: string) => void) | null} */
    this._picked = null;
    this._open = "";
    this.map.onAsk((lon, lat) => this._ask(lon, lat));
    window.addEventListener("resize", () => this.map.leaflet.invalidateSize({ pan: false }));
  }

  /** Show where the cases of the list are.
   * @param {Summary[]} issues
   */
  show(issues) {
    this.marks.clearLayers();
    this._marks.clear();
    for (const issue of issues) {
      if (!issue.location) continue;
      const { lon, lat } = issue.location;
      const late = issue.due && issue.due.overdue ? " spot--late" : "";
      const icon = L.divIcon({
        className: "spot-holder", iconSize: [MARK_PX, MARK_PX],
        html: make("span", { class: `spot${late}`, "data-owner": this.board.page.owners[issue.state] || "nobody" }),
      });
      const mark = L.marker([lat, lon], { icon, keyboard: false, title: issue.number, alt: "", riseOnHover: true });
      mark.on("click", () => this.board.openCase(issue.id));
      mark.addTo(this.marks);
      this._marks.set(issue.id, mark);
    }
    this._mark(this._open);
  }

  /** Bring what the list shows into view: a grid or a community that was asked for, else the cases.
   * @param {string} community
   * @param {string} grid
   * @param {Summary[]} issues
   */
  frame(community, grid, issues) {
    const one = this.board.grids.get(grid);
    if (one) {
      this.map.choose(grid);
      this.map.leaflet.setView([one.lat, one.lon], CLOSE_ZOOM);
      return;
    }
    if (!this._open) this.map.choose("");
    const home = this.board.communities.get(community);
    const places = issues.map(({ location }) => location).filter(Boolean);
    if (home || !places.length) {
      this.map.frame(home ? home.bounds : this.board.page.bounds, false);
      return;
    }
    this.map.leaflet.fitBounds(
      L.latLngBounds(places.map((/** @type {any} */ { lon, lat }) => [lat, lon])),
      { animate: false, maxZoom: OVERVIEW_ZOOM, padding: [AROUND_PX, AROUND_PX] });
  }

  /** Show the case that is open, with its accuracy and its grid; nothing for none.
   * @param {Case | null} issue
   */
  open(issue) {
    const { map } = this;
    this.others.clearLayers();
    this._mark(issue ? issue.id : "");
    const before = this._open;
    this._open = issue ? issue.id : "";
    const now = issue && (issue.routing.current_grid || issue.routing.nearest);
    map.choose(now ? now.code : this.board.view.grid);
    if (!issue || !issue.location) {
      if (map.pinned) map.pinned.remove();
      const grid = now && this.board.grids.get(now.code);
      if (issue && grid && before !== issue.id) map.leaflet.setView([grid.lat, grid.lon], CLOSE_ZOOM);
      return;
    }
    const { lon, lat, accuracy_m: accuracy } = issue.location;
    map.pin(lon, lat, accuracy || 0);
    const candidates = this._candidates(issue);
    if (before === issue.id) return;
    const zoom = Math.max(map.leaflet.getZoom() || 0, CLOSE_ZOOM);
    map.leaflet.setView([lat, lon], zoom, { animate: false });
    const far = now && !issue.routing.current_grid && this.board.grids.get(now.code);
    const seen = candidates.concat(far ? [[far.lat, far.lon]] : []);
    if (seen.length) {
      map.leaflet.fitBounds(L.latLngBounds([[lat, lon], ...seen]), { animate: false, padding: [AROUND_PX, AROUND_PX], maxZoom: CLOSE_ZOOM });
    }
  }

  /** Say on the map how likely each grid is that the case may lie in.
   * @param {Case} issue
   * @returns {[number, number][]} where that stands
   */
  _candidates({ routing }) {
    if (routing.candidates.length < 2) return [];
    /** @type {[number, number][]} */
    const places = [];
    for (const { code, share } of routing.candidates) {
      const grid = this.board.grids.get(code);
      if (!grid) continue;
      const html = make("span", { class: "candidate figures" }, this.board.percent(share));
      const icon = L.divIcon({ className: "candidate-holder", iconSize: [MARK_PX * 2, MARK_PX], html });
      L.marker([grid.lat, grid.lon], { icon, keyboard: false, interactive: false, alt: "" }).addTo(this.others);
      places.push([grid.lat, grid.lon]);
    }
    return places;
  }

  /** Show open cases near the open one.
   * @param {Near[]} issues
   */
  near(issues) {
    for (const { id } of issues) {
      const mark = this._marks.get(id);
      const element = mark && mark.getElement();
      if (element) element.classList.add("spot-holder--near");
    }
  }

  /** Let a grid stand out, and bring it into view.
   * @param {string} code
   */
  showGrid(code) {
    const grid = this.board.grids.get(code);
    this.map.choose(code);
    if (grid) this.map.leaflet.panTo([grid.lat, grid.lon]);
  }

  /** Let the next clicks choose a grid; `null` ends that.
   * @param {((code: string) => void) | null} chosen
   */
  pick(chosen) {
    this._picked = chosen;
    byId("desk-map").classList.toggle("desk-map--pick", Boolean(chosen));
    this._say(chosen ? make("span", null, this.board.say("clickGrid")) : null);
  }

  /**
   * @param {number} lon
   * @param {number} lat
   */
  async _ask(lon, lat) {
    const { board } = this;
    const told = await locate(lon, lat).catch(() => null);
    const grid = told && (told.grid || told.nearest);
    if (!grid) return;
    const picked = this._picked;
    this.map.choose(grid.code);
    if (picked) {
      this._say(make("span", null, board.nameOf(grid)));
      picked(grid.code);
      return;
    }
    const only = make("button", { type: "button", class: "link-button", onclick: () => {
      board.look({ grid: grid.code, community: "" });
      this._say(null);
    } }, board.say("onlyThisGrid"));
    this._say(make("strong", null, board.nameOf(grid)), only);
  }

  /** @param {...(Node | null)} words */
  _say(...words) {
    const some = words.filter(Boolean);
    this.hint.replaceChildren(.../** @type {Node[]} */ (some));
    this.hint.hidden = !some.length;
  }

  /** @param {string} id */
  _mark(id) {
    for (const [key, mark] of this._marks) {
      const element = mark.getElement();
      if (!element) continue;
      element.classList.toggle("spot-holder--open", key === id);
      element.classList.remove("spot-holder--near");
    }
  }
}
