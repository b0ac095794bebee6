// What is known of the daemon and of the person: health, generation, name and
// roles. Asked for every ten seconds while the tab is looked at.

import { Failure, get } from "./api.js";

const EVERY_MS = 10000;

const session = {
  // The answer of /v1/status, or null.
  status: null,
  // Why there is none, or null.
  failure: null,
};

const listeners = new Set();
let timer = 0;
let running = null;

// The daemon's last word, or null.
export const status = () => session.status;

// Why there is none, or null.
export const statusFailure = () => session.failure;

// The roles of the caller, or null where they are not known.
export const roles = () => session.status?.caller?.roles ?? null;

// Whether the caller may do what needs `role`. Not known is yes: the daemon
// decides, and what it refuses is shown as refused.
export const may = (role) => roles()?.includes(role) ?? true;

// The name of the caller, as the daemon sees it.
export const caller = () => session.status?.caller?.name ?? "";

// Calls `listener` after every answer.
export function onStatus(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Asks now.
export function refresh() {
  running ??= ask().finally(() => {
    running = null;
  });
  return running;
}

async function ask() {
  try {
    session.status = await get("/v1/status");
    session.failure = null;
  } catch (failure) {
    // What was known a while ago says nothing about now.
    session.status = null;
    session.failure = failure instanceof Failure ? failure : new Failure("INTERNAL", String(failure));
  }
  for (const listener of listeners) listener();
}

// Begins to ask, and stops while nobody looks.
export function start() {
  const tick = () => {
    clearTimeout(timer);
    if (document.hidden) return;
    refresh().finally(() => {
      clearTimeout(timer);
      timer = setTimeout(tick, EVERY_MS);
    });
  };
  document.addEventListener("visibilitychange", tick);
  tick();
}
