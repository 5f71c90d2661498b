// The way through the states of one example: a button for each, of many for the ends and the one shown, and a slider.

import { element, set } from "./dom.js";

const MOST = 20;
const BACK = "back: "; // where room is short, it stands once
const ENDS = ["input", "output", "loss", "back: output", "back: layer 1", "update"];

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
    list.replaceChildren(...names.map((name, place) => element("li", {}, element("button", { type: "button", class: "pill", click: () => onShow(place) }, place && names[place - 1].startsWith(BACK) && name.startsWith(BACK) ? [element("span", {}, BACK), name.slice(BACK.length)] : name))));
    few(-1);
  };
  const few = (shown) => [...list.children].forEach((each, at) => { each.hidden = known.length > MOST && at !== shown && !ENDS.includes(known[at]); });
  const mark = (place) => {
    scrub.value = String(place);
    few(place);
    set(scrub, "aria-valuetext", known[place]);
    [...list.querySelectorAll("button")].forEach((each, at) => (at === place ? set(each, "aria-current", "step") : each.removeAttribute("aria-current")));
  };
  return { update, mark, place: () => Number(scrub.value) };
}
