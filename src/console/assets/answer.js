// The answer about one address: the verdict and what to do, why, the evidence,
// what it rests on, how the text was read, and what became of it over time.

import { h } from "./dom.js";
import { age, count, day, dollars, instant, sentenceList } from "./format.js";
import { evidence } from "./evidence.js";
import { history } from "./history.js";
import { address, copyButton, digest, facts, identifier, remark, section, shape, tone } from "./parts.js";
import { status } from "./session.js";
import { ACTIONS, REASONS, RELATIONS, TIERS, VERDICTS } from "./words.js";
import { understood } from "./understood.js";

// `asked`: `{ text, secret, outcome, basis, explanation, history }`.
export function answer(asked) {
  const { outcome, basis } = asked;
  const matched = outcome.matches.length > 0;
  const why = outcome.reasons.length > 0 ? section("Why", { class: "block" }, reasons(outcome)) : null;
  const restsOn = section("What it rests on", { class: "block" }, basisFacts(outcome, basis));
  const past = asked.secret ? null : history(asked.history, outcome);
  const read = asked.secret ? null : section("What was understood", { class: "block" }, understood(asked));
  return h(
    "article",
    { class: "answer", "aria-labelledby": "answer-title" },
    ruling(asked),
    warnings(basis),
    h(
      "div",
      { class: matched ? "answer-grid" : "answer-grid answer-even" },
      h("div", { class: "answer-main" }, why, matched ? evidence(outcome) : null, matched ? past : read),
      h("div", { class: "answer-side" }, restsOn, matched ? read : past),
    ),
    h(
      "p",
      { class: "print-only print-foot" },
      `interdict ${status()?.version ?? ""}, screened as ${asked.caller || "anonymous"}. The screening is in the audit log under its id.`,
    ),
  );
}

// The verdict and the action, side by side: two facts, from two hands.
function ruling(asked) {
  const { outcome, basis } = asked;
  const cell = (label, name) =>
    h(
      "div",
      { class: `ruling-cell ruling-${tone(name)}` },
      h("span", { class: "ruling-label" }, label),
      h("span", { class: "ruling-word" }, shape(tone(name)), h("span", {}, name.replaceAll("_", " "))),
    );
  return h(
    "header",
    { class: `ruling ruling-edge-${tone(outcome.action)}` },
    h(
      "h2",
      { class: "ruling-cells", id: "answer-title", tabindex: "-1", "data-focus": true },
      cell("The lists say", outcome.verdict),
      h("span", { class: "sr-only" }, ". "),
      cell("Your policy advises", outcome.action),
    ),
    h(
      "div",
      { class: "ruling-text" },
      h("p", { class: "ruling-address" }, headline(asked)),
      h("p", { class: "conclusion" }, conclusion(asked)),
      h("p", { class: "next" }, h("b", {}, outcome.action in ACTIONS ? ACTIONS[outcome.action] : "Stop the transfer."), " ", afterwards(outcome)),
      h(
        "div",
        { class: "ruling-tools" },
        copyButton(caseNote(asked), "case note", "Copy case note"),
        h("button", { type: "button", class: "copy", onclick: () => print() }, "Print"),
        outcome.screening_id ? h("a", { class: "copy", href: `#/record/${encodeURIComponent(outcome.screening_id)}` }, "Record and receipt") : null,
        h("span", { class: "quiet" }, instant(basis?.screened_at)),
      ),
    ),
  );
}

function headline({ secret, text, outcome }) {
  if (secret) return h("span", { class: "quiet" }, "The text is not shown.");
  const strict = outcome.candidates.find((candidate) => candidate.strict);
  if (!strict) return [address(text.length > 2048 ? `${text.slice(0, 64)}…` : text, { large: true }), h("span", { class: "as-given" }, "as given")];
  const tagged = strict.tag ? h("span", { class: "as-given" }, `tag ${strict.tag}`) : null;
  return [address(strict.canonical, { large: true }), tagged, copyButton(strict.canonical, "address")];
}

// What the verdict says, in a sentence that is true of this answer.
export function conclusion({ outcome, basis }) {
  if (outcome.verdict === "LISTED") return listedBecause(outcome);
  if (outcome.verdict === "NOT_LISTED") {
    return [
      `Not on the lists held, as of generation ${count(basis.generation)}`,
      basis.as_of ? `, in force on ${day(basis.as_of)}` : "",
      basis.oldest_source ? `; the oldest list it depends on, ${basis.oldest_source}, is ${age(basis.oldest_publication_age_seconds)} old. ` : ". ",
      outcome.matches.length > 0 ? "What came off its list, or is only related, is in the evidence. " : "",
      "Lists are never exhaustive: this says what they say, and nothing about who owns the address.",
    ];
  }
  if (outcome.verdict === "INDETERMINATE") {
    const first = REASONS[outcome.reasons[0]]?.[0] ?? "";
    return [`${VERDICTS.INDETERMINATE} `, first];
  }
  return "The answer carries a verdict this console does not know. Treat the address as BLOCK.";
}

