// The whole report: every section that there are numbers for, from one plain object.

import { element, minus, themes, unseen } from "./dom.js";
import { figure, isNumber, percent, plural, shown, signed } from "./figures.js";
import * as curve from "./curve.js";
import * as screen from "./screen.js";
import * as table from "./table.js";
import * as waterfall from "./waterfall.js";
import * as weight from "./weight.js";

const COLUMNS = [
  { key: "name", title: "weight", kind: "name" },
  { key: "value", title: "value", kind: "number" },
  { key: "slope", title: "slope dL/dw", kind: "change", help: "If it grew by 1 at this rate, the loss would change by this much" },
  { key: "direction", title: "to fix", kind: "text", help: "Which way to move it so that the loss falls" },
  { key: "share", title: "share", kind: "share", help: "g²/Σg²: its part of the loss drop of one small gradient step" },
  { key: "predicted", title: "predicted", kind: "change", help: "Change of the loss that the slope predicts for a small nudge that way" },
  { key: "measured", title: "measured", kind: "change", help: "Change when the network was run with that nudge" },
  { key: "cut", title: "cut", kind: "change", help: "Change of the loss when the weight is set to 0, run again" },
];
const BENT = "The straight line is off by more than 10% for this nudge: go by what was measured.";

/**
 * @param {HTMLElement} into
 * @param {object} data what `report/page_data.py` gives
 */
export function draw(into, data) {
  const [first, one, drawer] = [element("div"), element("article", { class: "weight" }), element("details", { class: "drawer" })];
  const screens = new Map([["", data.screen], ...data.rows.map((each) => [`#row-${each.row}`, each])]);
  const here = () => (screens.has(location.hash) ? location.hash : "");
  const asked = (detail) => {
    one.hidden = !detail;
    if (detail) weight.draw(one, detail, { reference: data.blame?.reference });
  };
  const links = [...screens].map(([hash, each]) => element("a", { href: hash || "#", class: "pill" }, hash ? String(each.row) : "all"));
  const steps = [["The row before", "[ ←"], ["The next of the worst rows", "→ ]"]].map(([title, sign]) => element("a", { class: "pill", title }, unseen(`${title} `), sign));
  into.replaceChildren(header(data, links, steps), first, drawer);
  const files = [{ name: "weights.csv", text: () => csv(data.weights) }, { name: "explanation.json", text: () => JSON.stringify(data, null, 1) }];
  const shown = screen.draw(first, screens.get(here()), { onSelect: asked, files });
  const rest = [weights(data, shown.select), examples(data.examples, [...screens.keys()]), classes(data.classes, data.examples.length),
    blame(data), ledger(data.ledger), history(data.history), health(data.health), facts(data)];
  drawer.append(element("summary", {}, "More: the four questions, every number, and how it was trained"), one, ...rest.filter(Boolean));
  const hashes = [...screens.keys()];
  const beside = (by) => hashes.at((hashes.indexOf(here()) + by) % hashes.length) || "#";
  const mark = () => {
    links.forEach((link) => link.setAttribute("aria-current", String(link.getAttribute("href") === (here() || "#"))));
    steps.forEach((step, place) => step.setAttribute("href", beside(place ? 1 : -1)));
  };
  mark();
  addEventListener("hashchange", () => {
    shown.update(screens.get(here()));
    mark();
    scrollTo(0, 0);
  });
  addEventListener("beforeprint", () => { drawer.open = true; }); // not every browser prints what is closed
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element) || event.target.closest("input, select, .line, .scroll")) return;
    const step = { "[": -1, "]": 1 }[event.key];
    if (step && links.length > 1) location.hash = beside(step); // at once: the links follow only when the browser has told
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) shown.show(by);
  });
}

