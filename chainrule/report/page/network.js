// The network: layers from left to right, line width for share, colour and dash for sign.

import { element, minus, patch, put, scrolling, set, vector } from "./dom.js";
import { cut, isNumber, percent } from "./figures.js";

const TOP = 40;
const ROW = 52;
const TALL = 60; // of names on a phone, of an image, and of units with numbers above and below
const NUMBERS = 175;
const STEP = 50; // from layer to layer at least: room for a name such as "dense3"
const FAR = 76; // where it has to be moved sideways anyway: room for the numbers of each
const CLOSE = 90;
const GAP = 3;
const RADIUS = 11;
const WIDEST = 13;
const NARROWEST = 300;
const HALO = 9;
const LETTERS = 60; // more of a name than there is room for
const SHRUNK = 0.87; // a little smaller is better than a picture to be moved sideways
const NAMED = 13; // from the middle of an output to its name, and
const LINE = 13; // each line of that, and of what is noted below
const NOTED = 20;
const MARGIN = 40; // for the numbers beside a unit
const SMALL = 0.92; // the size of small text beside that of other

/**
 * Draws a network, and draws it again for other numbers or another width.
 * @param {HTMLElement} into
 * @param {object} data what `report/diagram.py` gives
 * @param {{onSelect?: (weight: string) => void}} options called with the steepest weight of a line
 * @returns {{update: (data: object, only?: string) => void, mark: (weight: string) => void, reveal: (layer: number) => void}}
 *   `reveal` moves what is wider than its box to where a layer can be seen, `mark` to where the weight can; while it plays, only
 *   "lines" or only "units" are drawn, so that no frame is late; lines then keep their order, and say their words when
 *   they are asked: what moves or is named anew is laid out anew
 */
export function draw(into, data, { onSelect = () => {} } = {}) {
  const svg = vector("svg", { class: "network", role: "group", "aria-label": "The network; the arrow keys walk along its lines" });
  const readout = element("p", { class: "readout", role: "status" });
  const words = element("ul");
  into.replaceChildren(
    element("figure", {}, scrolling("Drawing of the network", svg), element("figcaption", {}, legend())),
    readout,
    element("details", {}, element("summary", {}, "The drawing in words"), words),
  );
  let [current, width, marked, plan, planned, said] = [data, 0, "", layout(data, 0, ruler(svg)), "", ""];
  /** @type {ReturnType<typeof connection>[]} */
  let lines = [];
  /** @type {{known: string, drawn: SVGElement}[]} */
  let columns = [];
  const [under, over] = [vector("g"), vector("g")];
  svg.append(under, over);
  const read = (words) => put(readout, words || "Point at a line, or walk along the lines with the arrow keys, to read it.");
  const mark = (weight) => {
    marked = weight;
    const [, layer, kind, neuron, entry] = /^(\w+)\.(weight|bias)\[(\d+)(?:,(\d+))?\]$/.exec(weight) ?? [];
    const reached = new Set();
    for (const { line, show } of [...lines].sort((a, b) => a.line.layer - b.line.layer)) {
      const [source, target] = [current.layers[line.layer - 1].nodes[line.source], current.layers[line.layer].nodes[line.target]];
      const selected = current.layers[line.layer].name === layer && target.members.includes(Number(neuron))
        && (kind === "bias" ? source.kind === "biases" : source.members.includes(Number(entry)));
      const onward = reached.has(`${line.layer - 1}.${line.source}`);
      if (selected || onward) reached.add(`${line.layer}.${line.target}`);
      show(selected, onward);
    }
  };
  const replanned = () => {
    const known = JSON.stringify([width, Boolean(current.image), current.layers.map((layer) => layer.nodes.length), current.layers.at(-1).nodes.map(({ label }) => label)]);
    if (known === planned) return false;
    [plan, planned] = [layout(current, width, ruler(svg)), known];
    set(svg, "viewBox", `0 0 ${plan.width} ${plan.height}`);
    svg.style.minWidth = `${width < SHRUNK * plan.least ? plan.least : 0}px`;
    return true;
  };
  const drawLines = (playing) => {
    const most = Math.max(0, ...current.lines.map((line) => line.share).filter(isNumber));
    const known = new Map(lines.map((each) => [between(each.line), each]));
    lines = current.lines.map((line) => known.get(between(line)) ?? connection({ read, onSelect }));
    lines.forEach(({ update }, at) => update(current.lines[at], plan, most, playing));
    // Keys walk from layer to layer, the heaviest first; what is heavy lies on top.
    if (!playing || lines.length !== under.children.length || lines.some(({ drawn }) => !drawn.parentNode)) {
      const ordered = [...lines].sort((a, b) => a.line.heavy - b.line.heavy || a.line.share - b.line.share).map(({ drawn }) => drawn);
      if (ordered.length !== under.children.length || ordered.some((each, at) => each !== under.children[at])) under.replaceChildren(...ordered);
    }
    if (!lines.some(({ drawn }) => drawn.getAttribute("tabindex") === "0")) lines[0]?.drawn.setAttribute("tabindex", "0");
    mark(marked);
  };
  const drawUnits = () => {
    const heaviest = Math.max(0, ...current.layers.flatMap((each) => each.nodes.map((node) => node.share)).filter(isNumber));
    columns = current.layers.map((layer, place) => {
      const known = JSON.stringify([layer, plan, heaviest, place ? null : current.image]);
      if (columns[place]?.known === known) return columns[place];
      const next = vector("g", {}, column(layer, place, plan, current, heaviest));
      return { known, drawn: columns[place] ? patch(columns[place].drawn, next) : next };
    });
    columns.forEach(({ drawn }, at) => { if (over.children[at] !== drawn) over.insertBefore(drawn, over.children[at] ?? null); });
    while (over.children.length > columns.length) over.lastChild.remove();
  };
  const update = (next, only = "") => {
    if (!only && next.words.join() !== said) {
      said = next.words.join();
      words.replaceChildren(...next.words.map((sentence) => element("li", {}, minus(sentence))));
    }
    current = next;
    read("");
    const all = replanned() || !only;
    if (all || only === "lines") drawLines(Boolean(only));
    if (all || only === "units") drawUnits();
  };
  svg.addEventListener("keydown", (event) => walk(event, lines.map(({ drawn }) => drawn)));
  new ResizeObserver(() => {
    if (into.clientWidth && Math.abs(into.clientWidth - width) > 4) {
      width = into.clientWidth;
      update(current);
    }
  }).observe(into);
  width = into.clientWidth;
  update(data);
  // The lines into a layer are seen when both of their ends are.
  const reveal = (layer) => {
    const box = svg.parentElement;
    const [from, to] = [Math.max(0, layer - 1), layer].map((place) => (place ? (plan.places[place][0].x * svg.clientWidth) / plan.width : 0));
    if (from < box.scrollLeft || to + MARGIN > box.scrollLeft + box.clientWidth) box.scrollLeft = to + MARGIN < box.clientWidth ? 0 : (from + to - box.clientWidth) / 2;
  };
  return { update, reveal, mark: (weight) => {
    if (weight === marked) return;
    mark(weight);
    const place = current.layers.findIndex(({ name }) => weight.startsWith(`${name}.`));
    if (place > 0) reveal(place);
  } };
}

