// The page: what is looked at, when it is drawn again, and what the keys do.

import { breakable, element, marked, patch, put, themes, unseen } from "./dom.js";
import { answer as written, figure, plural, signed } from "./figures.js";
import * as network from "./network.js";
import * as receipt from "./receipt.js";
import * as table from "./table.js";
import * as curve from "./curve.js";
import * as weight from "./weight.js";
import * as why from "./why.js";
import { alone, first, Refusal, served, token } from "./engine.js";
import * as passes from "./passes.js";
import { grouped } from "./screen.js";
import * as timeline from "./timeline.js";
import * as controls from "./do.js";
import * as drawer from "./drawer.js";
import * as game from "./game.js";
import { follow } from "./follow.js";

const STEPS_A_FRAME = 5;
const SLICE_MS = 50;
const PANEL_EVERY = 6;
const ANSWER_AFTER = 200;
const HEARD_AFTER = 150;
const KEYS = [
  ["← →", "back and forth along the timeline"], ["↑ ↓", "the weight before, and the next"], ["Enter", "edit the chosen weight"], ["Esc", "restore what was there"],
  ["Space", "play, pause"], ["p", "pin the chosen weight, or unpin it"], ["[ ]", "the example before, and the next"], ["?", "this list"],
];
const DOING = { answer: "Cutting and moving weights, one run of the network each. What is framed is from before …", why: "Working out why …", ledger: "Training again …", health: "Examining …", train: "Learning …" };
const STOP_PHASE = { loss: "loss", slope: "loss", receipt: "back: output", "by-hand": "back: layer 1", backpropagation: "back: layer 1", update: "update" };

const call = served ?? alone(say, (words) => { at.coming.textContent = words; });
const page = { state: null, look: null, weights: null, whys: new Map(), phase: -1, shown: -1, weight: "", pins: [], playing: false, watching: 0, watches: 0, slept: false, asked: 0, frames: 0, room: 0, narrow: false, took: 0 };
const at = {};
const mine = token();
const others = served && new BroadcastChannel(`chainrule play ${mine}`);

function build() {
  for (const name of ["answer", "sentence", "picture", "groups", "listing", "written", "curve", "levels", "line"]) at[name] = element(name === "sentence" || name === "line" ? "p" : "div");
  Object.assign(at, {
    head: element("h1"), facts: element("p", { class: "facts-line" }), said: element("p", { class: "refusal", role: "alert" }), coming: element("p", { class: "hint coming" }, served ? "" : "Python is loading."), status: element("p", { class: "unseen", role: "status" }), busy: element("p", { class: "busy", role: "status" }),
    where: element("p", { class: "about" }), row: element("output", { class: "number" }), mean: element("input", { type: "checkbox", change: () => act("look", { mean: at.mean.checked }) }),
    way: element("nav", { "aria-label": "Timeline", class: "way" }),
    fields: element("div", { class: "fields" }), actions: element("div", { class: "row actions", role: "group", "aria-label": "Train" }), do: element("section", { class: "card do", id: "settings", tabindex: "-1", "aria-label": "Settings" }), drawer: element("div", { class: "drawers" }),
    fault: element("section", { class: "card" }), tour: element("section", { class: "card" }),
    pins: element("div", { class: "pair pins" }),
    why: element("section", { class: "card", id: "why", "aria-label": "Why", tabindex: "-1" }), help: help(),
  });
  at.edit = element("details", { toggle: () => inputs() }, element("summary", {}, "Edit this example"), at.fields);
  at.answer.className = "answer";
  at.groups.className = "groups";
  at.listing.className = "groups listing tall";
  at.line.className = "line-of-program";
  at.sentence.className = "phase";
  at.sentence.setAttribute("role", "status");
  const pill = (words, click, title) => element("button", { type: "button", class: "pill", title, click }, words);
  document.getElementById("page").replaceChildren(
    element("header", { class: "top" }, element("p", { class: "brand" }, "chainrule"), at.where, pill("? keys", () => at.help.showModal(), "?"), themes(() => at.panels.update(page.state, page.weights)), served && pill("stop", leave, "End chainrule play")),
    element("nav", { class: "examples", "aria-label": "Examples" }, pill([unseen("The example before "), "[ ←"], () => act("look", { row: "previous" }), "The example before"), at.row, pill([unseen("The next example "), "→ ]"], () => act("look", { row: "next" }), "The next example"), pill("worst first", () => act("look", { row: "worst" }), "The row of the largest loss"), element("label", {}, at.mean, " the mean of all rows")),
    at.actions, at.head, at.facts, at.answer, at.said, at.coming, at.status,
    at.way, at.sentence,
    element("section", { class: "card", id: "network", tabindex: "-1", "aria-label": "The network" }, at.picture, at.edit),
    element("div", { class: "halves" },
      element("section", { class: "card", "aria-label": "Weights" }, element("h2", {}, "Which weights, and by how much"), at.groups, element("details", { class: "every", open: true }, element("summary", {}, "Every weight, to edit in place"), at.listing)), at.why),
    at.pins, at.do, at.drawer, element("div", { class: "halves" }, at.fault, at.tour), at.help, at.busy,
  );
  at.why.append(at.written, at.curve, at.line, element("details", {}, element("summary", {}, element("h3", {}, "The receipt")), element("h4", {}, "Every factor, and where it comes from"), at.levels));
  at.timeline = timeline.draw(at.way, show);
  at.controls = controls.draw(at.actions, at.do, { act, run, toggle, say });
  at.panels = drawer.draw(at.drawer, { call: heard, act, run });
  at.game = game.fault(at.fault, { act, chosen: () => page.weight, refresh });
  at.stops = game.tour(at.tour, { call: heard, onStop });
  document.addEventListener("keydown", keys);
  new ResizeObserver(([box]) => {
    page.room = box.contentRect.width;
    if (at.network && narrow() !== page.narrow) show(page.phase); // a phone that is turned
  }).observe(at.picture);
}

