/** What the editor's modules share: what the page brings, texts with values, making elements. */

/**
 * @typedef {object} PlanPage what the page's JSON block holds
 * @property {{id: string, name: string, url: string}} plan
 * @property {{id: number, name: string} | null} me
 * @property {string | null} secret of the link by which the draft is read, without an account
 * @property {string} city slug of the jurisdiction
 * @property {string} language tag, such as "zh-CN"
 * @property {string} timeZone
 * @property {string} nextMonth first day of the next month, "2027-01-01"
 * @property {boolean} mayEdit
 * @property {[number, number, number, number]} bounds
 * @property {string} version
 * @property {string} attribution
 * @property {Record<string, Record<string, string>>} texts by module
 */

/** What the page's JSON block holds.
 * @returns {PlanPage}
 */
export function readPage() {
  const block = document.getElementById("page-data");
  return JSON.parse((block && block.textContent) || "{}");
}

/** Put values into the places of a text, such as "%(count)s blocks".
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function fill(text, values = {}) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/** Make an element with attributes and children; "on…" keys are listeners.
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") made.append(child);
  return made;
}

/** A sign from the page's template of icons.
 * @param {string} name
 * @returns {Node}
 */
export function icon(name) {
  const all = /** @type {HTMLTemplateElement} */ (byId("icons"));
  const found = all.content.querySelector(`[data-icon="${name}"] svg`);
  return found ? found.cloneNode(true) : document.createTextNode("");
}
