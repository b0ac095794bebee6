// The first view: one box, one answer.
//
// Promises that what was asked is never in the address bar, that a private key
// is wiped from the box as soon as the daemon has said that it is one, and that
// an answer that did not come is never shown as one that did.

import { Failure, get, post } from "./api.js";
import { answer } from "./answer.js";
import { batch } from "./batch.js";
import { announce, h, put } from "./dom.js";
import { age, count, plural, sentenceList } from "./format.js";
import { failed, loading, remark, roleNeeded, tag } from "./parts.js";
import { caller, may, onStatus, status } from "./session.js";
import { byWeight } from "./sources.js";
import { questionsOf } from "./text.js";
import { TIERS } from "./words.js";

const RONIN = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const NETWORKS = ["BTC", "ETH", "USDT", "USDC", "TRX", "SOL", "XRP", "LTC", "BCH", "DOGE", "XMR", "ZEC", "ADA", "DOT", "TON", "eip155:1", "eip155:56"];
const PURPOSES = [
  ["INVESTIGATION", "a case"],
  ["WITHDRAWAL", "a withdrawal"],
  ["DEPOSIT", "a deposit"],
  ["ONBOARDING", "onboarding"],
];

// What outlives a visit to another view. Of texts, only those that may be shown.
const kept = { text: "", network: "", purpose: "INVESTIGATION", asOf: "", reference: "", result: null };

let parts = null;
let asking = null;

// The view.
export async function screen() {
  if (!may("screen")) return h("div", {}, heading(), roleNeeded("screen", "Screenings"));
  parts = { box: newBox(kept.text), result: h("div", { class: "result", id: "result" }), renewed: h("div", {}) };
  const view = h("div", { class: "screen" }, heading(), form(), parts.renewed, parts.result);
  draw();
  return view;
}

const heading = () => h("h1", { class: "sr-only", tabindex: "-1" }, "Screen an address");

// Puts the cursor into the box.
export function focusBox() {
  parts?.box.focus();
  parts?.box.select();
}

function newBox(text) {
  const box = h("textarea", {
    id: "address",
    class: "box",
    rows: "1",
    maxlength: "400000",
    autocomplete: "off",
    autocapitalize: "off",
    autocorrect: "off",
    spellcheck: "false",
    translate: "no",
    enterkeyhint: "search",
    placeholder: "Paste an address, or several: one a line",
    "aria-describedby": "box-note",
    oninput: (event) => {
      kept.text = event.target.value;
      grow(event.target);
    },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      ask();
    },
  });
  box.value = text;
  requestAnimationFrame(() => grow(box));
  return box;
}

// As high as its lines, for browsers without `field-sizing`.
function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.rows = Math.min(12, Math.max(1, box.value.split("\n").length));
}

// Another box in its place: a value that is only overwritten can be brought
// back by undoing.
function wipe(rest) {
  kept.text = rest;
  const fresh = newBox(rest);
  parts.box.value = "";
  parts.box.replaceWith(fresh);
  parts.box = fresh;
}

function form() {
  const field = (id, label, control) => h("div", { class: "option" }, h("label", { for: id }, label), control);
  const remember = (name) => (event) => {
    kept[name] = event.target.value.trim();
  };
  const network = h("input", { id: "network", class: "field", list: "networks", maxlength: "64", autocomplete: "off", placeholder: "any", oninput: remember("network") });
  const asOf = h("input", { id: "as-of", class: "field", type: "date", oninput: remember("asOf") });
  const reference = h("input", { id: "reference", class: "field", maxlength: "256", autocomplete: "off", placeholder: "none", oninput: remember("reference") });
  const purpose = h(
    "select",
    { id: "purpose", class: "field", onchange: remember("purpose") },
    PURPOSES.map(([value, label]) => h("option", { value, selected: value === kept.purpose }, label)),
  );
  network.value = kept.network;
  asOf.value = kept.asOf;
  reference.value = kept.reference;
  return h(
    "form",
    {
      class: "ask",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        ask();
      },
    },
    h("label", { for: "address", class: "ask-label" }, "Address"),
    h("div", { class: "ask-row" }, parts.box, h("button", { type: "submit", class: "button button-main button-ask" }, "Screen", h("kbd", { "aria-hidden": "true" }, "↵"))),
    h("p", { class: "sr-only", id: "box-note" }, "Enter screens. Shift and Enter begin another line."),
    h(
      "div",
      { class: "options" },
      field("network", "Network", network),
      field("as-of", "As of", asOf),
      field("purpose", "For", purpose),
      field("reference", "Your reference", reference),
    ),
    h("datalist", { id: "networks" }, NETWORKS.map((value) => h("option", { value }))),
  );
}