function help() {
  const box = element("dialog", { "aria-label": "Keys" }, element("h2", {}, "Keys"), element("dl", { class: "factors" }, KEYS.map(([key, does]) => [element("dt", {}, key), element("dd", {}, does)])), element("button", { type: "button", class: "pill", click: () => box.close() }, "close"));
  return box;
}

function say(words) {
  if (at.said) at.said.textContent = words;
}

// Does one thing and draws what came of it; what Python refuses stands on the page, and nothing is lost.
async function act(name, values = {}) {
  say("");
  if (name === "open") page.playing = false; // what is opened stands at its first weights
  try {
    const began = performance.now();
    const answer = await heard(name, values);
    if (name === "open") forget();
    page.took = performance.now() - began;
    if (page.playing) await painted(); // what is drawn early in a frame is whole before the next
    if (name !== "export") others?.postMessage(name);
    if (!["export", "plant", "guess"].includes(name)) await refresh(answer.curve ? answer : null);
    return answer;
  } catch (refusal) {
    told(refusal);
    page.playing = false;
    at.controls.playing(false);
    if (page.state) {
      draw(); // where Python has gone, nothing looks as if it were still learning
      await refresh().catch(told);
    }
    return null;
  }
}

// What was said of another network is gone before the first number of this one stands.
function forget() {
  page.weight = at.head.textContent = "";
  for (const each of [at.answer, at.groups, at.written, at.curve, at.levels, at.line, at.pins]) each.replaceChildren();
}

// Where an answer takes long, the page says at once that it was asked.
async function heard(name, values = {}) {
  const clock = setTimeout(() => put(at.busy, page.playing ? "" : DOING[name] ?? "Working …"), HEARD_AFTER);
  try {
    return await call(name, values);
  } finally {
    clearTimeout(clock);
    put(at.busy, "");
  }
}

function told(refusal) {
  if (!(refusal instanceof Refusal)) throw refusal;
  say(refusal.message);
}

async function refresh(state = null) {
  page.whys.clear();
  page.state = state ?? await call("state");
  page.look = state?.look ?? await call("look");
  page.frames += 1;
  draw();
  if (page.playing) {
    const turn = page.frames % PANEL_EVERY; // the two larger pictures take turns, too, each in a frame of its own
    if (turn === 0 || turn === PANEL_EVERY / 2) await painted();
    if (turn === 0) await at.panels.plane();
    else if (turn === PANEL_EVERY / 2) at.panels.run(page.state);
    return;
  }
  before(true, at.head, at.answer, at.groups, at.why);
  page.weights = await call("weights");
  kept(listing);
  await at.panels.update(page.state, page.weights);
  const mine = (page.asked += 1);
  setTimeout(() => mine === page.asked && !page.playing && rest(mine), ANSWER_AFTER);
}

// What still is of the state before looks so until the answer has come.
function before(so, ...places) {
  for (const each of places) each.setAttribute("aria-busy", String(so));
}

// A tab that is hidden paints nothing, and goes on.
function painted() {
  if (document.hidden) return null;
  return new Promise((done) => {
    const over = () => { document.removeEventListener("visibilitychange", over); done(); };
    document.addEventListener("visibilitychange", over);
    requestAnimationFrame(() => setTimeout(over));
  });
}

