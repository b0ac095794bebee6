// Talks to the daemon that served this page, and to nobody else.
//
// Promises that an answer is either the message that was asked for or a
// `Failure` that says what to do. It never retries by itself and never makes
// an answer out of an error. An API key is kept for this tab only
// (sessionStorage) and sent as `Authorization: Bearer` to this origin only.

import { FAILURES } from "./words.js";

const KEY = "interdict.key";
const PATIENCE_MS = 15000;

// A question that was not answered.
export class Failure extends Error {
  constructor(code, message, { status = 0, retryAfterMs = 0 } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  // What the person in front of the screen can do.
  get advice() {
    return FAILURES[this.code] ?? "Hold the transfer until an answer has come.";
  }
}

// Kept beside sessionStorage for browsers that refuse to store anything.
let memory = "";

// The API key in use; "" for none.
export function apiKey() {
  try {
    return sessionStorage.getItem(KEY) ?? memory;
  } catch {
    return memory;
  }
}

// Uses another key from now on; "" for none.
export function useApiKey(key) {
  memory = key;
  try {
    if (key) sessionStorage.setItem(KEY, key);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Held in memory then: it is gone with the page, which is no loss.
  }
}

// GET, with a query of the parameters that have a value.
export function get(path, parameters = {}, options = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== undefined && value !== null) query.set(name, String(value));
  }
  const asked = query.size > 0 ? `${path}?${query}` : path;
  return call(asked, { method: "GET" }, options);
}

// POST of a JSON value. Addresses travel in bodies only: URLs end up in logs
// and histories.
export function post(path, body, options = {}) {
  return call(
    path,
    { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    options,
  );
}

// GET of a text: a receipt.
export const getText = (path) => get(path, {}, { as: "text" });

async function call(path, request, { as = "json", signal } = {}) {
  const headers = new Headers(request.headers);
  headers.set("accept", as === "json" ? "application/json" : "text/plain");
  const key = apiKey();
  if (key) headers.set("authorization", `Bearer ${key}`);
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  let response;
  let body;
  try {
    response = await fetch(path, {
      ...request,
      headers,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    body = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (timeout.aborted) {
      throw new Failure("DEADLINE_EXCEEDED", `no answer within ${PATIENCE_MS / 1000} seconds`);
    }
    throw new Failure("NETWORK", "the daemon did not answer");
  }
  if (!response.ok) throw failure(response, body);
  if (as === "text") return body;
  try {
    return JSON.parse(body);
  } catch {
    throw new Failure("INTERNAL", "the answer was cut off or is no JSON", { status: response.status });
  }
}

const CODES = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  413: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function failure(response, body) {
  let error = {};
  try {
    error = JSON.parse(body).error ?? {};
  } catch {
    // A front in between answers in its own words; the status tells enough.
  }
  return new Failure(
    error.code || CODES[response.status] || "INTERNAL",
    error.message || `the daemon answered with status ${response.status}`,
    { status: response.status, retryAfterMs: error.retry_after_ms ?? 0 },
  );
}