async function ask() {
  const texts = questionsOf(parts.box.value);
  if (texts.length === 0) {
    announce("the box is empty");
    parts.box.focus();
    return;
  }
  asking?.abort();
  const mine = (asking = new AbortController());
  const asked = { network: kept.network, purpose: kept.purpose, reference: kept.reference };
  if (kept.asOf) asked.moment = { as_of: kept.asOf };
  kept.result = null;
  put(parts.renewed);
  put(parts.result, loading(texts.length === 1 ? "Screening…" : `Screening ${count(texts.length)} addresses…`));
  try {
    kept.result = texts.length === 1 ? await askOne(texts[0], asked, mine.signal) : await askMany(texts, asked, mine.signal);
  } catch (failure) {
    if (mine.signal.aborted) return;
    kept.result = { failure: failure instanceof Failure ? failure : new Failure("INTERNAL", String(failure?.message ?? failure)) };
  }
  if (mine.signal.aborted) return;
  draw();
  const heading = parts.result.querySelector("[data-focus]");
  heading?.focus({ preventScroll: true });
  showRuling();
}

// Scrolls only if the ruling cannot be seen where it is.
function showRuling() {
  const top = parts.result.getBoundingClientRect().top;
  if (top > innerHeight * 0.4 || top < 0) parts.result.scrollIntoView({ block: "start" });
}

const isSecret = (outcome) => outcome.reasons.includes("PRIVATE_KEY");

async function askOne(text, asked, signal) {
  const said = await post("/v1/screenings", { address: text, ...asked }, { signal });
  checkOutcome(said.outcome);
  if (isSecret(said.outcome)) {
    wipe("");
    return { one: { text: "", secret: true, ...said, caller: caller() } };
  }
  // Both explain the answer; neither is the answer, and it is shown without
  // them if they fail.
  const [explanation, history] = await Promise.all(
    [
      post("/v1/explanations", { text, network: asked.network }, { signal }),
      post("/v1/histories", { address: text, network: asked.network }, { signal }),
    ].map((question) => question.catch((failure) => ({ failure }))),
  );
  return { one: { text, secret: false, ...said, explanation, history, caller: caller() } };
}

async function askMany(texts, asked, signal) {
  const { network, ...rest } = asked;
  const queries = texts.map((address) => ({ address, network }));
  const said = await post("/v1/screenings", { queries, ...rest }, { signal });
  if (said.outcomes?.length !== texts.length) {
    throw new Failure("INTERNAL", "the answer does not cover every address");
  }
  said.outcomes.forEach(checkOutcome);
  const secrets = new Set(texts.filter((_, index) => isSecret(said.outcomes[index])));
  if (secrets.size > 0) wipe(texts.filter((text) => !secrets.has(text)).join("\n"));
  return {
    batch: {
      rows: said.outcomes.map((outcome, index) => ({
        position: index + 1,
        text: isSecret(outcome) ? "" : texts[index],
        secret: isSecret(outcome),
        outcome,
      })),
      basis: said.basis,
      network,
      caller: caller(),
    },
  };
}