// What takes longer comes when nothing else is asked for.
async function rest(mine) {
  const answer = await heard("answer");
  if (mine !== page.asked || page.playing) return;
  at.head.replaceChildren(...breakable(answer.headline));
  kept(() => outcome(answer));
  before(false, at.head, at.answer, at.groups);
  if (!page.weight || !page.weights.rows.some(({ name }) => name === page.weight)) page.weight = answer.weight;
  await select(page.weight);
  at.status.textContent = `${answer.headline}. ${answer.answer.filter(Boolean).join(" ")}`;
}

function outcome(answer) {
  at.answer.replaceChildren(...marked(answer, (name) => { select(name); at.why.scrollIntoView({ block: "nearest" }); }), ...answer.notes.map((note) => element("p", { class: "doubt" }, note)));
  const named = answer.groups.flatMap((group) => group.weights.map(({ name }) => name));
  at.marks = table.draw(at.groups, grouped({ ...answer, row: page.look.mean ? null : page.look.row }), { onSelect: select, selectable: named });
}

function listing() {
  const { rows, in_all: all } = page.weights;
  const listed = rows.map((row) => ({ ...row, edit: (text) => edit(row.name, text) }));
  const columns = [{ key: "name", title: "weight", kind: "name" }, { key: "value", title: "value", kind: "field" }, { key: "slope", title: "dL/dw", kind: "change", help: "The slope of the loss by this weight" }, { key: "share", title: "share", kind: "share" }];
  at.every = table.draw(at.listing, { caption: rows.length < all ? `The ${rows.length} steepest of ${all.toLocaleString("en")} weights` : "All weights, the steepest first", columns, rows: listed }, { onSelect: select, selectable: rows.map(({ name }) => name) });
  at.every.mark(page.weight);
}

function edit(what, text, called = what) {
  const value = Number(String(text).replace("−", "-").trim() || "x");
  if (!Number.isFinite(value)) return say(`${called} takes a number; found “${text}”.`);
  return act("edit", { what, value });
}

// What is drawn again would lose the focus: it goes on to the control of the same name, for whoever works with keys.
function kept(redraw) {
  const name = (/** @type {any} */ each) => each.getAttribute("aria-label") || each.title || (each.closest("label") ?? each).textContent;
  const active = document.activeElement;
  redraw();
  if (!active.isConnected) /** @type {any} */ ([...document.querySelectorAll(active.localName)].find((each) => name(each) === name(active)))?.focus({ preventScroll: true });
}

function draw() {
  const { state, look } = page;
  const moving = page.playing || page.watching > 0;
  const steps = passes.phases(look);
  page.phase = page.phase < 0 ? steps.findLastIndex(({ name }) => name.startsWith("back")) : Math.min(page.phase, steps.length - 1);
  document.title = `${state.source} · chainrule`;
  put(at.where, `${state.source} · ${state.rows.toLocaleString("en")} rows · ${sizes(state)} · ${state.loss_name}`);
  put(at.row, `row ${look.row}`);
  at.mean.checked = look.mean;
  at.facts = patch(at.facts, element("p", { class: "facts-line" }, look.mean ? `row ${look.row}: wanted ` : "wanted ", element("strong", {}, written(look.wanted)), "\u00a0· got ", element("strong", {}, written(look.got)), look.right === null ? "" : look.right ? " ✓ right" : " ✗ wrong", "\u00a0· loss ", element("strong", {}, figure(look.loss)), `\u00a0· mean loss ${figure(look.mean_loss)}${look.mean || state.learnt_from === state.rows ? "" : ` of the ${state.learnt_from.toLocaleString("en")} rows learned from`}`, look.held_out ? "\u00a0· held out" : "", moving ? "\u00a0· the answer below is from before" : ""));
  if (moving || /^Learning|^$/.test(at.head.textContent)) put(at.head, moving ? `Learning: mean loss ${figure(look.mean_loss, 3)}` : `Loss ${figure(look.loss, 3)}`);
  at.timeline.update(steps.map(({ name }) => name));
  if (!at.network) at.network = network.draw(at.picture, passes.at(look, page.phase, narrow()), { onSelect: select });
  inputs();
  show(page.phase, page.playing ? ["lines", "units"][page.frames % 2] : "");
  kept(() => at.controls.update(state));
  at.game.update(state);
  at.panels.forget(state);
  at.stops.update(state);
}

