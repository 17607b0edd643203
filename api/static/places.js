/** The names of places in the header, where there are more than fit. */

/** Scroll the row of places, and nothing else, so that the current one is in the middle of it. */
export function showCurrentPlace() {
  const row = document.querySelector(".header .places");
  const current = row && row.querySelector("[aria-current]");
  if (!row || !current) return;
  const [around, inside] = [row.getBoundingClientRect(), current.getBoundingClientRect()];
  row.scrollLeft += inside.left + inside.width / 2 - (around.left + around.width / 2);
}
