// How it looks and handles: keyboard alone, narrow screens, both themes, paper,
// and for people who do not look at all.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, NARROW, PHONE, VIEWS, findings, launch, lookingAt, open, overflow, screen, settled, visit } from "./browser.mjs";
import { RONIN, TYPO, UNLISTED, fill, start } from "./daemon.mjs";

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

// Shows every view, and every kind of answer, one after the other.
async function everywhere(page, look) {
  for (const [name, hash] of Object.entries(VIEWS)) {
    await visit(page, hash);
    await look(name);
  }
  await visit(page, VIEWS.alerts);
  await page.locator("a[href^='#/record/']").first().click();
  await page.getByRole("heading", { name: "Record", exact: true }).waitFor();
  await settled(page);
  await look("record");
  await visit(page, VIEWS.screen);
  for (const [name, text] of [["listed", RONIN], ["not listed", UNLISTED], ["typo", TYPO], ["batch", `${RONIN}\n${TYPO}\n${UNLISTED}`]]) {
    await screen(page, text);
    await settled(page);
    await look(name);
  }
  await page.locator("#sign-in").click();
  await page.getByRole("dialog").waitFor();
  await look("sign-in");
  await page.keyboard.press("Escape");
}

for (const scheme of ["light", "dark"]) {
  for (const [width, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    test(`axe has no serious finding: ${scheme}, ${width}`, () =>
      looking(
        async (page) => {
          await everywhere(page, async (name) => assert.deepEqual(await findings(page), [], name));
        },
        { scheme, viewport },
      ));
  }
}

test("axe would find something", () =>
  looking(async (page) => {
    await page.evaluate(() => document.querySelector("main").append(document.createElement("img"), document.createElement("button")));
    const found = (await findings(page)).join(" ");
    assert.match(found, /image-alt/);
    assert.match(found, /button-name/);
  }));

test("no view is wider than a screen of 360 pixels", () =>
  looking(
    async (page) => {
      await everywhere(page, async (name) => assert.deepEqual(await overflow(page), [], name));
    },
    { viewport: NARROW },
  ));

test("no view is wider than the screen at twice the size", () =>
  looking(
    async (page) => {
      await everywhere(page, async (name) => assert.deepEqual(await overflow(page), [], name));
    },
    { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
  ));

test("no address is cut in any view, however narrow", () =>
  looking(
    async (page) => {
      await everywhere(page, async (name) => {
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll(".address")]
            .filter((element) => {
              for (let box = element; box && box.id !== "main"; box = box.parentElement) {
                const style = getComputedStyle(box);
                if (style.textOverflow === "ellipsis") return true;
                if (style.overflowX !== "visible" && box.scrollWidth > box.clientWidth + 1) return true;
              }
              return element.getBoundingClientRect().right > innerWidth;
            })
            .map((element) => element.textContent),
        );
        assert.deepEqual(cut, [], name);
      });
    },
    { viewport: NARROW },
  ));

test("everything can be done with the keyboard alone", () =>
  looking(async (page) => {
    const keys = page.keyboard;
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
    assert.equal(await focused(), "address", "the box is ready at once");
    await keys.type(RONIN);
    await keys.press("Enter");
    await page.locator(".ruling").waitFor();
    await page.waitForFunction(() => document.activeElement.matches("[data-focus]"));
    await keys.press("/");
    assert.equal(await focused(), "address");
    assert.equal(await page.locator("#address").inputValue(), RONIN, "the slash is not typed");
    await keys.press("Escape");
    for (const [pair, title] of [["go", "Sources"], ["gg", "Generations"], ["gi", "Incidents"], ["ga", "Alerts and hits"], ["gp", "Portfolios and rescreens"]]) {
      await keys.press(pair[0]);
      await keys.press(pair[1]);
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
      assert.equal(await focused(), title, "the focus goes along");
    }
    await keys.press("4");
    await page.getByRole("heading", { name: "Incidents", level: 1 }).waitFor();
    await keys.press("?");
    await page.getByRole("dialog").getByText("Address box", { exact: true }).waitFor();
    await keys.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await tabTo(page, (element) => element.textContent === "DMM Bitcoin 2024");
    await keys.press("Enter");
    await page.getByRole("heading", { name: "DMM Bitcoin 2024" }).waitFor();
    await keys.press("g");
    await keys.press("s");
    await page.locator("#address").waitFor();
    assert.equal(await focused(), "address");
    assert.match(await page.locator("#result").innerText(), /LISTED/, "the answer is still there");
  }));

// Presses Tab until something is focused that can be seen to be, and is it.
async function tabTo(page, wanted) {
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press("Tab");
    const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");
    assert.ok(outlined, "the focus can be seen");
    if (await page.evaluate(`(${wanted})(document.activeElement)`)) return;
  }
  assert.fail("Tab does not lead there");
}

test("single keys can be switched off", () =>
  looking(async (page) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByLabel("Single keys are on").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("4");
    await page.waitForTimeout(300);
    assert.equal(await page.locator("#address").count(), 1, "still on the first view");
    await page.locator("#show-keys").click();
    await page.getByLabel("Single keys are on").check();
    await page.keyboard.press("Escape");
    await page.keyboard.press("4");
    await page.getByRole("heading", { name: "Incidents" }).waitFor();
  }));

test("the first Tab offers to skip the header", () =>
  looking(async (page) => {
    await visit(page, "#/sources");
    await page.evaluate(() => {
      document.activeElement.blur();
      getSelection().removeAllRanges();
      document.body.tabIndex = -1;
      document.body.focus();
    });
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    assert.match(page.url(), /#\/sources$/);
  }));

test("the theme follows the system until somebody chooses, and the choice stays", () =>
  looking(
    async (page) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await ground();
      await page.emulateMedia({ colorScheme: "light" });
      const light = await ground();
      assert.notEqual(dark, light);
      await page.locator("#theme").click();
      assert.equal(await ground(), dark);
      await page.reload();
      await page.waitForSelector("#main > *");
      assert.equal(await ground(), dark);
    },
    { scheme: "dark" },
  ));

test("on paper there is the evidence, whole, and nothing to click", () =>
  looking(async (page) => {
    await screen(page, RONIN);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".top").isVisible(), false);
    assert.equal(await page.locator(".ask").isVisible(), false);
    const digest = await page.locator(".facts-narrow code[title]").first().getAttribute("title");
    assert.match(await page.locator(".answer").innerText(), new RegExp(digest), "the digest is whole");
    assert.match(await page.locator(".print-foot").innerText(), /screened as anonymous/);
    assert.ok((await page.pdf({ format: "A4" })).length > 10000);
  }));

test("the policy of the page refuses what it should", async () => {
  const tab = await open(browser, daemon.url);
  const refused = await tab.page.evaluate(async () => {
    const inline = document.createElement("div");
    inline.setAttribute("style", "color: red");
    document.body.append(inline);
    let trusted = false;
    try {
      inline.innerHTML = "<b>x</b>";
      trusted = true;
    } catch {
      // As it should be.
    }
    const elsewhere = await fetch("http://127.0.0.1:9/").then(() => true, () => false);
    await new Promise((done) => setTimeout(done, 200));
    return { trusted, elsewhere, directives: window.violations.map((violation) => violation.split(" ")[0]).sort() };
  });
  assert.deepEqual(refused, { trusted: false, elsewhere: false, directives: ["connect-src", "require-trusted-types-for", "style-src-attr"] });
  await tab.close();
});