// The weights that are listed, as a spreadsheet reads them.
function csv(weights) {
  const keys = COLUMNS.map(({ key }) => key);
  const cell = (value) => (typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value ?? ""));
  return [keys, ...weights.map((row) => keys.map((key) => row[key]))].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function header(data, links, steps) {
  const rows = data.rows_in_all > 1 ? `${data.rows_in_all.toLocaleString("en")} rows` : `row ${data.screen.row}${data.table_rows > 1 ? ` of ${data.table_rows.toLocaleString("en")}` : ""}${data.held_out ? ", held out" : ""}`;
  return element("header", { class: "top" },
    element("p", { class: "brand" }, "chainrule"), element("p", {}, [data.data, rows].filter(Boolean).join(" · ")),
    links.length > 1 ? element("nav", { "aria-label": "The worst rows" }, "worst rows", steps[0], links, steps[1]) : null,
    element("p", { class: "model" }, data.model), themes());
}

function facts(data) {
  const { name, formula, why } = data.loss_words;
  return section("facts", "The network", element("dl", { class: "facts" }, [
    ["Model", data.model], ["Weights", data.weights_in_all.toLocaleString("en")], ["Data", data.data],
    ["Loss", [`${name}: `, element("code", {}, formula), `. ${why}`]],
  ].filter(([, content]) => content).map(([term, content]) => element("div", {}, element("dt", {}, term), element("dd", {}, content)))));
}

function section(id, title, ...children) {
  return element("section", { id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, title), children);
}

function weights(data, onSelect) {
  const listing = element("div", { class: "tall" });
  const selectable = data.screen.details.map((detail) => detail.name);
  table.draw(listing, { caption: caption(data), columns: COLUMNS, rows: data.weights.map(listed) }, { onSelect, selectable });
  return section("weights", "The weights by their slopes", blameNote(data), listing);
}

function caption(data) {
  const shownCount = data.weights.length;
  return shownCount < data.weights_in_all ? `The ${shownCount} steepest of ${plural(data.weights_in_all, "weight")}` : "All weights, the steepest first";
}

function listed(row) {
  const known = isNumber(row.slope) && isNumber(row.measured);
  const marks = row.bends && known ? { measured: BENT } : {};
  return { ...row, marks, direction: known ? row.direction : "–" };
}

function blameNote(data) {
  return data.blame_note ? element("p", { class: "hint" }, data.blame_note) : null;
}

function examples(rows, links) {
  if (rows.length < 2) return null;
  const into = element("div");
  const right = rows.map((row) => ({ ...row, link: links.includes(`#row-${row.row}`), verdict: row.right === null ? "" : row.right ? "right" : "wrong" }));
  const columns = [
    { key: "row", title: "row", kind: "link" }, { key: "truth", title: "target", kind: "text" }, { key: "answer", title: "predicted", kind: "text" },
    ...(rows.some((row) => row.right !== null) ? [{ key: "verdict", title: "", kind: "text" }] : []),
    { key: "loss", title: "loss", kind: "number" }, { key: "share", title: "share of the loss", kind: "share" },
  ].map((column) => (column.title ? column : { ...column, title: "verdict" }));
  table.draw(into, { caption: `The ${rows.length} worst rows`, columns, rows: right });
  return section("examples", "The worst rows", into);
}

function classes(rows, examplesShown) {
  if (!rows.length || examplesShown < 2) return null;
  const into = element("div");
  table.draw(into, {
    caption: "The loss by true class",
    columns: [
      { key: "name", title: "true class", kind: "name" }, { key: "rows", title: "rows", kind: "count" }, { key: "wrong", title: "wrong", kind: "count" },
      { key: "loss", title: "mean loss", kind: "number" }, { key: "share", title: "share of the loss", kind: "share" },
    ],
    rows,
  });
  return section("classes", "The classes", into);
}

function shares(into, found, caption) {
  table.draw(into, {
    caption,
    columns: [{ key: "name", title: "weight", kind: "name" }, { key: "amount", title: "amount", kind: "change" }, { key: "effect", title: "effect", kind: "text" }],
    rows: found.weights,
  });
}

function layerList(layers) {
  return element("ul", { class: "chips" }, Object.entries(layers).map(([name, amount]) => element("li", {}, `${name}: `, shown(amount, signed))));
}

function verdictLine(found) {
  return element("p", { class: found.trusted ? null : "doubt" }, `${found.sentence[0].toUpperCase()}${minus(found.sentence.slice(1))}.`);
}

