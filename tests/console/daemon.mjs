// A daemon of the tests' own, with something in each view.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const RONIN = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
// Its last letter mistyped: the checksum no longer holds.
export const TYPO = "0x098B716B8Aaf21512996dC57EB0615e2383E2f97";
// In no list that comes with the program.
export const UNLISTED = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT";
// Of the DMM Bitcoin theft, by researchers only.
export const DMM = "bc1qrtltlc7zjzj3knde2tqjt7tl2p5l2keh4l2uka";
// Put on the operator's list and taken off again by `start`.
export const DELISTED = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
// A private key that everybody knows: the example of Bitcoin's wiki.
export const PRIVATE_KEY = "5HueCGU8rMjxEXiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ";

const STARTS_WITHIN_MS = 60000;

// Runs a command of the program and returns what it printed. Exit codes of
// `screen` are answers too.
function command(binary, ...parameters) {
  return new Promise((resolve, reject) => {
    execFile(binary, parameters, { maxBuffer: 1 << 26 }, (error, printed, complained) => {
      if (error && ![10, 20].includes(error.code)) reject(new Error(`interdict ${parameters.join(" ")}: ${complained}`));
      else resolve(printed);
    });
  });
}

// Starts a daemon. `roles`: of an API key that it is to know; without, whoever
// is on this machine has every role. Returns `{ url, folder, key, run, stop }`:
// where the console is, a folder for files, the key, a way to run commands
// against the daemon, and its end.
export async function start({ roles = [] } = {}) {
  const binary = process.env.INTERDICT_BIN;
  if (!binary) throw new Error("INTERDICT_BIN names no binary");
  const folder = await mkdtemp(join(tmpdir(), "interdict-console-"));
  const keyFile = join(folder, "key");
  const settings = roles.length > 0 ? await command(binary, "keys", "create", "--name", "officer", "--roles", roles.join(","), "--key-file", keyFile) : "";
  const key = roles.length > 0 ? (await readFile(keyFile, "utf8")).trim() : "";
  const data = join(folder, "data");
  await command(binary, "init", "--data-dir", data);
  const config = join(folder, "interdict.toml");
  await writeFile(config, settings);
  const free = ["--listen", "--admin-listen", "--http-listen", "--metrics-listen"].flatMap((flag) => [flag, "127.0.0.1:0"]);
  const daemon = spawn(binary, ["serve", "--config", config, "--data-dir", data, ...free], { stdio: ["ignore", "pipe", "pipe"] });
  const complaints = [];
  createInterface({ input: daemon.stderr }).on("line", (line) => complaints.push(line));
  const stop = async () => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const ended = new Promise((resolve) => daemon.once("exit", resolve));
      daemon.kill("SIGTERM");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const places = await served(daemon, complaints);
    const run = (server, ...parameters) => command(binary, ...parameters, "--server", places[server]);
    return { url: places.console, folder, key, run, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// Waits for the lines that say where the daemon serves.
function served(daemon, complaints) {
  return new Promise((resolve, reject) => {
    const places = {};
    const failed = (what) => reject(new Error(`the daemon ${what}\n${complaints.join("\n")}`));
    const late = setTimeout(() => failed("did not say where its console is"), STARTS_WITHIN_MS);
    daemon.once("exit", (code) => failed(`ended with ${code}`));
    createInterface({ input: daemon.stdout }).on("line", (line) => {
      const found = /(serving|admin|console|metrics) on (\S+)/.exec(line);
      if (found) places[found[1]] = found[2];
      if (places.serving && places.admin && places.console) {
        clearTimeout(late);
        daemon.removeAllListeners("exit");
        resolve(places);
      }
    });
  });
}

const BOOK = `address,network,reference
${RONIN},ETH,C-1001
${DMM},BTC,C-1002
${UNLISTED},BTC,C-1003
${DELISTED},ETH,C-1004
not an address,ETH,C-1005
`;

// Gives each view something to show: a portfolio and alerts, an entry that
// came and went, a rescreen, hits.
export async function fill(daemon) {
  const book = join(daemon.folder, "book.csv");
  await writeFile(book, BOOK);
  const byAda = ["--author", "Ada Byron", "--ticket", "CASE-12"];
  // One row cannot be read: exit code 10, which is an answer.
  await daemon.run("serving", "portfolio", "import", "customers", book, "--reference-column", "reference", "--network-column", "network");
  await daemon.run("admin", "operator", "add", DELISTED, ...byAda, "--reason", "chargeback ring");
  await daemon.run("admin", "operator", "remove", DELISTED, ...byAda, "--reason", "cleared by second line");
  await daemon.run("admin", "exempt", "add", DMM, "--author", "Ada Byron", "--ticket", "OPS-4", "--reason", "our own wallet, mislabelled", "--expires", "2027-06-01");
  await daemon.run("serving", "rescreen", book, "--column", "address", "--out", join(daemon.folder, "rescreened.csv"));
  await daemon.run("serving", "screen", RONIN);
}
