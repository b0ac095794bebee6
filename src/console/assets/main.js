// The frame: header, ways between the views, keys.
//
// A view is a function `(argument) => Element | Promise<Element>`; it fills
// `main`. Where one is, is the part after `#` in the address bar: view names and
// ids of incidents, generations and screenings. Never an address.

import { announce, h, put } from "./dom.js";
import { ago, count, instant } from "./format.js";
import { bind, showKeys } from "./keys.js";
import { failed, loading, shape } from "./parts.js";
import { alerts } from "./alerts.js";
import { generations } from "./generations.js";
import { incident, incidents } from "./incidents.js";
import { portfolios } from "./portfolios.js";
import { record } from "./record.js";
import { focusBox, screen } from "./screen.js";
import { caller, onStatus, refresh, roles, start, status, statusFailure } from "./session.js";
import { showSignIn } from "./signin.js";
import { sources } from "./sources.js";
import { apiKey } from "./api.js";

const VIEWS = [
  { name: "screen", label: "Screen", key: "s", show: screen },
  { name: "sources", label: "Sources", key: "o", show: sources },
  { name: "generations", label: "Generations", key: "g", show: generations },
  { name: "incidents", label: "Incidents", key: "i", show: incidents },
  { name: "alerts", label: "Alerts", key: "a", show: alerts },
  { name: "portfolios", label: "Portfolios", key: "p", show: portfolios },
];

// Views that are reached from another one, and belong to it in the header.
const INNER = [
  { name: "incident", under: "incidents", label: "Incident", show: incident },
  { name: "record", under: "alerts", label: "Record", show: record },
];

const main = document.getElementById("main");
let shown = 0;

function place() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const view = [...VIEWS, ...INNER].find((candidate) => candidate.name === name);
  return { view: view ?? VIEWS[0], argument: rest.map((part) => decode(part)).join("/") };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// Fills `main` with the view that the address bar names. `moved`: the person
// went there, so the focus goes along and the title is said.
async function show(moved) {
  const { view, argument } = place();
  const mine = (shown += 1);
  document.title = `${view.label} · interdict`;
  for (const link of document.querySelectorAll("#nav a")) {
    const here = link.dataset.view === (view.under ?? view.name);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const waiting = setTimeout(() => mine === shown && put(main, loading(`Loading ${view.label.toLowerCase()}…`)), 150);
  let content;
  try {
    content = await view.show(argument);
  } catch (failure) {
    content = failed(failure, () => show(false));
  }
  clearTimeout(waiting);
  if (mine !== shown) return;
  main.dataset.view = view.name;
  put(main, content);
  if (moved) {
    scrollTo(0, 0);
    if (view.name === "screen") focusBox();
    else (main.querySelector("h1") ?? main).focus({ preventScroll: true });
    announce(view.label);
  }
}

function go(name) {
  const hash = `#/${name}`;
  if (location.hash === hash) show(true);
  else location.hash = hash;
}

function buildNav() {
  put(
    document.getElementById("nav"),
    VIEWS.map((view) =>
      h("a", { href: `#/${view.name}`, "data-view": view.name, "aria-keyshortcuts": `g ${view.key}` }, view.label),
    ),
  );
}

const HEALTH_TONES = { ready: "none", degraded: "hold" };

// Health, generation and who one is.
function drawStanding() {
  const now = status();
  const failure = statusFailure();
  const facts = document.getElementById("standing");
  if (now) {
    const tone = HEALTH_TONES[now.health] ?? "stop";
    put(
      facts,
      h(
        "span",
        { class: `health health-${tone}`, title: [...(now.reasons ?? []), `started ${instant(now.started_at)}`].join("; ") },
        shape(tone),
        h("span", {}, now.health),
      ),
      h(
        "a",
        { class: "standing-generation", href: "#/generations", title: `digest ${now.generation_digest}` },
        h("span", { class: "wide-only" }, "generation "),
        h("span", { class: "narrow-only" }, "gen "),
        h("b", {}, count(now.generation)),
        h("span", { class: "wide-only" }, `, ${count(now.entries)} entries`),
      ),
      h(
        "span",
        { class: "standing-caller", title: `roles: ${(roles() ?? []).join(", ") || "none"}` },
        caller() || "anonymous",
      ),
    );
  } else if (failure?.code === "UNAUTHENTICATED" || failure?.code === "PERMISSION_DENIED") {
    put(facts, h("span", { class: "health health-hold" }, shape("hold"), h("span", {}, apiKey() ? "key refused" : "not signed in")));
  } else if (failure) {
    put(facts, h("span", { class: "health health-stop" }, shape("stop"), h("span", {}, failure.code === "NETWORK" ? "unreachable" : "no answer")));
  }
  put(document.getElementById("sign-in"), apiKey() ? "Sign out" : "Sign in");
}

function drawTheme() {
  const button = document.getElementById("theme");
  const next = { "": "dark", dark: "light", light: "" };
  const names = { "": "system", dark: "dark", light: "light" };
  const draw = () => {
    const choice = window.interdictTheme.choice();
    put(button, h("span", { class: "narrow-only" }, "Theme"), h("span", { class: "wide-only" }, `Theme: ${names[choice]}`));
    button.setAttribute("aria-label", `Theme: ${names[choice]}. Switch to ${names[next[choice]]}`);
  };
  button.addEventListener("click", () => {
    window.interdictTheme.choose(next[window.interdictTheme.choice()]);
    draw();
  });
  draw();
}

function signInOrOut() {
  showSignIn(() => {
    refresh().then(() => show(false));
  });
}

buildNav();
drawTheme();
document.getElementById("sign-in").addEventListener("click", signInOrOut);
document.getElementById("show-keys").addEventListener("click", showKeys);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
bind([
  { keys: ["/"], says: "Address box", does: () => (place().view.name === "screen" ? focusBox() : go("screen")) },
  ...VIEWS.map((view) => ({ keys: ["g", view.key], says: `Go to ${view.label}`, does: () => go(view.name) })),
  ...VIEWS.map((view, index) => ({ keys: [String(index + 1)], does: () => go(view.name) })),
  { keys: ["r"], says: "Load this view again", does: () => { refresh(); show(false); } },
  { keys: ["t"], says: "Theme: system, dark, light", does: () => document.getElementById("theme").click() },
  { keys: ["?"], says: "These keys", does: showKeys },
]);
addEventListener("hashchange", () => show(true));
onStatus(drawStanding);

let first = true;
onStatus(() => {
  // Roles are known after the first answer; what was drawn before may have
  // guessed wrong.
  if (first && place().view.name !== "screen") show(false);
  first = false;
});
start();
show(false).then(() => {
  if (place().view.name === "screen") focusBox();
});
drawStanding();

// Shows how old an answer has become without asking again.
setInterval(() => {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    put(element, ago(element.dateTime));
  }
}, 30000);
