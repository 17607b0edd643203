/** A station's page: where it is. */

import { PublicMap } from "./public_map.js";

const page = JSON.parse(/** @type {any} */ (document.getElementById("page-data")).textContent);
const map = new PublicMap(
  /** @type {HTMLElement} */ (document.getElementById("map")), page, () => undefined,
);
map.show({ stations: [page.station], way: "" }, null, false);
