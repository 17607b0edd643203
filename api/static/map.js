/**
 * The one map of every page: Leaflet with our own vector tiles, drawn on canvas.
 *
 * Colours and fonts are the stylesheet's tokens (`--map-…`), so that light, dark and a future theme
 * need no change here. Leaflet and protomaps-leaflet are loaded by the page before this module.
 */

/* global L, protomapsL */

/**
 * @typedef {[number, number, number, number]} Bounds west, south, east, north in degrees
 *
 * @typedef {object} Place a position with the code of its grid, empty where there is none
 * @property {number} lon
 * @property {number} lat
 * @property {string} code
 *
 * @typedef {object} MapTexts what the map says, in the reader's language
 * @property {string} zoomIn
 * @property {string} zoomOut
 * @property {string} close
 *
 * @typedef {object} MapOptions
 * @property {string} language tag of the language of labels, such as "zh-CN"
 * @property {string} version version of the map's data, part of every tile's address
 * @property {string} attribution who made the data, as plain text
 * @property {Bounds} bounds what the map shows at first
 * @property {Place | null} [place] what it shows at first instead, from near
 * @property {MapTexts} texts
 * @property {string[]} [without] sources of tiles that are not drawn, such as "grids"
 * @property {boolean} [unnamed] whether no names stand on it
 *
 * @typedef {object} Station
 * @property {string} kind "red_station" or "workstation"
 * @property {string} kindName
 * @property {string} name
 * @property {string} address
 * @property {number} lon
 * @property {number} lat
 * @property {Element} glyph
 *
 * @typedef {{minX: number, minY: number, maxX: number, maxY: number}} Box pixels of a zoom's canvas
 *
 * @typedef {-1 | 0 | 1 | 2} RoadClass from narrow ways to major roads
 *
 * @typedef {object} Feature a feature of a vector tile
 * @property {Record<string, string | number>} props
 */

const MAX_ZOOM = 19;
const MIN_ZOOM = 4;
const CLOSE_ZOOM = 16;
const FRAME_MAX_ZOOM = 17;
/** Frames are fitted to a quarter of a zoom, so that they fill the map. */
const ZOOM_STEP = 0.25;
const TILE_ZOOM = 16;
const STATION_ZOOM = 15;
/** From here on a grid's code stands under its name. */
const CODE_ZOOM = 17;
/** Tiles whose names keep clear of each other: more than a large screen shows. */
const LABELLED_TILES = 80;
const FRAME_PX = 8;
/** Room for a pin, the controls and the notes in the corners. */
const PIN_MARGIN_PX = 56;
const GLYPH_PX = 12;
/** Where a name may stand instead, in steps across and down; the nearest first. */
const DODGES = [
  [0, 0], [0, -1], [0, 1], [0, -2], [0, 2], [-1, 0], [1, 0], [-1, -1], [1, -1], [-1, 1], [1, 1],
  [-2, 0], [2, 0], [-1, -2], [1, -2], [-1, 2], [1, 2], [-2, -1], [2, -1], [-2, 1], [2, 1],
];
/** A name that dodged must not stand a second time when a neighbouring tile is laid out again. */
const NAME_ONCE_PX = 300;
const PIN_SIZE = 36;
const TARGET_SIZE = 44;
const SVG = "http://www.w3.org/2000/svg";

/** Kinds that data call things by, gathered by how they are drawn; others are drawn plainly. */
const MAJOR = ["motorway", "trunk", "primary"];
const MIDDLE = ["secondary", "tertiary", "bridge", "motorway_link", "trunk_link", "primary_link"];
const NARROW = [
  "alley", "path", "footway", "pedestrian", "steps", "service", "track", "cycleway", "bridleway",
  "corridor", "platform", "elevator",
];
const PARKS = ["park", "green", "garden", "scenic"];
const WOODS = ["wood", "forest", "hill"];
const FARMS = ["farmland", "orchard", "meadow"];
const PUBLIC = ["school", "kindergarten", "hospital", "government", "museum", "campus", "public"];
const TRADES = ["market", "commercial", "industry", "industrial", "station", "hotel", "square"];

