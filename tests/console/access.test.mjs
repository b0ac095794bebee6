// What people see who may not, or when the daemon cannot: signing in, roles,
// errors. Refusals are put in front of a real daemon, so that each can be had
// without its cause.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, lookingAt, open, screen, settled, visit } from "./browser.mjs";
import { RONIN, start } from "./daemon.mjs";

// Of the form of an API key, and of no daemon.
const KEY = "ik_0123456789ab_thisisnotarealsecretatallreally";

let daemon;
let browser;

before(async () => {
  daemon = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});

const looking = lookingAt(() => [browser, daemon.url]);

const refusal = (status, code, message, more = {}) => ({ status, json: { error: { code, message, ...more } } });

// Answers without a key are 401; with it they are the daemon's.
const signedInOnly = (page) =>
  page.route("**/v1/**", async (route) => {
    if (route.request().headers().authorization !== `Bearer ${KEY}`) {
      await route.fulfill(refusal(401, "UNAUTHENTICATED", "credentials are needed"));
    } else {
      const headers = { ...route.request().headers() };
      delete headers.authorization;
      await route.fulfill({ response: await route.fetch({ headers }) });
    }
  });

// The caller has these roles, and what needs another is refused.
const withRoles = (roles) => (page) =>
  page.route("**/v1/status", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), caller: { name: "officer", roles } } });
  });

test("who is not signed in is told so, signs in with a key, and out again", () =>
  looking(
    async (page, { requests }) => {
      await page.getByText("not signed in").waitFor();
      await page.getByRole("button", { name: "Sign in" }).first().click();
      const dialog = page.getByRole("dialog");
      const field = dialog.getByLabel("API key");
      assert.equal(await field.getAttribute("type"), "password");
      await field.fill(KEY);
      await field.press("Enter");
      await page.locator(".health").getByText("ready").waitFor();
      await screen(page, RONIN);
      assert.match(await page.locator("#result").innerText(), /LISTED/);
      const kept = await page.evaluate(() => ({ tab: JSON.stringify({ ...sessionStorage }), browser: JSON.stringify({ ...localStorage }), page: document.documentElement.outerHTML, cookie: document.cookie, place: location.href }));
      assert.ok(kept.tab.includes(KEY));
      for (const place of ["browser", "page", "cookie", "place"]) assert.ok(!kept[place].includes(KEY), `the key is in ${place}`);
      for (const { url, body } of requests) assert.ok(!url.includes(KEY) && !body.includes(KEY));
      await page.reload();
      await page.locator(".health").getByText("ready").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("not signed in").waitFor();
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    },
    { routes: signedInOnly, expected: [401] },
  ));

test("a key that is refused says so", () =>
  looking(
    async (page) => {
      await page.getByRole("button", { name: "Sign in" }).first().click();
      await page.getByLabel("API key").fill("ik_wrong_key");
      await page.keyboard.press("Enter");
      await page.getByText("key refused").waitFor();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
    },
    { routes: signedInOnly, expected: [401] },
  ));

test("what cannot be a key is not sent", () =>
  looking(async (page, { requests }) => {
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("API key").fill("two words – and a dash");
    await page.keyboard.press("Enter");
    assert.equal(await page.getByRole("dialog").count(), 1);
    assert.ok(requests.every(({ headers }) => !headers.authorization));
  }));

test("a key of the daemon's own opens what its roles allow, and no more", async () => {
  const own = await start({ roles: ["screen"] });
  const tab = await open(browser, own.url, { expected: [401] });
  const { page } = tab;
  try {
    await page.getByText("not signed in").waitFor();
    await visit(page, "#/sources");
    assert.match(await page.locator("main").innerText(), /Sign in with an API key/);
    await page.locator("#sign-in").click();
    await page.getByLabel("API key").fill(own.key);
    await page.keyboard.press("Enter");
    await page.locator(".standing-caller").getByText("officer").waitFor();
    await visit(page, "#/screen");
    await screen(page, RONIN);
    assert.match(await page.locator("#result").innerText(), /LISTED/);
    await visit(page, "#/alerts");
    assert.match(await page.locator("main").innerText(), /Alerts need the role rescreen/);
    // The daemon says the same to who asks all the same.
    const status = await page.evaluate((key) => fetch("/v1/records", { headers: { authorization: `Bearer ${key}` } }).then((response) => response.status), own.key);
    assert.equal(status, 403);
    assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML)).includes(own.key));
  } finally {
    await tab.close();
    await own.stop();
  }
});

test("a view whose role is missing names the role and asks nothing", () =>
  looking(
    async (page, { requests }) => {
      await page.locator(".standing-caller").getByText("officer").waitFor();
      const asked = requests.length;
      await visit(page, "#/alerts");
      const said = await page.locator("main").innerText();
      assert.match(said, /Alerts need the role rescreen/);
      assert.match(said, /Hits need the role audit-read/);
      await visit(page, "#/portfolios");
      assert.match(await page.locator("main").innerText(), /Portfolios need the role rescreen/);
      const asking = requests.slice(asked).map(({ url }) => new URL(url).pathname);
      assert.deepEqual(asking.filter((path) => path.startsWith("/v1/") && path !== "/v1/status"), []);
      await visit(page, "#/sources");
      assert.match(await page.locator("main").innerText(), /ofac-sdn/);
    },
    { routes: withRoles(["screen"]) },
  ));

