// What became of the entries about an address: a timeline, and the same as a
// list.
//
// Two clocks are kept apart, because they answer two questions: when the
// publisher says that it acted (thin), and since when this daemon has held it
// (thick). Between the two, nobody who asked here could know.

import { chart, timeTicks } from "./charts.js";
import { h, s } from "./dom.js";
import { day, dollars, instant, plural } from "./format.js";
import { failed, section, tag } from "./parts.js";

// The section; nothing where no entry ever was. `said`: the answer of
// /v1/histories, or `{ failure }`.
export function history(said, outcome) {
  if (said?.failure) return section("History", { class: "block" }, failed(said.failure));
  const lanes = lanesOf(said?.events ?? [], outcome.matches ?? []);
  if (lanes.length === 0) {
    return section("History", { class: "block" }, h("p", { class: "quiet" }, "No entry about this address, in any generation this daemon has held."));
  }
  const points = lanes.flatMap((lane) => lane.points).sort((a, b) => a.time - b.time);
  points.forEach((point, index) => {
    point.number = index + 1;
  });
  return section(
    "History",
    { class: "block history", aside: plural(points.length, "event") },
    chart(`Timeline of ${plural(points.length, "event")} on ${lanes.map((lane) => lane.name).join(", ")}; the list below says the same`, (width) => draw(lanes, width)),
    h(
      "ul",
      { class: "legend" },
      h("li", {}, s("svg", { viewBox: "0 0 22 10", class: "swatch-wide", "aria-hidden": "true" }, s("line", { x1: 0, x2: 22, y1: 5, y2: 5, class: "stroke-said" })), "on the list, by the publisher’s dates"),
      h("li", {}, s("svg", { viewBox: "0 0 22 10", class: "swatch-wide", "aria-hidden": "true" }, s("rect", { width: 22, height: 10, class: "fill-ink" })), "held by this daemon"),
    ),
    h(
      "ol",
      { class: "events" },
      points.map((point) =>
        h(
          "li",
          {},
          h("span", { class: "event-number", "aria-hidden": "true" }, point.number),
          h("time", { class: "event-time", datetime: new Date(point.time).toISOString() }, point.when),
          h("span", {}, h("b", {}, point.what), point.lane.theft ? null : [" ", tag(point.lane.name)], point.detail ? h("span", { class: "quiet" }, ` ${point.detail}`) : null, point.generation ? [" ", h("a", { href: "#/generations" }, `generation ${point.generation}`)] : null),
        ),
      ),
    ),
  );
}

const WHAT = { LISTED: "Listed here", AMENDED: "Particulars changed here", DELISTED: "Off the list here" };
const WHAT_EXEMPT = { LISTED: "Exempted here", AMENDED: "Exemption changed here", DELISTED: "Exemption ended here" };

// What the dates of an entry say, and those of an exemption.
const DATES = { begins: "Address listed by the publisher", ends: "Delisted by the publisher" };
const DATES_EXEMPT = { begins: "Exempt from this day", ends: "Exempt until this day" };

// One lane an entry: what its publisher dates, and what this daemon saw.
function lanesOf(events, matches) {
  const lanes = new Map();
  const thefts = new Map();
  const laneOf = (match) => {
    const key = match.entry_id || `${match.source} ${match.published_address}`;
    if (!lanes.has(key)) lanes.set(key, { name: match.source, points: [], match, held: [], from: NaN, to: NaN });
    const lane = lanes.get(key);
    lane.match = match;
    return lane;
  };
  for (const event of events) {
    const lane = laneOf(event.match);
    const time = Date.parse(event.committed_at);
    lane.exempts = event.exempts;
    if (event.kind === "LISTED") lane.held.push({ from: time, to: NaN });
    if (event.kind === "DELISTED" && lane.held.length > 0) lane.held.at(-1).to = time;
    lane.points.push({
      lane,
      time,
      when: instant(event.committed_at),
      what: (event.exempts ? WHAT_EXEMPT : WHAT)[event.kind] ?? event.kind,
      detail: event.published_on ? `by the publication of ${day(event.published_on)},` : "",
      generation: event.generation,
      seen: true,
    });
  }
  for (const match of matches) laneOf(match);
  for (const lane of lanes.values()) {
    const { match } = lane;
    const begins = match.listed_on || match.designated_on;
    lane.from = Date.parse(begins);
    lane.to = Date.parse(match.delisted_on);
    const dated = (date, what) => date && lane.points.push({ lane, time: Date.parse(date), when: day(date), what, detail: match.subjects?.[0] ?? "", seen: false });
    dated(match.designated_on, "Subject designated");
    const names = lane.exempts ? DATES_EXEMPT : DATES;
    dated(match.listed_on, names.begins);
    dated(match.delisted_on, names.ends);
    const { incident } = match;
    if (incident?.date && !thefts.has(incident.id)) thefts.set(incident.id, incident);
  }
  const all = [...lanes.values()].filter((lane) => lane.points.length > 0);
  for (const incident of thefts.values()) {
    const lane = { name: incident.name, theft: true, points: [], held: [], from: NaN, to: NaN };
    lane.points.push({ lane, time: Date.parse(incident.date), when: day(incident.date), what: incident.name, detail: incident.loss_usd ? `${dollars(incident.loss_usd)} lost` : "", seen: false });
    all.unshift(lane);
  }
  return all;
}

