/** The parts of an open case: facts, place, clocks, who answers, photos, history. */

import { icon, make } from "../plan/page.js";
import { stateBadge } from "./list.js";

const WHOLE = 100;
const LEVELS = ["household", "unit", "building", "area"];

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").Case} Case
 * @typedef {import("./wire.js").Clock} Clock
 * @typedef {import("./wire.js").Happened} Happened
 * @typedef {import("./wire.js").Photo} Photo
 */

/** A part with its heading.
 * @param {string} title
 * @param {...(Node | string | null)} body
 */
export function part(title, ...body) {
  return make("section", { class: "case-part" }, make("h3", null, title), ...body);
}

/**
 * @param {[string, Node | string | null][]} rows
 */
function facts(rows) {
  return make("dl", { class: "facts" }, ...rows.filter(([, told]) => told).map(([name, told]) =>
    make("div", null, make("dt", null, name), make("dd", null, told))));
}

/** What was reported, when and by which way.
 * @param {Board} board
 * @param {Case} issue
 */
export function factsOf(board, issue) {
  const { duty, routing } = issue;
  const version = duty && duty.version ? board.say("version", { number: duty.version }) : "";
  return facts([
    [board.say("duty"), duty ? [board.nameOf(duty), version].filter(Boolean).join(" · ") : board.say("noDuty")],
    [board.say("department"), board.nameOf(routing.department) || "–"],
    [board.say("occurred"), board.moment(issue.occurred_at)],
    [board.say("received"), board.moment(issue.received_at)],
    [board.say("source"), board.say(`source_${issue.source}`)],
    [board.say("followers"), issue.followers ? board.number(issue.followers) : ""],
    [board.say("transfers"), issue.transfers ? board.number(issue.transfers) : ""],
  ]);
}

/** Where it is, which grid has it, and how sure that is.
 * @param {Board} board
 * @param {Case} issue
 * @param {(code: string) => void} show a grid on the map
 */
export function placeOf(board, issue, show) {
  const { routing } = issue;
  const { grid, current_grid: now, candidates, branch, distance_m: distance } = routing;
  const sure = routing.method === "none" || routing.method === "outside" ? "" : board.say(routing.confident ? "sure" : "unsure");
  const how = [board.say(`method_${routing.method}`), sure].filter(Boolean).join(" · ");
  const gridLink = (/** @type {{code: string, name: string, name_en: string}} */ one) => make(
    "span", null,
    make("button", { type: "button", class: "link-button", onclick: () => show(one.code) }, board.nameOf(one)),
    make("span", { class: "code soft" }, ` ${one.code}`),
  );
  const moved = grid && now && grid.code !== now.code;
  return make("div", null,
    facts([
      [board.say("grid"), now ? gridLink(now) : board.say("noGrid")],
      [board.say("reportedGrid"), moved && grid ? gridLink(grid) : ""],
      [board.say("routed"), how],
      [board.say("nearest"), !now && routing.nearest && distance !== null
        ? make("span", null, gridLink(routing.nearest), ` · ${board.metres(distance)}`) : ""],
      [board.say("branch"), branch ? make("span", null, board.nameOf(branch), branch.phone
        ? make("a", { href: `tel:${branch.phone}`, class: "figures tel" }, branch.phone) : "") : ""],
    ]),
    candidates.length > 1 ? candidatesOf(board, candidates, show) : null,
    ...issue.warnings.map((one) => make("p", { class: "note note--caution small" }, one.message)),
  );
}

/**
 * @param {Board} board
 * @param {{code: string, share: number}[]} candidates
 * @param {(code: string) => void} show
 */
function candidatesOf(board, candidates, show) {
  return make("ul", { class: "shares", "aria-label": board.say("candidates") }, ...candidates.map(({ code, share }) => make(
    "li", null,
    make("button", { type: "button", class: "link-button", onclick: () => show(code) }, board.gridName(code)),
    make("meter", { min: "0", max: "1", value: String(share), "aria-label": board.gridName(code) }),
    make("span", { class: "figures" }, board.percent(share)),
  )));
}

/** The stages as clocks.
 * @param {Board} board
 * @param {Clock[]} clocks
 */
export function clocksOf(board, clocks) {
  if (!clocks.length) return make("p", { class: "soft" }, board.say("noClocks"));
  return make("ol", { class: "clocks" }, ...clocks.map((one) => clockOf(board, one)));
}

/**
 * @param {Board} board
 * @param {Clock} one
 */
function clockOf(board, one) {
  const { state, due_at: due, started_at: started } = one;
  const begin = started ? Date.parse(started) : 0;
  const end = one.met_at || one.paused_at ? Date.parse(String(one.met_at || one.paused_at)) : Date.now();
  const used = started ? Math.min(1, (end - begin) / Math.max(1, Date.parse(due) - begin)) : 0;
  const runs = state === "running" || state === "overdue";
  const told = state === "met" || state === "missed"
    ? board.moment(String(one.met_at)) : runs ? board.remaining(due) : state === "forecast" ? board.moment(due) : "";
  const bar = make("span", { class: "clock-bar", "aria-hidden": "true" }, make("span", null));
  bar.firstChild.style.width = `${Math.round(used * WHOLE)}%`;
  return make(
    "li", { class: "clock", "data-clock": state },
    make("span", { class: "clock-stage" }, board.page.stages[one.stage] || one.stage),
    make("strong", { class: "clock-state" }, board.say(`clock_${state}`)),
    make("span", { class: "clock-told figures", "data-due": runs ? due : null }, told),
    bar,
    make("span", { class: "clock-due figures" }, board.say("until", { time: board.moment(due) }),
      one.extensions ? ` · ${board.say("extended", { count: one.extensions })}` : "",
      one.calendar_known ? "" : ` · ${board.say("calendarUnknown")}`),
  );
}

