// The first view: what people see when they ask about an address.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, lookingAt, screen, visit } from "./browser.mjs";
import { DELISTED, DMM, PRIVATE_KEY, RONIN, TYPO, UNLISTED, fill, start } from "./daemon.mjs";

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

const result = (page) => page.locator("#result").innerText();

test("a listed address is stopped, with its evidence, incident and timeline", () =>
  looking(async (page) => {
    await screen(page, RONIN);
    const ruling = await page.locator(".ruling").innerText();
    assert.match(ruling, /The lists say\s+LISTED/);
    assert.match(ruling, /Your policy advises\s+BLOCK/);
    assert.match(ruling, /Lazarus Group/);
    assert.match(ruling, /Stop the transfer/);
    const evidence = await page.locator(".evidence").innerText();
    for (const said of ["ofac-sdn", "SANCTIONS", "DIRECT", "DPRK3", "13 Sep 2019", "Ronin Bridge 2022", "23 Mar 2022", "$620 M lost", "high"]) {
      assert.ok(evidence.includes(said), `${said} is missing from ${evidence}`);
    }
    const link = page.locator(".reference a");
    assert.equal(await link.getAttribute("href"), "https://sanctionssearch.ofac.treas.gov/Details.aspx?id=27307");
    assert.equal(await link.innerText(), await link.getAttribute("href"));
    assert.match(await link.getAttribute("rel"), /noreferrer/);
    assert.equal(await page.locator(".history svg[role=img]").count(), 1);
    const events = await page.locator(".events").innerText();
    assert.match(events, /Subject designated/);
    assert.match(events, /Listed here/);
    assert.match(await result(page), /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/, "the screening id is shown");
  }));

test("an address is spelled out whole, and copies as it is", () =>
  looking(async (page) => {
    await screen(page, RONIN);
    const spelled = page.locator(".ruling .address");
    assert.equal(await spelled.textContent(), RONIN);
    const selected = await spelled.evaluate((element) => {
      getSelection().selectAllChildren(element);
      return getSelection().toString();
    });
    assert.equal(selected, RONIN);
    const cut = await spelled.evaluate((element) => {
      const style = getComputedStyle(element);
      return style.textOverflow === "ellipsis" || element.scrollWidth > element.parentElement.clientWidth + 1;
    });
    assert.equal(cut, false);
    const copied = page.locator(".ruling-address .copy");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await copied.click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), RONIN);
  }));

test("an address that no list names is said not to be on the lists held, and never to be clean", () =>
  looking(async (page) => {
    await screen(page, UNLISTED);
    const said = await result(page);
    assert.match(said, /The lists say\s+NOT LISTED/);
    assert.match(said, /Your policy advises\s+ALLOW/);
    assert.match(said, /Not on the lists held, as of generation \d+/);
    assert.match(said, /ofac-sdn, is \d+ days old/);
    assert.doesNotMatch(said, /\b(clean|safe|ok|clear|good|passed|verified)\b/i);
    assert.equal(await page.locator(".ruling .ruling-stop, .ruling .ruling-hold").count(), 0);
    // An open ring: neither a tick nor a filled shape.
    assert.equal(await page.locator(".ruling .shape circle[fill=none]").count(), 2);
    assert.match(said, /No entry about this address/);
  }));

test("a mistyped address is indeterminate, and what to do is said", () =>
  looking(async (page) => {
    await screen(page, TYPO);
    const said = await result(page);
    assert.match(said, /INDETERMINATE/);
    assert.match(said, /REVIEW/);
    assert.match(said, /This is not a no/);
    assert.match(said, /CHECKSUM\s+The checksum inside the address does not hold/);
    assert.match(said, /Have it copied again/);
  }));

test("what was made of the text is shown step by step", () =>
  looking(async (page) => {
    await screen(page, `“bitcoin:${UNLISTED}?amount=1” `);
    const steps = await page.locator(".steps").innerText();
    assert.match(steps, /as given/);
    assert.match(steps, /quotes and punctuation taken off/);
    assert.match(steps, /BIP-21 URI/);
    assert.match(await result(page), /UNWRAPPED/);
    assert.match(await result(page), /P2PKH/);
    await page.getByText("Leads to 1 other address").click();
    assert.match(await page.locator(".leads-to").innerText(), /P2SH/);
  }));

test("an entry that came off its list keeps its evidence and its history", () =>
  looking(async (page) => {
    await screen(page, DELISTED);
    const said = await result(page);
    assert.match(said, /NOT LISTED/);
    assert.match(said, /DELISTED/);
    assert.match(said, /no longer on the list/);
    assert.match(said, /Ada Byron listed it: chargeback ring \(CASE-12\)/);
    assert.match(await page.locator(".events").innerText(), /Off the list here/);
  }));

test("an exemption shows who gave it, and the verdict stays", () =>
  looking(async (page) => {
    await screen(page, DMM);
    const said = await result(page);
    assert.match(said, /The lists say\s+LISTED/);
    assert.match(said, /Your policy advises\s+ALLOW/);
    assert.match(said, /exempted by Ada Byron: our own wallet, mislabelled \(OPS-4\)\. Until 1 Jun 2027/);
  }));

