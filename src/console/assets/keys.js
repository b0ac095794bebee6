// The keyboard. Keys without a modifier work only while nobody is typing, and
// can be switched off: a screen reader or a voice has its own use for them.

import { h, put } from "./dom.js";

const OFF = "interdict.keys";
const SECOND_KEY_MS = 1200;

let bindings = [];
let first = "";
let firstAt = 0;

function enabled() {
  try {
    return localStorage.getItem(OFF) !== "off";
  } catch {
    return true;
  }
}

function enable(on) {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
  } catch {
    // Then it holds until the page is loaded again.
  }
}

const typing = (target) =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;

// `list`: `{ keys: ["g", "s"] | ["/"], says, does }`.
export function bind(list) {
  bindings = list;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!enabled() || document.querySelector("dialog[open]")) return;
    const pair = Date.now() - firstAt < SECOND_KEY_MS ? first : "";
    const found =
      bindings.find(({ keys }) => keys.length === 2 && keys[0] === pair && keys[1] === event.key) ??
      bindings.find(({ keys }) => keys.length === 1 && keys[0] === event.key);
    first = event.key;
    firstAt = Date.now();
    if (!found) return;
    event.preventDefault();
    first = "";
    found.does();
  });
}

// Shows the keys.
export function showKeys() {
  const rows = bindings
    .filter(({ says }) => says)
    .map(({ keys, says }) =>
      h("div", { class: "key-row" }, h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, says)),
    );
  const box = h("input", { type: "checkbox", id: "keys-on", onchange: (event) => enable(event.target.checked) });
  box.checked = enabled();
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "keys-title" });
  put(
    dialog,
    h("h2", { id: "keys-title" }, "Keys"),
    h(
      "dl",
      { class: "keys" },
      rows,
      h("div", { class: "key-row" }, h("dt", {}, h("kbd", {}, "1"), " … ", h("kbd", {}, "6")), h("dd", {}, "The views, in their order")),
      h("div", { class: "key-row" }, h("dt", {}, h("kbd", {}, "Enter")), h("dd", {}, "In the address box: screen")),
      h("div", { class: "key-row" }, h("dt", {}, h("kbd", {}, "Shift"), h("kbd", {}, "Enter")), h("dd", {}, "In the address box: another line")),
      h("div", { class: "key-row" }, h("dt", {}, h("kbd", {}, "Esc")), h("dd", {}, "Leave a box, close a dialog")),
    ),
    h("p", { class: "check" }, box, h("label", { for: "keys-on" }, "Single keys are on")),
    h("div", { class: "dialog-tools" }, h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close")),
  );
  openDialog(dialog);
}

// Opens a dialog, and takes it off the page when it is closed. The browser
// gives the focus back to where it was.
export function openDialog(dialog) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
