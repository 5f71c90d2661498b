// A receipt: one gradient written out as the chain-rule product that it is.

import { breakable, element, scrolling } from "./dom.js";
import { figure, isNumber, plural, shown, signed } from "./figures.js";
import { formula } from "./mathml.js";

const LONG = 36;

/**
 * @param {HTMLElement} into
 * @param {object} data what `Receipt.to_dict` gives
 */
export function draw(into, data) {
  into.replaceChildren(
    ...batch(data),
    equation(data),
    factors(data.chain),
    element("div", { class: "pair" }, levels(data.merges), paths(data)),
  );
}

function letterOf(data) {
  return data.chain.at(-1).symbol.split("/d").at(-1);
}

// Rows that pull the other way do not make the gradient up: they stand apart.
function batch(data) {
  if (data.rows < 2) return [];
  const letter = letterOf(data);
  const along = data.examples.filter(([, part]) => !(part * data.batch_gradient <= 0));
  const against = data.examples.filter(([, part]) => part * data.batch_gradient < 0);
  const chips = (rows) => rows.map(([row, part]) => element("li", {}, `row ${row}: `, shown(part, signed)));
  const count = data.rows - along.length - against.length;
  const rest = count > 0 ? [element("li", {}, `${count.toLocaleString("en")} other rows: `, shown(data.hidden_examples_sum, signed))] : [];
  return [
    element("p", {}, `dL/d${letter} = `, shown(data.batch_gradient), ` is the mean over ${plural(data.rows, "example")}. The rows that say most:`),
    along.length ? element("p", { class: "hint" }, "for it") : null, along.length ? element("ul", { class: "chips" }, chips(along)) : null,
    against.length ? element("p", { class: "hint" }, "against it") : null, against.length ? element("ul", { class: "chips" }, chips(against)) : null,
    rest.length ? element("ul", { class: "chips" }, rest) : null,
    element("p", {}, `Written out for row ${data.row}, whose own dL/d${letter} is `, shown(data.gradient), ":"),
  ].filter(Boolean);
}

/**
 * The product as boxes, each factor with its numbers put in; a factor opens into what it is made of.
 * @param {object} data what `Receipt.to_dict` gives
 * @param {string} reads the name of the input of the weight
 */
export function equation(data, reads = "") {
  const letter = letterOf(data);
  const inside = element("div", { class: "inside" });
  const open = ({ currentTarget: box }, factor, place) => {
    const opens = box.getAttribute("aria-expanded") !== "true";
    for (const each of buttons) each.setAttribute("aria-expanded", String(opens && each === box));
    inside.replaceChildren(...(opens ? [place === 0 && data.merges.length > 1 ? onward(data.merges) : told(factor)] : []));
  };
  const buttons = data.chain.map((factor, place) => element("button", { type: "button", class: "factor", "aria-expanded": "false", click: (event) => open(event, factor, place) }, parts(factor.symbol, factor.value, putIn(factor, data, reads))));
  return element("div", { class: "product" },
    element("div", { class: "equation", role: "group", "aria-label": `dL/d${letter} as a product` },
      element("span", { class: "factor result" }, parts(`dL/d${letter}`, data.total, data.rows > 1 ? `row ${data.row}` : "slope")),
      buttons.map((button, place) => element("span", { class: "times" }, element("span", { class: "operator" }, place ? "·" : "="), button))),
    inside);
}

/**
 * Each level stands inside the one before, from the weight's side to the loss.
 * @param {any[]} levels
 * @returns {any}
 */
function onward([merge, ...next]) {
  return element("div", { class: "level" }, level(merge),
    next.length ? element("details", {}, element("summary", {}, "open ", element("code", {}, `dL/d(${next[0].value})`), " = ", shown(next[0].total)), onward(next)) : null);
}

function parts(symbol, value, small) {
  return [element("span", { class: "symbol" }, formula(symbol)), shown(value), element("span", { class: "small" }, small)];
}