/** Width of roads' surface at zoom 17, from narrow ways to major roads, in pixels. */
const ROAD_PX = { "-1": 2.6, "0": 6, "1": 11, "2": 16 };
const ROAD_GROWTH = 1.65;

/** Tokens of the stylesheet, read when they are needed.
 * @param {string} name
 */
export const token = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * @param {string} text
 */
function escaped(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML;
}

/** Class of a road, from the widest (2) to narrow ways (-1).
 * @param {Feature} feature
 * @returns {RoadClass}
 */
function roadClass(feature) {
  const kind = String(feature.props.kind);
  if (MAJOR.includes(kind)) return 2;
  if (MIDDLE.includes(kind)) return 1;
  return NARROW.includes(kind) ? -1 : 0;
}

/** Width of a class of roads' surface in pixels.
 * @param {RoadClass} one
 * @param {number} zoom
 */
export function roadWidth(one, zoom) {
  return Math.max(0.6, ROAD_PX[one] * Math.pow(ROAD_GROWTH, zoom - 17));
}

/**
 * @param {string[]} kinds
 * @returns {(zoom: number, feature: Feature) => boolean}
 */
const ofKind = (kinds) => (_zoom, feature) => kinds.includes(String(feature.props.kind));

/**
 * @param {string} layer
 * @param {string} colour
 * @param {object} [more]
 */
const area = (layer, colour, more) =>
  Object.assign(
    { dataLayer: layer, symbolizer: new protomapsL.PolygonSymbolizer({ fill: token(colour) }) },
    more,
  );

/**
 * @param {string} layer
 * @param {object} style
 * @param {object} [more]
 */
const line = (layer, style, more) =>
  Object.assign(
    {
      dataLayer: layer,
      symbolizer: new protomapsL.LineSymbolizer(
        Object.assign({ lineCap: "round", lineJoin: "round" }, style),
      ),
    },
    more,
  );

/** Rules for roads: every edge lies under every surface, and wider roads run over narrower ones.
 * @returns {object[]}
 */
function roadRules() {
  const classes = /** @type {RoadClass[]} */ ([-1, 0, 1, 2]);
  const ofClass = (/** @type {RoadClass} */ one) =>
    (/** @type {number} */ _zoom, /** @type {Feature} */ feature) => roadClass(feature) === one;
  const edges = classes.slice(1).map((one) =>
    line(
      "roads",
      {
        color: token(one === 2 ? "map-road-major-line" : "map-road-line"),
        width: (/** @type {number} */ zoom) => roadWidth(one, zoom) + (zoom < 14 ? 0.8 : 1.8),
      },
      { minzoom: 12, filter: ofClass(one) },
    ));
  const surfaces = classes.map((one) =>
    line(
      "roads",
      {
        color: token(one === 2 ? "map-road-major" : "map-road"),
        width: (/** @type {number} */ zoom) => roadWidth(one, zoom),
      },
      { filter: ofClass(one) },
    ));
  return edges.concat(surfaces);
}

/** Rules for land, water, buildings and roads. */
function groundRules() {
  const uses = /** @type {[string, string[]][]} */ ([
    ["map-park", PARKS], ["map-wood", WOODS], ["map-farm", FARMS],
    ["map-public", PUBLIC], ["map-trade", TRADES],
  ]);
  const coloured = (/** @type {string} */ layer) =>
    uses.map(([colour, kinds]) => area(layer, colour, { filter: ofKind(kinds) }));
  return [
    area("land", "map-block"),
    ...coloured("land"),
    area("compounds", "map-compound"),
    ...coloured("compounds"),
    area("water", "map-water"),
    ...roadRules(),
    {
      dataLayer: "buildings",
      minzoom: 15,
      symbolizer: new protomapsL.PolygonSymbolizer({
        fill: token("map-building"),
        stroke: token("map-building-line"),
        width: 0.7,
      }),
    },
  ];
}