function walk(event, lines) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const at = lines.indexOf(event.target);
  if (event.key === "Enter" || event.key === " ") event.target.dispatchEvent(new MouseEvent("click"));
  else if (step === undefined && event.key !== "Home" && event.key !== "End") return;
  event.preventDefault();
  const next = { Home: 0, End: lines.length - 1 }[event.key] ?? (at + (step ?? 0) + lines.length) % lines.length;
  lines[at]?.setAttribute("tabindex", "-1");
  lines[next].setAttribute("tabindex", "0");
  lines[next].focus();
}

/**
 * Whether there is room for one number a unit only.
 * @param {any} data
 * @param {number} room
 */
export function crowded(data, room) {
  return room < NUMBERS * data.layers.length;
}

// Where every node stands. Names of inputs have the left, names of outputs stand above theirs.
function layout(data, room, wide) {
  const last = data.layers.length - 1;
  const narrow = room < 480;
  const left = data.image ? (narrow ? 112 : 150) : narrow ? 112 : 176;
  const right = narrow ? 46 : 58;
  const least = Math.max(NARROWEST, left + right + (last < 10 ? STEP : FAR) * last);
  const width = Math.max(room, least);
  const step = (width - left - right) / last;
  const top = step < CLOSE ? TOP + 14 : TOP; // what a layer is takes two lines then
  const rows = Math.max(...data.layers.map((layer) => layer.nodes.length), data.image ? 4 : 3);
  const outputs = data.layers[last].nodes;
  const [above, below] = [NAMED + LINE * Math.max(...outputs.map((node) => titles(node, 2 * right - 2, wide, node.value && "100%").length)), NOTED + LINE * (outputs.length > 3 ? 2 : 3)];
  const height = top + Math.max((narrow || data.image || !crowded(data, room) ? TALL : ROW) * rows, (above + below) * outputs.length);
  const places = data.layers.map((layer, at) => {
    const each = (height - top) / layer.nodes.length;
    const up = at === last ? Math.max(0, Math.min(below - each / 2, (below - above) / 2)) : 0; // what stands below outputs takes more
    return layer.nodes.map((_, row) => ({ x: left + step * at, y: top + each * (row + 0.5) - up }));
  });
  return { places, width, height, least, left, step, room, wide }; // drawn anew in another room: letters are measured there
}

