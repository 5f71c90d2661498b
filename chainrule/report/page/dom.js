// Elements made by DOM calls: data become text and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";
const MATHS = "http://www.w3.org/1998/Math/MathML";
const LEFTWARD = "[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]";
const LEFTWARD_ENDS = new RegExp(`${LEFTWARD}(?!\\u200e|[\\s\\p{Pd}_]*${LEFTWARD})`, "gu");

/**
 * An HTML element. Attributes that are null or false are left out; functions become listeners.
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {any[]} children nodes, texts, and lists of them; nothing is made of null
 * @returns {any}
 */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/**
 * An SVG element, in the same way.
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {any[]} children
 * @returns {any}
 */
export function vector(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/**
 * A MathML element, in the same way.
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {any[]} children
 * @returns {any}
 */
export function maths(name, attributes = {}, ...children) {
  return filled(document.createElementNS(MATHS, name), attributes, children);
}

/**
 * Hands a file over, as a download.
 * @param {{name: string, text: string}} file
 */
export function download({ name, text }) {
  const address = URL.createObjectURL(new Blob([text]));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// A minus sign before each number that is below 0; the hyphens of names and dates stay.
export function minus(text) {
  return text.replace(/(?<=^|[\s(=,:]|\de)-(?=\d)/g, "−");
}

/**
 * A text that breaks where its words meet, in names such as `bill_length_mm` or `island=Torgersen`, too.
 * @param {string} text
 * @param {RegExp} at where words meet
 * @returns {any[]}
 */
export function breakable(text, at = /(?<=[_=/])/) {
  return ordered(minus(text)).split(at).flatMap((part, nth) => (nth ? [element("wbr"), part] : [part]));
}

// Quotation marks as in print, around words that stand in a sentence.
export function quoted(text) {
  return text.replace(/(?<=^|[\s(])"([^"]+)"(?=[\s.,:;)]|$)/g, "“$1”");
}

/**
 * An answer, with what names weights as under a marker, and each weight that it calls by its name as a button.
 * @param {{answer: string[], said: string[]}} data what `first_screen` of the package gives
 * @param {(name: string) => void} onSelect called with the weight that was chosen
 * @returns {any[]}
 */
export function marked({ answer, said }, onSelect) {
  const names = new RegExp(`(\\((?:${said.map((name) => name.replace(/[.[\]]/g, "\\$&")).join("|")})\\))`);
  const named = (name) => element("span", { class: "number" }, "(", element("button", { type: "button", class: "choose", click: () => onSelect(name) }, name), ")"); // no bracket ends a line
  const parts = (text) => (said.length ? text.split(names) : [text]).map((part, nth) => (nth % 2 ? named(part.slice(1, -1)) : breakable(quoted(part))));
  const [before, naming, rest] = answer.map(parts);
  return [...before, " ", element("mark", {}, naming), " ", ...rest].flat();
}

// What a reader chooses the colours with.
export function themes(onChange = () => {}) {
  const select = element("select", { change: () => { document.documentElement.dataset.theme = select.value; onChange(); } }, ["auto", "light", "dark"].map((name) => element("option", { value: name }, name)));
  return element("label", { class: "theme" }, "Theme ", select);
}

// Words for those who hear a page, where others see a sign.
export function unseen(words) {
  return element("span", { class: "unseen" }, words);
}

// A box for what may be wider than the screen. While it has more to show, it is a stop for the
// keyboard, so that arrow keys can scroll it.
export function scrolling(label, ...children) {
  const box = element("div", { class: "scroll", role: "group", "aria-label": label }, ...children);
  new ResizeObserver(() => {
    const over = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (over) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }).observe(box);
  return box;
}

/**
 * Makes a drawing say what another says. Only what differs is touched, so that a browser lays out and paints no more.
 * @param {any} drawn
 * @param {any} next
 * @returns {any} the drawing, or the other one where the two are not alike
 */
export function patch(drawn, next) {
  if (drawn.nodeName !== next.nodeName || drawn.childNodes.length !== next.childNodes.length) {
    drawn.replaceWith(next);
    return next;
  }
  if (drawn.nodeType === Node.TEXT_NODE) {
    if (drawn.data !== next.data) drawn.data = next.data;
    return drawn;
  }
  if (drawn.isEqualNode(next)) return drawn;
  const names = next.getAttributeNames();
  for (const name of drawn.getAttributeNames()) if (!names.includes(name)) drawn.removeAttribute(name);
  for (const name of names) set(drawn, name, next.getAttribute(name));
  [...next.childNodes].forEach((child, at) => patch(drawn.childNodes[at], child));
  return drawn;
}

/**
 * Sets an attribute, where it says something else: what is set anew is styled and painted anew.
 * @param {Element} drawn
 * @param {string} name
 * @param {string} value
 */
export function set(drawn, name, value) {
  if (drawn.getAttribute(name) !== value) drawn.setAttribute(name, value);
}

/**
 * Puts a text, where it is another: a text that is put anew is laid out and painted anew.
 * @param {Element} drawn
 * @param {string} text
 */
export function put(drawn, text) {
  const words = ordered(text);
  if (drawn.textContent !== words) drawn.textContent = words;
}

function filled(drawn, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") drawn.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) drawn.setAttribute(key, value === true ? "" : value);
  }
  drawn.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== "").map((child) => (typeof child === "string" ? ordered(child) : child)));
  return drawn;
}

// What stands behind a word written from right to left stays to its right, such as the number and sign of "84%".
export function ordered(text) {
  return text.replace(LEFTWARD_ENDS, "$&\u200e");
}
