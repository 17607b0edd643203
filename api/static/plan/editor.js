/** The planner's page: puts the draft, the map, the tools and the panels together.
 *
 * The page (`plan.html`) has these elements; whatever is marked "filled here" is empty in it:
 *
 * #page-data     JSON: {id, account: number | null, may: string[], follow: string, language, version,
 *                attribution, bounds, texts: {…CityMap's, plan: {key: text}}}; `texts.plan` holds the
 *                texts of the engine (`EDITOR` in api/plan_texts.py), other modules have their own
 * #map           the map, `role="application"`, with `aria-describedby="map-help"`
 * #plan-tools    toolbar beside the map, filled here (`role="toolbar"`)
 * #plan-options  what the tool in use can be told: brush, unit, limits; filled here
 * #plan-choice   which grid is being painted: its code, name and numbers; filled here
 * #plan-status   whether all edits are with the server; filled here (`role="status"`)
 * #plan-announce heard by screen readers: what an edit did (`class="visually-hidden" aria-live="polite"`)
 * #plan-message  refusals and hints over the map (`role="alert" hidden`)
 * #plan-undo, #plan-redo   buttons
 * #plan-sheet-open         button that opens the sheet of keys, which is made here
 *
 * Panels are modules of their own. They import `ready` and get an Editor when the draft is there:
 *
 *     import { ready } from "./editor.js";
 *     ready.then(({ store, page, goTo, select, selected, announce }) => { … });
 */

/**
 * @typedef {object} Editor
 * @property {import("./store.js").PlanStore} store
 * @property {any} page what `#page-data` holds
 * @property {import("../map.js").CityMap} map
 * @property {(box: import("./geometry.js").Box | null) => void} goTo show a box in degrees
 * @property {(grid: string) => void} select choose the grid that is painted
 * @property {() => string} selected key of that grid; empty for none
 * @property {(listener: (grid: string) => void) => void} onSelect
 * @property {(text: string) => void} announce let screen readers say it
 */