/** Rules for boundaries; the chosen grid stands out by its fill and a wider line.
 * @param {() => string} chosen
 */
function boundaryRules(chosen) {
  const isChosen = (/** @type {number} */ _zoom, /** @type {Feature} */ feature) =>
    feature.props.code === chosen();
  const steady = protomapsL.linear([[11, 0.5], [14, 1.2], [18, 2.2]]);
  return [
    line("grids", { color: token("map-grid"), width: steady, opacity: 0.85 }, { dataSource: "grids" }),
    line(
      "communities",
      {
        color: token("map-community"),
        width: protomapsL.linear([[10, 2], [14, 6], [18, 10]]),
        opacity: 0.14,
      },
      { dataSource: "communities" },
    ),
    line(
      "communities",
      { color: token("map-community"), width: protomapsL.linear([[10, 0.8], [14, 1.8], [18, 2.6]]) },
      { dataSource: "communities" },
    ),
    {
      dataSource: "grids",
      dataLayer: "grids",
      filter: isChosen,
      symbolizer: new protomapsL.PolygonSymbolizer({ fill: token("map-selected"), opacity: 0.16 }),
    },
    line(
      "grids",
      { color: token("map-selected"), width: protomapsL.linear([[11, 2], [16, 4]]) },
      { dataSource: "grids", filter: isChosen },
    ),
  ];
}

/** Keeps the place of a station's marker, which lies above the canvas, free of names. */
const keepFree = {
  /** @param {{zoom: number}} layout @param {{x: number, y: number}[][]} geometry */
  place(layout, geometry) {
    const bboxes = [glyphBox(geometry[0][0], layout.zoom)];
    return [{ anchor: geometry[0][0], bboxes, draw: () => undefined }];
  },
};

/** Place of a station's marker on the canvas of a zoom.
 * @param {{x: number, y: number}} point
 * @param {number} zoom
 * @returns {Box}
 */
function glyphBox({ x, y }, zoom) {
  const half = zoom < STATION_ZOOM ? GLYPH_PX / 2 : GLYPH_PX;
  return { minX: x - half, minY: y - half, maxX: x + half, maxY: y + half };
}

/**
 * @param {Box} one
 * @param {Box} other
 */
const meet = (one, other) =>
  one.minX < other.maxX && other.minX < one.maxX && one.minY < other.maxY && other.minY < one.maxY;

/** Sets a name at its point, or a little beside it where something else stands there.
 *
 * Tiles are laid out one after the other, and a marker of a later one would put out a name that
 * reaches over to it; so names keep clear of all markers from the start.
 * @param {any} symbolizer
 * @param {number} step in pixels
 * @param {(zoom: number) => Box[]} markers
 */
const dodging = (symbolizer, step, markers) => ({
  /** @param {any} layout @param {any[][]} geometry @param {Feature} feature */
  place(layout, geometry, feature) {
    const point = geometry[0][0];
    const taken = markers(layout.zoom);
    for (const [across, down] of DODGES) {
      const there = point.clone();
      there.x += across * step;
      there.y += down * step;
      const placed = symbolizer.place(layout, [[there]], feature);
      if (!placed || layout.index.labelCollides(placed[0], layout.order)) continue;
      const boxes = /** @type {Box[]} */ (placed[0].bboxes);
      if (boxes.some((box) => taken.some((one) => meet(box, one)))) continue;
      const once = { deduplicationKey: feature.props.code, deduplicationDistance: NAME_ONCE_PX };
      return [Object.assign(placed[0], once)];
    }
    return undefined;
  },
});

/** Rules for names; an earlier rule wins the place.
 * @param {string} language
 * @param {(zoom: number) => Box[]} markers
 */
