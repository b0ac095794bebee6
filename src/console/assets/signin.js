// Signing in with an API key, for this tab.

import { apiKey, useApiKey } from "./api.js";
import { announce, h, put } from "./dom.js";
import { openDialog } from "./keys.js";

// Asks for a key, or forgets the one in use; then calls `changed`.
export function showSignIn(changed) {
  if (apiKey()) {
    useApiKey("");
    announce("signed out");
    changed();
    return;
  }
  const field = h("input", {
    type: "password",
    id: "api-key",
    class: "field mono",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: "512",
    placeholder: "ik_…",
    required: true,
    oninput: () => field.setCustomValidity(""),
    "aria-describedby": "api-key-note",
  });
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "sign-in-title" });
  const form = h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const key = field.value.trim();
        field.value = "";
        // Anything else cannot be sent in a header, and is no key.
        if (!/^[\x21-\x7e]+$/.test(key)) {
          field.setCustomValidity("An API key is one word of plain letters, digits and signs.");
          field.reportValidity();
          return;
        }
        useApiKey(key);
        dialog.close();
        announce("signed in");
        changed();
      },
    },
    h("h2", { id: "sign-in-title" }, "Sign in"),
    h("label", { for: "api-key" }, "API key"),
    field,
    h("p", { class: "quiet", id: "api-key-note" }, "Kept for this tab only, and sent to this daemon only. Closing the tab forgets it."),
    h(
      "div",
      { class: "dialog-tools" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { type: "submit", class: "button button-main" }, "Sign in"),
    ),
  );
  put(dialog, form);
  openDialog(dialog);
  field.focus();
}
