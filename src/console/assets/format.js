// How dates, ages, sums and digests are written. Always the whole of an
// address; a digest is cut where its whole is a click away.

const number = new Intl.NumberFormat("en-US");

// 1308 → "1,308".
export const count = (value) => number.format(value ?? 0);

// "1 address", "2 addresses".
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${Number(value) === 1 ? one : many}`;
}

// The age of something in the unit that people would use: "3 h", "95 days".
export function age(seconds) {
  const value = Number(seconds ?? 0);
  if (value < 60) return `${Math.max(0, Math.round(value))} s`;
  if (value < 3600) return `${Math.round(value / 60)} min`;
  if (value < 48 * 3600) return `${Math.round(value / 3600)} h`;
  return `${number.format(Math.floor(value / 86400))} days`;
}

// "2022-03-23" → "23 Mar 2022". Anything else comes back as it is.
export function day(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(text ?? "");
  if (!found) return text ?? "";
  const month = MONTHS[Number(found[2]) - 1];
  return month ? `${Number(found[3])} ${month} ${found[1]}` : text;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// "2026-11-23T00:37:42Z" → "23 Nov 2026, 00:37:42 UTC". Always UTC: evidence
// is read in more than one place.
export function instant(text) {
  const time = Date.parse(text ?? "");
  if (Number.isNaN(time)) return text ?? "";
  const iso = new Date(time).toISOString();
  return `${day(iso)}, ${iso.slice(11, 19)} UTC`;
}

// How long ago that was: "3 h ago", "just now".
export function ago(text, now = Date.now()) {
  const time = Date.parse(text ?? "");
  if (Number.isNaN(time)) return "";
  const seconds = (now - time) / 1000;
  if (seconds < 5) return "just now";
  return `${age(seconds)} ago`;
}

// 620000000 → "$620 M". Zero is unknown, and says so.
export function dollars(value) {
  const sum = Number(value ?? 0);
  if (sum === 0) return "not known";
  if (sum >= 1e9) return `$${trim(sum / 1e9)} bn`;
  if (sum >= 1e6) return `$${trim(sum / 1e6)} M`;
  if (sum >= 1e3) return `$${trim(sum / 1e3)} k`;
  return `$${number.format(sum)}`;
}

// 52740000 → "$53M": where there is little room.
export function roughly(value) {
  if (value >= 1e9) return `$${(value / 1e9).toFixed(1)}bn`;
  return value >= 1e6 ? `$${Math.round(value / 1e6)}M` : `$${Math.round(value / 1e3)}k`;
}

function trim(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2).replace(/\.?0+$/, "");
}

// A share of a whole, never rounded to nothing and never up to all.
export function percent(part, whole) {
  if (!whole || !part) return "0 %";
  const value = (100 * part) / whole;
  if (value < 0.1) return "< 0.1 %";
  if (value > 99.9 && part < whole) return "> 99.9 %";
  return `${value.toFixed(1).replace(/\.0$/, "")} %`;
}

// The first half of a digest: enough to tell two apart on a screen.
export const shortDigest = (hex) => (hex ?? "").slice(0, 16);

// "MIXED_CASE" → "mixed case".
export const lower = (name) => String(name ?? "").replaceAll("_", " ").toLowerCase();

// "a, b and c".
export function sentenceList(items) {
  const all = items.filter(Boolean);
  if (all.length < 2) return all.join("");
  return `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

// The address of a page that may be opened, or "" where a text is no such
// thing: evidence names its own links, and `javascript:` is one too.
export function webAddress(text) {
  const trimmed = String(text ?? "").trim();
  if (!/^https?:\/\/\S+$/i.test(trimmed)) return "";
  try {
    const url = new URL(trimmed);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}
