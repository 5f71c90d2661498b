// One weight at a glance: its gradient as a product with the numbers put in, and other values tried.

import { breakable, element } from "./dom.js";
import { figure, isNumber, signed } from "./figures.js";
import * as receipt from "./receipt.js";

/**
 * @param {HTMLElement} into
 * @param {object} data one entry of `details` of `report/page_data.py`
 * @param {{onKeep?: (value: number) => void}} options called with the value that is to stay
 */
export function draw(into, data, { onKeep = null } = {}) {
  into.replaceChildren(
    element("h2", {}, breakable(`Why: ${data.person} `), element("small", {}, breakable(`${data.name} = ${figure(data.slope.at)}`))),
    element("div", { class: "why" }, receipt.equation(data.receipt, data.reads || `${data.person.split(" → ")[0]} here`), tried(data, onKeep)),
  );
}

// The slider walks along losses that Python measured, each beside what the straight line says.
function tried({ name, slope, receipt: { rows }, counterfactual: { curve, tangent } }, onKeep) {
  const [value, output] = [element("span", { class: "pill value" }), element("output")];
  const now = curve.reduce((best, [w], at) => (Math.abs(w - slope.at) < Math.abs(curve[best][0] - slope.at) ? at : best), 0);
  const slider = element("input", { type: "range", min: 0, max: curve.length - 1, value: now, "aria-label": `Try other values of ${name}`, input: () => show(Number(slider.value)) });
  const show = (at) => {
    const [[w, measured], [, predicted]] = [curve[at], tangent[at]];
    const gone = (loss) => (isNumber(loss) && isNumber(slope.loss) ? signed(loss - slope.loss, 3) : figure(loss));
    slider.setAttribute("aria-valuetext", `${figure(w, 3)}: measured ${figure(measured, 3)}`);
    value.textContent = figure(w, 3);
    if (at === now) output.replaceChildren(`${rows > 1 ? "mean loss" : "loss"} ${figure(slope.loss, 3)} now: slide to other values`);
    else output.replaceChildren(`${rows > 1 ? "mean loss" : "loss"} predicted ${gone(predicted)}, `, element("strong", {}, `measured ${gone(measured)}`), `, to ${figure(measured, 3)}`);
  };
  show(now);
  const undo = element("button", { type: "button", class: "pill", click: () => { slider.value = String(now); show(now); } }, "undo");
  const keep = onKeep && element("button", { type: "button", class: "pill", click: () => onKeep(curve[Number(slider.value)][0]) }, "keep it");
  return element("div", { class: "try" }, element("strong", {}, "Try it"), element("span", {}, "w ", value), slider, undo, keep, output);
}
