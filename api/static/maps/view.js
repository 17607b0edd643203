/**
 * Where a sheet is looked at: kept in the page's address, `#zoom/lat/lon/layer/step`, so that a
 * link brings it back; the layer is remembered for the next visit, too.
 */

/**
 * @typedef {object} View
 * @property {number} zoom
 * @property {number} lat
 * @property {number} lon
 * @property {string} layer key; empty where the address names none
 * @property {number} step
 */

const DECIMALS = 5;
const PREFIX = "hongge.map.layer:";

/** Read the page's address.
 * @param {string} hash
 * @returns {View | null} nothing where the address says nothing of the kind
 */
export function readView(hash) {
  const parts = hash.replace(/^#/, "").split("/");
  const [zoom, lat, lon] = parts.slice(0, 3).map(Number);
  if (parts.length < 3 || ![zoom, lat, lon].every(Number.isFinite)) return null;
  if (Math.abs(lat) > 90 || Math.abs(lon) > 360) return null;
  return { zoom, lat, lon, layer: unescaped(parts[3] || ""), step: Number(parts[4]) || 0 };
}

/** Write what is seen as a page's address.
 * @param {View} view
 */
export function viewHash({ zoom, lat, lon, layer, step }) {
  const place = `${+zoom.toFixed(2)}/${lat.toFixed(DECIMALS)}/${lon.toFixed(DECIMALS)}`;
  const shown = layer || step ? `/${encodeURIComponent(layer)}` : "";
  return `#${place}${shown}${step ? `/${step}` : ""}`;
}

/** Put what is seen into the address of the page, and into links that keep it.
 * @param {string} hash
 */
export function keepView(hash) {
  try {
    window.history.replaceState(window.history.state, "", hash);
  } catch (_) {
    // A browser may refuse to change addresses this often: the next change will do.
  }
  const kept = /** @type {NodeListOf<HTMLAnchorElement>} */ (
    document.querySelectorAll("a[hreflang], a[data-view]"));
  kept.forEach((link) => { link.hash = hash; });
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (
    document.querySelectorAll(".sheet-tools form"));
  forms.forEach((form) => {
    form.setAttribute("action", (form.getAttribute("action") || "").split("#")[0] + hash);
  });
}

/** The layer that was shown last on pages of this address. */
export function rememberedLayer() {
  try {
    return window.localStorage.getItem(PREFIX + window.location.pathname) || "";
  } catch (_) {
    return "";
  }
}

/**
 * @param {string} key
 */
export function rememberLayer(key) {
  try {
    window.localStorage.setItem(PREFIX + window.location.pathname, key);
  } catch (_) {
    // Where nothing may be stored, nothing is remembered.
  }
}

/**
 * @param {string} text
 */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch (_) {
    return "";
  }
}
