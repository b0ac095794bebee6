// Charts, drawn as SVG at the width that there is. Each says in words what it
// shows; the numbers are in a table or a list beside it, so that nobody has to
// read them off a picture.

import { h, put, s, uniqueId } from "./dom.js";

// A chart that is drawn anew when its width changes. `draw(width)` returns
// `{ height, nodes }`.
export function chart(label, draw, className = "") {
  const frame = h("div", { class: `chart ${className}` });
  const titleId = uniqueId("chart");
  let drawn = 0;
  const render = (width) => {
    if (width < 40 || Math.abs(width - drawn) < 2) return;
    drawn = width;
    const { height, nodes } = draw(width);
    put(
      frame,
      s(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, width: "100%", height, role: "img", "aria-labelledby": titleId, preserveAspectRatio: "xMinYMin meet" },
        s("title", { id: titleId }, label),
        nodes,
      ),
    );
  };
  new ResizeObserver(([entry]) => render(Math.floor(entry.contentRect.width))).observe(frame);
  return frame;
}

// A bar of parts that make up a whole: `[{ tone, value, name }]`. Each part has
// a pattern of its own beside its colour; the words stand below.
export function shares(parts, { label, legend = true, numbers = (value) => String(value) } = {}) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const bar = chart(
    label ?? parts.map((part) => `${part.name}: ${part.value}`).join(", "),
    (width) => {
      let x = 0;
      const nodes = parts
        .filter((part) => part.value > 0)
        .map((part) => {
          // Never too thin to be seen: one hit in a million is the point.
          const wide = Math.max(4, (width * part.value) / (total || 1));
          const node = s("rect", { x, y: 0, width: Math.max(2, wide - 1.5), height: 10, class: `fill-${part.tone}` });
          x += wide;
          return node;
        });
      return { height: 10, nodes: [s("rect", { x: 0, y: 0, width, height: 10, class: "fill-track" }), s("g", { transform: `scale(${x > width ? width / x : 1} 1)` }, nodes)] };
    },
    "chart-shares",
  );
  if (!legend) return bar;
  return h(
    "div",
    { class: "shares" },
    bar,
    h(
      "ul",
      { class: "legend" },
      parts.map((part) => h("li", {}, s("svg", { viewBox: "0 0 10 10", class: "swatch", "aria-hidden": "true" }, s("rect", { width: 10, height: 10, class: `fill-${part.tone}` })), h("b", {}, numbers(part.value)), ` ${part.name}`)),
    ),
  );
}

// How much of a whole: `share` 0 to 1; beyond that it is full. `mark`: where a
// line is drawn across it.
export function gauge(share, tone, label, mark = 0) {
  const fill = Math.min(1, Math.max(0.01, share));
  return s(
    "svg",
    { class: "gauge", viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img", "aria-label": label },
    s("rect", { x: 0, y: 0, width: 100, height: 8, class: "fill-track" }),
    s("rect", { x: 0, y: 0, width: 100 * fill, height: 8, class: `fill-${tone}` }),
    mark > 0 ? s("rect", { x: 100 * mark - 0.5, y: 0, width: 1, height: 8, class: "fill-paper" }) : null,
  );
}

// What came and what went, to the right and to the left of a middle. Widths
// grow with the logarithm, so that one delisting is seen beside a thousand
// listings.
export function diverging(came, went, most, label) {
  const reach = (value) => (value > 0 ? Math.max(3, (48 * Math.log1p(value)) / Math.log1p(most || 1)) : 0);
  return s(
    "svg",
    { class: "diverging", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label },
    s("rect", { x: 50 - reach(went), y: 1, width: reach(went), height: 8, class: "fill-hold" }),
    s("rect", { x: 50, y: 1, width: reach(came), height: 8, class: "fill-ink" }),
    s("rect", { x: 49.7, y: 0, width: 0.6, height: 10, class: "fill-axis" }),
  );
}

// Columns over years or other names: `[{ name, parts: [{ value, name }] }]`.
// The largest parts carry their own names where there is room, all of them when
// pointed at, with their sum as `title` writes it.
export function columns(label, groups, { height = 190, write, title }) {
  return chart(label, (width) => {
    const top = 22;
    const bottom = height - 22;
    const most = Math.max(...groups.map((group) => group.parts.reduce((sum, part) => sum + part.value, 0)), 1);
    const slot = width / groups.length;
    const wide = Math.min(64, slot * 0.66);
    const nodes = [s("line", { x1: 0, x2: width, y1: bottom + 0.5, y2: bottom + 0.5, class: "stroke-axis" })];
    groups.forEach((group, index) => {
      const x = slot * index + (slot - wide) / 2;
      let y = bottom;
      let sum = 0;
      for (const part of group.parts) {
        const high = ((bottom - top) * part.value) / most;
        y -= high;
        sum += part.value;
        nodes.push(s("rect", { x, y: y + 0.5, width: wide, height: Math.max(1, high - 1), class: "fill-ink" }, s("title", {}, `${part.name}: ${title(part.value)}`)));
        if (high > 17 && wide > 44) nodes.push(s("text", { x: x + wide / 2, y: y + high / 2 + 4, class: "text-in", "text-anchor": "middle" }, part.short ?? ""));
      }
      if (sum > 0) nodes.push(s("text", { x: x + wide / 2, y: y - 6, class: "text-value", "text-anchor": "middle" }, write(sum)));
      nodes.push(s("text", { x: x + wide / 2, y: height - 6, class: "text-axis", "text-anchor": "middle" }, slot < 30 ? `’${group.name.slice(2)}` : group.name));
    });
    return { height, nodes };
  });
}

const DAY = 86400000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// Ticks of a time axis: whole years, months, days or hours, as many as fit.
export function timeTicks(from, to, most) {
  const ticks = [];
  const span = to - from;
  const push = (time, name) => time >= from && time <= to && ticks.push({ time, name });
  if (span > 500 * DAY) {
    const first = new Date(from).getUTCFullYear();
    const last = new Date(to).getUTCFullYear();
    const every = Math.max(1, Math.ceil((last - first) / most));
    for (let year = first; year <= last + 1; year += every) push(Date.UTC(year, 0, 1), String(year));
  } else if (span > 45 * DAY) {
    const every = Math.max(1, Math.ceil(span / (30 * DAY) / most));
    const start = new Date(from);
    for (let month = 0; month < 24; month += every) {
      const date = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + month, 1));
      push(date.getTime(), `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`);
    }
  } else if (span > 2 * DAY) {
    const every = Math.max(1, Math.ceil(span / DAY / most));
    for (let time = Math.ceil(from / DAY) * DAY; time <= to; time += every * DAY) {
      const date = new Date(time);
      push(time, `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`);
    }
  } else {
    const step = [1, 5, 15, 30, 60, 180, 360, 720].map((minutes) => minutes * 60000).find((length) => span / length <= most) ?? DAY;
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) push(time, new Date(time).toISOString().slice(11, 16));
  }
  return ticks;
}
