// Curves over one axis: the loss along a weight with its tangent, a run, a ledger.

import { element, patch, put, scrolling, vector } from "./dom.js";
import { figure, isNumber, short } from "./figures.js";

const LEFT = 74;
const TOP = 14;
const BOTTOM = 46;
const LETTER = 7; // how wide one is
const FLAT = 1e-12; // a difference as small as this, beside the numbers, is one of rounding

/**
 * Points that are not finite leave a gap; a series that is `beyond` does not widen the axes.
 * @param {HTMLElement} into
 * @param {{title: string, words: string, x: string, y: string, wide?: boolean,
 *   onPick?: (x: number) => void, series: {name: string, points: any[][], kind?: string, beyond?: boolean}[],
 *   marks?: {name: string, point: any[], kind: string}[]}} data
 */
export function draw(into, data) {
  const points = data.series.filter((line) => !line.beyond).flatMap((line) => line.points).filter(finite);
  if (!points.length) {
    into.replaceChildren(element("p", { class: "doubt" }, `${data.title}: there are no finite numbers to draw.`));
    return;
  }
  const room = into.clientWidth || innerWidth - 40; // as wide as it will be seen, so that its letters are as large
  const scale = scales(points, Math.min(data.wide ? 760 : 500, Math.max(280, room)), longest(data.series));
  const svg = vector("svg", { viewBox: `0 0 ${scale.across} ${scale.height + TOP + BOTTOM}`, class: data.wide ? "curve wide" : "curve", role: "img", "aria-label": `${data.title}. ${data.words}` });
  svg.append(vector("g", {}, axes(scale, data)));
  const inner = vector("svg", { x: LEFT, y: TOP, width: scale.width, height: scale.height, viewBox: `${LEFT} ${TOP} ${scale.width} ${scale.height}` });
  data.series.forEach((line, place) => inner.append(...strokes(line, place, scale)));
  if (data.onPick) svg.classList.add("picked");
  svg.append(inner, vector("g", {}, labels(data.series, scale)), vector("g", {}, spots(data.marks ?? [], scale)));
  const before = into.querySelector("svg.curve");
  const drawn = before ? patch(before, svg) : svg;
  if (before) {
    drawn.parentNode.setAttribute("aria-label", data.title);
    put(into.querySelector("figcaption"), data.words);
  }
  else into.replaceChildren(element("figure", {}, scrolling(data.title, svg), element("figcaption", {}, data.words)));
  drawn.onclick = data.onPick && (({ clientX }) => {
    const { left, width } = drawn.getBoundingClientRect();
    data.onPick(scale.value(((clientX - left) / width) * scale.across));
  });
}

function finite(point) {
  return point.every(isNumber);
}

// How many letters the longest name beside a curve has.
function longest(series) {
  return Math.max(...series.filter((line) => !line.beyond).map(({ name }) => short(name, 16).length));
}

function scales(points, across, letters) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const level = high - low <= FLAT * Math.max(Math.abs(low), Math.abs(high));
  const pad = (level ? Math.abs(high) || 1 : high - low) * 0.06;
  const width = across - LEFT - Math.max(24, 14 + LETTER * letters);
  const height = Math.min(300, Math.max(220, 0.6 * across)) - TOP - BOTTOM;
  return {
    left, right, low: low - pad, high: high + pad, width, height, across,
    value: (x) => Math.min(right, Math.max(left, left + ((x - LEFT) / width) * (right - left))),
    x: (value) => LEFT + ((value - left) / (right - left || 1)) * width,
    y: (value) => TOP + height - ((value - low + pad) / (high - low + 2 * pad)) * height,
  };
}

// Round numbers between two ends: 1, 2 or 5 times a power of ten apart.
function ticks(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  if (step <= FLAT * Math.max(Math.abs(low), Math.abs(high))) return [low];
  const round = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick += 1) round.push(tick * step);
  return round;
}

function axes(scale, data) {
  const bottom = TOP + scale.height;
  const lines = [];
  for (const tick of ticks(scale.low, scale.high, scale.height / 48)) {
    lines.push(
      vector("path", { d: `M ${LEFT} ${scale.y(tick)} h ${scale.width}`, class: tick === 0 ? "zero" : "grid" }),
      vector("text", { x: LEFT - 8, y: scale.y(tick) + 4, class: "tick before" }, figure(tick, 3)),
    );
  }
  for (const tick of ticks(scale.left, scale.right, Math.min(6, scale.width / 56))) {
    lines.push(vector("text", { x: scale.x(tick), y: bottom + 18, class: "tick" }, figure(tick, 3)));
  }
  lines.push(
    vector("text", { x: LEFT + scale.width / 2, y: bottom + 40, class: "axis" }, short(data.x, 60)),
    vector("text", { x: 10, y: TOP + scale.height / 2, class: "axis", transform: `rotate(-90 10 ${TOP + scale.height / 2})` }, data.y),
  );
  return lines;
}

function strokes(line, place, scale) {
  const parts = [];
  let part = [];
  for (const point of [...line.points, [null, null]]) {
    if (finite(point)) part.push(`${scale.x(point[0]).toFixed(2)} ${scale.y(point[1]).toFixed(2)}`);
    else {
      if (part.length) parts.push(`M ${part.join(" L ")}`);
      part = [];
    }
  }
  return [vector("path", { d: parts.join(" "), class: `stroke ${line.kind ?? `series-${place % 6}`}` })];
}

// Each curve is named where it ends; names that would overlap are moved apart.
function labels(series, scale) {
  const ends = series.filter((line) => !line.beyond).map((line) => ({ line, place: series.indexOf(line), point: line.points.findLast(finite) }));
  const placed = ends.filter(({ point }) => point).map((end) => ({ ...end, y: scale.y(end.point[1]) })).sort((a, b) => a.y - b.y);
  placed.forEach((end, place) => {
    if (place) end.y = Math.max(end.y, placed[place - 1].y + 15);
  });
  const over = (placed.at(-1)?.y ?? 0) - (TOP + scale.height);
  if (over > 0) placed.forEach((end) => { end.y -= over; });
  return placed.map(({ line, place, point, y }) => vector("text", {
    x: scale.x(point[0]) + 8, y: y + 4, class: `label ${line.kind ?? `series-${place % 6}`}`,
  }, short(line.name, 16)));
}

// Names stand above their spots; where two would meet, the later one stands below.
function spots(marks, scale) {
  const taken = [];
  return marks.filter(({ point }) => finite(point)).flatMap(({ name, point, kind }) => {
    const [x, y] = [scale.x(point[0]), scale.y(point[1])];
    const free = (at) => at > TOP + 8 && at < TOP + scale.height && !taken.some(([a, b]) => Math.abs(a - x) < 44 && Math.abs(b - at) < 15);
    const at = [y - 12, y - 28, y + 22, y - 44].find(free) ?? y - 12;
    taken.push([x, at]);
    return [vector("circle", { cx: x, cy: y, r: 5, class: `spot ${kind}` }), vector("text", { x: Math.max(x, LEFT + 4 * name.length), y: at, class: "label spot-name" }, name)];
  });
}
