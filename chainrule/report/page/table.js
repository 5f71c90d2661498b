// A table that sorts by any column, by mouse or keyboard, and whose rows may open into others.

import { breakable, element, scrolling } from "./dom.js";
import { answer, figure, isNumber, percent, short, shown, signed } from "./figures.js";

const WRITERS = {
  number: (value) => shown(value),
  brief: (value) => (value === null ? "" : shown(value, (known) => figure(known, 3))),
  change: (value) => shown(value, (known) => signed(known, 3)),
  effect: (value) => (value === null ? "" : element("span", { class: value < 0 ? "better" : value > 0 ? "worse" : null }, shown(value, (known) => signed(known, 3)))),
  share: (value, most) => (value === null ? "" : shareBar(value, most)),
  count: (value) => element("span", { class: "number" }, value === null ? "" : isNumber(value) ? value.toLocaleString("en") : figure(value)),
  text: (value) => (value === null ? "" : named(value)),
  name: (value) => named(value),
  words: (value) => breakable(value),
  field: (value, _most, row) => field(value, row),
  link: (value, _most, row) => (row.link ? element("a", { href: `#row-${value}` }, String(value)) : String(value)),
};

/** @type {WeakMap<HTMLElement, {key: string, direction: string, open: Set<string>}>} What a reader chose, for when it is drawn again. */
const CHOICES = new WeakMap();

/**
 * Draws a table. A row may say under `marks` which of its cells cannot be trusted, `{key: why}`, and
 * under `weights` which rows it opens into.
 * @param {HTMLElement} into
 * @param {{caption: string, columns: {key: string, title: string, kind: string, help?: string}[], rows: object[]}} data
 * @param {{onSelect?: (name: string) => void, selectable?: string[]}} options
 *   called with the name of a row that is chosen
 * @returns {{mark: (name: string) => void, names: () => string[]}} `names`: those that can be chosen, as they stand
 */
export function draw(into, data, { onSelect = null, selectable = [] } = {}) {
  const chosen = CHOICES.get(into) ?? { key: "", direction: "", open: new Set() };
  CHOICES.set(into, chosen);
  const body = element("tbody");
  const every = [...data.rows, ...data.rows.flatMap((row) => row.weights ?? [])];
  const largest = Object.fromEntries(data.columns.map(({ key }) => [key, Math.max(0, ...every.map((row) => row[key]).filter(isNumber))]));
  /** @type {[string, HTMLElement][]} */
  const buttons = [];
  const line = (row, within) => {
    const drawn = element("tr", { class: within ? "within" : row.answers ? "answers" : null }, data.columns.map((column, place) => cell(row, column, !place, largest[column.key])));
    const name = row.exact ?? row.name;
    if (onSelect && selectable.includes(name)) buttons.push([name, chooser(drawn, row, name, onSelect)]);
    else if (row.exact) drawn.firstElementChild.append(exactly(row));
    return drawn;
  };
  const rows = data.rows.map((row, place) => {
    const drawn = line(row, false);
    const inner = (row.weights ?? []).map((weight) => line({ ...weight, name: weight.person, exact: weight.name }, true));
    if (inner.length) opener(drawn, inner, row.name, chosen.open);
    return { row, drawn: [drawn, ...inner], place };
  });
  body.append(...rows.flatMap(({ drawn }) => drawn));
  const heads = data.columns.map((column, place) => head(column, !place));
  const sort = () => {
    const { key, direction } = chosen;
    const column = data.columns.find((each) => each.key === key);
    if (!column) return;
    heads.forEach((th, place) => (data.columns[place] === column ? th.setAttribute("aria-sort", direction) : th.removeAttribute("aria-sort")));
    body.append(...order(rows, key, column.kind, direction).flatMap(({ drawn }) => drawn));
  };
  heads.forEach((th, place) => {
    th.querySelector("button").addEventListener("click", () => {
      Object.assign(chosen, { key: data.columns[place].key, direction: th.getAttribute("aria-sort") === "descending" ? "ascending" : "descending" });
      sort();
    });
  });
  sort();
  const table = element("table", {}, element("caption", {}, data.caption), element("thead", {}, element("tr", {}, heads)), body);
  into.replaceChildren(scrolling(data.caption, table), ...notes(data));
  const mark = (name) => {
    for (const [each, button] of buttons) {
      button.setAttribute("aria-pressed", String(each === name));
      button.closest("tr").classList.toggle("selected", each === name);
    }
  };
  return { mark, names: () => [...body.querySelectorAll("button.choose")].map((button) => button.getAttribute("title")) };
}

// A number that is edited in place: Enter sets it, Esc brings back what was there.
function field(value, row) {
  const input = element("input", { class: "field", inputmode: "decimal", "aria-label": `Value of ${row.name}`, change: () => row.edit(input.value), keydown: (event) => {
    if (event.key !== "Escape") return;
    input.value = input.defaultValue;
    input.blur();
  } });
  input.defaultValue = figure(value, 6).replaceAll("−", "-");
  return input;
}

function named(value) {
  const whole = answer(value);
  return element("span", { title: short(whole, 40) === whole ? null : whole }, breakable(short(whole, 40).replace(" ✓", "\u00a0✓")));
}

function isNumeric(kind) {
  return !["text", "name", "words"].includes(kind);
}

function head(column, first) {
  const numeric = isNumeric(column.kind) && !first;
  return element(
    "th", { scope: "col", class: numeric ? "numeric" : null },
    element("button", { type: "button", title: column.help || null }, column.title),
  );
}

function cell(row, { key, kind }, isHead, most) {
  const why = row.marks?.[key];
  const content = [WRITERS[kind](row[key], most, row), why ? element("abbr", { class: "doubt", title: why }, "†") : null];
  if (isHead) return element("th", { scope: "row" }, content);
  return element("td", { class: isNumeric(kind) ? "numeric" : null }, content);
}

function exactly(row) {
  return row.exact ? element("small", {}, breakable(row.exact)) : null;
}

function chooser(drawn, row, name, onSelect) {
  const text = row.exact ? row.name : short(row.name, 40);
  const button = element("button", { type: "button", class: "choose", "aria-pressed": "false", title: name }, breakable(text, /(?<=[_=/.])/));
  drawn.firstElementChild.replaceChildren(button, ...[exactly(row)].filter(Boolean));
  button.addEventListener("click", () => onSelect(name));
  return button;
}

// A row that opens shows its weights below it, wherever sorting puts it.
function opener(drawn, inner, name, opened) {
  const button = element("button", { type: "button", class: "opener" }, element("span", {}, breakable(name)));
  const show = () => {
    button.setAttribute("aria-expanded", String(opened.has(name)));
    inner.forEach((each) => { each.hidden = !opened.has(name); });
  };
  button.addEventListener("click", () => {
    if (!opened.delete(name)) opened.add(name);
    show();
  });
  show();
  drawn.firstElementChild.replaceChildren(button);
}

// The bar compares the rows, so the largest share fills it.
function shareBar(value, most) {
  if (!isNumber(value)) return shown(value);
  return element("span", { class: "share" }, element("meter", { min: 0, max: most || 1, value, "aria-hidden": "true" }), element("span", { class: "number" }, percent(value).replace("under ", "<").replace("over ", ">")));
}

// What is not a number comes last, whichever way the column is sorted.
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
