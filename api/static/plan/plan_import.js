/** The page for importing a plan: sends the file, and shows what comes of it. */

import { byId, fill, make, readPage } from "./page.js";
import { Refused, ask, newKey } from "./wire.js";

const MEGABYTE = 1000000;
/** Rows of a table that are shown at once; the rest stays behind a button. */
const FIRST_ROWS = 50;

const page = /** @type {any} */ (readPage());
/** @type {Record<string, string>} */
const texts = page.texts;
const form = /** @type {HTMLFormElement} */ (byId("plan-import"));
const message = byId("plan-import-message");
const result = byId("plan-import-result");
const figures = new Intl.NumberFormat(page.language);

/** What was sent last, and its key: the same again is not imported twice. */
const last = { told: "", key: newKey() };

/** The content of a file in base64.
 * @param {File} file
 * @returns {Promise<string>}
 */
function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,?/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** What the form says, ready to be sent.
 * @param {boolean} dryRun
 */
async function told(dryRun) {
  const fields = new FormData(form);
  const file = /** @type {File} */ (fields.get("file"));
  if (file.size > page.most_mb * MEGABYTE) {
    throw new Error(fill(texts.tooLarge, { most: page.most_mb }));
  }
  const body = {
    jurisdiction: page.jurisdiction,
    from: fields.get("from"),
    name: fields.get("name"),
    file_name: file.name,
    content_base64: await encoded(file),
    layer: fields.get("layer") || null,
    id_column: fields.get("id_column") || null,
    block_column: fields.get("block_column") || null,
    datum: fields.get("datum") || null,
    how: fields.get("how"),
    tolerance_m: Number(fields.get("tolerance_m")),
    repair: fields.get("repair") !== null,
  };
  const said = JSON.stringify(body);
  if (said !== last.told) Object.assign(last, { told: said, key: newKey() });
  return { ...body, key: last.key, dry_run: dryRun };
}

/** A table; rows beyond the first come when they are asked for.
 * @param {string} caption
 * @param {string[]} heads
 * @param {(string | number)[][]} rows
 */
function table(caption, heads, rows) {
  const body = make("tbody", null);
  /** @param {(string | number)[][]} some */
  const add = (some) => {
    for (const row of some) {
      const cells = row.map((one) =>
        make("td", { class: typeof one === "number" ? "figures" : null }, typeof one === "number" ? figures.format(one) : one),
      );
      body.append(make("tr", null, ...cells));
    }
  };
  add(rows.slice(0, FIRST_ROWS));
  const rest = rows.slice(FIRST_ROWS);
  const more = make("button", { class: "button", type: "button" }, `+ ${figures.format(rest.length)}`);
  more.addEventListener("click", () => {
    add(rest);
    more.remove();
  });
  return make(
    "section",
    null,
    make("h2", null, caption),
    make(
      "div",
      { class: "plan-import-scroll", tabindex: "0", role: "region", "aria-label": caption },
      make(
        "table",
        { class: "plan-import-table" },
        make("thead", null, make("tr", null, ...heads.map((head) => make("th", { scope: "col" }, head)))),
        body,
      ),
    ),
    rest.length ? more : null,
  );
}

/** @param {any[]} rows */
function refusedTable(rows) {
  const told = rows.map((one) => [one.row === null ? "–" : String(one.row), one.field || "–", one.text]);
  return table(fill(texts.refused, { count: figures.format(rows.length) }), [texts.row, texts.field, texts.problem], told);
}

/** @param {string} caption @param {any[]} rows */
function repairTable(caption, rows) {
  return table(
    caption,
    [texts.grid, texts.areaBefore, texts.areaAfter, texts.areaChanged, texts.pieces],
    rows.map((one) => [one.grid, one.before_m2, one.after_m2, one.changed_m2, one.pieces]),
  );
}

