/**
 * The slider of steps in time: first the whole, then step after step; by hand, keys, or itself.
 */

const PLAY_MS = 1100;

/** The slider of a sheet. */
export class Slider {
  /**
   * @param {HTMLElement} element
   * @param {Record<string, string>} words
   * @param {(step: number) => void} onStep
   */
  constructor(element, words, onStep) {
    this.element = element;
    this.words = words;
    this.onStep = onStep;
    this.range = /** @type {HTMLInputElement} */ (element.querySelector("input"));
    this.said = /** @type {HTMLElement} */ (element.querySelector("output"));
    this.player = /** @type {HTMLElement} */ (element.querySelector(".sheet-play"));
    /** @type {string[]} */
    this.names = [];
    this.timer = 0;
    this.range.addEventListener("input", () => this._go(Number(this.range.value)));
    this._on(".sheet-previous", () => this._go(this.step - 1));
    this._on(".sheet-next", () => this._go(this.step + 1));
    this._on(".sheet-play", () => (this.timer ? this.stop() : this._play()));
  }

  get step() {
    return Number(this.range.value);
  }

  /** Offer steps; with none, there is no slider.
   * @param {string[]} names the first one is the whole's
   * @param {number} step
   */
  offer(names, step) {
    this.names = names;
    this.range.max = String(Math.max(0, names.length - 1));
    this.element.hidden = names.length < 2;
    if (this.element.hidden) this.stop();
    this.set(step);
  }

  /**
   * @param {number} step
   */
  set(step) {
    this.range.value = String(step);
    const name = this.names[step] || "";
    this.range.setAttribute("aria-valuetext", name);
    this.said.textContent = name;
  }

  stop() {
    window.clearInterval(this.timer);
    this.timer = 0;
    this._tellPlayer(this.words.play, "M8 5v14l11-7z");
  }

  _play() {
    if (this.step + 1 >= this.names.length) this._move(0);
    this.timer = window.setInterval(() => {
      if (this.step + 1 < this.names.length) this._move(this.step + 1);
      if (this.step + 1 >= this.names.length) this.stop();
    }, PLAY_MS);
    this._tellPlayer(this.words.stop, "M7 5h3v14H7zM14 5h3v14h-3z");
  }

  /**
   * @param {string} told
   * @param {string} lines
   */
  _tellPlayer(told, lines) {
    this.player.title = told;
    this.player.setAttribute("aria-label", told);
    const path = this.player.querySelector("path");
    if (path) path.setAttribute("d", lines);
  }

  /** Go where somebody wants to: it doesn't go by itself any longer.
   * @param {number} step
   */
  _go(step) {
    this.stop();
    this._move(step);
  }

  /**
   * @param {number} step
   */
  _move(step) {
    const there = Math.max(0, Math.min(this.names.length - 1, step));
    this.set(there);
    this.onStep(there);
  }

  /**
   * @param {string} selector
   * @param {() => void} act
   */
  _on(selector, act) {
    const button = this.element.querySelector(selector);
    if (button) button.addEventListener("click", act);
  }
}