/** Who answers for the place, from the household to the area, and where nobody does.
 * @param {Board} board
 * @param {Case} issue
 * @param {string[]} gaps in words
 */
export function chainOf(board, issue, gaps) {
  const { responsible } = issue.routing;
  const missing = gaps.map((one) => make("p", { class: "note note--caution small gap" }, one));
  if (!responsible.length && !missing.length) return make("p", { class: "soft" }, board.say("nobodyAnswers"));
  const rows = LEVELS.map((level) => [level, responsible.filter((one) => one.level === level)]);
  return make("div", null, make("dl", { class: "facts" }, ...rows.filter(([, people]) => people.length).map(([level, people]) => make(
    "div", null, make("dt", null, board.say(`level_${level}`)),
    make("dd", null, ...(/** @type {any[]} */ (people)).map((one) => make(
      "span", { class: "person" }, one.name, make("span", { class: "soft" }, ` ${board.say(`role_${one.role}`)}`),
      one.phone ? make("a", { href: `tel:${one.phone}`, class: "figures tel" }, one.phone) : ""))),
  ))), ...missing);
}

/** Small pictures; a click makes them large.
 * @param {Board} board
 * @param {Photo[]} photos
 * @param {string} number of the case
 */
export function photosOf(board, photos, number) {
  return make("ul", { class: "thumbs" }, ...photos.map((photo, place) => make("li", null, make(
    "button", {
      type: "button", class: "thumb", "aria-label": board.say("enlarge", { number: photo.number }),
      onclick: () => enlarge(board, photos, place, number),
    }, make("img", { src: photo.url, alt: "", loading: "lazy" })))));
}

/**
 * @param {Board} board
 * @param {Photo[]} photos
 * @param {number} first
 * @param {string} number
 */
function enlarge(board, photos, first, number) {
  const dialog = make("dialog", { class: "light", "aria-label": board.say("photoOf", { number: photos[first].number, case: number }) });
  const image = make("img", { alt: "" });
  const told = make("p", { class: "light-told figures", "aria-live": "polite" });
  let at = first;
  const show = (/** @type {number} */ step) => {
    at = (at + step + photos.length) % photos.length;
    image.src = photos[at].url;
    image.alt = board.say("photoOf", { number: photos[at].number, case: number });
    told.textContent = `${at + 1} / ${photos.length}`;
  };
  const step = (/** @type {string} */ name, /** @type {string} */ sign, /** @type {number} */ by) => make(
    "button", { type: "button", class: `light-step light-step--${name}`, "aria-label": board.say(name), onclick: () => show(by) }, sign);
  dialog.append(
    image, told, ...(photos.length > 1 ? [step("before", "‹", -1), step("after", "›", 1)] : []),
    make("button", { type: "button", class: "light-close", "aria-label": board.say("close"), onclick: () => dialog.close() }, icon("close")));
  dialog.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) show(by);
    event.stopPropagation();
  });
  dialog.addEventListener("click", (/** @type {Event} */ event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show(0);
  dialog.showModal();
}

/** What happened, the latest first.
 * @param {Board} board
 * @param {Happened[]} history
 * @param {Photo[]} photos
 * @param {string} number
 */
export function historyOf(board, history, photos, number) {
  return make("ol", { class: "story", reversed: true }, ...history.slice().reverse().map((one) => {
    const own = one.sequence > 1 ? photos.filter(({ event }) => event === one.sequence) : [];
    const said = board.done(one.action) === board.page.states[one.to_state];
    const changed = one.from_state && one.from_state !== one.to_state && !said;
    return make(
      "li", { "data-action": one.action },
      make("p", { class: "story-head" }, make("strong", null, board.done(one.action)),
        changed ? make("span", { class: "story-state" }, "→ ", stateBadge(board, one.to_state)) : null),
      make("p", { class: "story-by soft small" }, `${board.actor(one.actor)} · `,
        make("time", { datetime: one.at, class: "figures" }, board.moment(one.at))),
      ...detailsOf(board, one).map((words) => make("p", { class: "small" }, words)),
      one.note ? make("p", { class: "story-note" }, one.note) : null,
      own.length ? photosOf(board, own, number) : null,
    );
  }));
}

/** What a step changed, in words.
 * @param {Board} board
 * @param {Happened} one
 * @returns {string[]}
 */
function detailsOf(board, { detail }) {
  /** @type {string[]} */
  const told = [];
  const change = (/** @type {string} */ name, /** @type {(code: string) => string} */ said) => {
    const [before, after] = [detail[`${name}_before`], detail[name]];
    if (after && before && before !== after) told.push(board.say("fromTo", { name: board.say(name), before: said(before), after: said(after) }));
    else if (after && before !== after) told.push(board.say("nowIs", { name: board.say(name), after: said(after) }));
  };
  change("grid", (code) => board.gridName(code));
  change("duty", (code) => board.nameOf(board.duties.get(code)) || code);
  change("department", (code) => board.nameOf(board.departments.get(code)) || code);
  if (detail.stage && detail.due_at) {
    const before = detail.due_before ? board.moment(detail.due_before) : "–";
    told.push(board.say("fromTo", { name: board.page.stages[detail.stage] || detail.stage, before, after: board.moment(detail.due_at) }));
  } else if (detail.stage) told.push(board.page.stages[detail.stage] || detail.stage);
  if (detail.escalated) told.push(board.say("becameStreets"));
  return told;
}
