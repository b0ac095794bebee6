// The answer about several addresses: how many of what, then one row each. A
// row opens into the whole answer.

import { Failure, post } from "./api.js";
import { answer } from "./answer.js";
import { announce, h, put } from "./dom.js";
import { age, count, instant, plural } from "./format.js";
import { address, digest, facts, loading, mark, table } from "./parts.js";
import { shares } from "./charts.js";
import { lower } from "./format.js";

const ORDER = { BLOCK: 0, UNSPECIFIED: 0, REVIEW: 1, ALLOW: 2 };
const rank = (row) => ORDER[row.outcome.action] ?? 0;

// `asked`: `{ rows: [{ position, text, secret, outcome }], basis, network }`.
export function batch(asked) {
  const { rows, basis } = asked;
  const of = (action) => rows.filter((row) => row.outcome.action === action);
  const open = h("div", { class: "batch-open" });
  const list = h("div", {});
  const overview = h("div", {});
  let only = "";

  const drawList = () => {
    const shown = rows.filter((row) => !only || row.outcome.action === only);
    shown.sort((a, b) => rank(a) - rank(b) || a.position - b.position);
    put(list, rowsTable(shown, (row) => openRow(asked, row, overview, open)));
  };
  const chip = (name, label) => {
    const button = h("button", {
      type: "button",
      class: "chip",
      "aria-pressed": String(only === name),
      onclick: () => {
        only = name;
        for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
        drawList();
        announce(`${list.querySelectorAll("tbody tr").length} rows`);
      },
    }, label);
    return button;
  };
  const allow = of("ALLOW").length;
  const review = of("REVIEW").length;
  const block = rows.length - allow - review;
  put(
    overview,
    h("h2", { class: "batch-title", tabindex: "-1", "data-focus": true }, `${plural(rows.length, "address", "addresses")} screened`),
    shares(
      [
        { tone: "stop", value: block, name: "BLOCK" },
        { tone: "hold", value: review, name: "REVIEW" },
        { tone: "none", value: allow, name: "ALLOW" },
      ],
      { label: `${block} to block, ${review} to review, ${allow} without objection`, numbers: count },
    ),
    facts([
      ["Generation", count(basis.generation)],
      ["Digest", digest(basis.generation_digest)],
      ["Oldest list", basis.oldest_source ? `${basis.oldest_source}, ${age(basis.oldest_publication_age_seconds)} old` : ""],
      ["Stale", basis.stale ? "yes: a required list is stale or missing" : ""],
      ["Screened", instant(basis.screened_at)],
    ]),
    h("div", { class: "chips", role: "group", "aria-label": "Show" }, chip("", `All ${count(rows.length)}`), block ? chip("BLOCK", `BLOCK ${count(block)}`) : null, review ? chip("REVIEW", `REVIEW ${count(review)}`) : null, allow ? chip("ALLOW", `ALLOW ${count(allow)}`) : null),
    list,
  );
  drawList();
  return h("div", { class: "batch" }, overview, open);
}

function rowsTable(rows, open) {
  return table(
    "Outcomes, the gravest first",
    [
      { label: "Line", class: "number", cell: (row) => count(row.position) },
      { label: "Address", class: "grow", cell: (row) => (row.secret ? h("span", { class: "quiet" }, "a private key or seed phrase: wiped") : address(row.outcome.candidates.find((candidate) => candidate.strict)?.canonical ?? row.text.slice(0, 400))) },
      { label: "Verdict", cell: (row) => mark(row.outcome.verdict) },
      { label: "Action", cell: (row) => mark(row.outcome.action) },
      { label: "Why", cell: (row) => why(row.outcome) },
      { label: "Answer", cell: (row) => h("button", { type: "button", class: "copy", "aria-label": `Open the answer about line ${row.position}`, onclick: () => open(row) }, "Open") },
    ],
    rows,
  );
}

function why(outcome) {
  const match = outcome.matches[0];
  const reasons = outcome.reasons.map(lower).join(", ");
  if (!match) return reasons || h("span", { class: "quiet" }, "no entry");
  return [h("b", {}, match.subjects[0] || match.incident?.name || match.source), h("span", { class: "quiet" }, ` ${match.source}; ${reasons}`)];
}

async function openRow(asked, row, overview, open) {
  const back = h("button", { type: "button", class: "button", onclick: () => { put(open); overview.hidden = false; overview.querySelector("h2").focus(); } }, "← Back to the table");
  overview.hidden = true;
  put(open, h("p", {}, back), loading("Loading the evidence…"));
  let explanation = null;
  let history = null;
  if (!row.secret) {
    [explanation, history] = await Promise.all(
      [post("/v1/explanations", { text: row.text, network: asked.network }), post("/v1/histories", { address: row.text, network: asked.network })].map((question) =>
        question.catch((failure) => ({ failure: failure instanceof Failure ? failure : new Failure("INTERNAL", String(failure)) })),
      ),
    );
  }
  if (!overview.hidden) return;
  put(open, h("p", {}, back), answer({ ...row, basis: asked.basis, caller: asked.caller, explanation, history }));
  open.querySelector("[data-focus]")?.focus({ preventScroll: true });
  open.scrollIntoView({ block: "nearest" });
}
