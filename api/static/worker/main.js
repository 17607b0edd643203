/** The worker's page: its tabs, the state of the network, what the phone can't do, and its keeping. */

import { byId, make } from "../plan/page.js";
import { App } from "./app.js";
import { DraftsTab } from "./drafts_tab.js";
import { boundsOf, tilesOver } from "./ground.js";
import { HomesTab } from "./homes_tab.js";
import { ListTab } from "./list_tab.js";
import { MapTab } from "./map_tab.js";
import { ReportTab } from "./report_tab.js";
import { openStore } from "./store.js";

const TABS = ["map", "list", "report", "homes", "drafts"];
const MOST_TILES = 400;
const QUIET_MS = 2500;

/**
 * @typedef {import("./store.js").Draft} Draft
 * @typedef {{open: (what?: string) => void, leave: () => void}} Tab
 */

/** The page as it stands.
 * @returns {Promise<App>}
 */
async function start() {
  const page = /** @type {import("./app.js").WorkerPage} */ (JSON.parse(byId("page-data").textContent || "{}"));
  const app = new App(page, await openStore());
  const banners = new Banners(app);
  await app.start();
  byId("me").textContent = app.account ? app.account.name : "";
  banners.show();
  if (!app.account) {
    banners.add("nobody", app.say("app", "nobody"), "/login?next=/worker");
    /** @type {HTMLElement} */ (byId("go-map").parentElement).hidden = true;
    return app;
  }
  /** @type {Record<string, Tab>} */
  const tabs = {};
  const report = new ReportTab(app, byId("tab-report"));
  const homes = new HomesTab(app, byId("tab-homes"));
  const list = new ListTab(app, byId("tab-list"));
  const edit = (/** @type {Draft} */ draft) => {
    location.hash = draft.kind === "report" ? "#report" : "#homes";
    show();
    if (draft.kind === "report") report.edit(draft);
    else homes.edit(draft);
  };
  Object.assign(tabs, { map: new MapTab(app), report, list, homes, drafts: new DraftsTab(app, byId("tab-drafts"), edit) });
  let present = "";
  let shown = "";
  const show = () => {
    if (shown === location.hash && present) return;
    shown = location.hash;
    const [name, what] = location.hash.slice(1).split("/").map(decodeURIComponent);
    const wanted = name === "case" ? "list" : TABS.includes(name) ? name : "map";
    if (present && present !== wanted) tabs[present].leave();
    for (const one of TABS) {
      byId(`tab-${one}`).hidden = one !== wanted;
      const link = byId(`go-${one}`);
      if (one === wanted) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    present = wanted;
    document.body.dataset.tab = wanted;
    if (name === "case") list.openCase(what);
    else tabs[wanted].open(what);
  };
  window.addEventListener("hashchange", show);
  window.addEventListener("beforeunload", (event) => {
    if (app.wouldLose) event.preventDefault();
  });
  const count = () => {
    const badge = byId("drafts-count");
    badge.textContent = String(app.drafts.length);
    badge.hidden = !app.drafts.length;
  };
  app.on("drafts", count);
  count();
  show();
  await wake(app, banners);
  return app;
}

/** Follow the network, bring the own area up to date, and send what waits.
 * @param {App} app
 * @param {Banners} banners
 */
async function wake(app, banners) {
  const state = byId("net");
  const tell = () => {
    const away = navigator.onLine === false;
    document.body.classList.toggle("is-away", away);
    state.textContent = away ? app.say("app", "offline") : "";
    app.tell("network");
  };
  const refresh = async () => {
    tell();
    if (navigator.onLine === false) return;
    await app.renew();
    const wrong = await app.refreshArea();
    banners.change("area", wrong && app.say("app", app.area ? "areaOld" : "areaFailed", { reason: wrong, time: app.areaAt ? app.moment(app.areaAt) : "" }));
    await app.send();
  };
  window.addEventListener("online", refresh);
  window.addEventListener("offline", tell);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") app.readDrafts().then(() => app.send());
  });
  await refresh();
  await keepPage(app, banners);
}

/** Let the browser keep the page, so that it opens without a network.
 * @param {App} app
 * @param {Banners} banners
 */
async function keepPage(app, banners) {
  const { serviceWorker } = navigator;
  if (!serviceWorker) {
    if (window.isSecureContext) banners.add("worker", app.say("app", "noWorker"));
    return;
  }
  serviceWorker.addEventListener("message", (event) => {
    if (event.data && event.data.send) app.readDrafts().then(() => app.send());
  });
  try {
    await serviceWorker.register(app.page.serviceWorker, { scope: app.page.page, type: "module" });
    const { active } = await serviceWorker.ready;
    const language = document.documentElement.lang;
    if (active && navigator.onLine !== false) active.postMessage({ fill: true, language });
    document.body.dataset.kept = "yes";
    setTimeout(() => takeTiles(app, active), QUIET_MS);
  } catch {
    banners.add("worker", app.say("app", "noWorker"));
  }
}

/** Take the tiles of the own area along, once the page is at rest.
 * @param {App} app
 * @param {ServiceWorker | null} active
 */
function takeTiles(app, active) {
  const { connection } = /** @type {any} */ (navigator);
  if (!active || !app.area || !app.grids.length || (connection && connection.saveData)) return;
  active.postMessage({ tiles: tilesOver(boundsOf(app.grids), app.area.version, MOST_TILES) });
}

/** What the phone or the account can't do just now, each said once. */
class Banners {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.host = byId("banners");
    app.on("sign_in", () => this.add("sign_in", app.say("app", "signIn"), "/login?next=/worker"));
    app.on("full", () => this.add("full", app.say("app", "full")));
  }

  show() {
    if (!window.isSecureContext) this.add("insecure", this.app.say("app", "insecure"));
    if (!this.app.store.lasting) this.add("memory", this.app.say("app", "memory"));
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {string} [way] address that leads on
   */
  add(name, text, way) {
    if (this.host.querySelector(`[data-name="${name}"]`)) return;
    this.host.append(make("div", { class: "note note--caution banner", role: "alert", "data-name": name },
      make("p", null, text),
      way ? make("a", { class: "button", href: way }, this.app.say("app", "signInNow")) : make("button", {
        type: "button", class: "icon-button banner-close", "aria-label": this.app.say("app", "close"),
        onclick: (/** @type {any} */ event) => event.currentTarget.parentElement.remove(),
      }, "×")));
  }

  /** Say something, or take it away.
   * @param {string} name
   * @param {string} text
   */
  change(name, text) {
    const found = this.host.querySelector(`[data-name="${name}"]`);
    if (found) found.remove();
    if (text) this.add(name, text);
  }
}

/** The page, once it stands; for whoever looks at it from outside. */
export const ready = start();