/** @param {any} differences @returns {(Node | null)[]} */
function differenceParts(differences) {
  /** @param {string} change @param {any} one */
  const row = (change, one) => [
    change,
    one.code,
    one.name_before ? fill(texts.renamed, { name: one.name, before: one.name_before }) : one.name,
    one.households_before,
    one.households_after,
    `+${one.blocks_gained} −${one.blocks_lost}`,
  ];
  const rows = [
    ...differences.added.map((/** @type {any} */ one) => row(texts.added, one)),
    ...differences.gone.map((/** @type {any} */ one) => row(texts.gone, one)),
    ...differences.changed.map((/** @type {any} */ one) => row(texts.changed, one)),
  ];
  const label = String(new FormData(form).get("from"));
  const caption = fill(texts.differences, { label });
  const heads = [texts.change, texts.code, texts.name, texts.before, texts.after, texts.blocks];
  return [
    rows.length ? table(caption, heads, rows) : make("section", null, make("h2", null, caption), make("p", null, texts.same)),
    make("ul", { class: "plan-import-facts" }, ...facts(differences).map((one) => make("li", null, one))),
    differences.moved.length ? movedTable(differences.moved) : null,
  ];
}

/** @param {any} differences @returns {string[]} */
function facts(differences) {
  /** @param {number} number */
  const shown = (number) => figures.format(number);
  const said = [
    fill(texts.summary, {
      blocks: shown(differences.moved_blocks),
      households: shown(differences.moved_households),
      same: shown(differences.same),
    }),
  ];
  if (differences.cut_blocks) said.push(fill(texts.cut, { count: shown(differences.cut_blocks) }));
  if (differences.unassigned_blocks) {
    said.push(
      fill(texts.unassigned, {
        blocks: shown(differences.unassigned_blocks),
        households: shown(differences.unassigned_households),
      }),
    );
  }
  if (differences.untouched.length) {
    said.push(fill(texts.untouched, { codes: differences.untouched.join(", ") }));
  }
  return said;
}

/** @param {any[]} moved */
function movedTable(moved) {
  return table(
    texts.moved,
    [texts.block, texts.from, texts.to, texts.households],
    moved.map((one) => [one.cell, one.from || texts.nobody, one.to || texts.nobody, one.households]),
  );
}

/** Show what came of it.
 * @param {any} answer
 */
function show(answer) {
  const parts = [
    answer.draft
      ? make(
          "p",
          { class: "note" },
          texts.made,
          " ",
          make("a", { class: "button button--primary", href: `/plan/${answer.draft}` }, texts.open),
        )
      : null,
    answer.refused.length ? refusedTable(answer.refused) : null,
    answer.remarks.length
      ? make(
          "section",
          null,
          make("h2", null, texts.remarks),
          make("ul", null, ...answer.remarks.map((/** @type {string} */ one) => make("li", null, one))),
        )
      : null,
    answer.found.length
      ? table(
          texts.found,
          [texts.problem, ""],
          answer.found.map((/** @type {any} */ one) => [one.text, fill(texts.area, { area: figures.format(one.area_m2) })]),
        )
      : null,
    answer.repaired.length ? repairTable(texts.repaired, answer.repaired) : null,
    answer.repairable.length ? repairTable(texts.repairable, answer.repairable) : null,
    ...(answer.differences ? differenceParts(answer.differences) : []),
  ];
  result.replaceChildren(...parts.filter((one) => one !== null));
}

/** Say why it came to nothing.
 * @param {unknown} failure
 */
function refuse(failure) {
  if (failure instanceof Refused) {
    const told = /** @type {any} */ (failure.problem);
    message.textContent = failure.message || texts.failed;
    if (told.refused) show({ draft: null, differences: null, ...told });
  } else {
    message.textContent = failure instanceof TypeError ? texts.noConnection : String(failure instanceof Error ? failure.message : texts.failed);
  }
  message.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (event.submitter || form.querySelector("[type=submit]"));
  const buttons = [...form.querySelectorAll("button")];
  message.hidden = true;
  result.replaceChildren(make("p", { class: "soft" }, texts.reading));
  for (const one of buttons) one.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await ask("POST", page.url, await told(button.name === "dry"));
    show(answer);
  } catch (failure) {
    result.replaceChildren();
    refuse(failure);
  } finally {
    for (const one of buttons) one.disabled = false;
    button.removeAttribute("aria-busy");
  }
});
