// A table that sorts by any column, by mouse or keyboard.

import { element, scrolling } from "./dom.js";
import { answer, figure, isNumber, percent, short, shown, signed } from "./figures.js";

const WRITERS = {
  number: (value) => shown(value),
  change: (value) => shown(value, (known) => signed(known, 3)),
  share: (value, most) => shareBar(value, most),
  count: (value) => element("span", { class: "number" }, figure(value)),
  text: (value) => named(value),
  name: (value) => named(value),
};

// data: { caption, columns: [{ key, title, kind, help }], rows, marks }. A row may say under `marks`
// which of its cells cannot be trusted: { key: why }.
// onSelect: called with the name of a row that is chosen. Returns a function that marks a row.
export function draw(into, data, { onSelect = null, selectable = [], sorted = null } = {}) {
  const body = element("tbody");
  const buttons = new Map();
  const largest = Object.fromEntries(data.columns.map(({ key }) => [key, Math.max(0, ...data.rows.map((row) => row[key]).filter(isNumber))]));
  const rows = data.rows.map((row, place) => {
    const made = element("tr", {}, data.columns.map((column, place) => cell(row, column, !place, largest[column.key])));
    if (onSelect && selectable.includes(row.name)) buttons.set(row.name, chooser(made, row.name, onSelect));
    return { row, made, place };
  });
  body.append(...rows.map(({ made }) => made));
  const heads = data.columns.map((column, place) => head(column, !place, column.key === sorted));
  heads.forEach((th, place) => {
    const { key, kind } = data.columns[place];
    th.querySelector("button").addEventListener("click", () => {
      const next = th.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", next);
      body.append(...order(rows, key, kind, next).map(({ made }) => made));
    });
  });
  const table = element("table", {}, element("caption", {}, data.caption), element("thead", {}, element("tr", {}, heads)), body);
  into.replaceChildren(scrolling(data.caption, table), ...notes(data));
  return (name) => {
    for (const [each, button] of buttons) {
      button.setAttribute("aria-pressed", String(each === name));
      button.closest("tr").classList.toggle("selected", each === name);
    }
  };
}

function named(value) {
  const whole = answer(value);
  return element("span", { title: short(whole, 40) === whole ? null : whole }, short(whole, 40));
}

function isNumeric(kind) {
  return kind !== "text" && kind !== "name";
}

function head(column, first, sorted) {
  const numeric = isNumeric(column.kind) && !first;
  return element(
    "th", { scope: "col", class: numeric ? "numeric" : null, "aria-sort": sorted ? "descending" : null },
    element("button", { type: "button", title: column.help || null }, column.title),
  );
}

function cell(row, { key, kind }, isHead, most) {
  const why = row.marks?.[key];
  const content = [WRITERS[kind](row[key], most), why ? element("abbr", { class: "doubt", title: why }, "†") : null];
  if (isHead) return element("th", { scope: "row" }, content);
  return element("td", { class: isNumeric(kind) ? "numeric" : null }, content);
}

function chooser(row, name, onSelect) {
  const first = row.firstElementChild;
  const button = element("button", { type: "button", class: "choose", "aria-pressed": "false", title: name }, short(name, 40));
  first.replaceChildren(button);
  button.addEventListener("click", () => onSelect(name));
  return button;
}

// The bar compares the rows, so the largest share fills it.
function shareBar(value, most) {
  if (!isNumber(value)) return shown(value);
  return element("span", { class: "share" }, element("meter", { min: 0, max: most || 1, value, "aria-hidden": "true" }), element("span", { class: "number" }, percent(value)));
}

// What is no number comes last, whichever way the column is sorted.
function order(rows, key, kind, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const isKnown = ({ row }) => !isNumeric(kind) || isNumber(row[key]);
  const compare = (a, b) => (isNumeric(kind) ? a.row[key] - b.row[key] : answer(a.row[key]).localeCompare(answer(b.row[key]), "en", { numeric: true }));
  const known = rows.filter(isKnown).sort((a, b) => sign * compare(a, b) || a.place - b.place);
  return [...known, ...rows.filter((each) => !isKnown(each))];
}

function notes(data) {
  const whys = new Set(data.rows.flatMap((row) => Object.values(row.marks ?? {})));
  return [...whys].map((why) => element("p", { class: "doubt" }, `† ${why}`));
}
