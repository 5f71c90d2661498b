// Below the picture: the run so far, what the network says everywhere, slopes by layer, health.

import { element, minus, ordered } from "./dom.js";
import { figure, isNumber, plural, signed } from "./figures.js";
import * as curve from "./curve.js";
import * as table from "./table.js";

/**
 * @param {HTMLElement} into
 * @param {{call: (name: string, values?: object) => Promise<any>, act: (name: string, values?: object) => Promise<any>, run: (steps: number) => Promise<void>}} page
 * @returns {{run: (state: any) => void, plane: () => Promise<void>, update: (state: any, weights: any) => Promise<void>, forget: (state: any) => void}}
 */
export function draw(into, { call, act, run: train }) {
  const part = (title, ...children) => element("section", { class: "card" }, element("h2", {}, title), children);
  const [line, plane, layers, findings, account] = ["", "", "tall", "", ""].map((name, at) => element("div", { class: name || null, role: at > 2 ? "status" : null })); // what is asked for is told
  const back = element("input", { type: "range", min: 0, value: 0, "aria-label": "Go back to a step of the run", change: () => act("rewind", { step: steps[Number(back.value)] }) });
  const health = element("button", { type: "button", class: "pill", click: async () => findings.replaceChildren(...healthWords(await answered(call, "health"), cure)) }, "examine");
  const cure = async ({ epochs, ...options }) => {
    if ("seed" in options) options.seed = seed + 1; // the one that is there would draw the same weights
    if (Object.keys(options).length && !(await act("change", { options }))) return;
    if (epochs) await train(epochs * epoch);
    health.click();
  };
  const ledger = element("button", { type: "button", class: "pill", click: async () => drawLedger(account, await answered(call, "ledger")) }, "take the run again with its ledger");
  let [steps, epoch, seed, told] = [[0], 1, 0, ""];
  into.replaceChildren(
    part("The loss, step by step", line, element("label", { class: "back" }, element("span", { class: "hint" }, "Click on the curve, or slide, to go back to that step "), back)),
    part("What it says everywhere", plane),
    part("Gradient by layer", layers),
    part("Which layers did the learning", ledger, account),
    part("Health", health, findings),
  );
  const run = (state) => {
    [steps, epoch, seed] = [state.curve.map(([step]) => step), state.steps_in_epoch, state.options.seed];
    back.max = String(steps.length - 1);
    back.value = back.max;
    back.setAttribute("aria-valuetext", `step ${state.step}`);
    const now = state.curve.at(-1);
    const when = state.curve.length > 1 ? `after ${plural(state.step, "step")}` : "before the first step";
    curve.draw(line, { title: "The mean loss over training", words: `Mean loss ${figure(now[1])} ${when}.`, x: "step", y: "loss", onPick: (step) => act("rewind", { step: Math.round(step) }), series: [{ name: "loss", points: state.curve, kind: "loss" }], marks: [{ name: "", point: now, kind: "now" }] });
  };
  const everywhere = async () => drawGrid(plane, await call("grid"));
  // What was found of another state goes as soon as this one is there: what is asked from then on stays.
  const forget = (state) => {
    const now = JSON.stringify([state.source, state.options, state.layers, state.step, state.undo]);
    if (told !== now) for (const each of [findings, account]) each.replaceChildren();
    told = now;
  };
  const update = async (state, weights) => {
    run(state);
    byLayer(layers, weights.by_layer);
    await everywhere();
  };
  return { run, plane: everywhere, update, forget };
}

async function answered(call, name) {
  try {
    return await call(name);
  } catch (refusal) {
    return { sentence: refusal.message, points: [] };
  }
}

function byLayer(into, sizes) {
  const rows = Object.entries(sizes).map(([name, size]) => ({ name, size, share: size }));
  const total = rows.reduce((sum, { size }) => sum + (isNumber(size) ? size * size : 0), 0);
  table.draw(into, {
    caption: "Length of the gradient of every parameter, and its part of Σ g²",
    columns: [{ key: "name", title: "parameter", kind: "name" }, { key: "size", title: "|g|", kind: "brief" }, { key: "share", title: "share", kind: "share" }],
    rows: rows.map((row) => ({ ...row, share: isNumber(row.size) && total ? (row.size * row.size) / total : null })),
  });
}

function drawLedger(into, account) {
  if (!account.points.length) {
    into.replaceChildren(element("p", { class: "doubt" }, account.sentence));
    return;
  }
  const series = account.names.map((name, place) => ({ name, points: account.points.map((point) => [point[0], point[place + 1]]) }));
  const totals = Object.entries(account.layers).map(([name, amount]) => `${name} ${signed(amount, 3)}`).join(", ");
  curve.draw(into, { title: "Change of the loss by layer", words: `Each layer's share in the change of the loss; below 0 it helped. In all: ${totals}; ${minus(account.sentence)}.`, x: "step", y: "change", series });
}

function healthWords(report, cure) {
  if (report.sentence) return [element("p", { class: "doubt" }, report.sentence)];
  if (report.healthy) return [element("p", {}, "Nothing keeps it from learning.")];
  return [element("ul", { class: "findings" }, report.findings.map((each) => element("li", {},
    element("strong", {}, `${each.where}: ${each.sentence}.`), element("span", { class: "hint" }, ` Try: ${each.advice}. `),
    Object.keys(each.cure).length ? element("button", { type: "button", class: "pill", title: "undo takes it back", click: () => cure(each.cure) }, `apply ${cureWords(each.cure)}`) : null)))];
}

