// Two ways to learn with the page: find a hidden fault, and walk the stops of the tour.

import { element, put } from "./dom.js";
import { figure } from "./figures.js";

/**
 * @param {HTMLElement} into
 * @param {{act: (name: string, values?: object) => Promise<any>, chosen: () => string, refresh: () => Promise<void>}} page
 * @returns {{update: (state: any) => void}}
 */
export function fault(into, { act, chosen, refresh }) {
  const said = element("div", { class: "verdict", role: "status" });
  const plant = element("button", { type: "button", class: "pill", click: async () => {
    const planted = await act("plant", { seed: Math.floor(Math.random() * 1e9) });
    if (planted) said.replaceChildren(element("p", {}, `One weight was moved: the mean loss rose from ${figure(planted.loss_before)} to ${figure(planted.loss_after)}. Look at slopes, at groups cut, at the curve of a weight; choose the one you suspect.`));
    await refresh();
  } }, "plant a fault");
  const guess = element("button", { type: "button", class: "pill", click: async () => {
    const truth = await act("guess", { weight: chosen() });
    if (truth) said.replaceChildren(...verdict(truth));
    await refresh();
  } }, "it is the chosen weight");
  into.replaceChildren(element("h2", {}, "Plant a fault, find it"), element("p", { class: "hint" }, "The page moves a hidden weight, you look for it, and then see what each method would have said."), element("div", { class: "row" }, plant, guess), said);
  let known = "";
  return { update: (state) => {
    const network = JSON.stringify([state.source, state.options, state.layers]);
    if (known !== network) said.replaceChildren();
    known = network;
    const held = [plant, guess].includes(document.activeElement);
    if (plant.disabled !== state.fault) plant.disabled = state.fault;
    if (guess.disabled === state.fault) guess.disabled = !state.fault;
    if (held) (state.fault ? guess : plant).focus({ preventScroll: true }); // a disabled button would lose the focus
    put(guess, chosen() ? `it is ${chosen()}` : "it is the chosen weight");
  } };
}

function verdict(truth) {
  const names = { you: "you", slope: "the five steepest slopes", blame: "the five largest blames", cut: "the five best cuts", culprits: "the five culprits, run again" };
  return [
    element("p", {}, element("strong", {}, truth.hits.you ? "Yes. " : "No. "), `It was ${truth.name}, moved from ${figure(truth.before)} to ${figure(truth.after)}. It is back where it was.`),
    element("table", { class: "terms" },
      element("thead", {}, element("tr", {}, ["who", "this time", `in ${truth.games}`].map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, Object.entries(names).map(([key, name]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, truth.hits[key] ? "✓ named it" : "did not"), element("td", { class: "numeric" }, String(truth.score[key])))))),
  ];
}

/**
 * @param {HTMLElement} into
 * @param {{call: (name: string, values?: object) => Promise<any>, onStop: (name: string) => void}} page
 * @returns {{update: (state: any) => void}}
 */
export function tour(into, { call, onStop }) {
  const [list, text] = [element("ol", { class: "stops" }), element("div", { class: "stop", role: "status" })];
  into.replaceChildren(element("h2", {}, "Tour"), list, text);
  let drawn = "";
  const update = (state) => {
    if (drawn === JSON.stringify(state.tour)) return;
    drawn = JSON.stringify(state.tour);
    into.hidden = !state.tour.length;
    list.replaceChildren(...state.tour.map(({ name, title }) => element("li", {}, element("button", { type: "button", class: "pill", click: async (event) => {
      for (const each of list.querySelectorAll("button")) each.removeAttribute("aria-current");
      event.currentTarget.setAttribute("aria-current", "true");
      const stop = await call("tour", { stop: name, columns: columns(text) });
      text.replaceChildren(element("h3", {}, stop.title), ...parts(stop.text));
      onStop(name);
    } }, title))));
  };
  return { update };
}

// How many characters of what stands in columns fit beside each other.
function columns(into) {
  const [line, range] = [element("pre", {}, "0".repeat(40)), document.createRange()];
  into.append(line);
  range.selectNodeContents(line);
  const fitting = Math.floor((into.clientWidth / range.getBoundingClientRect().width) * 40);
  line.remove();
  return Math.max(fitting, 30);
}

// Prose as the page sets it; what stands in columns as it is.
function parts(text) {
  const all = [];
  for (const part of text.split("\n\n")) {
    if (!part.includes("  ")) all.push(element("p", {}, part.replaceAll("\n", " ")));
    else if (all.at(-1)?.localName === "pre") all.at(-1).append(`\n\n${part}`);
    else all.push(element("pre", { tabindex: "0" }, part));
  }
  return all;
}
