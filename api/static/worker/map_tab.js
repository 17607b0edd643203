/** The own grids on the map with their buildings and stations, and where the phone is on it. */

/* global L */

import { CityMap } from "../map.js";
import { byId, make } from "../plan/page.js";
import { follow } from "../issues/here.js";
import { sign } from "../issues/position.js";
import { boundsOf, whereIs } from "./ground.js";

const MOST_SHOWN = 30;
const CLOSE_ZOOM = 18;
const HERE_ZOOM = 17;

/**
 * @typedef {import("./app.js").App} App
 * @typedef {import("./app.js").WorkBuilding} WorkBuilding
 * @typedef {import("../issues/here.js").Fix} Fix
 * @typedef {import("../issues/here.js").Obstacle} Obstacle
 */

/** The tab of the map. */
export class MapTab {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {CityMap | null} */
    this.map = null;
    /** @type {Fix | null} */
    this.fix = null;
    this.centred = false;
    /** @type {(() => void) | null} */
    this.stop = null;
    this.here = byId("here");
    this.card = byId("ground-card");
    this.things = byId("things");
    this.shown = "";
    app.on("area", () => this._draw());
    document.addEventListener("visibilitychange", () => this._watch());
    this._say();
    this._fit();
  }

  /** The map takes the room that the words above it leave. */
  _fit() {
    if (!("ResizeObserver" in window)) return;
    new ResizeObserver(() => {
      document.body.style.setProperty("--here", `${this.here.offsetHeight}px`);
      if (this.map && this.opened) this.map.leaflet.invalidateSize({ animate: false });
    }).observe(this.here);
  }

  open() {
    this.opened = true;
    if (!this.map) this._draw();
    else this.map.leaflet.invalidateSize({ animate: false });
    this._watch();
  }

  leave() {
    this.opened = false;
    this._watch();
  }

  /** Follow the phone while somebody looks. */
  _watch() {
    const wanted = this.opened && document.visibilityState === "visible" && this.app.area;
    if (wanted && !this.stop) {
      this.stop = follow({ found: (fix) => this._found(fix), failed: (why) => this._failed(why) });
    } else if (!wanted && this.stop) {
      this.stop();
      this.stop = null;
    }
  }

  /** @param {Fix} fix */
  _found(fix) {
    this.fix = fix;
    this.obstacle = null;
    this._say();
    this._mark();
  }

  /** @param {Obstacle} obstacle */
  _failed(obstacle) {
    // A fix that was had is not made worse by one that is late.
    if (this.fix && (obstacle === "timeout" || obstacle === "unavailable")) return;
    this.obstacle = obstacle;
    this._say();
  }

  _again() {
    if (this.stop) this.stop();
    this.stop = null;
    this.obstacle = null;
    this._say();
    this._watch();
  }

  /** Say where the phone is, or why that can't be said. */
  _say() {
    const { app } = this;
    this.here.textContent = "";
    this.here.className = "here";
    if (this.obstacle) this._sayObstacle(this.obstacle);
    else if (!this.fix || !app.area) this.here.append(make("p", { class: "soft" }, app.say("grid", "locating")));
    else this._sayPlace(this.fix);
  }

  /** @param {Fix} fix */
  _sayPlace(fix) {
    const { app } = this;
    const { grid, others, leaves, nearest } = whereIs(app.area ? app.area.grids : [], fix);
    const own = Boolean(grid && grid.own);
    this.here.classList.add(own ? "here--own" : "here--away");
    const words = grid
      ? app.say("grid", own ? "here" : "hereOther", { grid: app.name(grid) })
      : app.say("grid", "hereNone");
    const rough = app.say("grid", "accuracy", { metres: Math.ceil(fix.accuracyM) });
    const branch = grid && grid.branch ? app.name(grid.branch) : "";
    const away = nearest
      ? app.say("grid", "nearest", { grid: app.name(nearest.grid), metres: Math.round(nearest.metres) }) : "";
    this.here.append(
      make("div", { class: "here-said", role: "status" },
        make("p", { class: "here-grid" }, words),
        make("p", { class: "small soft" }, [away, branch, rough].filter(Boolean).join(" · "))),
      make("button", {
        type: "button", class: "button here-go", "aria-label": app.say("grid", "toMe"), title: app.say("grid", "toMe"),
        onclick: () => this._centre(),
      }, sign("M12 1.5v4M12 18.5v4M1.5 12h4M18.5 12h4M12 5.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z")),
    );
    const names = others.map((one) => app.name(one));
    const beyond = leaves && grid ? app.say("grid", "maybeOutside") : "";
    const told = names.length ? app.say("grid", "crossing", { grids: names.join(app.say("grid", "comma")) }) : beyond;
    if (told) this.here.append(make("p", { class: "here-near note note--caution small" }, told));
  }

  /** @param {Obstacle} obstacle */
  _sayObstacle(obstacle) {
    const { app } = this;
    const again = obstacle === "unavailable" || obstacle === "timeout" || obstacle === "denied";
    this.here.classList.add("here--none");
    this.here.append(
      make("p", { role: "alert" }, app.say("position", obstacle)),
      make("p", { class: "here-ways" },
        again && make("button", { type: "button", class: "button", onclick: () => this._again() }, app.say("position", "again")),
        make("button", { type: "button", class: "button", onclick: () => this.field && this.field.focus() }, app.say("grid", "findBuilding"))),
    );
  }

  /** Draw the phone with the circle that it is in. */
  _mark() {
    const { map, fix } = this;
    if (!map || !fix) return;
    const place = L.latLng(fix.lat, fix.lon);
    if (!this.dot) {
      const still = { interactive: false };
      this.circle = L.circle(place, Object.assign({ radius: fix.accuracyM, className: "here-circle" }, still));
      this.dot = L.circleMarker(place, Object.assign({ radius: 8, className: "here-dot" }, still));
      L.layerGroup([this.circle, this.dot]).addTo(map.leaflet);
    }
    this.circle.setLatLng(place).setRadius(fix.accuracyM);
    this.dot.setLatLng(place);
    if (!this.centred) this._centre();
  }

  _centre() {
    if (!this.map || !this.fix) return;
    this.centred = true;
    const near = whereIs(this.app.area ? this.app.area.grids : [], this.fix);
    // Far from the own grids the phone is no reason to leave them.
    if (!near.grid && (!near.nearest || near.nearest.metres > 2000)) return;
    this.map.leaflet.setView([this.fix.lat, this.fix.lon], Math.max(this.map.leaflet.getZoom(), HERE_ZOOM));
  }

  /** Draw the own grids, once they are known and the tab is open. */
  _draw() {
    const { app } = this;
    if (!app.area || !this.opened) return;
    if (!app.grids.length) {
      this.here.textContent = app.say("grid", "noGrid");
      return;
    }
    const drawn = JSON.stringify(app.area.grids.map(({ code, own }) => [code, own])) + app.area.version;
    if (drawn === this.shown) return;
    this.shown = drawn;
    if (this.map) this.map.leaflet.remove();
    this.dot = null;
    const host = byId("map");
    const fresh = /** @type {HTMLElement} */ (host.cloneNode(false));
    host.replaceWith(fresh);
    this.map = new CityMap(fresh, mapOptions(app));
    if (app.grids.length === 1) this.map.choose(app.grids[0].code);
    this._drawBuildings();
    this._addStations();
    this._list();
    this._say();
    this._mark();
    this._watch();
  }

  /** Own grids and buildings in lines of their own: they are there without tiles, too. */
  _drawBuildings() {
    const { app } = this;
    const { leaflet } = /** @type {CityMap} */ (this.map);
    const brush = L.canvas({ padding: 0.5 });
    for (const grid of app.grids) {
      L.polygon(grid.polygons.map(rings), {
        renderer: brush, color: colour("--map-selected"), weight: 3, fillOpacity: 0.04, interactive: false,
      }).addTo(leaflet);
    }
    for (const building of (app.area ? app.area.buildings : [])) {
      const drawn = L.polygon(building.polygons.map(rings), {
        renderer: brush, color: colour("--map-selected"), fillColor: colour("--map-building"), weight: 1, opacity: 0.55,
        fillOpacity: 0.3,
      });
      drawn.on("click", (/** @type {any} */ event) => {
        L.DomEvent.stopPropagation(event);
        this.show(building);
      });
      drawn.addTo(leaflet);
    }
    leaflet.on("click", () => this._hide());
  }

  _addStations() {
    const { app } = this;
    const stations = (app.area ? app.area.stations : []).map((one) => {
      const glyph = /** @type {HTMLTemplateElement} */ (byId(`glyph-${one.kind}`)).content.children[0];
      return Object.assign({}, one, {
        name: app.name(one), kindName: app.page.stationKinds[one.kind], glyph: /** @type {Element} */ (glyph.cloneNode(true)),
      });
    });
    /** @type {CityMap} */ (this.map).addStations(stations);
  }

  /** Buildings and stations in words, with a search. */
  _list() {
    const { app } = this;
    const soon = () => this._fill();
    this.field = make("input", { type: "search", id: "things-search", autocomplete: "off", placeholder: app.say("grid", "searchHint"), oninput: soon });
    this.found = make("ul", { class: "rows things-rows" });
    this.count = make("p", { class: "small soft", role: "status" });
    this.things.textContent = "";
    this.things.append(
      make("label", { class: "field", for: "things-search" }, make("span", null, app.say("grid", "things")), this.field),
      this.count, this.found,
    );
    this._fill();
  }

  _fill() {
    const { app } = this;
    const wanted = this.field.value.trim().toLowerCase();
    const area = /** @type {import("./app.js").Area} */ (app.area);
    const buildings = area.buildings.filter((one) => `${app.buildingName(one)} ${one.address} ${one.code}`.toLowerCase().includes(wanted));
    const stations = area.stations.filter((one) => `${app.name(one)} ${one.name} ${one.address}`.toLowerCase().includes(wanted));
    this.count.textContent = app.say("grid", "counts", { buildings: buildings.length, stations: stations.length });
    this.found.textContent = "";
    this.found.append(
      ...stations.slice(0, MOST_SHOWN).map((one) => this._row(app.name(one), one.address || app.page.stationKinds[one.kind], () => this._goTo(one.lon, one.lat))),
      ...buildings.slice(0, MOST_SHOWN).map((one) => this._row(app.buildingName(one), one.address, () => {
        this._goTo(one.lon, one.lat);
        this.show(one);
      })),
    );
    if (buildings.length > MOST_SHOWN) {
      this.found.append(make("li", { class: "soft small things-more" }, app.say("grid", "more", { count: buildings.length - MOST_SHOWN })));
    }
  }

  /** @param {string} name @param {string} more @param {() => void} go */
  _row(name, more, go) {
    return make("li", null, make("button", { type: "button", class: "found-row", onclick: go },
      make("span", { class: "found-name" }, name), make("span", { class: "found-more soft" }, more)));
  }

  /** @param {number} lon @param {number} lat */
  _goTo(lon, lat) {
    this.centred = true;
    if (this.map) this.map.leaflet.setView([lat, lon], CLOSE_ZOOM);
    byId("tab-map").scrollIntoView();
  }

  /** Tell of a building, and what can be done about it.
   * @param {WorkBuilding} building
   */
  show(building) {
    const { app } = this;
    const doors = building.units.reduce((sum, unit) => sum + unit.doors.length, 0);
    const go = (/** @type {string} */ label, /** @type {string} */ hash) => make("a", { class: "button", href: hash }, label);
    this.card.hidden = false;
    this.card.textContent = "";
    this.card.append(
      make("button", { type: "button", class: "icon-button ground-close", "aria-label": app.say("grid", "close"), onclick: () => this._hide() }, "×"),
      make("h2", null, app.buildingName(building)),
      make("p", { class: "small soft" }, [
        building.address, app.say("grid", "storeys", { count: building.storeys }),
        building.units.length ? app.say("grid", "units", { count: building.units.length }) : "",
        doors ? app.say("grid", "doors", { count: doors }) : "",
      ].filter(Boolean).join(" · ")),
      make("p", { class: "ground-ways" },
        go(app.say("grid", "reportHere"), `#report/${encodeURIComponent(building.code)}`),
        go(app.say("grid", "casesHere"), `#list/${encodeURIComponent(building.code)}`),
        doors ? go(app.say("grid", "homesHere"), `#homes/${encodeURIComponent(building.code)}`) : ""),
    );
  }

  _hide() {
    this.card.hidden = true;
  }
}

/** Rings of a polygon as Leaflet has them.
 * @param {number[][][]} polygon
 */
function rings(polygon) {
  return polygon.map((ring) => ring.map(([lon, lat]) => [lat, lon]));
}

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** What a map of the own grids is made with.
 * @param {App} app
 * @returns {import("../map.js").MapOptions & {city: string}}
 */
export function mapOptions(app) {
  const area = /** @type {import("./app.js").Area} */ (app.area);
  const home = area.jurisdictions[0];
  const source = (app.language.startsWith("en") && home.source_en) || home.source;
  return {
    city: home.slug,
    language: app.language,
    version: area.version,
    attribution: [home.synthetic ? app.say("app", "synthetic") : "", source, home.review_number || ""].filter(Boolean).join(" · "),
    bounds: boundsOf(app.grids),
    texts: { zoomIn: app.say("app", "zoomIn"), zoomOut: app.say("app", "zoomOut"), close: app.say("app", "close") },
  };
}
