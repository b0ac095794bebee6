// Portfolios that are watched, and rescreens that were run.

import { get } from "./api.js";
import { shares } from "./charts.js";
import { h, put } from "./dom.js";
import { ago, count, instant, percent } from "./format.js";
import { empty, failed, loading, remark, roleNeeded, section, shape, table, viewHead } from "./parts.js";
import { may, status } from "./session.js";

const RUNS = 50;

// The view.
export async function portfolios() {
  const watched = h("div", {});
  const runs = h("div", {});
  if (may("rescreen")) loadPortfolios(watched);
  else put(watched, roleNeeded("rescreen", "Portfolios"));
  if (may("audit-read")) loadRuns(runs);
  else put(runs, roleNeeded("audit-read", "Rescreens"));
  return h(
    "div",
    {},
    viewHead("Portfolios and rescreens", "Addresses that are watched as the lists change, and address books that were screened as a whole."),
    section("Portfolios", { class: "block" }, watched),
    section("Rescreens", { class: "block" }, runs),
  );
}

async function loadPortfolios(place) {
  put(place, loading("Loading portfolios…"));
  try {
    const { portfolios: all } = await get("/v1/portfolios");
    if (all.length === 0) {
      put(place, empty("Nothing is watched", "interdict portfolio import brings addresses in; whenever the lists change for one of them, an alert says so."));
      return;
    }
    put(
      place,
      table(
        "Portfolios",
        [
          { label: "Portfolio", cell: (one) => h("b", {}, one.name) },
          { label: "Watched", class: "number", cell: (one) => count(one.members) },
          { label: "Not watched", class: "number", cell: (one) => (one.refused ? h("span", { class: "mark mark-hold", title: "rows that cannot be read" }, shape("hold"), h("span", {}, `${count(one.refused)} unreadable`)) : "0") },
          { label: "Imported", cell: (one) => [h("span", {}, instant(one.imported_at)), h("div", { class: "quiet" }, ago(one.imported_at))] },
          { label: "Since", cell: (one) => instant(one.created_at) },
          { label: "Alerts up to", cell: (one) => [`generation ${count(one.generation)}`, behind(one)] },
        ],
        all,
      ),
    );
  } catch (failure) {
    put(place, failed(failure, () => loadPortfolios(place)));
  }
}

function behind(one) {
  const live = status()?.generation;
  return live && live > one.generation ? h("div", { class: "quiet" }, `generation ${count(live)} is live: being looked at`) : null;
}

async function loadRuns(place) {
  put(place, loading("Loading rescreens…"));
  try {
    const said = await get("/v1/rescreens", { limit: RUNS });
    // A run of no addresses is a client that asked whether it may.
    const rescreens = said.rescreens.filter((one) => one.queries > 0 || !one.complete);
    if (rescreens.length === 0) {
      put(place, empty("No rescreen in the log", "interdict rescreen puts a whole address book through the lists; each run leaves its end here."));
      return;
    }
    put(place, rescreens.map(run));
  } catch (failure) {
    put(place, failed(failure, () => loadRuns(place)));
  }
}

function run(one) {
  const allow = Math.max(0, one.queries - one.block - one.review);
  return h(
    "article",
    { class: "card run" },
    h(
      "header",
      { class: "card-head" },
      h("div", {}, h("p", { class: "card-source" }, h("b", {}, instant(one.at)), h("span", { class: "quiet" }, ago(one.at))), h("h3", { class: "card-title" }, `${count(one.queries)} addresses`)),
      h("p", { class: "quiet run-by" }, `by ${one.caller || "anonymous"}, generation ${count(one.generation)}`),
    ),
    one.complete ? null : remark("hold", h("b", {}, "It did not end."), " The client left before the summary: nothing follows for the addresses that were not reached."),
    shares(
      [
        { tone: "stop", value: one.block, name: "BLOCK" },
        { tone: "hold", value: one.review, name: "REVIEW" },
        { tone: "none", value: allow, name: "ALLOW" },
      ],
      { label: `${one.block} to block, ${one.review} to review, ${allow} without objection`, numbers: (value) => `${count(value)} (${percent(value, one.queries)})` },
    ),
    h("p", { class: "quiet" }, `Verdicts: ${count(one.listed)} LISTED, ${count(one.indeterminate)} INDETERMINATE, ${count(one.not_listed)} NOT_LISTED`),
  );
}
