// A receipt: one gradient written out as the chain-rule product that it is.

import { element, scrolling } from "./dom.js";
import { figure, isNumber, plural, shown, signed } from "./figures.js";

// data: what `Receipt.to_dict` gives.
export function draw(into, data) {
  const letter = data.chain.at(-1).symbol.split("/d").at(-1);
  into.replaceChildren(
    ...batch(data, letter),
    equation(data, letter),
    factors(data.chain),
    element("div", { class: "pair" }, levels(data.merges), paths(data)),
  );
}

function batch(data, letter) {
  if (data.rows < 2) return [];
  const parts = data.examples.map(([row, part]) => element("li", {}, `row ${row}: `, shown(part, signed)));
  const rest = data.rows - data.examples.length;
  if (rest > 0) parts.push(element("li", {}, `and ${rest.toLocaleString("en")} more: `, shown(data.hidden_examples_sum, signed)));
  return [
    element("p", {}, `dL/d${letter} = `, shown(data.batch_gradient), ` is the mean over ${plural(data.rows, "example")}. Most of it comes from`),
    element("ul", { class: "chips" }, parts),
    element("p", {}, `Written out for row ${data.row}, whose own dL/d${letter} is `, shown(data.gradient), ":"),
  ];
}

function equation(data, letter) {
  const boxes = data.chain.flatMap((factor, place) => [
    place ? element("span", { class: "operator" }, "·") : null,
    element("span", { class: "factor" }, element("span", { class: "symbol" }, factor.symbol), shown(factor.value)),
  ]);
  return scrolling(
    `dL/d${letter} as a product`,
    element("div", { class: "equation" },
      element("span", { class: "factor result" }, element("span", { class: "symbol" }, `dL/d${letter}`), shown(data.total)),
      element("span", { class: "operator" }, "="), boxes),
  );
}

function factors(chain) {
  return element("dl", { class: "factors" }, chain.flatMap((factor) => [
    element("dt", {}, factor.symbol),
    element("dd", {}, factor.formula ? [element("code", {}, factor.formula), ". "] : null, sentence(factor)),
  ]));
}

function sentence({ note, why }) {
  return note ? element("strong", {}, `${note[0].toUpperCase()}${note.slice(1)}.`) : why;
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
    element("p", {}, name, ` = Σ ${merge.symbol} = `, shown(merge.total)),
    scrolling(`Summands of dL/d(${merge.value})`, element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, ["through", "came back", "factor", "product"].map((title, place) => element("th", { scope: "col", class: place ? "numeric" : null }, title)))),
      element("tbody", {}, merge.terms.map((term) => element("tr", {}, element("th", { scope: "row" }, term.later), number(term.gradient), number(term.factor), number(term.product))), rest))),
    merge.silent ? element("p", { class: "hint" }, `and ${merge.silent.toLocaleString("en")} through which nothing comes back`) : null,
  ];
}

function single(merge, name) {
  const [term] = merge.terms;
  if (term.later === "L") return element("p", {}, name, " = ", shown(merge.total), ", as ", element("code", {}, merge.formula));
  return element("p", {}, name, ` = ${merge.symbol} = ${bracketed(term.gradient)} · ${bracketed(term.factor)} = `, shown(merge.total), merge.note ? `; ${merge.note}` : null);
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
    element("h5", {}, `The heaviest of ${plural(data.path_count, "path")} from the loss to this weight`),
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
