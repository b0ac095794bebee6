// The generations: every state the set has had, what made it, and what differs
// between two of them.

import { get } from "./api.js";
import { diverging } from "./charts.js";
import { announce, h, put } from "./dom.js";
import { ago, count, instant, plural } from "./format.js";
import { address, digest, empty, failed, loading, roleNeeded, shape, table, tag, viewHead } from "./parts.js";
import { may } from "./session.js";
import { CAUSES } from "./words.js";

const PAGE = 50;
const CHANGES = 1000;
const KINDS = { LISTED: "listed", DELISTED: "delisted", AMENDED: "changed" };

// The view. `argument`: "FROM/TO" for the difference of two.
export async function generations(argument) {
  const lead = "Each import makes a new, numbered and immutable state of the whole set. Answers name theirs and can be had again from it.";
  if (!may("screen")) return h("div", {}, viewHead("Generations", lead), roleNeeded("screen", "Generations"));
  const { generations: newest } = await get("/v1/generations", { limit: PAGE });
  if (newest.length === 0) return h("div", {}, viewHead("Generations", lead), empty("No generation yet", "The first import makes one."));
  const [from, to] = argument.split("/").map(Number);
  const difference = h("div", { class: "difference" });
  const picked = chooser(newest, from || Math.max(1, newest[0].number - 1), to || newest[0].number);
  if (from && to) {
    compare(from, to, difference);
    return h("div", {}, viewHead("Generations", lead, h("a", { class: "button", href: "#/generations" }, "All generations")), picked, difference);
  }
  const all = [...newest];
  const list = h("div", {});
  const more = h("button", { type: "button", class: "button", onclick: () => older(all, list, more) }, "Show older");
  more.hidden = newest.length < PAGE || newest.at(-1).number === 1;
  drawList(all, list);
  return h("div", {}, viewHead("Generations", lead), picked, list, h("p", {}, more));
}

function chooser(newest, from, to) {
  const most = newest[0].number;
  const field = (id, label, value) => {
    const input = h("input", { id, class: "field number-field", type: "number", min: "1", max: String(most), step: "1", required: true, inputmode: "numeric" });
    input.value = value;
    return { input, block: h("div", { class: "option" }, h("label", { for: id }, label), input) };
  };
  const earlier = field("from", "From generation", from);
  const later = field("to", "To generation", to);
  return h(
    "form",
    {
      class: "compare",
      onsubmit: (event) => {
        event.preventDefault();
        const [a, b] = [Number(earlier.input.value), Number(later.input.value)].sort((x, y) => x - y);
        location.hash = `#/generations/${a}/${b}`;
      },
    },
    h("h2", {}, "What changed between two"),
    h("div", { class: "compare-row" }, earlier.block, later.block, h("button", { type: "submit", class: "button button-main" }, "Compare")),
  );
}

async function older(all, list, more) {
  more.disabled = true;
  try {
    const { generations: next } = await get("/v1/generations", { limit: PAGE, before: all.at(-1).number });
    all.push(...next);
    drawList(all, list);
    more.hidden = next.length < PAGE;
    announce(`${plural(next.length, "older generation")} shown`);
  } catch (failure) {
    more.after(failed(failure));
  }
  more.disabled = false;
}

function drawList(all, list) {
  const most = Math.max(...all.map((generation) => Math.max(generation.added, generation.removed)), 1);
  put(
    list,
    table(
      "Generations, newest first",
      [
        { label: "No.", class: "number", cell: (generation) => h("b", {}, count(generation.number)) },
        { label: "Committed", cell: (generation) => [h("span", {}, instant(generation.committed_at)), h("div", { class: "quiet" }, ago(generation.committed_at))] },
        { label: "Made by", cell: madeBy },
        {
          label: "Went · came",
          class: "diverging-column",
          cell: (generation) => [
            diverging(generation.added, generation.removed, most, `${count(generation.removed)} went, ${count(generation.added)} came`),
            h("div", { class: "diverging-words" }, h("span", {}, generation.removed ? `−${count(generation.removed)}` : "0"), h("span", {}, generation.added ? `+${count(generation.added)}` : "0")),
          ],
        },
        { label: "Changed", class: "number", cell: (generation) => count(generation.amended) },
        { label: "Entries", class: "number", cell: (generation) => count(generation.entries) },
        { label: "Digest", cell: (generation) => digest(generation.digest) },
        {
          label: "Difference",
          cell: (generation) =>
            generation.number > 1
              ? h("a", { class: "copy", href: `#/generations/${generation.number - 1}/${generation.number}`, "aria-label": `Show what generation ${generation.number} changed` }, "Show")
              : h("span", { class: "quiet" }, "the first"),
        },
      ],
      all,
    ),
    h("p", { class: "quiet" }, "The bars grow with the logarithm of the count, so that one delisting is seen beside a thousand listings."),
  );
}

