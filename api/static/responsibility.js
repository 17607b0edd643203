/** Who answers for a place: the map on which a place is chosen. */

import { CityMap } from "./map.js";

const DECIMALS = 6;
const element = document.getElementById("map");
const data = document.getElementById("page-data");

if (element && data) {
  const page = JSON.parse(data.textContent || "{}");
  const map = new CityMap(element, Object.assign({}, page, { place: page.place }));
  if (page.place) map.pin(page.place.lon, page.place.lat, 0);
  map.onAsk((lon, lat) => {
    const asked = new URLSearchParams({
      lon: lon.toFixed(DECIMALS), lat: lat.toFixed(DECIMALS), place: page.city,
    });
    location.assign(`/responsibility?${asked}#who-title`);
  });
}
