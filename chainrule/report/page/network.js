// The network: layers from left to right, line width for share, colour and dash for sign.

import { element, scrolling, vector } from "./dom.js";
import { isNumber, percent, plural, short, signed } from "./figures.js";

const WIDTH = 1000;
const MARGIN = 190;
const TOP = 62;
const ROW = 34;
const RADIUS = 12;
const WIDEST = 9;
const THINNEST = 0.5;

// data: what `report/diagram.py` gives. onSelect: called with the name of a line that is clicked.
// Returns a function that marks one weight by its name.
export function draw(into, data, { onSelect = null, selectable = [] } = {}) {
  const places = positions(data.layers);
  const height = TOP + ROW * Math.max(...data.layers.map((layer) => layer.units.length)) + 34;
  const svg = vector("svg", {
    viewBox: `0 0 ${WIDTH} ${height}`, class: "network", role: "img", "aria-labelledby": "drawing-title drawing-words",
  });
  svg.append(vector("title", { id: "drawing-title" }, "The network, with the share and the sign of its slopes"));
  const widest = Math.max(...data.lines.map((line) => line.share).filter(isNumber), 0);
  const lines = new Map();
  for (const line of [...data.lines].reverse()) {
    const drawn = connection(line, places, widest);
    if (selectable.includes(line.name)) {
      drawn.classList.add("selectable");
      drawn.addEventListener("click", () => onSelect(line.name));
    }
    lines.set(line.name, drawn);
    svg.append(drawn);
  }
  const units = new Map();
  data.layers.forEach((layer, place) => svg.append(column(layer, place, places, data, units)));
  const words = element("ul", { id: "drawing-words" }, data.words.map((sentence) => element("li", {}, sentence)));
  into.replaceChildren(
    element("figure", {}, scrolling("Drawing of the network", svg), element("figcaption", {}, legend(data))),
    element("details", {}, element("summary", {}, "The drawing in words"), words),
  );
  return (name) => mark(name, lines, units);
}

function positions(layers) {
  const rows = Math.max(...layers.map((layer) => layer.units.length));
  const step = layers.length > 1 ? (WIDTH - 2 * MARGIN) / (layers.length - 1) : 0;
  return layers.map((layer, column) => layer.units.map((_, row) => ({
    x: MARGIN + step * column,
    y: TOP + ROW * (row + 0.5 + (rows - layer.units.length) / 2),
  })));
}

function connection(line, places, widest) {
  const from = places[line.layer - 1][line.source];
  const to = places[line.layer][line.target];
  const middle = (from.x + to.x) / 2;
  const known = isNumber(line.share) && isNumber(line.slope);
  const width = known && widest > 0 ? THINNEST + (WIDEST - THINNEST) * (line.share / widest) : 1;
  const path = vector("path", {
    d: `M ${from.x} ${from.y} C ${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`,
    class: `line ${known ? sign(line.slope) : "unknown"}`,
    "stroke-width": width.toFixed(2),
  });
  path.append(vector("title", {}, `${line.name}: slope ${signed(line.slope)}, share ${percent(line.share)}`));
  return path;
}

function sign(slope) {
  return slope > 0 ? "above" : slope < 0 ? "below" : "level";
}

function column(layer, place, places, data, units) {
  const x = places[place][0].x;
  const group = vector("g", {});
  group.append(
    vector("text", { x, y: 20, class: "layer" }, layer.name),
    vector("text", { x, y: 38, class: "small" }, place ? layer.title : plural(layer.units.length + layer.folded.count, "value")),
  );
  const most = Math.max(...data.layers.flatMap((each) => each.units.map((unit) => unit.share)).filter(isNumber), 0);
  layer.units.forEach((unit, row) => {
    const drawn = circle(unit, places[place][row], most);
    units.set(`${layer.name}[${unit.index}]`, drawn);
    group.append(drawn, ...label(unit, places[place][row], place, data.layers.length));
  });
  if (layer.folded.count) {
    const below = places[place].at(-1).y + 32;
    group.append(vector("text", { x, y: below, class: "small" }, `and ${layer.folded.count.toLocaleString("en")} more: ${percent(layer.folded.share)}`));
  }
  return group;
}

function circle(unit, { x, y }, most) {
  const width = isNumber(unit.share) && most > 0 ? 1 + 4 * (unit.share / most) : 1;
  const group = vector("g", { class: "unit" });
  group.append(
    vector("circle", { cx: x, cy: y, r: RADIUS, "stroke-width": width.toFixed(2) }),
    vector("text", { x, y: y + 3.5, class: unit.index < 100 ? "index" : "index long" }, String(unit.index)),
    vector("title", {}, `${unit.label}: share ${percent(unit.share)}`),
  );
  return group;
}

// Names stand outside, so only the first and the last layer have room for them.
function label(unit, { x, y }, place, count) {
  if (place > 0 && place < count - 1) return [];
  const first = place === 0;
  const text = vector("text", { x: x + (first ? -20 : 20), y: y + 4, class: first ? "name before" : "name" }, short(unit.label));
  text.append(vector("title", {}, unit.label));
  return [text];
}

function legend(data) {
  const sample = (kind) => {
    const svg = vector("svg", { viewBox: "0 0 44 10", class: "sample", "aria-hidden": "true" });
    svg.append(vector("path", { d: "M 0 5 H 44", class: `line ${kind}`, "stroke-width": 3 }));
    return svg;
  };
  const rest = data.folded_lines ? ` ${plural(data.folded_lines, "thinner line")} ${data.folded_lines === 1 ? "is" : "are"} not drawn.` : "";
  return [
    element("span", { class: "key" }, sample("above"), "slope above 0: decrease the weight to lower the loss"),
    element("span", { class: "key" }, sample("below"), "slope below 0: increase it"),
    element("span", { class: "key" }, `Width of lines and rings: share of the loss drop of one small gradient step.${rest}`),
  ];
}

function mark(name, lines, units) {
  for (const drawn of [...lines.values(), ...units.values()]) drawn.classList.remove("selected");
  const line = lines.get(name);
  if (line) {
    line.classList.add("selected");
    line.parentNode.insertBefore(line, line.parentNode.querySelector("g"));
  }
  const bias = /^(\w+)\.bias\[(\d+)\]$/.exec(name);
  if (bias) units.get(`${bias[1]}[${bias[2]}]`)?.classList.add("selected");
}
