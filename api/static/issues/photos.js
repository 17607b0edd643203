/** Photos of a report: taken or chosen, made small on the device, shown, taken away again.
 *
 * What is sent is drawn anew, so that nothing the camera wrote into the file goes along: neither
 * where it was nor whose it is. It stands as the camera was held.
 */

import { fill, make } from "../plan/page.js";

const LONGEST_PX = 1600;
const QUALITY = 0.82;
const MEDIA_TYPE = "image/jpeg";

/**
 * @typedef {object} Photo
 * @property {Blob} blob JPEG
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} PhotoOptions
 * @property {Record<string, string>} texts
 * @property {number} most
 * @property {(photos: Photo[]) => void} onChange
 * @property {string} [id] of the input, where a page has several
 */

/** A button for photos and what was chosen by it. */
export class PhotoPicker {
  /**
   * @param {HTMLElement} host
   * @param {PhotoOptions} options
   */
  constructor(host, options) {
    this.options = options;
    /** @type {Photo[]} */
    this.photos = [];
    const { texts, id = "photo-input" } = options;
    this.input = make("input", {
      type: "file", accept: "image/*", multiple: true, id, class: "visually-hidden",
      onchange: () => this._take(),
    });
    this.label = make(
      "label", { class: "button photo-add", for: id }, texts.add,
    );
    this.list = make("ul", { class: "photo-list" });
    this.status = make("p", { class: "small soft", role: "status" });
    host.classList.add("photo-picker");
    host.append(this.list, this.input, this.label, this.status);
    this._show();
  }

  /** Show photos that were kept.
   * @param {Photo[]} photos
   */
  restore(photos) {
    this.photos = photos.slice(0, this.options.most);
    this._show();
  }

  async _take() {
    const files = /** @type {File[]} */ (Array.from(this.input.files || []));
    this.input.value = "";
    const { texts, most } = this.options;
    const room = files.slice(0, Math.max(0, most - this.photos.length));
    let unread = 0;
    this.status.textContent = texts.working;
    for (const file of room) {
      try {
        this.photos = this.photos.concat(await shrink(file));
      } catch {
        unread += 1;
      }
    }
    this._show();
    const told = [];
    if (unread) told.push(fill(texts.unread, { count: unread }));
    if (room.length < files.length) told.push(fill(texts.tooMany, { most }));
    if (told.length) this.status.textContent = told.join(" ");
    this.options.onChange(this.photos);
  }

  /** @param {Photo} photo */
  _remove(photo) {
    this.photos = this.photos.filter((one) => one !== photo);
    this._show();
    this.input.focus();
    this.options.onChange(this.photos);
  }

  _show() {
    const { texts, most } = this.options;
    this.list.textContent = "";
    this.list.append(...this.photos.map((photo, place) => this._thumb(photo, place + 1)));
    this.list.hidden = !this.photos.length;
    const full = this.photos.length >= most;
    this.input.disabled = full;
    this.label.hidden = full;
    this.status.textContent = this.photos.length
      ? fill(texts.count, { count: this.photos.length, most, size: sizeOf(this.photos) })
      : "";
  }

  /**
   * @param {Photo} photo
   * @param {number} number
   */
  _thumb(photo, number) {
    const { texts } = this.options;
    const canvas = make("canvas", { role: "img", "aria-label": fill(texts.photo, { number }) });
    draw(photo.blob, canvas, 240).catch(() => undefined);
    return make(
      "li", null, canvas,
      make("button", {
        type: "button", class: "photo-remove", "aria-label": fill(texts.remove, { number }),
        title: fill(texts.remove, { number }), onclick: () => this._remove(photo),
      }, "×"),
    );
  }
}

/** Make a photo small enough to send, upright, without what the camera wrote into it.
 * @param {Blob} file
 * @returns {Promise<Photo>}
 * @throws {Error} when it is no picture that this device can read
 */
export async function shrink(file) {
  const canvas = document.createElement("canvas");
  await draw(file, canvas, LONGEST_PX);
  const { width, height } = canvas;
  /** @type {Blob | null} */
  const blob = await new Promise((done) => { canvas.toBlob(done, MEDIA_TYPE, QUALITY); });
  if (!blob) throw new Error("the canvas gives no picture");
  return { blob, width, height };
}

/** A photo as the server takes it.
 * @param {Photo} photo
 * @returns {Promise<{media_type: string, content_base64: string}>}
 */
export async function encoded({ blob }) {
  const url = await dataUrl(blob);
  return { media_type: MEDIA_TYPE, content_base64: url.slice(url.indexOf(",") + 1) };
}

/**
 * @param {Blob} blob
 * @param {HTMLCanvasElement} canvas
 * @param {number} longestPx
 */
async function draw(blob, canvas, longestPx) {
  const picture = await pictureOf(blob);
  const share = Math.min(1, longestPx / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * share));
  canvas.height = Math.max(1, Math.round(picture.height * share));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if ("close" in picture) picture.close();
}

/** A picture that stands as the camera was held.
 * @param {Blob} blob
 * @returns {Promise<ImageBitmap | HTMLImageElement>}
 */
async function pictureOf(blob) {
  if (typeof createImageBitmap === "function") {
    try {
      return await createImageBitmap(blob, { imageOrientation: "from-image" });
    } catch {
      // Older browsers know no such option, and read the file as an image.
    }
  }
  const image = new Image();
  const url = await dataUrl(blob);
  await new Promise((done, failed) => {
    image.onload = done;
    image.onerror = failed;
    image.src = url;
  });
  return image;
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
function dataUrl(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** How much photos are together, in megabytes.
 * @param {Photo[]} photos
 */
function sizeOf(photos) {
  const bytes = photos.reduce((sum, { blob }) => sum + blob.size, 0);
  return (bytes / 1e6).toFixed(1);
}