function listedBecause(outcome) {
  const match = outcome.matches.find((candidate) => candidate.active) ?? outcome.matches[0];
  if (!match) return VERDICTS.LISTED;
  const others = outcome.matches.filter((other) => other.active && other.source !== match.source).map((other) => other.source);
  const who = match.subjects?.[0] ?? "";
  return [
    h("b", {}, match.source),
    ` (${TIERS[match.tier] ?? match.tier}) lists ${RELATIONS[match.relation] ?? "it"}`,
    who ? [": ", h("b", {}, who)] : "",
    match.programs?.length ? `, under ${sentenceList(match.programs)}` : "",
    ".",
    match.incident
      ? ` ${match.role ? `${capital(match.role)} in` : "Tied to"} ${match.incident.name}${match.incident.loss_usd ? ` (${dollars(match.incident.loss_usd)} lost)` : ""}${!who && match.incident.attributed_to ? `, attributed to ${match.incident.attributed_to}` : ""}.`
      : "",
    others.length > 0 ? ` Also on ${sentenceList([...new Set(others)])}.` : "",
  ];
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function afterwards(outcome) {
  if (outcome.action === "ALLOW" && outcome.verdict === "NOT_LISTED") return "Other checks still apply.";
  if (outcome.action === "ALLOW") return "The evidence says why.";
  if (outcome.action === "REVIEW") return "Keep the screening id with the case.";
  return "Keep the screening id with the case.";
}

// What makes the whole answer weaker, before anything else is read.
function warnings(basis) {
  if (!basis) return null;
  return [
    basis.stale ? remark("hold", h("b", {}, "A required list is stale or missing."), " See ", h("a", { href: "#/sources" }, "Sources"), ".") : null,
    basis.bundled
      ? remark("hold", "The answer rests on starter lists that came with the program. ", h("b", {}, `${basis.oldest_source} is ${age(basis.oldest_publication_age_seconds)} old.`), " Import the publishers’ current lists before you rely on it.")
      : null,
  ];
}

function reasons(outcome) {
  return h(
    "ul",
    { class: "reasons" },
    outcome.reasons.map((reason) => {
      const [what, todo] = REASONS[reason] ?? ["A reason this console does not know. Treat it as one against the transfer.", ""];
      return h("li", {}, h("code", { class: "reason-name" }, reason), h("span", {}, what, todo ? [" ", h("b", {}, todo)] : null));
    }),
  );
}

function basisFacts(outcome, basis) {
  return facts(
    [
      ["Screening", outcome.screening_id ? identifier(outcome.screening_id, "screening id") : null],
      ["Screened", instant(basis?.screened_at)],
      ["Generation", basis ? h("a", { href: "#/generations" }, count(basis.generation)) : null],
      ["Digest", basis ? digest(basis.generation_digest) : null],
      ["Entries", basis ? count(basis.entries) : null],
      ["Oldest list", basis?.oldest_source ? `${basis.oldest_source}, ${age(basis.oldest_publication_age_seconds)} old` : null],
      ["In force on", basis?.as_of ? day(basis.as_of) : null],
    ],
    "facts facts-narrow",
  );
}

// The answer as lines for a ticket.
function caseNote(asked) {
  const { outcome, basis } = asked;
  const canonical = outcome.candidates.find((candidate) => candidate.strict)?.canonical ?? asked.text;
  return [
    `Address      ${asked.secret ? "(a secret, not kept)" : canonical}`,
    `Verdict      ${outcome.verdict}`,
    `Action       ${outcome.action}`,
    outcome.reasons.length > 0 ? `Reasons      ${outcome.reasons.join(", ")}` : "",
    ...outcome.matches.map((match) =>
      `Evidence     ${[match.source, match.tier, match.active ? "" : "no longer active", match.subjects.join("; "), match.programs.join(", "), match.incident?.name ?? "", `published as ${match.published_address}`, match.reference].filter(Boolean).join(" | ")}`,
    ),
    `Generation   ${basis.generation} (${basis.generation_digest})`,
    basis.oldest_source ? `Oldest list  ${basis.oldest_source}, ${age(basis.oldest_publication_age_seconds)} old` : "",
    `Screened     ${basis.screened_at}`,
    `Screening    ${outcome.screening_id}`,
  ].filter(Boolean).join("\n");
}
