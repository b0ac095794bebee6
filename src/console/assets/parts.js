// The parts that every view is made of: marks, addresses, facts, tables, and
// what is shown while nothing can be.

import { announce, h, put, s } from "./dom.js";
import { shortDigest } from "./format.js";
import { ACTIONS, VERDICTS } from "./words.js";

// The tone of a verdict or an action. Colour never stands alone: each tone has
// a shape, and the word is always beside it. What is not listed is an open
// ring in a quiet tone: no tick, no green, nothing that says "clean".
const TONES = {
  LISTED: "stop",
  BLOCK: "stop",
  INDETERMINATE: "hold",
  REVIEW: "hold",
  NOT_LISTED: "none",
  ALLOW: "none",
};

// The tone of a name; what is not known is as bad as the worst.
export const tone = (name) => TONES[name] ?? "stop";

const SHAPES = {
  stop: () => s("path", { d: "M4.8.4h6.4l4.4 4.4v6.4l-4.4 4.4H4.8L.4 11.2V4.8zM3.6 6.7v2.6h8.8V6.7z", fill: "currentColor", "fill-rule": "evenodd" }),
  hold: () => s("path", { d: "M8 .9 15.6 14.6H.4z", fill: "currentColor" }),
  none: () => s("circle", { cx: 8, cy: 8, r: 5.9, fill: "none", stroke: "currentColor", "stroke-width": 2.4 }),
};

// The shape of a tone: barred octagon, triangle or ring.
export function shape(name, properties = {}) {
  return s(
    "svg",
    { viewBox: "0 0 16 16", class: "shape", "aria-hidden": "true", focusable: "false", ...properties },
    SHAPES[name](),
  );
}

// A verdict or an action as a mark: shape and word.
export function mark(name) {
  const known = name in VERDICTS || name in ACTIONS ? name : name || "UNSPECIFIED";
  return h("span", { class: `mark mark-${tone(known)}` }, shape(tone(known)), h("span", {}, known.replaceAll("_", " ")));
}

// A word that carries no judgement: a tier, a category, a flag.
export const tag = (text, title) => h("span", { class: "tag", title }, text);

// An address, whole. It is set in groups of four so that two of them can be
// compared by eye; the gaps are drawn, so that a selection copies the address
// and nothing else.
export function address(text, { large = false, copy = false } = {}) {
  const groups = [];
  let rest = text ?? "";
  // A name or a sentence is no address, and is set as it is.
  if (!/^[0-9A-Za-z:]{20,}$/.test(rest)) {
    groups.push(rest);
    rest = "";
  }
  if (/^0x/i.test(rest)) {
    groups.push(rest.slice(0, 2));
    rest = rest.slice(2);
  }
  const letters = Array.from(rest);
  for (let start = 0; start < letters.length; start += 4) {
    groups.push(letters.slice(start, start + 4).join(""));
  }
  const spelled = h(
    "code",
    { class: large ? "address address-large" : "address", translate: "no", dir: "ltr" },
    groups.map((group) => h("span", { class: "address-group" }, group)),
  );
  return copy ? h("span", { class: "address-line" }, spelled, copyButton(text, "address")) : spelled;
}

// A digest or an id, the first half on screen and the whole in the clipboard.
export function digest(hex) {
  if (!hex) return h("span", { class: "quiet" }, "none");
  return h(
    "span",
    { class: "copied-text" },
    h("code", { class: "mono", title: hex, translate: "no" }, shortDigest(hex), h("span", { class: "print-only" }, hex.slice(16))),
    copyButton(hex, "digest"),
  );
}

// An id, whole, with a button that copies it.
export function identifier(id, what) {
  return h("span", { class: "copied-text" }, h("code", { class: "mono", translate: "no" }, id), copyButton(id, what));
}

// Copies `text`, and says so.
export function copyButton(text, what, name = "Copy") {
  const label = h("span", {}, name);
  return h(
    "button",
    {
      type: "button",
      class: "copy",
      "aria-label": `Copy ${what}`,
      onclick: async () => {
        const done = await copyText(text);
        put(label, done ? "Copied" : "Select and copy");
        announce(done ? `${what} copied` : "the browser does not let this page copy");
        setTimeout(() => put(label, name), 1600);
      },
    },
    label,
  );
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Label and value pairs. A pair whose value is empty is left out.
export function facts(pairs, className = "facts") {
  return h(
    "dl",
    { class: className },
    pairs
      .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
      .map(([label, value]) => h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value))),
  );
}

// A section with its heading.
export function section(title, properties, ...children) {
  const { aside, ...rest } = properties ?? {};
  return h(
    "section",
    rest,
    h("div", { class: "section-head" }, h("h2", {}, title), aside ? h("div", { class: "section-aside" }, aside) : null),
    children,
  );
}

// The title of a view, what it is in a sentence, and what can be done in it.
export function viewHead(title, lead, ...tools) {
  return h(
    "div",
    { class: "view-head" },
    h("div", {}, h("h1", { tabindex: "-1" }, title), lead ? h("p", { class: "lead" }, lead) : null),
    tools.length > 0 ? h("div", { class: "view-tools" }, tools) : null,
  );
}

// A table that becomes a stack of cards where the screen is narrow. Columns:
// `{ label, cell(row), class }`. The roles are spelled out because the narrow
// layout takes away those that the elements have.
export function table(caption, columns, rows, { rowClass } = {}) {
  const head = h(
    "tr",
    { role: "row" },
    columns.map((column) => h("th", { role: "columnheader", scope: "col", class: column.class }, column.label)),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      { role: "row", class: rowClass?.(row) },
      columns.map((column) =>
        h("td", { role: "cell", class: column.class, "data-label": column.label }, h("div", { class: "cell" }, column.cell(row))),
      ),
    ),
  );
  return h(
    "table",
    { role: "table", class: "table" },
    h("caption", { class: "sr-only" }, caption),
    h("thead", { role: "rowgroup" }, head),
    h("tbody", { role: "rowgroup" }, body),
  );
}

// While an answer is on its way.
export const loading = (what) => h("p", { class: "loading", role: "status" }, h("span", { class: "loading-dot", "aria-hidden": "true" }), what);

// When there is nothing, why that is, and what would change it.
export const empty = (title, text) => h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), text ? h("p", {}, text) : null);

// When an answer did not come.
export function failed(failure, again) {
  return h(
    "div",
    { class: "failed", role: "alert" },
    shape("hold"),
    h(
      "div",
      {},
      h("p", { class: "failed-title" }, failure.message),
      h("p", {}, failure.advice ?? "Try again."),
      h("p", { class: "quiet" }, h("code", {}, failure.code ?? "INTERNAL")),
      again ? h("button", { type: "button", class: "button", onclick: again }, "Try again") : null,
    ),
  );
}

// When the caller lacks the role that a view needs.
export function roleNeeded(role, what) {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, `${what} need${what.endsWith("s") ? "" : "s"} the role `, h("code", {}, role)),
    h("p", {}, "Sign in with a key that has it, or ask whoever keeps the keys."),
    h("button", { type: "button", class: "button", onclick: () => document.getElementById("sign-in").click() }, "Sign in"),
  );
}

// Remarks above an answer: something that the reader has to know first.
export const remark = (name, ...children) => h("div", { class: `remark remark-${name}` }, shape(name), h("div", {}, children));