test("many lines are one batch: counted, the gravest first, each row opens", () =>
  looking(async (page) => {
    await screen(page, [UNLISTED, TYPO, "", RONIN, DMM].join("\n"));
    assert.match(await result(page), /4 addresses screened/);
    const rows = page.locator("#result tbody tr");
    assert.equal(await rows.count(), 4);
    assert.match(await rows.first().innerText(), /BLOCK/);
    const addresses = await page.locator("#result tbody .address").allTextContents();
    assert.deepEqual([...addresses].sort(), [UNLISTED, TYPO, RONIN, DMM].sort());
    await page.getByRole("button", { name: "REVIEW 1" }).click();
    assert.equal(await rows.count(), 1);
    await page.getByRole("button", { name: "All 4" }).click();
    await page.getByRole("button", { name: "Open the answer about line 3" }).click();
    await page.locator(".evidence").waitFor();
    assert.match(await result(page), /Lazarus Group/);
    await page.getByRole("button", { name: "Back to the table" }).click();
    assert.equal(await rows.count(), 4);
  }));

test("a private key is wiped at once and left nowhere", () =>
  looking(async (page, { requests }) => {
    await screen(page, PRIVATE_KEY);
    await leavesNoTrace(page, requests, PRIVATE_KEY);
    assert.match(await result(page), /PRIVATE_KEY/);
    assert.match(await result(page), /consider it lost/);
    await page.locator("#address").focus();
    await page.keyboard.press("Control+z");
    assert.equal(await page.locator("#address").inputValue(), "", "undoing does not bring it back");
    await visit(page, "#/sources");
    await visit(page, "#/screen");
    await leavesNoTrace(page, requests, PRIVATE_KEY);
  }));

test("a private key among other lines is wiped, and they are not", () =>
  looking(async (page, { requests }) => {
    await screen(page, `${RONIN}\n${PRIVATE_KEY}\n${UNLISTED}`);
    assert.equal(await page.locator("#address").inputValue(), `${RONIN}\n${UNLISTED}`);
    assert.match(await result(page), /a private key or seed phrase: wiped/);
    await leavesNoTrace(page, requests, PRIVATE_KEY);
  }));

test("a seed phrase pasted one word a line is recognised as one secret", () =>
  looking(async (page, { requests }) => {
    const words = ["legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful", "legal", "winner", "thank", "yellow"];
    await screen(page, words.map((word, index) => `${index + 1}. ${word}`).join("\n"));
    assert.match(await result(page), /PRIVATE_KEY/);
    await leavesNoTrace(page, requests, "sausage");
  }));

// The secret may stand in the body of the question, and nowhere else.
async function leavesNoTrace(page, requests, secret) {
  const traces = await page.evaluate((text) => {
    const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value).join(" ");
    const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href, document.title]);
    return { page: document.documentElement.outerHTML.includes(text), fields: fields.includes(text), stored: stored.includes(text) };
  }, secret);
  assert.deepEqual(traces, { page: false, fields: false, stored: false });
  for (const request of requests) {
    assert.ok(!decodeURIComponent(request.url).includes(secret), "in a URL");
    assert.ok(!JSON.stringify(request.headers).includes(secret), "in a header");
    if (request.body.includes(secret)) {
      assert.equal(request.method, "POST");
      assert.equal(new URL(request.url).pathname, "/v1/screenings");
    }
  }
}

test("an address stands in no URL", () =>
  looking(async (page, { requests }) => {
    await screen(page, RONIN);
    await screen(page, `${RONIN}\n${UNLISTED}`);
    assert.ok(!page.url().includes("098B"));
    for (const { url } of requests) assert.ok(!/098B716B|1BoatSLR/i.test(url), url);
  }));

test("the past can be asked about, and says so", () =>
  looking(async (page) => {
    await page.locator("#as-of").fill("2010-01-01");
    await screen(page, RONIN);
    const said = await result(page);
    assert.match(said, /In force on\s+1 Jan 2010/);
    assert.match(said, /HISTORICAL/);
  }));

test("lists that change after an answer make it an old one", () =>
  looking(
    async (page) => {
      await screen(page, UNLISTED);
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await page.getByText(/Generation 1,000 is live now/).waitFor();
      await page.getByRole("button", { name: "Screen again" }).waitFor();
    },
    {
      routes: (page) =>
        page.route("**/v1/status", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, json: { ...(await response.json()), generation: 1000 } });
        }),
    },
  ));

test("the text of lists is text, whatever it looks like", () =>
  looking(
    async (page) => {
      await screen(page, RONIN);
      assert.equal(await page.locator("#result img, #result script, #result iframe").count(), 0);
      assert.match(await result(page), /<img src=x onerror=/);
      assert.equal(await page.locator("#result a[href^=javascript]").count(), 0);
      assert.match(await result(page), /javascript:alert\(1\)/);
    },
    {
      routes: (page) =>
        page.route("**/v1/screenings", async (route) => {
          const response = await route.fetch();
          const said = await response.json();
          const [match] = said.outcome.matches;
          match.subjects = ['<img src=x onerror="document.title=1">'];
          match.note = "<script>document.title=1</script>";
          match.reference = "javascript:alert(1)";
          await route.fulfill({ response, json: said });
        }),
    },
  ));
