// One weight: four questions side by side, the loss along it, and its receipt.

import { element, scrolling } from "./dom.js";
import { answer, beside, figure, short, shown, signed } from "./figures.js";
import * as curve from "./curve.js";
import * as receipt from "./receipt.js";

/**
 * @param {HTMLElement} into
 * @param {object} data one entry of `details` of `report/page_data.py`
 * @param {{reference?: string}} options what blame counts from
 */
export function draw(into, data, { reference = "" } = {}) {
  const along = element("div");
  const written = element("div", { class: "receipt" });
  into.replaceChildren(
    element("h2", {}, "Four questions, one weight"),
    element("h3", {}, data.name),
    element("p", { class: "hint" }, `${data.person}; now `, shown(data.slope.at)),
    element("div", { class: "questions" }, slope(data.slope), ledger(data.ledger), blame(data.blame, reference), counterfactual(data.counterfactual)),
    element("h4", {}, "The loss along this weight"),
    along,
    element("h4", {}, "Receipt"),
    written,
  );
  curve.draw(along, lossAlong(data));
  receipt.draw(written, data.receipt);
}

function question(kind, asked, value, ...answers) {
  return element("section", { class: `question ${kind.toLowerCase()}` },
    element("h4", {}, kind), element("p", { class: "asked" }, asked),
    value === undefined ? null : element("p", { class: "big" }, change(value)), answers);
}

function slope(found) {
  const nudged = (sign, predicted, measured) => element("tr", {},
    element("th", { scope: "row" }, `${sign}${figure(found.nudge, 3)}`),
    element("td", { class: "numeric" }, change(predicted)), element("td", { class: "numeric" }, change(measured)));
  return question("Slope", "If I nudge this weight?", found.value,
    element("p", {}, `${found.advice[0].toUpperCase()}${found.advice.slice(1)}.`),
    element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, ["nudge", "predicted", "measured"].map((title, place) => element("th", { scope: "col", class: place ? "numeric" : null }, title)))),
      element("tbody", {}, nudged("+", found.predicted, found.up), nudged("−", found.backward, found.down))),
    element("p", { class: "hint" }, "Curvature ", shown(found.curvature), "; the straight line is right to 10% from ", figure(found.straight[0]), " to ", figure(found.straight[1]), "."),
    found.bends ? element("p", { class: "doubt" }, "The nudge leaves that interval: go by what was measured.") : null);
}

function change(value) {
  return shown(value, (known) => signed(known, 3));
}

function ledger(amount) {
  if (amount === null) return null;
  return question("Ledger", "Did it do the learning?", amount, element("p", {}, `Its moving ${effect(amount)} over the training run.`));
}

function blame(amount, reference) {
  if (amount === null) return null;
  const from = reference === "zero" ? "from all weights zero to now" : "from the initial weights to now";
  return question("Blame", "Its part in today's error?", amount, element("p", {}, `Its part of the change of the loss ${from}: it ${effect(amount)}.`));
}

function effect(amount) {
  return amount < 0 ? "helped" : amount > 0 ? "hurt" : "did nothing";
}

function counterfactual(found) {
  const single = Object.values(found.alternatives).some((each) => each.answers);
  const losses = found.curve.map(([, loss]) => loss);
  const titles = ["", "w", "loss", ...(single ? ["answer"] : ["fixed", "broken"])];
  return question("Counterfactual", "Had it been different?", undefined,
    scrolling("Counterfactual", element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, titles.map((title, place) => (title ? element("th", { scope: "col", class: place ? "numeric" : null }, title) : element("td"))))),
      element("tbody", {}, Object.entries(found.alternatives).map(([label, each]) => element("tr", {},
        element("th", { scope: "row" }, label),
        [brief(each.value), shown(each.loss, (known) => beside(known, losses, 3)), ...(single ? [short(answer(each.answers[0]))] : [count(each.fixed), count(each.broken)])].map((content) => element("td", { class: "numeric" }, content))))))),
    element("p", { class: "hint" }, `Run again each time; the best was looked for from ${figure(found.interval[0])} to ${figure(found.interval[1])}.${!single && found.counting ? ` In the columns ${found.counting}.` : ""}`),
    found.notes.map((note) => element("p", { class: "doubt" }, `${note[0].toUpperCase()}${note.slice(1)}.`)));
}

function brief(value) {
  return shown(value, (known) => figure(known, 3));
}

function count({ count: number, rows }) {
  const listed = rows.length ? `rows ${rows.join(", ")}${number > rows.length ? ", …" : ""}` : null;
  return element("span", { title: listed }, String(number));
}

/**
 * What `curve.draw` shows of the loss at other values of a weight, with its tangent.
 * @param {object} data one entry of `details` of `report/page_data.py`
 */
export function lossAlong(data) {
  const { curve: points, tangent, alternatives } = data.counterfactual;
  const marks = Object.entries(alternatives).map(([name, each]) => ({ name, point: [each.value, each.loss], kind: name }));
  const losses = points.map(([, loss]) => loss);
  const words = marks.map(({ name, point }) => `${name}: ${beside(point[1], losses)} at ${figure(point[0])}`).join("; ");
  return {
    title: `The loss along ${data.name}`,
    words: `Loss by the weight's value, everything else held still, with its tangent (dashed). ${words}.`,
    wide: true,
    x: data.name,
    y: "loss",
    series: [{ name: "tangent", points: tangent, kind: "tangent", beyond: true }, { name: "loss", points, kind: "loss" }],
    marks: marks.filter(({ name }) => name !== "initial"),
  };
}