function labelRules(language, markers) {
  const family = token("font");
  const inEnglish = language.startsWith("en");
  const names = (/** @type {number} */ _zoom, /** @type {Feature} */ feature) =>
    inEnglish && feature.props.name_en ? ["name_en"] : ["name"];
  const written = (/** @type {object} */ style) =>
    Object.assign(
      { fontFamily: family, labelProps: names, maxLineChars: 30, stroke: token("map-halo"), width: 2.2 },
      style,
    );
  const centred = (/** @type {object} */ style) =>
    new protomapsL.Padding(2, new protomapsL.CenteredTextSymbolizer(written(style)));
  return [
    { dataSource: "stations", dataLayer: "stations", symbolizer: keepFree },
    {
      dataSource: "communities",
      dataLayer: "community_labels",
      maxzoom: 14,
      symbolizer: dodging(
        centred({
          fontSize: inEnglish ? 11.5 : 12.5, fontWeight: 700, fill: token("map-community"),
          lineHeight: 1.25, maxLineChars: 20,
        }), 14, markers,
      ),
    },
    {
      dataSource: "grids",
      dataLayer: "grid_labels",
      minzoom: 15,
      maxzoom: CODE_ZOOM - 1,
      symbolizer: dodging(
        centred({ fontSize: 12, fontWeight: 600, fill: token("map-grid-text") }), 12, markers,
      ),
    },
    {
      dataSource: "grids",
      dataLayer: "grid_labels",
      minzoom: CODE_ZOOM,
      symbolizer: dodging(
        new protomapsL.FlexSymbolizer([
          centred({ fontSize: 13, fontWeight: 700, fill: token("map-grid-text") }),
          centred({ fontSize: 11, fill: token("map-grid-text"), labelProps: ["code"] }),
        ]), 16, markers,
      ),
    },
    {
      dataLayer: "road_labels",
      minzoom: 15,
      filter: (/** @type {number} */ zoom, /** @type {Feature} */ feature) =>
        roadClass(feature) > 0 || zoom > 15,
      symbolizer: new protomapsL.LineLabelSymbolizer(
        written({ fontSize: 11, fill: token("map-text"), position: 2, repeatDistance: 500 }),
      ),
    },
    {
      dataLayer: "compound_labels",
      minzoom: 16,
      symbolizer: centred({ fontSize: 11.5, fill: token("map-text") }),
    },
    {
      dataLayer: "water_labels",
      minzoom: 13,
      symbolizer: centred({ fontSize: 12, fontStyle: "italic", fill: token("map-water-text") }),
    },
    {
      dataLayer: "building_labels",
      minzoom: 17,
      symbolizer: centred({ fontSize: 10.5, fill: token("map-text"), labelProps: ["name"] }),
    },
  ];
}

/** Where the tiles of a layer are.
 * @param {string} layer
 * @param {string} version
 */
const tilesOf = (layer, version) => ({
  url: `/tiles/${layer}/{z}/{x}/{y}.mvt?v=${version}`,
  maxDataZoom: TILE_ZOOM,
});

/** Surfaces whose colours would be taken for those of what is drawn over them. */
const USES = ["land", "compounds"];

/** Water, roads, buildings and their names alone, fewer of them, for what is drawn over them;
 * elsewhere it lets through, so that colours over it are those of the legend.
 * @param {string} language tag of the language of labels
 * @param {string} version version of the map's data
 */
export function groundLayer(language, version) {
  return protomapsL.leafletLayer({
    attribution: "",
    labelRules: labelRules(language, () => [])
      .filter((/** @type {{dataSource?: string}} */ rule) => !rule.dataSource)
      .map((/** @type {{minzoom?: number}} */ rule) =>
        Object.assign({}, rule, { minzoom: (rule.minzoom || 0) + 1 })),
    lang: language,
    maxZoom: MAX_ZOOM,
    paintRules: groundRules()
      .filter((/** @type {{dataLayer?: string}} */ rule) => !USES.includes(rule.dataLayer || "")),
    sources: { "": tilesOf("basemap", version) },
  });
}

