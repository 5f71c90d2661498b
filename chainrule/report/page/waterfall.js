// A way from one loss to another, step by step: each bar begins where the one before it ended.

import { element, vector } from "./dom.js";
import { figure, isNumber, signed } from "./figures.js";

const ROW = 32;

/**
 * @param {HTMLElement} into
 * @param {{title: string, start: {name: string, level: number}, end: {name: string, level: number},
 *   steps: {name: string, amount: number, from: number, to: number}[]}} data
 */
export function draw(into, data) {
  const rows = [
    { name: data.start.name, text: figure(data.start.level), from: 0, to: data.start.level, kind: "total" },
    ...data.steps.map((step) => ({ ...step, text: step.amount === 0 ? "nothing" : `${signed(step.amount)} ${step.name === "not explained" ? "" : effect(step.amount)}`, kind: step.amount < 0 ? "helped" : "hurt" })),
    { name: data.end.name, text: figure(data.end.level), from: 0, to: data.end.level, kind: "total" },
  ];
  const levels = rows.flatMap(({ from, to }) => [from, to]).filter(isNumber);
  const [low, high] = [Math.min(0, ...levels), Math.max(0, ...levels)];
  const across = (level) => (100 * (level - low)) / (high - low || 1);
  const svg = vector("svg", { class: "waterfall", height: ROW * rows.length, role: "img", "aria-label": `${data.title}: ${rows.map(({ name, text }) => `${name} ${text}`).join("; ")}` });
  rows.forEach(({ name, text, from, to, kind }, place) => {
    const y = ROW * place;
    svg.append(vector("text", { x: 0, y: y + 13, class: "start" }, name), vector("text", { x: "100%", y: y + 13, class: "before" }, text));
    if (!isNumber(from) || !isNumber(to)) return;
    svg.append(vector("rect", { x: `${across(Math.min(from, to))}%`, y: y + 18, width: `${Math.max(Math.abs(across(to) - across(from)), 0.3)}%`, height: 8, class: `bar ${kind}` }));
  });
  into.replaceChildren(element("figure", {}, svg));
}

function effect(amount) {
  return amount < 0 ? "helped" : "hurt";
}
