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
  const fields = [...new FormData(filled)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(/** @type {[string, string][]} */ (fields));
  const address = `${filled.getAttribute("action")}?${query}`;
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
    window.history.replaceState(null, "", address);
  } catch (_) {
    if (turn === asked) window.location.assign(address);
    return;
  }
  if (turn === asked) cards.removeAttribute("aria-busy");
}

if (form) {
  form.addEventListener("change", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.name === "place") form.submit();
    else filter(form);
  });
}