// An answer that lacks its parts is no answer.
function checkOutcome(outcome) {
  const whole = outcome?.verdict && outcome.action && Array.isArray(outcome.reasons) && Array.isArray(outcome.matches);
  if (!whole) throw new Failure("INTERNAL", "the answer lacks its verdict");
}

function draw() {
  const result = kept.result;
  if (!result) {
    put(parts.result, welcome());
  } else if (result.failure) {
    put(
      parts.result,
      h("div", { class: "no-answer", tabindex: "-1", "data-focus": true }, failed(result.failure, ask), h("p", { class: "quiet" }, "No answer is not a no: until there is one, treat the address as BLOCK.")),
    );
    announce(`No answer: ${result.failure.message}`);
  } else if (result.one) {
    put(parts.result, answer(result.one));
    announce(`${result.one.outcome.verdict}, ${result.one.outcome.action}`);
  } else {
    put(parts.result, batch(result.batch));
    announce(`${plural(result.batch.rows.length, "address", "addresses")} screened`);
  }
}

// What is held, before anything is asked.
function welcome() {
  const held = h("div", { class: "held" });
  get("/v1/sources").then(
    ({ sources }) => put(held, heldNow(sources)),
    (failure) => put(held, failed(failure)),
  );
  return h(
    "div",
    { class: "welcome" },
    h("div", {}, h("h2", {}, "Held now"), held),
    h(
      "div",
      {},
      h("h2", {}, "For a first look"),
      h("p", {}, "The address that took $620 M from the Ronin Bridge in 2022:"),
      h(
        "button",
        {
          type: "button",
          class: "example",
          onclick: () => {
            parts.box.value = RONIN;
            kept.text = RONIN;
            ask();
          },
        },
        h("code", { class: "address" }, RONIN),
      ),
      h("p", { class: "quiet" }, "Any spelling, a payment URI, quotes around it: what was made of the text is shown with the answer. Screenings are recorded in the audit log."),
      h("p", { class: "quiet keys-hint" }, h("kbd", {}, "/"), " comes back to the box, ", h("kbd", {}, "?"), " shows all keys."),
    ),
  );
}

function heldNow(sources) {
  const present = sources.filter((source) => source.present);
  if (present.length === 0) {
    return remark("hold", "No list is held: no address can be answered NOT_LISTED. Import one, or run ", h("code", {}, "interdict sync"), ".");
  }
  return [
    h(
      "ul",
      { class: "held-list" },
      byWeight(present).map((source) =>
        h(
          "li",
          {},
          h("span", { class: "held-count" }, count(source.entries)),
          h("span", {}, h("b", {}, source.id), " ", h("span", { class: "quiet" }, TIERS[source.tier] ?? source.tier)),
          h("span", { class: "held-age" }, source.stale ? tag("stale") : null, ` ${age(source.age_seconds)} old`),
        ),
      ),
    ),
    present.some((source) => source.bundled)
      ? h("p", { class: "quiet" }, `${sentenceList(present.filter((source) => source.bundled).map((source) => source.id))}: starter lists that came with the program, and age. Import the publishers’ current ones.`)
      : null,
  ];
}

// Lists that change while somebody reads an answer make it an old one.
onStatus(() => {
  const basis = kept.result?.one?.basis ?? kept.result?.batch?.basis;
  const live = status()?.generation;
  if (!parts?.renewed.isConnected) return;
  if (!basis || !live || basis.as_of || live === basis.generation) {
    put(parts.renewed);
  } else if (parts.renewed.childElementCount === 0) {
    put(
      parts.renewed,
      remark(
        "hold",
        h("p", {}, h("b", {}, `Generation ${count(live)} is live now.`), ` This answer is from generation ${count(basis.generation)}.`),
        kept.text.trim() ? h("button", { type: "button", class: "button", onclick: ask }, "Screen again") : null,
      ),
    );
  }
});