const LANE = 46;

function draw(lanes, width) {
  const now = Date.now();
  const times = [...lanes.flatMap((lane) => lane.points.map((point) => point.time)), now];
  const least = Math.min(...times);
  // An exemption may end in the future.
  const until = Math.max(...times);
  const span = Math.max(until - least, 3600000);
  const left = 12;
  const right = 14;
  const from = least - span * 0.03;
  const x = (time) => left + ((time - from) / (until - from)) * (width - left - right);
  const height = 8 + LANE * lanes.length + 26;
  const nodes = [];
  for (const tick of timeTicks(from, until, Math.max(2, Math.floor(width / 90)))) {
    const at = x(tick.time);
    nodes.push(s("line", { x1: at, x2: at, y1: 4, y2: height - 22, class: "stroke-grid" }));
    nodes.push(s("text", { x: Math.min(at, width - 16), y: height - 6, class: "text-axis", "text-anchor": at < 24 ? "start" : "middle" }, tick.name));
  }
  nodes.push(s("line", { x1: x(now), x2: x(now), y1: 4, y2: height - 22, class: "stroke-axis" }));
  lanes.forEach((lane, index) => nodes.push(...drawLane(lane, 8 + LANE * index, x, now, width)));
  return { height, nodes };
}

function drawLane(lane, top, x, now, width) {
  const line = top + 29;
  const nodes = [s("text", { x: 12, y: top + 12, class: "text-lane" }, lane.name)];
  if (!Number.isNaN(lane.from)) {
    nodes.push(s("line", { x1: x(lane.from), x2: x(Number.isNaN(lane.to) ? now : lane.to), y1: line, y2: line, class: "stroke-said" }));
  }
  for (const held of lane.held) {
    const start = x(held.from);
    const end = x(Number.isNaN(held.to) ? now : held.to);
    nodes.push(s("rect", { x: Math.min(start, width - 22), y: line - 5, width: Math.max(8, end - start), height: 10, class: "fill-ink" }));
  }
  const clusters = [];
  for (const point of [...lane.points].sort((a, b) => a.time - b.time)) {
    const at = x(point.time);
    const last = clusters.at(-1);
    if (last && at - last.at < 24) last.points.push(point);
    else clusters.push({ at, points: [point] });
  }
  for (const { at, points } of clusters) {
    const numbers = points.map((point) => point.number).sort((a, b) => a - b);
    const label = numbers.length === 1 ? String(numbers[0]) : numbers.at(-1) - numbers[0] === numbers.length - 1 ? `${numbers[0]}–${numbers.at(-1)}` : numbers.join(",");
    const wide = Math.max(18, 8 + label.length * 7);
    const left = Math.min(Math.max(at - wide / 2, 2), width - wide - 2);
    nodes.push(
      s("rect", { x: left, y: line - 9, width: wide, height: 18, rx: lane.theft ? 3 : 9, class: points.some((point) => point.seen) ? "event-seen" : "event-said" }),
      s("text", { x: left + wide / 2, y: line + 4, "text-anchor": "middle", class: points.some((point) => point.seen) ? "text-seen" : "text-said" }, label),
    );
  }
  return nodes;
}