function cureWords(cure) {
  const words = (name, value) => ({ epochs: `${value} more epochs`, seed: "fresh initial weights", class_weight: "classes that weigh the same", scaled: "inputs and targets scaled, an output that suits, fresh weights", clip_norm: `gradients no longer than ${value}` })[name] ?? `${name.replaceAll("_", " ")} ${value}`;
  return Object.entries(cure).map(([name, value]) => words(name, value)).join(", ");
}

const SIDE = 296;

// Cells are tinted by what the network says there; rows are marks whose shape tells their class.
function drawGrid(into, data) {
  into.parentNode.hidden = data.kind === "none"; // of many inputs there is no picture
  if (into.parentNode.hidden) return;
  if (data.kind === "line") {
    const points = data.axes[0].map((x, at) => [x, data.values[at]]);
    const rows = data.points.map(([x], at) => [x, data.targets[at]]);
    const series = [{ name: "", points: rows, kind: "unseen" }, { name: "says", points, kind: "loss" }];
    curve.draw(into, { title: "What it says", words: `The line: what it says along ${data.names[0]}. The dots: the rows.`, x: data.names[0], y: data.target, series, marks: rows.map((point) => ({ name: "", point, kind: "dot" })) });
    return;
  }
  const kinds = data.classes.map((name, at) => `${["●", "■", "▲", "◆"][at % 4]} ${name}`).join(", ");
  const label = `What the network says over the plane of ${data.names.join(" and ")}, with the rows as marks`;
  const words = `${data.names[0]} to the right, ${data.names[1]} up. Tint: what it says${kinds ? "" : ", from the lowest to the highest"}. Marks: the rows${kinds && `, ${kinds}`}.`;
  let canvas = into.querySelector("canvas");
  if (into.querySelector("figcaption")?.textContent !== ordered(words) || !canvas) {
    canvas = element("canvas", { width: SIDE * 2, height: SIDE * 2, class: "plane", role: "img", "aria-label": label });
    into.replaceChildren(element("figure", {}, canvas, element("figcaption", {}, words)));
  }
  paint(canvas, data);
}

let known = { theme: "", colours: [""] };

// The page's own colours, as a canvas needs them; asked for once a theme.
function coloursFor(probe) {
  const theme = `${document.documentElement.dataset.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (theme !== known.theme) {
    const colours = ["below", "above", "third", "fourth", "worse", "doubt", "ink", "card"].map((name) => {
      probe.className = `probe-${name}`;
      return getComputedStyle(probe).color;
    });
    probe.className = "";
    known = { theme, colours };
  }
  return known.colours;
}

// The cells are painted small and drawn large; the rows, which stay while it learns, are kept as they were drawn.
function paint(canvas, data) {
  const colours = coloursFor(canvas.parentElement);
  const [palette, ink, paper] = [colours.slice(0, 6), ...colours.slice(6)];
  const context = canvas.getContext("2d");
  const [across, up] = data.axes.map((axis) => axis.length);
  const cells = element("canvas", { width: across, height: up });
  const small = cells.getContext("2d");
  const [low, high] = data.classes.length ? [0, 1] : [Math.min(...data.values), Math.max(...data.values)];
  data.values.forEach((value, at) => {
    const level = (value - low) / (high - low || 1);
    const certain = data.outputs === 1 ? Math.min(1, Math.abs(2 * level - 1)) : data.certain[at];
    const kind = data.outputs === 1 ? Number(level > 0.5) : value;
    small.fillStyle = palette[kind % palette.length];
    small.globalAlpha = 0.08 + 0.42 * Math.min(1, Math.max(0, certain));
    small.fillRect(at % across, up - 1 - Math.floor(at / across), 1, 1);
  });
  const shown = JSON.stringify([data.points, data.targets, colours]);
  if (marks.shown !== shown) marks = { shown, drawn: rows(data, palette, ink, paper) };
  context.clearRect(0, 0, 2 * SIDE, 2 * SIDE);
  context.imageSmoothingEnabled = false;
  for (const picture of [cells, marks.drawn]) context.drawImage(picture, 0, 0, 2 * SIDE, 2 * SIDE);
}

let marks = { shown: "", drawn: null };

function rows(data, palette, ink, paper) {
  const canvas = element("canvas", { width: 2 * SIDE, height: 2 * SIDE });
  const context = canvas.getContext("2d");
  const [xs, ys] = data.axes;
  context.strokeStyle = paper;
  context.lineWidth = 2;
  data.points.forEach(([x, y], at) => {
    const place = (value, axis) => ((value - axis[0]) / (axis.at(-1) - axis[0])) * 2 * SIDE;
    const [left, up] = [place(x, xs), 2 * SIDE - place(y, ys)];
    const kind = data.classes.length ? data.targets[at] : 0;
    context.fillStyle = data.classes.length ? palette[kind % palette.length] : ink;
    context.beginPath();
    if (kind % 4 === 0) context.arc(left, up, 7, 0, 7);
    else if (kind % 4 === 1) context.rect(left - 6, up - 6, 12, 12);
    else {
      context.moveTo(left, up - 8);
      context.lineTo(left + 8, kind % 4 === 2 ? up + 6 : up);
      if (kind % 4 === 3) context.lineTo(left, up + 8);
      context.lineTo(left - 8, kind % 4 === 2 ? up + 6 : up);
    }
    context.closePath();
    context.fill();
    context.stroke();
  });
  return canvas;
}
