// The sources: who publishes, how much is held, and how old it has become.

import { get } from "./api.js";
import { gauge } from "./charts.js";
import { h } from "./dom.js";
import { age, ago, count, day, instant, plural } from "./format.js";
import { digest, empty, facts, remark, roleNeeded, shape, table, tag, viewHead } from "./parts.js";
import { may } from "./session.js";
import { TIERS } from "./words.js";

// From here on a required source is said to near its maximum age.
const NEARING = 0.8;

// The state of a source: its word, its tone, and what it means.
export function stateOf(source) {
  if (!source.present) return ["missing", source.required ? "stop" : "hold", source.required ? "NOT_LISTED cannot be answered" : "not held"];
  if (source.stale) return ["stale", source.required ? "stop" : "hold", source.required ? "NOT_LISTED cannot be answered" : "older than it may be"];
  if (source.incomplete) return ["incomplete", "hold", "its files lack addresses that the publisher listed"];
  if (source.max_age_seconds && source.age_seconds >= NEARING * source.max_age_seconds) return ["nearing", "hold", "nears its maximum age"];
  if (source.bundled) return ["starter", "hold", "came with the program, and ages"];
  if (!source.max_age_seconds) return ["held", "none", "may be any age"];
  return ["fresh", "none", "within its maximum age"];
}

// The view.
export async function sources() {
  const lead = "What an answer rests on: each list, its weight, and its age against the most it may be.";
  if (!may("screen")) return h("div", {}, viewHead("Sources", lead), roleNeeded("screen", "Sources"));
  const said = await get("/v1/sources");
  const all = byWeight(said.sources);
  const present = all.filter((source) => source.present);
  const bad = all.filter((source) => source.required && (!source.present || source.stale));
  const bundled = present.filter((source) => source.bundled);
  return h(
    "div",
    {},
    viewHead("Sources", lead),
    bad.length > 0 ? remark("stop", h("b", {}, `${bad.map((source) => source.id).join(", ")}: NOT_LISTED is not answered`), " until it is imported or synced. What is listed is still answered LISTED.") : null,
    bundled.length > 0
      ? remark("hold", h("b", {}, bundled.length === present.length ? "Every list held is a starter list" : `${plural(bundled.length, "list is a starter list", "lists are starter lists")}`), " that came with the program, and ages. Import the publishers’ current ones: ", h("code", {}, "interdict import"), ", or ", h("code", {}, "[[sources]]"), " in the configuration.")
      : null,
    facts(
      [
        ["Active entries", h("span", { class: "figure" }, count(present.reduce((sum, source) => sum + Number(source.entries), 0)))],
        ["Sources held", h("span", { class: "figure" }, count(present.length))],
        ["Generation", h("a", { class: "figure", href: "#/generations" }, count(said.generation))],
        ["Digest", digest(said.generation_digest)],
      ],
      "facts figures",
    ),
    all.length === 0 ? empty("No source is known", "Import a list, or name sources in the configuration.") : sourcesTable(all),
  );
}

const TIER_ORDER = ["SANCTIONS", "LAW_ENFORCEMENT", "OPERATOR", "ATTRIBUTED"];
const weight = (source) => TIER_ORDER.indexOf(source.tier) + (source.required ? 0 : TIER_ORDER.length);

// The sources, those that a NOT_LISTED depends on first.
export const byWeight = (sources) => [...sources].sort((a, b) => weight(a) - weight(b) || (a.id < b.id ? -1 : 1));

function sourcesTable(all) {
  return table(
    "Sources",
    [
      {
        label: "Source",
        cell: (source) => [
          h("b", { class: "source-id" }, source.id),
          source.required ? [" ", tag("required", "NOT_LISTED depends on it")] : null,
          h("div", { class: "quiet" }, TIERS[source.tier] ?? source.tier),
        ],
      },
      { label: "Weight", cell: (source) => tag(source.tier) },
      { label: "Entries", class: "number", cell: (source) => (source.present ? count(source.entries) : "–") },
      { label: "State", cell: stateCell },
      { label: "Age", class: "age-column", cell: ageCell },
      {
        label: "Published",
        class: "nowrap",
        cell: (source) => [
          source.published_on ? day(source.published_on) : h("span", { class: "quiet" }, "no date"),
          source.present ? h("div", { class: "quiet", title: instant(source.retrieved_at) }, `confirmed ${ago(source.retrieved_at)}`) : null,
        ],
      },
      {
        label: "Publication",
        cell: (source) => [
          source.publication_digest ? digest(source.publication_digest) : "none",
          h("div", { class: "quiet" }, [source.bundled ? "starter list" : "", source.format, source.licence].filter(Boolean).join(", ")),
        ],
      },
    ],
    all,
  );
}

function stateCell(source) {
  const [word, tone, means] = stateOf(source);
  return [h("span", { class: `mark mark-${tone}` }, shape(tone), h("span", {}, word)), h("div", { class: "quiet" }, means)];
}

function ageCell(source) {
  if (!source.present) return "–";
  if (!source.max_age_seconds) return [h("span", {}, age(source.age_seconds)), h("div", { class: "quiet" }, "no maximum")];
  const share = source.age_seconds / source.max_age_seconds;
  const tone = share >= 1 ? "stop" : share >= NEARING ? "hold" : "ink";
  const words = `${age(source.age_seconds)} of ${age(source.max_age_seconds)}`;
  return [gauge(share, tone, words, NEARING), h("div", {}, words)];
}