// The name of an output in the lines that it takes, with what it gives.
function titles(node, room, wide, value = minus(node.value)) {
  return folded(`${node.label}${/\d$/.test(node.label) && value ? ":" : ""}`, room, wide, value).slice(0, node.kind === "rest" ? 1 : 2);
}

// How wide a text will be in a drawing: letters differ, and so do the fonts that readers have.
function ruler(svg) {
  const sample = svg.appendChild(vector("text"));
  const { fontSize, fontFamily } = getComputedStyle(sample);
  sample.remove();
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${fontSize} ${fontFamily}`;
  return (text) => pen.measureText(text).width;
}

function between({ layer, source, target }) {
  return `${layer}.${source}.${target}`;
}

// A line that stays while its numbers change, so that only what is new is drawn again.
function connection({ read, onSelect }) {
  const [halo, ink, title] = [vector("path", { class: "halo", "stroke-width": HALO }), vector("path", { class: "ink" }), vector("title")];
  /** @type {any[]} */
  let ends = [];
  const each = {
    /** @type {any} */ line: null,
    drawn: vector("g", {
      role: "button", tabindex: "-1", click: () => onSelect(each.line.name), focus: () => each.read(), pointerenter: () => each.read(),
    }, halo, ink, title),
    show: (selected, onward) => {
      const kind = each.line.heavy && !each.line.waits ? each.line.sign : "light";
      set(each.drawn, "class", `line ${kind}${selected ? " selected" : ""}${onward ? " path" : ""}`);
    },
    read: () => {
      each.name();
      set(halo, "stroke-width", String(HALO + Number(ink.getAttribute("stroke-width")))); // so that it shows beside any line
      read(each.line.words);
    },
    name: () => {
      set(each.drawn, "aria-label", each.line.words);
      put(title, each.line.words);
    },
    update: (line, plan, most, playing) => {
      each.line = line;
      const [from, to] = [plan.places[line.layer - 1][line.source], plan.places[line.layer][line.target]];
      if (from !== ends[0] || to !== ends[1]) {
        ends = [from, to];
        const middle = (from.x + to.x) / 2;
        for (const path of [halo, ink]) set(path, "d", `M ${from.x} ${from.y} C ${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`);
      }
      const share = isNumber(line.share) && !line.waits && most > 0 ? line.share / most : 0;
      set(ink, "stroke-width", (isNumber(line.share) ? 0.6 + (WIDEST - 0.6) * share : 1).toFixed(1));
      if (!playing || !title.firstChild) each.name();
    },
  };
  return each;
}

function column(layer, place, plan, data, most) {
  const spots = plan.places[place];
  const one = data.layers[0].nodes.some(({ kind, value }) => kind === "image" || (kind === "input" && value));
  const [first, last] = [place === 0, place === data.layers.length - 1];
  const head = first ? [one ? "inputs, with their" : "inputs", one ? "values here" : layer.title] : [layer.name, layer.title];
  const x = first ? 2 : spots[0].x;
  return [
    head.flatMap((words) => (first ? [words] : titled(words, (plan.step - GAP) / SMALL, plan.wide))).map((line, at) => vector("text", { x, y: 12 + 14 * at, class: first ? "small start" : "small" }, line)),
    ...layer.nodes.map((node, row) => (first ? input(node, spots[row], plan, data, most) : last ? output(node, spots[row], plan, most) : spoken(node, spots[row], most))),
  ];
}

function input(node, { x, y }, plan, data, most) {
  if (node.kind === "image") return image(node, { x, y }, plan, data.image);
  const share = isNumber(node.share) && most ? node.share / most : 0;
  const tall = 16 + 22 * share;
  const room = plan.left - 16;
  const value = node.value ? minus(`= ${node.value}`) : "";
  const whole = `${node.label} ${value}`.trim();
  const alone = plan.wide(whole) > room; // the value then stands below the name
  const lines = folded(alone ? node.label : whole, room, plan.wide);
  const parts = node.kind === "silent" ? [] : [alone && value, percent(node.share)].filter(Boolean);
  const small = parts.length && plan.wide(parts.join(" · ")) * SMALL <= room ? [parts.join(" · ")] : parts;
  const top = y + 4 - 7.5 * (lines.length + small.length - 1);
  return vector("g", { class: `node ${node.kind}` },
    vector("rect", { x: x - 8, y: y - tall / 2, width: 8, height: tall, rx: 2 }),
    lines.map((line, at) => vector("text", { x: x - 14, y: top + 15 * at, class: "before" }, line)),
    small.map((words, at) => vector("text", { x: x - 14, y: top + 15 * (lines.length + at), class: "before small" }, words)),
    vector("title", {}, `${node.label}: share ${percent(node.share)}`));
}

// The pixels as they are; those whose weights carry most have a frame.
function image(node, { x, y }, plan, { width, values, heaviest }) {
  const side = plan.left - 18;
  const size = side / width;
  const [left, top] = [x - 6 - side, y - side / 2];
  const most = Math.max(...values, 1e-9);
  const square = (at, attributes) => vector("rect", { x: left + (at % width) * size, y: top + Math.floor(at / width) * size, width: size, height: size, ...attributes });
  return vector("g", { class: "node image", role: "img", "aria-label": `The image of ${width} × ${width} pixels` },
    vector("rect", { x: left, y: top, width: side, height: side, class: "frame" }),
    values.map((value, at) => (value > 0 ? square(at, { class: "pixel", "fill-opacity": (value / most).toFixed(3) }) : null)),
    heaviest.map((at) => square(at, { class: "heaviest" })),
    vector("text", { x: left + side / 2, y: top + side + 16, class: "small" }, `${node.label}, ${percent(node.share)}`),
    vector("text", { x: left + side / 2, y: top + side + 30, class: "small" }, heaviest.length ? "framed: most of it" : ""));
}

function unit(node, { x, y }, most, isOutput = false) {
  const width = isNumber(node.share) && most > 0 ? 1 + 4 * (node.share / most) : 1;
  const text = node.kind === "rest" ? `+${node.members.length}` : isOutput ? "" : String(node.members[0]);
  return vector("g", { class: `node unit ${node.notes.some((note) => note.startsWith("said")) ? "said" : ""}` },
    vector("circle", { cx: x, cy: y, r: RADIUS, "stroke-width": width.toFixed(1) }),
    vector("text", { x, y: y + 3.5, class: text.length < 3 ? "index" : "index long", textLength: text.length < 3 ? null : RADIUS * 1.4, lengthAdjust: "spacingAndGlyphs" }, text),
    vector("title", {}, `${node.label}: share ${percent(node.share)}`));
}

// A hidden unit with its numbers, where they are given: one line above it, one below.
function spoken(node, spot, most) {
  const drawn = unit(node, spot, most);
  [[node.value], node.notes].forEach((words, below) => {
    if (words[0]) drawn.append(vector("text", { x: spot.x, y: spot.y + (below ? 23 : -15), class: "over small" }, minus(words.join(" · "))));
  });
  return drawn;
}

function output(node, spot, plan, most) {
  const drawn = unit(node, spot, most, true);
  const room = 2 * (plan.width - spot.x) - 2;
  const lines = titles(node, room, plan.wide);
  lines.forEach((line, at) => drawn.append(vector("text", { x: spot.x, y: spot.y - 16 - LINE * (lines.length - 1 - at), class: "over" }, line)));
  node.notes.flatMap((note) => folded(minus(note), room / SMALL, plan.wide)).forEach((line, at) => drawn.append(vector("text", { x: spot.x, y: spot.y + 24 + LINE * at, class: "over small" }, line)));
  return drawn;
}

// What a layer is, whole where a line for each word helps: "6 leaky_relu" in three lines.
function titled(text, room, wide) {
  const lines = folded(text, room, wide);
  return lines.at(-1)?.includes("…") ? text.split(" ").flatMap((word) => folded(word, room, wide)) : lines;
}

// A name in at most two lines, broken where words meet, and an end that is never cut off; the drawing in words has the
// whole of it.
function folded(text, room, wide, end = "") {
  const whole = `${text} ${end}`.trim();
  if (wide(whole) <= room) return whole ? [whole] : [];
  const fitting = (letters, write) => {
    let count = Math.min(letters.length, LETTERS);
    while (count > 1 && wide(write(count)) > room) count -= 1;
    return count;
  };
  const letters = [...text];
  const most = fitting(letters, (count) => letters.slice(0, count).join("").trim());
  const at = most === letters.length ? most : letters.slice(0, most).findLastIndex((letter) => " _=→".includes(letter)) + 1 || most;
  const rest = letters.slice(at);
  const last = (count) => `${cut(rest, count)} ${end}`.trim();
  return [letters.slice(0, at).join("").trim(), last(fitting(rest, last))];
}

function legend() {
  const key = (kind, words) => element("span", { class: "key" },
    vector("svg", { viewBox: "0 0 34 8", class: "sample", "aria-hidden": "true" },
      vector("g", { class: `line ${kind}` }, vector("path", { d: "M 0 4 H 34", class: "ink", "stroke-width": 3 }))), words);
  return [element("span", {}, "width: share of the correction"), key("above", "lower it"), key("below", "raise it"), key("light", "the rest")];
}
