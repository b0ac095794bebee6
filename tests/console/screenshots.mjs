// Takes the pictures that the docs show: every view at desktop and phone width.
//
//   tests/console/run screenshots

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DESKTOP, PHONE, VIEWS, launch, open, screen, settled, visit } from "./browser.mjs";
import { RONIN, TYPO, UNLISTED, DMM, DELISTED, fill, start } from "./daemon.mjs";

const MOST_BYTES = 200 * 1024;

const ask = (text) => async (page) => {
  await visit(page, VIEWS.screen);
  await screen(page, text);
  await settled(page);
};
const go = (hash) => (page) => visit(page, hash);

// What is shown, by the name of its picture. `dark`: in the dark theme too.
const PICTURES = {
  home: { show: go(VIEWS.screen) },
  listed: { show: ask(RONIN), dark: true },
  "not-listed": { show: ask(UNLISTED) },
  indeterminate: { show: ask(TYPO) },
  batch: { show: ask([RONIN, TYPO, UNLISTED, DMM, DELISTED, "vitalik.eth"].join("\n")) },
  history: {
    show: async (page) => {
      await ask(RONIN)(page);
      await page.locator(".history").evaluate((element) => scrollTo(0, element.getBoundingClientRect().bottom + scrollY - innerHeight + 90));
    },
  },
  sources: { show: go(VIEWS.sources) },
  generations: { show: go(VIEWS.generations) },
  difference: { show: go(VIEWS.difference) },
  incidents: { show: go(VIEWS.incidents), dark: true },
  incident: { show: go(VIEWS.incident) },
  alerts: { show: go(VIEWS.alerts) },
  portfolios: { show: go(VIEWS.portfolios) },
  record: {
    show: async (page) => {
      await visit(page, VIEWS.alerts);
      await page.locator("a[href^='#/record/']").first().click();
      await page.getByRole("heading", { name: "Record", exact: true }).waitFor();
      await settled(page);
    },
  },
  keys: {
    show: async (page) => {
      await visit(page, VIEWS.sources);
      await page.keyboard.press("?");
    },
  },
};

const folder = process.argv[2] ?? "docs/console";
await mkdir(folder, { recursive: true });
const daemon = await start();
const browser = await launch();
try {
  await fill(daemon);
  for (const [name, { show, dark }] of Object.entries(PICTURES)) {
    const sizes = [["", DESKTOP, "light"], ["-phone", PHONE, "light"]];
    if (dark) sizes.push(["-dark", DESKTOP, "dark"]);
    for (const [suffix, viewport, scheme] of sizes) {
      const tab = await open(browser, daemon.url, { viewport, scheme });
      await tab.page.locator(".health").waitFor();
      await show(tab.page);
      await tab.page.waitForTimeout(300);
      const path = join(folder, `${name}${suffix}.png`);
      await tab.page.screenshot({ path });
      await tab.check();
      await tab.close();
      const { size } = await stat(path);
      if (size > MOST_BYTES) throw new Error(`${path} is ${size} bytes: at most ${MOST_BYTES}`);
    }
  }
} finally {
  await browser.close();
  await daemon.stop();
}
