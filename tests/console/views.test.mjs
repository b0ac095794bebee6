// The other views, on a daemon's own data.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, lookingAt, screen, settled, visit } from "./browser.mjs";
import { DELISTED, RONIN, fill, start } from "./daemon.mjs";

let daemon;
let browser;

before(async () => {
  daemon = await start();
  await fill(daemon);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});

const looking = lookingAt(() => [browser, daemon.url]);

const main = (page) => page.locator("main").innerText();

test("the header says health, generation and who one is", () =>
  looking(async (page) => {
    await page.locator(".health").waitFor();
    const said = await page.locator(".standing").innerText();
    assert.match(said, /ready/);
    assert.match(said, /generation 7, [\d,]+ entries/);
    assert.match(said, /anonymous/);
  }));

test("sources show weight, entries, age and state", () =>
  looking(async (page) => {
    await visit(page, "#/sources");
    const row = page.locator("tr", { hasText: "ofac-sdn" }).filter({ hasText: "required" });
    const said = await row.innerText();
    assert.match(said, /SANCTIONS/);
    assert.match(said, /974/);
    assert.match(said, /\d+ days/);
    assert.match(said, /starter/);
    assert.match(await main(page), /starter lists/);
  }));

test("a source beyond its maximum age is stale, and what that means is said", () =>
  looking(
    async (page) => {
      await visit(page, "#/sources");
      assert.match(await main(page), /ofac-sdn: NOT_LISTED is not answered/);
      assert.match(await page.locator("tr", { hasText: "required" }).innerText(), /stale[\s\S]*8 days of 7 days/);
      assert.match(await page.locator("tr", { hasText: "heists" }).innerText(), /nearing[\s\S]*6 days of 7 days/);
    },
    {
      routes: (page) =>
        page.route("**/v1/sources", async (route) => {
          const response = await route.fetch();
          const said = await response.json();
          const day = 86400;
          for (const source of said.sources) {
            if (source.id === "ofac-sdn") Object.assign(source, { bundled: false, stale: true, age_seconds: 8 * day, max_age_seconds: 7 * day });
            if (source.id === "heists") Object.assign(source, { bundled: false, age_seconds: 6 * day, max_age_seconds: 7 * day });
          }
          await route.fulfill({ response, json: said });
        }),
    },
  ));

test("generations say what made them, who, and how much came and went", () =>
  looking(async (page) => {
    await visit(page, "#/generations");
    const rows = page.locator("tbody tr");
    assert.equal(await rows.count(), 7);
    assert.match(await rows.nth(1).innerText(), /operator[\s\S]*Ada Byron: cleared by second line \(CASE-12\)[\s\S]*−1/);
    assert.match(await rows.last().innerText(), /ofac-sdn[\s\S]*\+974/);
  }));

test("two generations are compared, and the difference can be filtered", () =>
  looking(async (page) => {
    await visit(page, "#/generations");
    await page.locator("#from").fill("3");
    await page.locator("#to").fill("5");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("From 3 to 5: 196 entries differ").waitFor();
    const rows = page.locator("tbody tr");
    assert.equal(await rows.count(), 196);
    await page.locator("#filter").fill("operator");
    assert.equal(await rows.count(), 1);
    assert.equal(await rows.locator(".address").textContent(), DELISTED);
    await page.getByRole("button", { name: /^delisted 0/ }).click();
    assert.equal(await rows.count(), 0);
    await visit(page, "#/generations/5/6");
    await page.getByText("From 5 to 6: 1 entry differs").waitFor();
    assert.match(await rows.innerText(), /delisted/);
  }));

test("incidents have totals, a chart and a page each", () =>
  looking(async (page) => {
    await visit(page, "#/incidents");
    assert.match(await main(page), /Reported losses, summed\s+\$4\.\d+ bn/);
    assert.match(await page.locator("svg title").first().textContent(), /2025: \$1\.57 bn/);
    await page.getByRole("link", { name: "DMM Bitcoin 2024" }).click();
    await page.getByRole("heading", { name: "DMM Bitcoin 2024" }).waitFor();
    await settled(page);
    const said = await main(page);
    assert.match(said, /\$308 M/);
    assert.match(said, /31 May 2024/);
    assert.equal(await page.locator("tbody tr").count(), 11);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1", "the focus went along");
  }));

test("alerts name the customer and are acknowledged by a person", () =>
  looking(async (page) => {
    await visit(page, "#/alerts");
    const cards = page.locator(".alert");
    const before = await cards.count();
    assert.ok(before >= 3, `${before} alerts`);
    assert.match(await cards.first().innerText(), /Customer C-100\d/);
    await cards.nth(1).getByRole("button", { name: "Acknowledge up to 2" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("#author").fill("Grace Hopper");
    await dialog.locator("#why").fill("accounts frozen");
    await dialog.getByRole("button", { name: "Acknowledge" }).click();
    await page.waitForFunction((left) => document.querySelectorAll(".alert").length === left, before - 2);
    assert.equal(await page.getByRole("dialog").count(), 0);
  }));

test("hits come from the audit log, newest first, and lead to record and receipt", () =>
  looking(async (page) => {
    await screen(page, RONIN);
    await visit(page, "#/alerts");
    const rows = page.locator("section", { hasText: "Recent hits" }).locator("tbody tr");
    const newest = rows.first();
    assert.match(await newest.innerText(), /LISTED[\s\S]*BLOCK[\s\S]*ofac-sdn/);
    assert.equal(await newest.locator(".address").first().textContent(), RONIN);
    await newest.getByRole("link").click();
    await page.getByRole("heading", { name: "Record", exact: true }).waitFor();
    await settled(page);
    assert.match(await main(page), /LISTED/);
    // A checkpoint covers the record within a second or so.
    await page.waitForTimeout(2000);
    await page.getByRole("button", { name: "Show the receipt" }).click();
    const receipt = await page.locator("pre").innerText();
    assert.match(receipt, /interdict/);
    await page.getByRole("button", { name: "Save" }).click();
  }));

test("portfolios are counted, and rescreens end in the log", () =>
  looking(async (page) => {
    await visit(page, "#/portfolios");
    const said = await main(page);
    assert.match(said, /customers[\s\S]*4[\s\S]*1 unreadable/);
    assert.match(said, /5 addresses/);
    assert.match(said, /1 \(20 %\)\s+BLOCK/);
  }));

test("a name that is no view leads home", () =>
  looking(async (page) => {
    await visit(page, "#/nothing/of/the/kind");
    await page.locator("#address").waitFor();
  }));