function blame(data) {
  const found = data.blame;
  if (!found) return null;
  const into = element("div");
  waterfall.draw(into, { title: "From the reference to now", ...found });
  return section("blame", "Blame: what makes up today's error", verdictLine(found),
    found.near ? element("p", { class: "hint" }, `${found.near[0].toUpperCase()}${found.near.slice(1)}.`) : null, layerList(found.layers), into);
}

function ledger(found) {
  if (!found) return null;
  const { step, layers, helping } = found.over_steps;
  const [running, helped, listing] = [element("div"), element("div"), element("div")];
  curve.draw(running, {
    title: "Change of the loss by layer", words: "Running total of each layer's share in the change of the loss, step by step; below 0 it helped.",
    x: "training step", y: "change of the loss",
    series: Object.entries(layers).map(([name, amounts]) => ({ name, points: step.map((at, place) => [at, amounts[place]]) })),
  });
  curve.draw(helped, {
    title: "Helping weights", words: `Share of helping weights among those that moved, step by step; ${percent(found.mean_helping)} on average.`,
    x: "training step", y: "helping share",
    series: [{ name: "helping", points: step.map((at, place) => [at, helping[place]]) }],
  });
  shares(listing, found, "The weights with the largest part in the learning");
  return section("ledger", "Ledger: which weights did the learning",
    verdictLine({ ...found, sentence: `${found.sentence}, on ${found.basis}, in ${plural(found.steps, "step")}` }),
    found.flagged ? element("p", { class: "doubt" }, `${plural(found.flagged, "step")} had shares that do not add up within bounds.`) : null,
    found.unmoved ? element("p", {}, `${plural(found.unmoved, "weight")} never moved.`) : null,
    found.penalty ? element("p", {}, "Change of the penalty on the weights, counted apart: ", shown(found.penalty, signed)) : null,
    found.held_out ? element("p", {}, `On held-out rows: ${found.held_out}.`) : null,
    layerList(found.layers), element("div", { class: "pair" }, running, helped), element("div", { class: "pair" }, listing, alone(found.helping_training_alone)));
}

function alone(rows) {
  if (!rows.length) return null;
  const into = element("div");
  table.draw(into, {
    caption: "Weights that helped in training and hurt on held-out rows",
    columns: [{ key: "name", title: "weight", kind: "name" }, { key: "training", title: "training", kind: "change" }, { key: "held_out", title: "held out", kind: "change" }],
    rows,
  });
  return into;
}

function history(found) {
  if (!found) return null;
  const { columns, metric_name: metric } = found;
  const over = (key, name) => (columns[key] ? [{ name, points: columns.epoch.map((at, place) => [at, columns[key][place]]) }] : []);
  const parts = [
    ["loss", "loss", [...over("loss", "training"), ...over("validation_loss", "held out")]],
    [metric, metric, [...over("metric", "training"), ...over("validation_metric", "held out")]],
  ].filter(([, , series]) => series.length).map(([name, y, series]) => {
    const into = element("div");
    const last = series.map((line) => `${line.name} ${figure(line.points.at(-1)[1])}`).join(", ");
    curve.draw(into, { title: `The ${name} over training`, words: `The ${name} by epoch; at the end ${last}.`, x: "epoch", y, series });
    return into;
  });
  return section("history", "The training run",
    element("p", {}, `${plural(found.epochs, "epoch")}, the best one ${found.best}. ${found.stopped}`), element("div", { class: "pair" }, parts));
}

function health(found) {
  if (!found) return null;
  const looked = found.looked_at.length ? element("p", { class: "hint" }, `Looked at: ${found.looked_at.join(", ")}.`) : null;
  const skipped = Object.entries(found.skipped).map(([check, why]) => element("p", { class: "hint" }, `Not looked at: ${check}: ${why}.`));
  const findings = found.findings.map((each) => element("li", {},
    element("strong", {}, `${each.where}: ${each.sentence}.`), ` ${each.measured}. `,
    element("span", { class: "hint" }, `Try: ${each.advice}.`)));
  return section("health", "Health",
    findings.length ? element("ul", { class: "findings" }, findings) : element("p", {}, "Nothing found."), looked, skipped);
}
