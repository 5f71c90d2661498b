// Numbers as people read them. What is not a finite number comes as text and is marked.

import { element } from "./dom.js";

const GROUPED = new Intl.NumberFormat("en", { maximumFractionDigits: 0, roundingMode: "halfEven" }); // made once: making it takes longer than writing a number

// A few significant digits, with a real minus sign.
export function figure(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-4 && size < 1e6);
  const text = plain ? String(Number(value.toPrecision(digits))) : value.toExponential(digits - 1).replace(/\.?0*e/, "e").replace(/(e.)(?=\d$)/, "$10"); // as Python writes it
  return text.replaceAll("-", "−");
}

// The same with a plus sign where it is above 0.
export function signed(value, digits = 4) {
  return typeof value === "number" && value > 0 ? `+${figure(value, digits)}` : figure(value, digits);
}

// A number beside others of its kind: what only rounding and a search that ends keep from 0 says so.
export function beside(value, others, digits = 4) {
  const most = Math.max(...others.filter(isNumber).map(Math.abs));
  return isNumber(value) && value !== 0 && Math.abs(value) < 1e-12 * most ? "nearly 0" : figure(value, digits);
}

// A share of 1; what is not all or nothing, but would be once rounded, says so. 1e-12 is what sums of shares are off by.
export function percent(value) {
  if (typeof value !== "number") return figure(value);
  const text = (100 * value).toFixed(1);
  if (value > 0 && text === "0.0") return "under 0.1%";
  return value < 1 - 1e-12 && text === "100.0" ? "over 99.9%" : `${text}%`;
}

export function plural(count, what) {
  return `${GROUPED.format(count)} ${what}${count === 1 ? "" : "s"}`;
}

export function isNumber(value) {
  return typeof value === "number";
}

// A number in an element of its own, which says so when it cannot be trusted.
export function shown(value, write = figure) {
  if (isNumber(value) || value === null || value === undefined) return element("span", { class: "number" }, write(value));
  return element("strong", { class: "odd" }, String(value), element("span", {}, " (not a number to go by)"));
}

// What a network answers: a class, or its first values; what is large, such as a price, to the unit.
export function answer(value) {
  const large = isNumber(value) && Math.abs(value) >= 9999.5 && Math.abs(value) < 1e12; // which four digits are not
  if (!Array.isArray(value)) return large ? GROUPED.format(value).replace("-", "−") : figure(value);
  const first = value.slice(0, 3).map(answer).join(", ");
  return value.length > 3 ? `${first}, …` : first;
}

// A name short enough for a drawing; the whole of it goes into a tooltip.
export function short(name, most = 22) {
  const letters = [...name];
  return letters.length > most ? cut(letters, most - 1) : name;
}

// So many letters of a name, its middle left out: names often differ in their ends.
export function cut(letters, count) {
  const head = count < letters.length ? Math.ceil(count / 2) : count;
  return `${letters.slice(0, head).join("").trim()}${head < count ? "…" : ""}${letters.slice(letters.length - count + head).join("").trim()}`;
}
