// The way through the states of one example: a button for each, and a slider along them.

import { element, set } from "./dom.js";

/**
 * @param {HTMLElement} into
 * @param {(place: number) => void} onShow called with the place of the state that is asked for
 * @returns {{update: (names: string[]) => void, mark: (place: number) => void, place: () => number}}
 */
export function draw(into, onShow) {
  const list = element("ol", { class: "timeline" });
  const scrub = element("input", { type: "range", min: 0, value: 0, "aria-label": "Timeline: forward, loss, and back", input: () => onShow(Number(scrub.value)) });
  into.replaceChildren(list, scrub);
  let known = [];
  const update = (names) => {
    if (names.join("\n") === known.join("\n")) return;
    known = names;
    scrub.max = String(names.length - 1);
    scrub.value = scrub.max;
    list.replaceChildren(...names.map((name, place) => element("li", {}, element("button", { type: "button", class: "pill", click: () => onShow(place) }, name))));
  };
  const mark = (place) => {
    scrub.value = String(place);
    set(scrub, "aria-valuetext", known[place]);
    [...list.querySelectorAll("button")].forEach((each, at) => (at === place ? set(each, "aria-current", "step") : each.removeAttribute("aria-current")));
  };
  return { update, mark, place: () => Number(scrub.value) };
}