// The formula with the numbers put in; a sum over many units is written out further below.
function putIn(factor, data, reads) {
  if (factor.note) return factor.note.split(":")[0];
  if (factor.symbol === "dz/dw" && reads) return breakable(reads);
  const [worked, result] = (factor.worked ?? "").replaceAll("-", "−").split(/ = (?!.* = )/);
  if (result && worked.length < LONG) return formula(worked);
  const units = data.merges.length > 1 ? data.merges[0].terms.length + data.merges[0].hidden : 0;
  return factor.formula || (units ? `came back through ${plural(units, "unit")}` : "");
}

function factors(chain) {
  return element("dl", { class: "factors" }, chain.flatMap((factor) => [element("dt", {}, formula(factor.symbol)), element("dd", {}, told(factor))]));
}

// A factor's formula, the same with its numbers put in, and why it is so.
function told({ note, why, formula: written, worked }) {
  const whole = worked && worked.includes(" = ") && worked.length < 3 * LONG;
  const known = [written ? formula(written) : null, whole ? formula(worked) : null].filter(Boolean);
  return element("span", {}, known.flatMap((each, place) => [place ? element("span", { class: "hint" }, ", here ") : null, each]), known.length ? ". " : null,
    note ? element("strong", {}, `${note[0].toUpperCase()}${note.slice(1)}.`) : why);
}

function levels(merges) {
  if (merges.length < 2) return null;
  return element("div", {},
    element("h5", {}, "Where it comes from, level by level"),
    element("p", { class: "hint" }, "Each level goes on from the largest part of the one before."),
    element("ol", { class: "levels" }, merges.map((merge) => element("li", {}, level(merge)))));
}

function level(merge) {
  const name = element("code", {}, `dL/d(${merge.value})`);
  if (!merge.terms.length) return [element("p", {}, name, " = ", shown(merge.total), `: ${merge.note || "nothing comes back"}.`)];
  if (merge.terms.length + merge.hidden === 1) return [single(merge, name)];
  const rest = merge.hidden ? element("tr", {}, element("th", { scope: "row", colspan: 3 }, `and ${merge.hidden.toLocaleString("en")} more`), number(merge.hidden_sum)) : null;
  return [
    element("p", {}, name, " = ", formula(`Σ ${merge.symbol}`), " = ", shown(merge.total)),
    scrolling(`Summands of dL/d(${merge.value})`, element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, ["through", "came back", "factor", "product"].map((title, place) => element("th", { scope: "col", class: place ? "numeric" : null }, title)))),
      element("tbody", {}, merge.terms.map((term) => element("tr", {}, element("th", { scope: "row" }, term.later), number(term.gradient), number(term.factor), number(term.product))), rest))),
    merge.silent ? element("p", { class: "hint" }, `and ${merge.silent.toLocaleString("en")} through which nothing comes back`) : null,
  ];
}

function single(merge, name) {
  const [term] = merge.terms;
  if (term.later === "L") return element("p", {}, name, " = ", shown(merge.total), ", as ", formula(merge.formula));
  return element("p", {}, name, " = ", formula(`${merge.symbol} = ${bracketed(term.gradient)} · ${bracketed(term.factor)}`), " = ", shown(merge.total), merge.note ? `; ${merge.note}` : null);
}

function bracketed(value) {
  const text = figure(value);
  return "+-−".includes(text[0]) ? `(${text})` : text;
}

function number(value) {
  return element("td", { class: "numeric" }, isNumber(value) ? signed(value) : shown(value));
}

function paths(data) {
  if (data.path_count < 2) return null;
  const rest = data.path_count - data.paths.length;
  return element("div", {},
    element("h5", {}, `The largest of ${plural(data.path_count, "path")} from the loss to this weight`),
    scrolling("The heaviest paths", element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "path"), element("th", { scope: "col", class: "numeric" }, "product"))),
      element("tbody", {},
        data.paths.map((path) => element("tr", {}, element("th", { scope: "row" }, way(path)), number(path.product))),
        rest > 0 ? element("tr", {}, element("th", { scope: "row" }, `and ${rest.toLocaleString("en")} more`), number(data.hidden_paths_sum)) : null,
        element("tr", { class: "sum" }, element("th", { scope: "row" }, "together"), number(data.total))))));
}

function way(path) {
  const units = path.values.slice(1, -1).filter((value) => /\.z\[\d+\]$/.test(value)).map((value) => value.replace(".z", ""));
  return ["L", ...units].join(" ← ");
}