/** A map in an element of the page. */
export class CityMap {
  /**
   * @param {HTMLElement} element
   * @param {MapOptions} options
   */
  constructor(element, options) {
    this.options = options;
    this.chosen = "";
    /** @type {Station[]} */
    this.stations = [];
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.leaflet = L.map(element, {
      attributionControl: false,
      fadeAnimation: !calm,
      markerZoomAnimation: !calm,
      maxZoom: MAX_ZOOM,
      minZoom: MIN_ZOOM,
      zoomAnimation: !calm,
      zoomControl: false,
      zoomSnap: ZOOM_STEP,
    });
    this._addControls();
    if (options.place) this.approach(options.place);
    else this.frame(options.bounds, false);
    this._draw();
    this._followTheme();
    this.leaflet.on("zoomend", () => this._markDistance());
    this._markDistance();
    element.appendChild(crosshair());
    this._followKeys(element);
  }

  /** Show an area.
   * @param {Bounds} bounds
   * @param {boolean} [moving] whether to glide there
   * @param {number} [marginPx] what stays free at each side
   */
  frame(bounds, moving = true, marginPx = FRAME_PX) {
    const [west, south, east, north] = bounds;
    this.leaflet.fitBounds([[south, west], [north, east]], {
      animate: moving, maxZoom: FRAME_MAX_ZOOM, padding: [marginPx, marginPx],
    });
  }

