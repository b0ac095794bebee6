// What was made of the text: the steps, the readings, and the other addresses
// that each reading leads to.

import { h } from "./dom.js";
import { plural, sentenceList } from "./format.js";
import { address, copyButton, failed, tag } from "./parts.js";
import { FLAGS } from "./words.js";

// `asked.explanation` is the explanation, or `{ failure }`.
export function understood({ text, outcome, explanation }) {
  if (explanation?.failure) return failed(explanation.failure);
  const said = Array.isArray(explanation) ? explanation[0] : explanation;
  const candidates = said?.candidates ?? outcome.candidates;
  return [
    h("ol", { class: "steps" }, h("li", {}, h("span", { class: "step-name" }, "as given"), h("code", { class: "mono wrap" }, shown(text))), (said?.steps ?? []).map(step)),
    candidates.length === 0 ? h("p", {}, "No reading: the text is no address this daemon knows.") : null,
    candidates.map((candidate, index) => reading(candidate, index, candidates.length)),
    outcome.flags.length > 0
      ? h("ul", { class: "flags" }, outcome.flags.map((flag) => h("li", {}, h("code", { class: "reason-name" }, flag), h("span", {}, FLAGS[flag] ?? "Something this console does not know."))))
      : null,
    said?.advice ? h("p", { class: "advice" }, h("b", {}, "To do: "), said.advice, ".") : null,
  ];
}

const shown = (text) => (text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text);

const step = ({ done, left }) => h("li", {}, h("span", { class: "step-name" }, done), h("code", { class: "mono wrap" }, left));

function reading(candidate, index, total) {
  const leadsTo = candidate.leads_to ?? [];
  return h(
    "div",
    { class: "reading" },
    h(
      "p",
      { class: "reading-head" },
      h("b", {}, total > 1 ? `${index + 1}. ${candidate.kind}` : candidate.kind),
      tag(candidate.strict ? "strict" : "lenient", candidate.strict ? "the format’s rules accept the text" : "not what the format’s rules allow"),
    ),
    h("p", {}, address(candidate.canonical)),
    candidate.tag ? h("p", {}, "Tag or memo: ", h("code", { class: "mono" }, candidate.tag)) : null,
    candidate.networks?.length ? h("p", { class: "networks" }, sentenceList(candidate.networks)) : null,
    candidate.key ? h("p", { class: "key" }, h("span", { class: "quiet" }, "key "), h("code", { class: "mono wrap" }, candidate.key)) : null,
    leadsTo.length > 0
      ? h(
          "details",
          { class: "fine" },
          h("summary", {}, `Leads to ${plural(leadsTo.length, "other address", "other addresses")}, looked up too`),
          h(
            "ul",
            { class: "leads-to" },
            leadsTo.map((other) => h("li", {}, h("span", { class: "quiet" }, `${other.kind}: ${other.rule}`), h("br"), address(other.canonical), " ", copyButton(other.canonical, "address"))),
          ),
        )
      : null,
  );
}
