// A browser whose every complaint is a failure of the test.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 360, height: 740 };

// Every view by its name and the part of the address that leads to it.
export const VIEWS = {
  screen: "#/screen",
  sources: "#/sources",
  generations: "#/generations",
  difference: "#/generations/3/7",
  incidents: "#/incidents",
  incident: "#/incident/dmm-bitcoin",
  alerts: "#/alerts",
  portfolios: "#/portfolios",
};

// Returns what opens the console, does `what`, and fails on any complaint.
// `where` tells the browser and the address, which are there only later.
export function lookingAt(where) {
  return async (what, options) => {
    const [browser, url] = where();
    const tab = await open(browser, url, options);
    try {
      await what(tab.page, tab);
      await tab.check();
    } finally {
      await tab.close();
    }
  };
}

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: QUIET });
}

// A tab of its own. `expected`: statuses that the browser will complain about
// because the test causes them. Call `check` at the end.
export async function open(browser, url, { viewport = DESKTOP, scheme = "light", expected = [], routes, ...options } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  const own = new URL(url).host;
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (expected.some((status) => message.text().includes(`status of ${status}`))) return;
    complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => {
    requests.push({ url: request.url(), method: request.method(), body: request.postData() ?? "", headers: request.headers() });
    const asked = new URL(request.url());
    if (asked.protocol !== "blob:" && asked.host !== own) complaints.push(`a request to ${request.url()}`);
  });
  // Before the page's own scripts, and outside its policy.
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await context.addInitScript({ content: `${await readFile(AXE, "utf8")};` });
  if (routes) await routes(page);
  await page.goto(url);
  await page.waitForSelector("#main > *");
  return {
    page,
    requests,
    // Fails on anything the browser complained about.
    async check() {
      assert.deepEqual(await page.evaluate(() => window.violations), [], "violations of the content security policy");
      assert.deepEqual(complaints, [], "complaints of the browser");
    },
    close: () => context.close(),
  };
}

// Goes to a view and waits until it has been filled.
export async function visit(page, hash) {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await settled(page);
}

// Waits until nothing is loading.
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#main > *") && !document.querySelector("#main .loading"));
  await page.waitForTimeout(200);
}

// Puts a text into the box, screens it and waits for the answer.
export async function screen(page, text) {
  await page.locator("#address").fill(text);
  await page.locator("#address").press("Enter");
  await page.locator("[data-focus]").waitFor();
  await page.waitForFunction(() => !document.querySelector("#result .loading"));
}

// Serious and critical findings of axe, in words.
export async function findings(page) {
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`));
  });
}

// How much wider the page is than its window, and by what.
export function overflow(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > wide + 1)
      .map((element) => `${element.tagName}.${element.getAttribute("class") ?? ""}`)
      .slice(0, 8);
  });
}
