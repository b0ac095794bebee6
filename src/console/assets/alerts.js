// Alerts that wait for a person, and the latest hits in the audit log.

import { get, post } from "./api.js";
import { announce, h, put } from "./dom.js";
import { ago, count, day, instant, lower, plural } from "./format.js";
import { address, empty, failed, loading, mark, roleNeeded, section, table, tag, viewHead } from "./parts.js";
import { openDialog } from "./keys.js";
import { caller, may } from "./session.js";

const PAGE = 50;
const WHAT = { LISTED: "an entry applies now", DELISTED: "an entry applies no longer", AMENDED: "an entry changed" };

// The view.
export async function alerts() {
  const waiting = h("div", {});
  const hits = h("div", {});
  if (may("rescreen")) loadAlerts(waiting);
  else put(waiting, roleNeeded("rescreen", "Alerts"));
  if (may("audit-read")) loadHits(hits, 0, []);
  else put(hits, roleNeeded("audit-read", "Hits"));
  return h(
    "div",
    {},
    viewHead("Alerts and hits", "Customers for whom the lists’ answer changed, and screenings that did not pass."),
    section("Alerts not dealt with", { class: "block" }, waiting),
    section("Recent hits", { class: "block" }, hits),
  );
}

async function loadAlerts(place) {
  put(place, loading("Loading alerts…"));
  try {
    const { alerts: all } = await get("/v1/alerts", { unacknowledged: true, limit: PAGE });
    if (all.length === 0) {
      put(place, empty("Nothing waits", "Alerts come when the lists change for an address in a portfolio. Portfolios are imported with interdict portfolio import."));
      return;
    }
    put(place, all.map((alert) => alertCard(alert, place)), all.length === PAGE ? h("p", { class: "quiet" }, `The first ${PAGE}, oldest first. Acknowledge them to see more.`) : null);
  } catch (failure) {
    put(place, failed(failure, () => loadAlerts(place)));
  }
}

function alertCard(alert, place) {
  const { match } = alert;
  return h(
    "article",
    { class: "card alert" },
    h(
      "header",
      { class: "card-head" },
      h(
        "div",
        {},
        h("h3", { class: "card-title" }, alert.reference ? `Customer ${alert.reference}` : "A watched address", h("span", { class: "alert-what" }, `: ${WHAT[alert.kind] ?? alert.kind}`)),
        h("p", { class: "quiet" }, `portfolio ${alert.portfolio}, alert ${count(alert.sequence)}${alert.after?.generation ? `, generation ${count(alert.after.generation)}` : ""}, `, h("span", { title: instant(alert.at) }, ago(alert.at))),
      ),
      h("div", { class: "card-advice" }, turn(alert), h("button", { type: "button", class: "copy", onclick: () => acknowledge(alert, place) }, alert.sequence > 1 ? `Acknowledge up to ${count(alert.sequence)}` : "Acknowledge")),
    ),
    h("p", {}, address(alert.address), alert.tag ? [" tag ", h("code", { class: "mono" }, alert.tag)] : null),
    match
      ? h("p", {}, h("b", {}, match.source), " ", tag(match.tier), " ", match.subjects?.[0] ?? "", match.incident ? [" ", h("a", { href: `#/incident/${encodeURIComponent(match.incident.id)}` }, match.incident.name)] : null, match.why ? h("span", { class: "quiet" }, ` ${match.why}`) : null, match.delisted_on ? h("span", { class: "quiet" }, ` off its list since ${day(match.delisted_on)}`) : null)
      : null,
  );
}

function turn({ before, after }) {
  return [before ? [mark(before.action), h("span", { class: "turn" }, "→", h("span", { class: "sr-only" }, " became "))] : null, after ? mark(after.action) : null];
}

function acknowledge(alert, place) {
  const who = h("input", { id: "author", class: "field", required: true, maxlength: "256", autocomplete: "off" });
  who.value = caller() === "anonymous" ? "" : caller();
  const why = h("input", { id: "why", class: "field", maxlength: "1024", autocomplete: "off" });
  const trouble = h("div", {});
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "acknowledge-title" });
  put(
    dialog,
    h(
      "form",
      {
        onsubmit: async (event) => {
          event.preventDefault();
          try {
            await post("/v1/alerts/acknowledgements", { up_to_sequence: alert.sequence, author: who.value.trim(), reason: why.value.trim() });
            dialog.close();
            announce(`alerts up to ${alert.sequence} are dealt with`);
            loadAlerts(place);
          } catch (failure) {
            put(trouble, failed(failure));
          }
        },
      },
      h("h2", { id: "acknowledge-title" }, `Deal with every alert up to ${count(alert.sequence)}`),
      h("p", {}, "Your word is kept in the audit log. It cannot be taken back."),
      h("label", { for: "author" }, "Who says so"),
      who,
      h("label", { for: "why" }, "Why (may be empty)"),
      why,
      trouble,
      h("div", { class: "dialog-tools" }, h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: "button button-main" }, "Acknowledge")),
    ),
  );
  openDialog(dialog);
  who.focus();
}

async function loadHits(place, before, earlier) {
  if (earlier.length === 0) put(place, loading("Loading hits…"));
  try {
    const said = await get("/v1/records", { hits_only: true, limit: PAGE, before: before || undefined });
    const all = [...earlier, ...said.records];
    if (all.length === 0) {
      put(place, empty("No hits yet", "Screenings whose action is REVIEW or BLOCK appear here, from the audit log."));
      return;
    }
    const more = said.next_before && said.records.length > 0 ? h("p", {}, h("button", { type: "button", class: "button", onclick: () => loadHits(place, said.next_before, all) }, "Show older")) : null;
    put(place, hitsTable(all), more);
    if (earlier.length > 0) announce(`${plural(said.records.length, "older hit")} shown`);
  } catch (failure) {
    put(place, failed(failure, () => loadHits(place, before, earlier)));
  }
}

function hitsTable(records) {
  return table(
    "Screenings with a hit, newest first",
    [
      { label: "When", class: "nowrap", cell: (record) => [h("span", {}, instant(record.at)), h("div", { class: "quiet" }, ago(record.at))] },
      { label: "Verdict", cell: (record) => mark(record.verdict) },
      { label: "Action", cell: (record) => mark(record.action) },
      { label: "Address", class: "grow", cell: (record) => (record.canonical ? address(record.canonical) : h("span", { class: "quiet" }, "not readable, so not recorded")) },
      { label: "Why", cell: (record) => [(record.sources ?? []).join(", "), h("div", { class: "quiet" }, (record.reasons ?? []).map(lower).join(", "))] },
      { label: "Asked by", cell: (record) => [record.caller || "anonymous", h("div", { class: "quiet" }, record.call)] },
      { label: "Record", cell: (record) => (record.screening_id ? h("a", { class: "copy", href: `#/record/${encodeURIComponent(record.screening_id)}`, "aria-label": `Open the record of the screening at ${instant(record.at)}` }, "Open") : count(record.sequence)) },
    ],
    records,
  );
}
