/** The case that stays: one of those near by, found by its number, or one of those that are chosen. */

import { make } from "../plan/page.js";
import { ask } from "../plan/wire.js";
import { stateBadge } from "./list.js";
import { readNear } from "./wire.js";

const SEARCH_MS = 300;
const MOST = 8;

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./wire.js").Summary} Summary
 */

/** Cases to choose one from. */
export class DuplicateField {
  /**
   * @param {Board} board
   * @param {Summary[]} issues that are to be merged: of many, one of them stays
   */
  constructor(board, issues) {
    this.board = board;
    this.issues = issues;
    this.value = "";
    this.list = make("div", { class: "near-list" });
    this.search = make("input", { type: "search", placeholder: board.say("numberOrWords"), autocomplete: "off" });
    this.element = make(
      "fieldset", { class: "choices" }, make("legend", null, board.say("duplicate_of")), this.list,
      issues.length === 1 ? make("label", { class: "field" }, make("span", null, board.say("findCase")), this.search) : null,
    );
    let timer = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => this._find(), SEARCH_MS);
    });
    if (issues.length > 1) this._show(issues.map((one) => Object.assign({ distance_m: null }, one)));
    else this._near();
  }

  focus() {
    const first = this.list.querySelector("input") || this.search;
    first.focus();
  }

  async _near() {
    const { issues } = await readNear(this.issues[0]).catch(() => ({ issues: [] }));
    if (!this.search.value) this._show(issues, "noneNear");
    const field = this.element.contains(document.activeElement) || document.activeElement === document.body;
    if (field && issues.length) this.focus();
  }

  async _find() {
    const words = this.search.value.trim();
    if (!words) {
      this._near();
      return;
    }
    const asked = new URLSearchParams({ q: words, jurisdiction: this.issues[0].jurisdiction, limit: String(MOST) });
    const told = await ask("GET", `/api/v1/issues?${asked}`).catch(() => ({ issues: [] }));
    const others = told.issues.filter((/** @type {Summary} */ one) => one.id !== this.issues[0].id && one.state !== "duplicate");
    this._show(others.map((/** @type {Summary} */ one) => Object.assign({ distance_m: null }, one)), "nothingFits");
  }

  /**
   * @param {{id: string, number: string, state: string, text: string | null, distance_m: number | null}[]} issues
   * @param {string} [none]
   */
  _show(issues, none = "noneNear") {
    const { board } = this;
    this.value = "";
    this.list.replaceChildren(...issues.map((one) => {
      const radio = make("input", { type: "radio", name: "duplicate_of", value: one.id });
      radio.addEventListener("change", () => {
        this.value = one.id;
      });
      return make("label", { class: "near" }, radio, make(
        "span", { class: "near-told" },
        make("span", { class: "near-head" }, make("strong", { class: "figures" }, one.number), stateBadge(board, one.state),
          one.distance_m === null ? null : make("span", { class: "soft figures" }, board.metres(one.distance_m))),
        make("span", { class: "near-words" }, one.text || board.say("withheld"))));
    }));
    if (!issues.length) this.list.append(make("p", { class: "soft small" }, board.say(none)));
  }
}
