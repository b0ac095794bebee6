// One record of the audit log, and the receipt that proves it.

import { get, getText } from "./api.js";
import { h, put } from "./dom.js";
import { count, instant, shortDigest } from "./format.js";
import { address, copyButton, failed, facts, loading, mark, roleNeeded, section, viewHead } from "./parts.js";
import { may } from "./session.js";

// The view. `id`: of the screening.
export async function record(id) {
  const head = viewHead("Record", "What was asked and answered, as the audit log holds it.", h("a", { class: "button", href: "#/alerts" }, "Recent hits"));
  if (!may("audit-read")) return h("div", {}, head, roleNeeded("audit-read", "Records"));
  const one = await get(`/v1/records/${encodeURIComponent(id)}`);
  const receipt = h("div", {});
  return h(
    "div",
    {},
    head,
    facts(
      [
        ["Verdict", one.verdict ? mark(one.verdict) : ""],
        ["Action", one.action ? mark(one.action) : ""],
        ["Recorded", instant(one.at)],
        ["Asked by", one.caller || "anonymous"],
        ["Generation", one.generation ? count(one.generation) : ""],
        ["Place in the log", count(one.sequence)],
      ],
      "facts figures figures-small",
    ),
    one.canonical ? h("p", { class: "address-line" }, address(one.canonical, { large: true }), copyButton(one.canonical, "address")) : null,
    h("p", { class: "sentence wrap" }, one.sentence),
    section("Everything in it", { class: "block" }, tree(one.record)),
    section(
      "Receipt",
      { class: "block" },
      h("p", {}, "Proof that this record is in the log, checked with nothing but the public key: ", h("code", {}, "interdict audit check-receipt"), "."),
      receipt,
      h("button", { type: "button", class: "button", onclick: (event) => showReceipt(id, receipt, event.currentTarget) }, "Show the receipt"),
    ),
  );
}

// A record's fields as nested lists; long hexadecimal stays whole and wraps.
function tree(value) {
  if (value === null || value === undefined || value === "") return h("span", { class: "quiet" }, "none");
  if (Array.isArray(value)) {
    if (value.length === 0) return h("span", { class: "quiet" }, "none");
    return value.every((item) => typeof item !== "object") ? h("span", { class: "wrap" }, value.join(", ")) : h("ol", { class: "tree-list" }, value.map((item) => h("li", {}, tree(item))));
  }
  if (typeof value === "object") {
    return h("dl", { class: "tree" }, Object.entries(value).map(([name, inner]) => h("div", { class: "fact" }, h("dt", {}, name.replaceAll("_", " ")), h("dd", {}, tree(inner)))));
  }
  return h("span", { class: "wrap mono" }, String(value));
}

async function showReceipt(id, place, button) {
  put(place, loading("Fetching the receipt…"));
  try {
    const text = await getText(`/v1/records/${encodeURIComponent(id)}/receipt`);
    button.hidden = true;
    put(place, h("div", { class: "receipt-tools" }, copyButton(text, "receipt"), saveButton(text, id)), h("pre", { class: "receipt", tabindex: "0", "aria-label": "Receipt" }, text));
  } catch (failure) {
    put(place, failed(failure, () => showReceipt(id, place, button)));
  }
}

function saveButton(text, id) {
  return h(
    "button",
    {
      type: "button",
      class: "copy",
      onclick: () => {
        const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
        const link = h("a", { href: url, download: `receipt-${shortDigest(id)}.txt` });
        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 10000);
      },
    },
    "Save",
  );
}