// How many units each layer has; of many that are alike, how many there are.
function sizes({ inputs, layers }) {
  const alike = (all, units) => `${all.split("-").length}×${units}`;
  return `${inputs.length}-${layers.map(({ units }) => units).join("-").replace(/\b(\d+)(?:-\1\b){3,}/g, alike)}`;
}

function narrow() {
  page.room ||= at.picture.clientWidth;
  return network.crowded(page.look.diagram, page.room);
}

function inputs() {
  if (!at.edit.open) return;
  const { look, state } = page;
  const field = (what, name, value, title = null) => {
    const input = element("input", { class: "field", inputmode: "decimal", title, change: () => edit(what, input.value, name), keydown: (event) => { if (event.key === "Escape") { input.value = input.defaultValue; input.blur(); } } });
    input.defaultValue = figure(value, 6).replaceAll("−", "-");
    return element("label", {}, element("span", {}, name), input);
  };
  const target = state.classes.length
    ? element("label", {}, element("span", {}, `wanted ${state.target}`), element("select", { change: (event) => act("edit", { what: "target", value: Number(event.target.value) }) }, state.classes.map((name, place) => element("option", { value: place, selected: place === look.target }, name))))
    : field("target", `wanted ${state.target}`, look.target);
  const few = look.inputs.length ? "" : `${plural(state.inputs.length, "input")} are too many to be listed here. `;
  at.fields.replaceChildren(few, ...look.inputs.map(({ name, value, reading }, place) => field(`input[${place}]`, name, value, reading)), target);
}

// While it plays, lines and units take turns; once it stands, all that is drawn is of the same step.
function show(phase, only = "") {
  page.phase = phase;
  const { look } = page;
  const steps = passes.phases(look);
  at.timeline.mark(phase);
  put(at.sentence, look.mean ? "The mean of all rows: shares and slopes are means; the numbers of units stand at one example." : steps[phase].words);
  page.narrow = narrow();
  at.network.update(passes.at(look, phase, page.narrow), only);
  at.network.mark(page.weight);
  if (phase !== page.shown) at.network.reveal(steps[phase].layer);
  page.shown = phase;
}

async function select(name) {
  page.weight = name;
  at.network.mark(name);
  at.marks?.mark(name);
  at.every?.mark(name);
  at.game.update(page.state);
  try {
    const data = await whyOf(name);
    if (page.weight !== name) return;
    before(false, at.why);
    const active = /** @type {any} */ (document.activeElement);
    const field = active?.name === name ? active : null;
    if (field?.value === field?.defaultValue) { // what is being typed stays
      kept(() => {
        why.draw(at.written, data, { onKeep: (value) => act("edit", { what: name, value }) });
        at.pin = element("button", { type: "button", class: "pill", title: "p", click: () => pin(name) }, pinWords());
        at.written.append(element("div", { class: "row" }, valueField(data), at.pin));
      });
    }
    await drawPins();
    curve.draw(at.curve, weight.lossAlong(data));
    receipt.draw(at.levels, data.receipt);
    at.line.replaceChildren(...[data.line && ["The line of the program that computed it: ", element("code", {}, data.line), ". "], data.verdict && `Checked: ${data.verdict}.`].flat().filter(Boolean));
    at.status.textContent = `${name}: slope ${signed(data.slope.value)}`;
  } catch (refusal) {
    if (page.weight === name) told(refusal);
  }
}

// Two pinned weights stay beside each other; a third takes the place of the first.
function pin(name) {
  page.pins = page.pins.includes(name) ? page.pins.filter((each) => each !== name) : [...page.pins, name].slice(-2);
  if (at.pin) put(at.pin, pinWords());
  at.status.textContent = page.pins.length ? `Pinned: ${page.pins.join(" and ")}` : "Nothing is pinned";
  return drawPins();
}

function pinWords() {
  return page.pins.includes(page.weight) ? "unpin it" : "pin it";
}

// What was told of a weight is known until something changes.
function whyOf(name) {
  const known = page.whys.get(name) ?? heard("why", { weight: name });
  page.whys.set(name, known);
  known.catch(() => page.whys.delete(name));
  return known;
}

// Their numbers are those of now; a weight that another network does not have is let go.
async function drawPins() {
  const gone = (name) => { page.pins = page.pins.filter((each) => each !== name); };
  const answers = await Promise.all(page.pins.map((name) => whyOf(name).catch(() => gone(name))));
  const cards = answers.filter((data) => page.pins.includes(data?.name)).map((data) => {
    const card = element("section", { class: "card", "aria-label": `Pinned: ${data.name}` });
    why.draw(card, data, { onKeep: (value) => act("edit", { what: data.name, value }) });
    card.querySelector("h2").prepend("Pinned. ");
    card.append(element("button", { type: "button", class: "pill", "aria-label": `unpin ${data.name}`, click: () => pin(data.name) }, "unpin"));
    return card;
  });
  kept(() => at.pins.replaceChildren(...cards));
}