  /** Call back with the position of every click, and of Enter on the map's middle.
   * @param {(lon: number, lat: number) => void} listener
   */
  onAsk(listener) {
    this.leaflet.on("click", (/** @type {any} */ event) => {
      const place = event.latlng.wrap();
      listener(place.lng, place.lat);
    });
    const container = this.leaflet.getContainer();
    container.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.target !== container) return;
      const middle = this.leaflet.getCenter().wrap();
      listener(middle.lng, middle.lat);
    });
  }

  /** Let one grid stand out; an empty code lets none.
   * @param {string} code
   */
  choose(code) {
    if (this.chosen === code) return;
    this.chosen = code;
    this.tiles.rerenderTiles();
  }

  /** Put the pin on a position, with a circle of its accuracy, and bring it into view.
   * @param {number} lon
   * @param {number} lat
   * @param {number} [accuracyM] radius in metres; 0 draws no circle
   */
  pin(lon, lat, accuracyM = 0) {
    if (this.pinned) this.pinned.remove();
    this.pinned = L.layerGroup().addTo(this.leaflet);
    if (accuracyM > 0) {
      const colour = token("map-selected");
      L.circle([lat, lon], {
        radius: accuracyM, color: colour, weight: 1, fillOpacity: 0.08, interactive: false,
      }).addTo(this.pinned);
    }
    L.marker([lat, lon], { icon: pinIcon(), interactive: false, keyboard: false }).addTo(this.pinned);
  }

  /** Bring a place into view: near enough to tell grids apart, or with all of them when in none.
   * @param {Place} place
   */
  approach(place) {
    const { lon, lat, code } = place;
    if (code) {
      this.leaflet.setView([lat, lon], Math.max(this.leaflet.getZoom() || 0, CLOSE_ZOOM));
      return;
    }
    const [west, south, east, north] = this.options.bounds;
    this.frame([
      Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat),
    ], false, PIN_MARGIN_PX);
  }

  /** Put stations on the map, each with its own shape and name.
   * @param {Station[]} stations
   */
  addStations(stations) {
    this.stations = this.stations.concat(stations);
    for (const station of stations) {
      const icon = L.divIcon({
        className: "map-station", html: station.glyph, iconSize: [TARGET_SIZE, TARGET_SIZE],
      });
      const marker = L.marker([station.lat, station.lon], { icon, riseOnHover: true });
      marker.bindPopup(stationCard(station), { autoPanPadding: [16, 16] }).addTo(this.leaflet);
      const element = marker.getElement();
      if (element) element.setAttribute("aria-label", `${station.kindName} ${station.name}`);
    }
    this.leaflet.on("popupopen", (/** @type {any} */ event) => {
      const button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) button.setAttribute("aria-label", this.options.texts.close);
    });
  }

  _addControls() {
    const { texts, attribution } = this.options;
    L.control
      .zoom({ position: "topright", zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut })
      .addTo(this.leaflet);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.leaflet);
    L.control
      .attribution({ prefix: false, position: "bottomright" })
      .addAttribution(escaped(attribution))
      .addTo(this.leaflet);
  }

  /** Draw the tiles, in the colours of now. */
  _draw() {
    const { language, version, without = [], unnamed = false } = this.options;
    const shown = (/** @type {{dataSource?: string}} */ rule) =>
      !without.includes(rule.dataSource || "");
    if (this.tiles) this.tiles.remove();
    this.tiles = protomapsL.leafletLayer({
      attribution: "",
      backgroundColor: token("map-land"),
      labelRules: unnamed ? [] : labelRules(language, (zoom) => this._markerBoxes(zoom)).filter(shown),
      lang: language,
      maxZoom: MAX_ZOOM,
      paintRules: groundRules().concat(boundaryRules(() => this.chosen)).filter(shown),
      sources: Object.assign(
        { "": tilesOf("basemap", version) },
        ...["communities", "grids", "stations"].filter((name) => !without.includes(name))
          .map((name) => ({ [name]: tilesOf(name, version) })),
      ),
    });
    this.tiles.labelers.maxLabeledTiles = LABELLED_TILES;
    this.tiles.addTo(this.leaflet);
  }

  /** Places of the stations' markers on the canvas of a zoom.
   * @param {number} zoom
   * @returns {Box[]}
   */
  _markerBoxes(zoom) {
    return this.stations.map(({ lon, lat }) =>
      glyphBox(L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), zoom), zoom));
  }

  /** Show the crosshair to those who move the map by keys, and to nobody else.
   * @param {HTMLElement} element
   */
  _followKeys(element) {
    const byKeys = (/** @type {boolean} */ yes) => () => element.classList.toggle("map--keys", yes);
    element.addEventListener("keydown", byKeys(true));
    element.addEventListener("keyup", byKeys(true));
    element.addEventListener("pointerdown", byKeys(false));
  }

  _followTheme() {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    if (dark.addEventListener) dark.addEventListener("change", () => this._draw());
  }

  _markDistance() {
    const far = this.leaflet.getZoom() < STATION_ZOOM;
    this.leaflet.getContainer().classList.toggle("map--far", far);
  }
}

function crosshair() {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "map-crosshair");
  drawing.setAttribute("viewBox", "0 0 36 36");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M18 2v12M18 22v12M2 18h12M22 18h12");
  drawing.appendChild(path);
  return drawing;
}

function pinIcon() {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 36 36");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", "map-pin");
  path.setAttribute("d", "M18 34c-1-7-11-11-11-20a11 11 0 0 1 22 0c0 9-10 13-11 20zM18 10a4 4 0 1 0 0 8 4 4 0 0 0 0-8z");
  path.setAttribute("fill-rule", "evenodd");
  drawing.appendChild(path);
  return L.divIcon({
    className: "", html: drawing, iconSize: [PIN_SIZE, PIN_SIZE], iconAnchor: [PIN_SIZE / 2, PIN_SIZE - 2],
  });
}

/** What a station's popup says.
 * @param {Station} station
 */
function stationCard(station) {
  const card = document.createElement("div");
  const parts = /** @type {[string, string][]} */ ([
    ["strong", station.name], ["p", station.kindName], ["p", station.address],
  ]);
  for (const [tag, text] of parts) {
    if (!text) continue;
    const part = document.createElement(tag);
    part.textContent = text;
    card.appendChild(part);
  }
  return card;
}
