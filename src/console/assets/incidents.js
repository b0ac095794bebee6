// The incidents: heists with a name, a date and a loss, and what is listed of
// each.

import { get } from "./api.js";
import { columns, gauge } from "./charts.js";
import { h, put } from "./dom.js";
import { count, day, dollars, lower, plural, roughly } from "./format.js";
import { address, copyButton, empty, facts, roleNeeded, section, table, tag, viewHead } from "./parts.js";
import { reference } from "./evidence.js";
import { may } from "./session.js";
import { TIERS } from "./words.js";

// The view of all.
export async function incidents() {
  const lead = "Heists that the lists held name, and how many of their addresses are listed.";
  if (!may("screen")) return h("div", {}, viewHead("Incidents", lead), roleNeeded("screen", "Incidents"));
  const said = await get("/v1/incidents");
  const all = said.incidents;
  if (all.length === 0) return h("div", {}, viewHead("Incidents", lead), empty("No incident is named", "None of the lists held ties its addresses to one."));
  const loss = all.reduce((sum, totals) => sum + Number(totals.incident.loss_usd), 0);
  const unknown = all.filter((totals) => !totals.incident.loss_usd).length;
  return h(
    "div",
    {},
    viewHead("Incidents", lead),
    facts(
      [
        ["Incidents", h("span", { class: "figure" }, count(all.length))],
        ["Reported losses, summed", h("span", { class: "figure" }, dollars(loss))],
        ["Addresses listed", h("span", { class: "figure" }, count(all.reduce((sum, totals) => sum + Number(totals.addresses), 0)))],
        ["Generation", h("a", { class: "figure", href: "#/generations" }, count(said.generation))],
      ],
      "facts figures",
    ),
    section("Loss by year", { class: "block", aside: unknown > 0 ? `${plural(unknown, "incident")} without a known loss left out` : null }, byYear(all)),
    incidentsTable(all),
  );
}

function byYear(all) {
  const dated = all.filter((totals) => totals.incident.date && totals.incident.loss_usd);
  if (dated.length === 0) return h("p", { class: "quiet" }, "No incident has both a date and a loss.");
  const years = dated.map((totals) => Number(totals.incident.date.slice(0, 4)));
  const first = Math.min(...years);
  const groups = [];
  for (let year = first; year <= Math.max(...years); year += 1) {
    const parts = dated
      .filter((totals) => totals.incident.date.startsWith(String(year)))
      .map(({ incident: { name, loss_usd: value } }) => ({ name, value, short: name.replace(/ \d{4}$/, "").split(" ")[0] }))
      .sort((a, b) => b.value - a.value);
    groups.push({ name: String(year), parts });
  }
  const words = groups.filter((group) => group.parts.length).map((group) => `${group.name}: ${dollars(group.parts.reduce((sum, part) => sum + part.value, 0))}`);
  return columns(`Reported loss by year. ${words.join(", ")}`, groups, { write: roughly, title: dollars });
}

function incidentsTable(all) {
  const most = Math.max(...all.map((totals) => totals.incident.loss_usd), 1);
  return table(
    "Incidents, latest first",
    [
      { label: "Date", class: "nowrap", cell: ({ incident }) => (incident.date ? day(incident.date) : h("span", { class: "quiet" }, "not known")) },
      { label: "Incident", cell: ({ incident }) => h("a", { href: `#/incident/${encodeURIComponent(incident.id)}` }, h("b", {}, incident.name || incident.id)) },
      {
        label: "Loss",
        class: "loss-column",
        cell: ({ incident }) => [h("span", {}, dollars(incident.loss_usd)), incident.loss_usd ? gauge(incident.loss_usd / most, "ink", `${dollars(incident.loss_usd)} lost`) : null],
      },
      { label: "Attributed to", class: "grow", cell: ({ incident }) => incident.attributed_to || h("span", { class: "quiet" }, "nobody yet") },
      { label: "Addresses", class: "number", cell: (totals) => count(totals.addresses) },
      { label: "By source", cell: (totals) => totals.sources.map((source) => h("div", { class: "nowrap", title: TIERS[source.tier] }, `${source.source} `, h("span", { class: "quiet" }, count(source.addresses)))) },
    ],
    all,
  );
}

// The view of one.
export async function incident(id) {
  if (!may("screen")) return h("div", {}, viewHead("Incident", ""), roleNeeded("screen", "Incidents"));
  const said = await get(`/v1/incidents/${encodeURIComponent(id)}`);
  const about = said.incident.incident;
  const addresses = said.addresses;
  document.title = `${about.name} · interdict`;
  const list = h("div", {});
  let role = "";
  const roles = [...new Set(addresses.map((entry) => entry.role))].sort();
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Show by role" });
  const drawList = () => put(list, addressesTable(addresses.filter((entry) => !role || entry.role === role)));
  const chip = (name, label, value) =>
    h("button", { type: "button", class: "chip", "aria-pressed": String(role === name), onclick: (event) => {
      role = name;
      for (const other of chips.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      drawList();
    } }, `${label} ${count(value)}`);
  put(chips, chip("", "All", addresses.length), roles.length > 1 ? roles.map((name) => chip(name, name || "no role", addresses.filter((entry) => entry.role === name).length)) : null);
  drawList();
  return h(
    "div",
    {},
    viewHead(about.name || about.id, about.attributed_to ? `Attributed to ${about.attributed_to}` : "Attributed to nobody yet.", h("a", { class: "button", href: "#/incidents" }, "All incidents")),
    facts(
      [
        ["Date", h("span", { class: "figure" }, about.date ? day(about.date) : "not known")],
        ["Lost, as reported", h("span", { class: "figure" }, dollars(about.loss_usd))],
        ["Entries", h("span", { class: "figure" }, count(said.total))],
        ["By network", networks(addresses)],
      ],
      "facts figures",
    ),
    section("Addresses", { class: "block" }, chips, said.truncated ? h("p", { class: "quiet" }, `The first ${count(addresses.length)} of ${count(said.total)}. All of them: `, h("code", {}, `interdict incident ${id}`), ".") : null, list),
  );
}

function networks(addresses) {
  const counts = new Map();
  for (const entry of addresses) counts.set(entry.ticker || "none named", (counts.get(entry.ticker || "none named") ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([ticker, value]) => h("span", { class: "pair" }, h("b", {}, ticker), ` ${count(value)} `));
}

function addressesTable(addresses) {
  return table(
    "Addresses of the incident",
    [
      { label: "Address", class: "grow", cell: (entry) => [address(entry.address), " ", copyButton(entry.address, "address")] },
      { label: "Ticker", cell: (entry) => entry.ticker || "–" },
      { label: "Role", cell: (entry) => (entry.role ? tag(entry.role) : "–") },
      { label: "Source", cell: (entry) => entry.source },
      { label: "Confidence", cell: (entry) => lower(entry.confidence) },
      { label: "Where to check", class: "checks", cell: (entry) => (entry.reference ? reference(entry.reference) : "–") },
    ],
    addresses,
  );
}
