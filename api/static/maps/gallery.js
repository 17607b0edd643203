/**
 * The gallery's filters: what is chosen is shown at once, and kept in the page's address, so that
 * a link to it shows the same. Without scripts the form's button does it.
 */

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("filters"));
let asked = 0;

/** Show the maps as they are filtered now.
 * @param {HTMLFormElement} filled
 */
async function filter(filled) {
  const turn = (asked += 1);
  const address = addressOf(filled);
  const cards = document.getElementById("cards");
  if (!cards) return;
  cards.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asked) return;
    const found = page.getElementById("cards");
    if (!found) throw new Error("cards");
    cards.replaceChildren(...found.childNodes);
    takeLinks(page);
    window.history.replaceState(null, "", address);
    tell();
  } catch (_) {
    if (turn === asked) window.location.assign(address);
    return;
  }
  if (turn === asked) cards.removeAttribute("aria-busy");
}

/** The address that asks for what a form says, without the fields that say nothing.
 * @param {HTMLFormElement} filled
 */
function addressOf(filled) {
  const fields = [...new FormData(filled)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(/** @type {[string, string][]} */ (fields));
  return `${filled.getAttribute("action")}?${query}`;
}

/** Let the header's links to other languages and to sign in lead back to what is shown.
 * @param {Document} page as it is filtered
 */
function takeLinks(page) {
  const links = ".header a[hreflang], .header a[rel=nofollow]";
  const fresh = page.querySelectorAll(links);
  document.querySelectorAll(links).forEach((link, row) => {
    const address = fresh[row] && fresh[row].getAttribute("href");
    if (address) link.setAttribute("href", address);
  });
}

function tell() {
  const status = document.getElementById("mg-status");
  if (status) status.textContent = status.dataset.told || "";
}

if (form) {
  form.addEventListener("change", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (!form.checkValidity()) return;
    if (field.name === "place") window.location.assign(addressOf(form));
    else filter(form);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter(form);
  });
}
