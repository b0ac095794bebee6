// The entries that apply, as cards: who says so, about whom, since when, and
// where it can be checked. All of it is the publishers' text.

import { h } from "./dom.js";
import { count, day, dollars, instant, lower, plural, webAddress } from "./format.js";
import { address, copyButton, digest, facts, identifier, mark, section, tag } from "./parts.js";
import { CONFIDENCES, RELATIONS, TIERS } from "./words.js";

// The section of an outcome's matches, heaviest first as the daemon sends them.
export function evidence(outcome) {
  const { matches } = outcome;
  const more = (outcome.matches_total ?? matches.length) - matches.length;
  return section(
    "Evidence",
    { class: "evidence", aside: plural(outcome.matches_total || matches.length, "entry", "entries") },
    matches.map((match, index) => card(match, outcome, index)),
    more > 0 ? h("p", { class: "quiet" }, `${count(more)} more apply; the daemon sends the heaviest.`) : null,
  );
}

// One entry.
export function card(match, outcome, index) {
  const title = match.subjects?.[0] || match.incident?.name || (match.act ? `Listed by ${match.act.author}` : lower(match.category));
  const names = (match.subjects ?? []).slice(1);
  return h(
    "article",
    { class: match.active ? "card" : "card card-ended" },
    h(
      "header",
      { class: "card-head" },
      h(
        "div",
        {},
        h("p", { class: "card-source" }, h("b", {}, match.source), " ", tag(match.tier, TIERS[match.tier]), h("span", { class: "quiet" }, TIERS[match.tier] ?? "")),
        h("h3", { class: "card-title", id: `match-${index}` }, title),
        names.length > 0 ? h("p", { class: "quiet" }, `also ${names.join("; ")}`) : null,
      ),
      h("div", { class: "card-advice" }, match.active ? null : tag("no longer on the list"), mark(match.action)),
    ),
    h(
      "p",
      { class: "card-relation" },
      h("code", { class: "reason-name" }, match.relation),
      " ",
      match.why || sentence(RELATIONS[match.relation] ?? "unknown relation"),
      readingOf(match, outcome),
    ),
    h(
      "div",
      { class: "published" },
      h("span", { class: "published-label" }, "Published as"),
      h("span", { class: "address-line" }, address(match.published_address), copyButton(match.published_address, "published address")),
      match.published_ticker ? h("span", { class: "quiet" }, match.published_ticker) : null,
    ),
    match.incident ? incidentLine(match) : null,
    act(match),
    exemption(match.exemption),
    facts([
      ["Category", lower(match.category)],
      ["Programs", (match.programs ?? []).join(", ")],
      ["Designated", day(match.designated_on)],
      ["Address listed", day(match.listed_on)],
      ["Delisted", match.delisted_on ? h("b", {}, day(match.delisted_on)) : ""],
      ["Subject’s id", match.subject_id],
      ["Confidence", match.confidence ? [h("span", { class: "nowrap" }, lower(match.confidence)), h("span", { class: "quiet" }, CONFIDENCES[match.confidence] ? `: ${CONFIDENCES[match.confidence]}` : "")] : ""],
      ["Held since", instant(match.first_seen_at)],
      ["Last confirmed", day(match.last_seen_at)],
      ["Note", match.note],
    ]),
    match.reference ? h("p", { class: "reference" }, h("span", { class: "published-label" }, "Where to check"), reference(match.reference)) : null,
    h(
      "details",
      { class: "fine" },
      h("summary", {}, "Entry and publication"),
      facts([
        ["Entry", identifier(match.entry_id, "entry id")],
        ["Publication", digest(match.publication_digest)],
      ]),
    ),
  );
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function readingOf(match, outcome) {
  if ((outcome?.candidates?.length ?? 0) < 2) return null;
  const candidate = outcome.candidates[match.candidate];
  return candidate ? h("span", { class: "quiet" }, " Found by reading ", h("code", { class: "mono wrap" }, candidate.canonical), ` as ${candidate.kind}.`) : null;
}

function incidentLine(match) {
  const { incident } = match;
  return h(
    "div",
    { class: "incident-line" },
    h("a", { href: `#/incident/${encodeURIComponent(incident.id)}` }, incident.name),
    h("span", {}, incident.date ? day(incident.date) : "date not known"),
    h("span", {}, incident.loss_usd ? `${dollars(incident.loss_usd)} lost` : "loss not known"),
    match.role ? h("span", {}, `role: ${match.role}`) : null,
    incident.attributed_to ? h("span", { class: "incident-who" }, `Attributed to ${incident.attributed_to}`) : null,
  );
}

function act(match) {
  if (!match.act) return null;
  return h("p", { class: "act" }, h("b", {}, match.act.author), ` listed it: ${match.act.reason}`, actTail(match.act));
}

function exemption(given) {
  if (!given) return null;
  return h(
    "p",
    { class: "act" },
    tag("exempted"),
    " by ",
    h("b", {}, given.act?.author ?? "somebody"),
    given.act?.reason ? `: ${given.act.reason}` : "",
    given.act ? actTail(given.act) : "",
    given.expires_on ? ` Until ${day(given.expires_on)}.` : " Until it is removed.",
  );
}

const actTail = (given) => [given.ticket ? ` (${given.ticket})` : "", given.approver ? `, approved by ${given.approver}` : "", "."];

// A citation. Only web addresses in it become links, they are shown whole, and
// the pages they lead to are not told where from.
export function reference(text) {
  const parts = String(text).split(/(https?:\/\/[^\s;,()"']+)/i);
  return h(
    "span",
    { class: "wrap" },
    parts.map((part) => {
      const href = webAddress(part);
      return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, part) : part;
    }),
  );
}
