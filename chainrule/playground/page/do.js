// What a person can do: train, choose, open an own table or model, take a link or a file away.

import { download, element, put } from "./dom.js";
import { plural } from "./figures.js";

const MOST_FILE = 20 * 1024 * 1024;
export const NO_LINK = "This is not a link of this page: it ends in link= and many letters.";
const KEEP_WEIGHTS = ["optimizer", "learning_rate", "batch_size", "class_weight", "clip_norm"];

/**
 * @param {HTMLElement} actions where the buttons of training stand
 * @param {HTMLElement} into
 * @param {{act: (name: string, values?: object) => Promise<any>, run: (steps: number) => void, toggle: () => void, say: (words: string) => void}} page
 * @returns {{update: (state: any) => void, playing: (on: boolean) => void}}
 */
export function draw(actions, into, { act, run, toggle, say }) {
  const button = (words, click, title = "") => element("button", { type: "button", class: "pill", title: title || null, click }, words);
  const play = button("▶ play", toggle, "Space");
  const steps = element("p", { class: "hint steps" });
  const fields = {};
  const settings = element("form", { class: "settings", submit: (event) => { event.preventDefault(); open(); } });
  const open = (more = {}) => {
    const { data, ...options } = asked(fields);
    if (more.csv && options.loss === lossNow) options.loss = null; // another table may need another one
    if (layersNow && (more.csv || more.model) && fields.layers.value === fields.layers.defaultValue) options.layers = layersNow; // those of a file stay with it
    return act("open", data ? { options: { data, ...options }, ...more } : { options, own: true, ...more });
  };
  const goOn = () => {
    const wanted = asked(fields);
    return act("change", { options: Object.fromEntries(KEEP_WEIGHTS.map((name) => [name, wanted[name]])) });
  };
  const file = element("input", { type: "file", accept: ".csv,.safetensors,text/csv", "aria-label": "An own table or model", change: () => file.files[0] && take(file.files[0]) });
  const take = async (picked) => {
    if (picked.size > MOST_FILE) say(`${picked.name} is larger than 20 MiB; train on it with chainrule train.`);
    else if (picked.name.endsWith(".safetensors")) open({ model: base64(new Uint8Array(await picked.arrayBuffer())) });
    else open({ csv: await picked.text() });
  };
  const drop = element("label", { class: "drop", dragover: (event) => event.preventDefault(), drop: (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  } }, element("span", {}, "Drop a CSV file here, or a model that chainrule train has saved; its last column is what is to be predicted. "), file);
  const out = ["csv", "json", "python"].map((form) => button(form === "python" ? "Python" : form.toUpperCase(), async () => {
    const written = await act("export", { form });
    if (written) download(written);
  }));
  let link = null;
  const linked = element("input", { class: "link", "aria-label": "A link to this state", placeholder: "or paste a link and press Enter", change: () => follow(linked.value) });
  const follow = (text) => {
    const held = unpacked(text);
    if (held) act("open", held);
    else say(NO_LINK);
  };
  const share = button("link", () => {
    if (!link) return say("A link holds built-in examples only, and no hidden fault: export the Python instead.");
    linked.value = `#link=${packed(link)}`;
    return linked.select();
  });
  actions.replaceChildren(
    play, button("one step", () => run(1), "One batch"), button("one epoch", () => run(epoch)),
      button("this row", () => act("learn"), "One step on this example alone"), button("⟲ rewind", () => act("rewind", { step: 0 }), "To the first weights"), button("undo", () => act("undo")), steps,
  );
  into.replaceChildren(
    settings, drop,
    element("div", { class: "row" }, element("span", { class: "hint" }, "Take away: "), out, share, linked),
  );
  let [epoch, drawn, lossNow, layersNow] = [1, "", "", null];
  const update = (state) => {
    epoch = state.steps_in_epoch;
    [link, lossNow, layersNow] = [state.link, state.loss_name, state.options.layers];
    put(steps, `${plural(state.step, "step")}, ${plural(epoch, "step")} an epoch`);
    const shown = JSON.stringify([state.options, state.classes, state.layers, state.own && state.source]);
    if (drawn === shown) return;
    drawn = shown;
    settings.replaceChildren(...controls(state, fields).filter(Boolean), element("button", { class: "pill go" }, "open anew"), button("go on with these", goOn, "The weights stay: optimizer, learning rate, rows a step, weight of classes, longest gradient"));
  };
  return { update, playing: (on) => { document.body.classList.toggle("playing", on); play.textContent = on ? "❚❚ pause" : "▶ play"; play.setAttribute("aria-pressed", String(on)); } };
}

function controls(state, fields) {
  const { options, choices } = state;
  const labelled = (name, words, control) => {
    fields[name] = control;
    return element("label", {}, element("span", {}, words), control);
  };
  const select = (name, words, empty, value = options[name]) => labelled(name, words, element("select", {}, (empty ? ["", ...choices[name]] : choices[name]).map((each) => element("option", { value: each, selected: each === (value ?? "") }, each || empty))));
  const text = (name, words, value, mode = "decimal") => {
    const input = element("input", { class: "field", inputmode: mode });
    input.defaultValue = value;
    return labelled(name, words, input);
  };
  const hidden = state.layers.slice(0, -1);
  return [
    select("data", "example", state.own && state.source, state.own ? "" : options.data), text("layers", "hidden units", hidden.map(({ units }) => units).join(", "), "text"), select("activation", "activation", "", hidden[0]?.activation ?? options.activation), select("loss", "loss", "what suits", options.loss ?? (state.own ? state.loss_name : "")),
    select("optimizer", "optimizer", ""), text("learning_rate", "learning rate", options.learning_rate ?? ""), text("batch_size", "rows a step", options.batch_size, "numeric"), text("clip_norm", "longest gradient", options.clip_norm ?? ""), text("seed", "seed", options.seed, "numeric"),
    state.classes.length ? select("class_weight", "classes weigh", "by count") : null,
  ];
}

// What the controls say, as Python takes it; what is not a number goes as the text that it is.
function asked(fields) {
  const number = (name) => (fields[name].value.trim() !== "" && !Number.isNaN(Number(fields[name].value)) ? Number(fields[name].value) : fields[name].value || null);
  const sizes = fields.layers.value.split(/[\s,]+/).filter(Boolean).map((each) => (Number.isNaN(Number(each)) ? each : Number(each)));
  return {
    data: fields.data.value, layers: sizes, activation: fields.activation.value, loss: fields.loss.value || null,
    optimizer: fields.optimizer.value, class_weight: fields.class_weight?.value || null, learning_rate: number("learning_rate"), batch_size: number("batch_size"), clip_norm: number("clip_norm"), seed: number("seed"),
  };
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}

function packed(link) {
  return base64(new TextEncoder().encode(JSON.stringify(link)));
}

/**
 * What a link holds; null where it is none.
 * @param {string} text
 */
export function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(/link=([A-Za-z0-9+/=]+)/.exec(text)[1]), (letter) => letter.charCodeAt(0));
    const { options, acts, row } = JSON.parse(new TextDecoder().decode(bytes));
    return { options, acts, row };
  } catch {
    return null;
  }
}