function madeBy(generation) {
  const names = generation.sources?.length ? generation.sources : [generation.source];
  return [
    h("b", {}, names.filter(Boolean).join(", ") || "–"),
    h("div", { class: "quiet" }, CAUSES[generation.cause] ?? generation.cause, generation.rolled_back_to ? ` to generation ${count(generation.rolled_back_to)}` : ""),
    generation.act ? h("div", {}, h("b", {}, generation.act.author), `: ${generation.act.reason}`, generation.act.ticket ? ` (${generation.act.ticket})` : "", generation.act.approver ? `, approved by ${generation.act.approver}` : "") : null,
    generation.overridden?.length ? h("div", {}, tag("overrode"), " ", generation.overridden.join("; ")) : null,
  ];
}

async function compare(from, to, place) {
  put(place, loading(`Comparing generations ${from} and ${to}…`));
  try {
    put(place, differenceOf(from, to, await get(`/v1/generations/${from}/difference/${to}`, { limit: CHANGES })));
  } catch (failure) {
    put(place, failed(failure, () => compare(from, to, place)));
  }
}

const TONES = { LISTED: "stop", DELISTED: "none", AMENDED: "hold" };

function differenceOf(from, to, said) {
  const { changes, total, truncated } = said;
  const list = h("div", {});
  let kind = "";
  let needle = "";
  const drawChanges = () => {
    const shown = changes.filter((change) => (!kind || change.kind === kind) && (!needle || text(change).includes(needle)));
    put(list, shown.length === 0 ? empty("Nothing here", changes.length === 0 ? "The two hold the same entries." : "No change fits the filter.") : changesTable(shown));
  };
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Show" });
  const chip = (name, label) =>
    h("button", { type: "button", class: "chip", "aria-pressed": String(kind === name), onclick: (event) => {
      kind = name;
      for (const other of chips.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      drawChanges();
    } }, label);
  put(chips, chip("", `All ${count(total)}`), Object.entries(KINDS).map(([name, word]) => chip(name, `${word} ${count(said[name.toLowerCase()])}`)));
  const filter = h("input", { id: "filter", class: "field", type: "search", autocomplete: "off", spellcheck: "false", placeholder: "source, subject, program, incident, address", oninput: (event) => {
    needle = event.target.value.trim().toLowerCase();
    drawChanges();
  } });
  drawChanges();
  return h(
    "section",
    { class: "block", "aria-labelledby": "difference-title" },
    h("div", { class: "section-head" }, h("h2", { id: "difference-title" }, `From ${count(from)} to ${count(to)}: ${plural(total, "entry differs", "entries differ")}`)),
    truncated ? h("p", { class: "quiet" }, `The first ${count(changes.length)} of ${count(total)}, in order of address key. All of them: `, h("code", {}, `interdict diff ${from} ${to}`), ".") : null,
    h("div", { class: "filters" }, chips, h("div", { class: "option" }, h("label", { for: "filter" }, "Filter"), filter)),
    list,
  );
}

const text = (change) => [change.source, change.address, change.ticker, change.incident, ...change.subjects, ...change.programs].join(" ").toLowerCase();

function changesTable(changes) {
  return table(
    "Changes",
    [
      { label: "What", cell: (change) => h("span", { class: `mark mark-${TONES[change.kind] ?? "hold"}` }, shape(TONES[change.kind] ?? "hold"), h("span", {}, KINDS[change.kind] ?? change.kind)) },
      { label: "Source", cell: (change) => change.source },
      { label: "Address", class: "grow", cell: (change) => [address(change.address), change.ticker ? h("span", { class: "quiet" }, ` ${change.ticker}`) : null] },
      { label: "Subject", cell: (change) => [change.subjects.join("; "), change.programs.length ? h("div", { class: "quiet" }, change.programs.join(", ")) : null] },
      { label: "Incident", cell: (change) => (change.incident ? h("a", { href: `#/incident/${encodeURIComponent(change.incident)}` }, change.incident) : h("span", { class: "quiet" }, "–")) },
    ],
    changes,
  );
}
