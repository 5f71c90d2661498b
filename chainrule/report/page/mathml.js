// A line of a formula as MathML: fractions of derivatives, indices below, powers above.

import { element, maths } from "./dom.js";

const TOKEN = /(d[A-Za-z]+(?:_\w+)?\/d\w+)|(\d+(?:,\d{3})*(?:\.\d+)?(?:e[+−]?\d+)?)|(Σ|[A-Za-z]+)(?:_(\w))?|((?<=[\w)])\s+(?=[\w√]))|\s+|(.)/gu;
const BEFORE_A_SIGN = /^$|[(\[=·/^,+−]$/;

/**
 * @param {string} text such as `da/dz = a · (1 - a)`, or the same with its numbers put in
 * @returns {any} a `math` element for each term, between which a line may break; it reads as the text does
 */
export function formula(text) {
  const row = [];
  const up = [];
  const add = (node) => {
    const minus = node.textContent === "−" && up.length && row.length === up.at(-1);
    row.push(node);
    if (up.length && !minus && depth(row.slice(up.at(-1))) === 0) {
      const from = up.pop();
      const power = row.splice(from);
      row.push(maths("msup", {}, row.pop(), maths("mrow", {}, power)));
    }
  };
  for (const [, slope, number, name, index, space, mark] of text.replaceAll("-", "−").replaceAll("<=", "≤").replaceAll(">=", "≥").matchAll(TOKEN)) {
    if (slope) add(maths("mfrac", {}, slope.split("/").map(differential)));
    else if (number) add(maths("mn", {}, number));
    else if (name) add(named(name, index));
    else if (mark === "^" && row.length) up.push(row.length);
    else if (mark) add(maths("mo", mark === "−" && BEFORE_A_SIGN.test(row.at(-1)?.textContent ?? "") ? { form: "prefix" } : { stretchy: "false" }, mark));
    else if (space) row.push(maths("mspace", { width: "0.3em" }));
  }
  return element("span", { class: "formula" }, terms(row).map((term) => maths("math", {}, maths("mrow", {}, term))));
}

// The terms of a sum, each but the first with its plus before it.
function terms(row) {
  return row.reduce((parts, node) => {
    if (node.textContent === "+" && parts.at(-1).length && depth(parts.at(-1)) === 0) {
      node.setAttribute("form", "infix");
      parts.push([]);
    }
    parts.at(-1).push(node);
    return parts;
  }, [[]]);
}

function differential(text) {
  const [name, index] = text.slice(1).split("_");
  return maths("mrow", {}, maths("mi", {}, "d"), named(name, index));
}

function named(name, index) {
  const letter = maths(name === "Σ" ? "mo" : "mi", {}, name);
  return index ? maths("msub", {}, letter, maths("mi", {}, index)) : letter;
}

// How many brackets are open behind a sign of power.
function depth(nodes) {
  return nodes.reduce((open, { textContent: mark }) => open + (mark === "(" ? 1 : mark === ")" ? -1 : 0), 0);
}
