// The first screen: the mistake, the sentence that answers, where it flows, which weights, and why.

import { breakable, download, element, marked, put, quoted } from "./dom.js";
import { isNumber } from "./figures.js";
import * as network from "./network.js";
import * as passes from "./passes.js";
import * as table from "./table.js";
import * as timeline from "./timeline.js";
import * as why from "./why.js";

/**
 * Draws the answer for some examples, and draws it again for others.
 * @param {HTMLElement} into
 * @param {object} data what `first_screen` of the package gives, with `details`
 * @param {{onSelect?: (detail: object | undefined) => void, files?: {name: string, text: () => string}[]}} options
 *   called with the weight shown; what can be taken away besides the Python
 * @returns {{update: (data: object) => void, select: (weight: string) => void, show: (by: number) => void}}
 */
export function draw(into, data, { onSelect = () => {}, files = [] } = {}) {
  const [head, sentence, warned] = [element("h1"), element("p", { class: "answer" }), element("div")];
  const [drawing, groups, opened] = [element("div"), element("div", { class: "groups" }), element("section", { class: "card", "aria-label": "Why" })];
  const status = element("p", { class: "unseen", role: "status" });
  const [way, phase, remarks, take] = [element("nav", { "aria-label": "Timeline", class: "way" }), element("p", { class: "phase", role: "status" }), element("p", { class: "hint remarks" }), element("p", { class: "hint take" })];
  let [current, listing] = [data, { mark: (_name) => {} }];
  const select = (name, quiet = false) => {
    const detail = current.details.find((each) => each.name === name);
    if (!detail && !quiet) return;
    opened.hidden = !detail;
    if (detail) why.draw(opened, detail);
    picture.mark(name);
    listing.mark(name);
    if (!quiet) status.textContent = `Shown below: ${name}`;
    onSelect(detail);
  };
  const picture = network.draw(drawing, data.diagram, { onSelect: select });
  const show = (place) => {
    const steps = passes.phases(current);
    put(phase, steps[place].words);
    walk.mark(place);
    picture.update(passes.at(current, place, network.crowded(current.diagram, drawing.clientWidth)));
    picture.reveal(steps[place].layer);
  };
  const walk = timeline.draw(way, show);
  into.replaceChildren(
    head, sentence, warned,
    element("div", { class: "halves" },
      element("section", { class: "card" }, element("h2", {}, "Where the blame flows"), way, phase, drawing),
      element("section", { class: "card" }, element("h2", {}, "Which weights, and by how much ", element("small", {}, "all measured but share")), groups, remarks, take)),
    opened, status,
  );
  const update = (next) => {
    current = next;
    head.replaceChildren(...breakable(next.headline));
    sentence.replaceChildren(...marked(next, (name) => { select(name); opened.scrollIntoView({ block: "nearest" }); }));
    warned.replaceChildren(...warnings(next.notes));
    way.hidden = phase.hidden = !next.passes;
    walk.update(next.passes ? passes.phases(next).map(({ name }) => name) : []);
    phase.textContent = "";
    picture.update(next.diagram);
    remarks.replaceChildren(...breakable(quoted(next.remarks.join(" "))));
    take.replaceChildren("Take away: ", ...[...files, ...(next.python ? [{ name: "reproduce.py", text: () => next.python }] : [])].map(({ name, text }) => element("button", { type: "button", class: "pill", click: () => download({ name, text: text() }) }, name)));
    listing = table.draw(groups, grouped(next), { onSelect: select, selectable: next.details.map((detail) => detail.name) });
    select(next.details[0]?.name ?? "", true);
  };
  update(data);
  return { update, select, show: (by) => current.passes && show(Math.min(Math.max(walk.place() + by, 0), passes.phases(current).length - 1)) };
}

/**
 * The groups of weights as a table, with what the network says without each.
 * @param {any} data
 * @returns {any}
 */
export function grouped(data) {
  return {
    caption: "Open a group for its weights; every heading sorts",
    columns: [
      { key: "name", title: "weights", kind: "words" },
      { key: "count", title: "#", kind: "count", help: "How many weights" },
      { key: "share", title: "share", kind: "share", help: "g²/Σg²: their part of the loss drop of one small gradient step" },
      { key: "loss", title: "loss if cut", kind: "brief", help: "The loss with these weights at 0, the network run again" },
      { key: "change", title: "change", kind: "effect", help: "The change of the loss then" },
      ...(data.groups.every(({ says }) => says === null) ? [] : [{ key: "says", title: data.row === null ? "then right" : "then says", kind: data.groups.some(({ says }) => isNumber(says)) ? "count" : "text" }]),
    ],
    rows: data.groups,
  };
}

function warnings(notes) {
  if (!notes.length) return [];
  return [element("aside", { class: "warning", "aria-label": "What cannot be trusted" },
    element("h2", {}, "Before you trust these numbers"), element("ul", {}, notes.map((note) => element("li", {}, note))))];
}