function valueField({ name, slope }) {
  const change = () => { input.defaultValue = input.value; edit(name, input.value); };
  const keydown = (event) => { if (event.key === "Escape") { input.value = input.defaultValue; input.blur(); say(""); select(name); } };
  const input = element("input", { class: "field", id: "value", name, inputmode: "decimal", change, keydown });
  input.defaultValue = figure(slope.at, 6).replaceAll("−", "-");
  return element("label", { class: "value" }, element("span", {}, `${name} = `), input);
}

// Trains in slices so short that a press of the button is heard at once.
async function run(steps) {
  [page.playing, page.watching] = [true, 0];
  if (steps > 1) others?.postMessage("plays");
  at.controls.playing(true);
  for (let [left, slice] = [steps, 1]; page.playing && left > 0;) {
    const before = page.state.step;
    if (await act("train", { steps: Math.min(slice, left), look: true }) === null || page.state.step === before) break;
    left -= page.state.step - before;
    slice = Math.max(1, Math.min(STEPS_A_FRAME, slice + 1, Math.floor((slice * SLICE_MS) / page.took)));
    await painted(); // so that Python does not work while this frame is painted
  }
  page.playing = false;
  others?.postMessage("stands");
  at.controls.playing(false);
  await refresh().catch(told);
}

function toggle() {
  if (!page.playing) return run(Infinity);
  page.playing = false;
  at.controls.playing(false);
  return draw();
}

async function leave() {
  page.playing = false;
  await call("stop");
  others.postMessage("stop");
  left();
}

function left() {
  page.playing = false;
  document.getElementById("page").replaceChildren(element("h1", {}, "Stopped"), element("p", {}, "chainrule play has ended; close this page."));
}

function onStop(name) {
  const place = passes.phases(page.look).findIndex((each) => each.name === STOP_PHASE[name]);
  if (place >= 0) show(place);
}

function keys(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog, .line") || event.target.matches(".scroll, pre")) return;
  if (event.key === " " && event.target.closest("button, summary, a")) return;
  if (event.key === "Enter" && event.target.closest("button, summary, a")) return;
  const names = at.every?.names() ?? [];
  const last = passes.phases(page.look).length - 1;
  const weightAt = (by) => select(names[(names.indexOf(page.weight) + by + names.length) % names.length]);
  const does = {
    ArrowRight: () => show(Math.min(last, page.phase + 1)), ArrowLeft: () => show(Math.max(0, page.phase - 1)),
    ArrowDown: () => weightAt(1), ArrowUp: () => weightAt(-1),
    Enter: () => { const field = /** @type {HTMLInputElement} */ (document.getElementById("value")); field?.focus(); field?.select(); }, " ": toggle, p: () => pin(page.weight),
    "[": () => act("look", { row: "previous" }), "]": () => act("look", { row: "next" }), "?": () => at.help.showModal(),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

// A link pasted into the open page is loaded, and the address of another run too. The token is put back: without it,
// nothing would answer when the page is loaded again; and what was done since is not undone by a link still there.
function linked() {
  const [held, given] = [controls.unpacked(location.hash), location.hash.includes("link=")];
  if (served && token() && token() !== mine) return location.reload();
  if (served) history.replaceState(null, "", `#token=${mine}`);
  if (held) act("open", held);
  else if (given) say(controls.NO_LINK);
}

async function begin() {
  const [held, given] = [controls.unpacked(location.hash), location.hash.includes("link=")];
  addEventListener("hashchange", linked);
  addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof Refusal)) return;
    event.preventDefault();
    say(event.reason.message);
  });
  const asked = first ?? [held ? call("open", held) : call("state")]; // Python works while the page is built
  build();
  if (served) follow(others, page, { call, said: at.coming, refresh, forget, draw, told, left, run: at.panels.run });
  if (given && !held) say(controls.NO_LINK);
  if (served && mine) history.replaceState(null, "", `#token=${mine}`);
  try {
    const [state, look] = await Promise.all(asked).catch((refusal) => { told(refusal); return []; });
    await refresh(state && { ...state, look });
  } catch (refusal) {
    told(refusal);
  }
}

begin();