test("who may only read the log is not offered a screening", () =>
  looking(
    async (page) => {
      await page.locator(".standing-caller").getByText("officer").waitFor();
      await visit(page, "#/sources");
      assert.match(await page.locator("main").innerText(), /Sources need the role screen/);
      await visit(page, "#/screen");
      assert.match(await page.locator("main").innerText(), /Screenings need the role screen/);
      assert.equal(await page.locator("#address").count(), 0);
      await visit(page, "#/alerts");
      assert.doesNotMatch(await page.locator("main").innerText(), /Hits need/);
    },
    { routes: withRoles(["audit-read"]) },
  ));

for (const [status, code, message, says] of [
  [403, "PERMISSION_DENIED", "this needs the role `screen`", /Sign in with a key that has the role/],
  [429, "RESOURCE_EXHAUSTED", "too many screenings", /at its limit/],
  [503, "UNAVAILABLE", "no verified generation is live", /hold every transfer/],
  [500, "INTERNAL", "the store failed", /Hold the transfer/],
]) {
  test(`an answer of ${status} is shown as no answer, never as a verdict`, () =>
    looking(
      async (page) => {
        await page.locator("#address").fill(RONIN);
        await page.keyboard.press("Enter");
        await page.locator(".no-answer").waitFor();
        const said = await page.locator("#result").innerText();
        assert.match(said, new RegExp(message, "i"));
        assert.match(said, says);
        assert.match(said, /No answer is not a no/);
        assert.equal(await page.locator(".ruling").count(), 0);
      },
      { routes: (page) => page.route("**/v1/screenings", (route) => route.fulfill(refusal(status, code, message))), expected: [status] },
    ));
}

test("half an answer is no answer", () =>
  looking(
    async (page) => {
      for (const text of [RONIN, `${RONIN}\n${RONIN}`]) {
        await page.locator("#address").fill(text);
        await page.keyboard.press("Enter");
        await page.locator(".no-answer").waitFor();
        assert.equal(await page.locator(".ruling, .batch").count(), 0);
        await page.locator("#address").fill("");
      }
    },
    {
      routes: (page) =>
        page.route("**/v1/screenings", async (route) => {
          const response = await route.fetch();
          const said = await response.json();
          if (said.outcome) delete said.outcome.verdict;
          if (said.outcomes) said.outcomes.pop();
          await route.fulfill({ response, json: said });
        }),
    },
  ));

test("a verdict that this console does not know is treated as BLOCK", () =>
  looking(
    async (page) => {
      await screen(page, RONIN);
      assert.match(await page.locator(".ruling").innerText(), /does not know\. Treat the address as BLOCK/);
      assert.match(await page.locator(".ruling").innerText(), /Stop the transfer/);
      assert.equal(await page.locator(".ruling .ruling-stop").count(), 2);
    },
    {
      routes: (page) =>
        page.route("**/v1/screenings", async (route) => {
          const response = await route.fetch();
          const said = await response.json();
          Object.assign(said.outcome, { verdict: "UNSPECIFIED", action: "UNSPECIFIED" });
          await route.fulfill({ response, json: said });
        }),
    },
  ));

test("the verdict is shown although its explanation and history fail", () =>
  looking(
    async (page) => {
      await screen(page, RONIN);
      const said = await page.locator("#result").innerText();
      assert.match(said, /LISTED/);
      assert.equal(await page.locator("#result .failed").count(), 2);
    },
    {
      routes: async (page) => {
        for (const path of ["explanations", "histories"]) await page.route(`**/v1/${path}`, (route) => route.fulfill(refusal(503, "UNAVAILABLE", "not now")));
      },
      expected: [503],
    },
  ));

test("a second question takes the place of one that hangs", () =>
  looking(
    async (page) => {
      await page.locator("#address").fill("hangs");
      await page.keyboard.press("Enter");
      await page.getByText("Screening…").waitFor();
      await screen(page, RONIN);
      assert.match(await page.locator(".ruling").innerText(), /LISTED/);
    },
    {
      routes: (page) =>
        page.route("**/v1/screenings", async (route) => {
          if (!route.request().postData().includes("hangs")) await route.continue();
        }),
    },
  ));

test("a daemon that went away is said to be unreachable", async () => {
  const own = await start();
  const tab = await open(browser, own.url);
  try {
    await tab.page.locator(".health").getByText("ready").waitFor();
    await own.stop();
    await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await tab.page.locator(".health").getByText("unreachable").waitFor();
    await visit(tab.page, "#/sources");
    await settled(tab.page);
    assert.match(await tab.page.locator("main").innerText(), /cannot be reached/);
    await tab.page.getByRole("button", { name: "Try again" }).waitFor();
  } finally {
    await tab.close();
    await own.stop();
  }
});
