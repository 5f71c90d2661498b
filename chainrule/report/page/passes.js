// The way there and back, phase by phase: what is known at each, and the picture at that moment.

import { figure } from "./figures.js";

const START = { softmax: "p = softmax z", identity: "a = z" };

/**
 * @param {any} look one example: `passes`, `diagram`, `wanted`, `got`, `loss`, perhaps `update`
 * @returns {{name: string, layer: number, words: string}[]} `layer`: where it is, the inputs being 0
 */
export function phases(look) {
  const layers = look.passes;
  const way = layers.map((layer, at) => ({
    name: at === layers.length - 1 ? "output" : `layer ${at + 1}`, layer: at + 1,
    words: `Forward, ${layer.name}: each unit adds up its inputs times its weights, and its bias: z. Then ${START[layer.activation] ?? `a = ${layer.activation}(z)`}.`,
  }));
  const back = layers.map((layer, at) => ({
    name: at === layers.length - 1 ? "back: output" : `back: layer ${at + 1}`, layer: at + 1,
    words: at === layers.length - 1
      ? `Backward, ${layer.name}: the slope of the loss by each output's z. From here the error travels back.`
      : `Backward, ${layer.name}: what comes back through its weights, times the slope of ${layer.activation}: dL/dz. That times what came in is each weight's gradient.`,
  })).reverse();
  const inputs = look.diagram.layers[0].title; // "14 values"
  const input = { name: "input", layer: 0, words: `Forward: ${inputs} ${inputs.startsWith("1 ") ? "comes" : "come"} in, and a 1 that the biases are read from.` };
  const loss = { name: "loss", layer: layers.length, words: `The loss: the network says ${said(look.got)}, right is ${said(look.wanted)}. That costs ${figure(look.loss)}.` };
  const update = look.update && { name: "update", layer: 0, words: `The update is something else: ${look.update.rate ? `a small plain step, w − ${figure(look.update.rate, 2)} · dL/dw for each weight at once,` : "one step of the optimizer on this row alone"} would take its loss from ${figure(look.loss)} to ${figure(look.update.loss)}, measured on a copy. No weight has moved yet.` };
  return [input, ...way, loss, ...back, update].filter(Boolean);
}

function said(value) {
  return Array.isArray(value) ? value.map((each) => figure(each)).join(", ") : String(value);
}

/**
 * The diagram as it stands at a phase: numbers that are not known yet are left out.
 * @param {any} look what the call `look` gives
 * @param {number} phase
 * @param {boolean} narrow whether there is room for one number a unit only: the latest
 */
export function at(look, phase, narrow = false) {
  const count = look.passes.length;
  const came = (layer) => phase >= 2 + count + (count - layer);
  // Where layers stand close, the head of a layer says what its numbers are.
  const title = (layer, place) => (!narrow || place === count || phase < place ? layer.title : came(place) ? "dL/dz" : "a");
  const layers = look.diagram.layers.map((layer, place) => (place && !look.mean ? { ...layer, title: title(layer, place), nodes: layer.nodes.map((node) => numbered(node, look.passes[place - 1], phase >= place, came(place), { narrow, early: place === count && phase <= count, crowded: layer.nodes.length > 3 })) } : layer));
  const lines = look.diagram.lines.map((line) => (came(line.layer) || look.mean ? line : { ...line, waits: true }));
  return { ...look.diagram, layers, lines };
}

function numbered(node, pass, forward, backward, { narrow, early, crowded }) {
  const [place] = node.members;
  if (node.members.length !== 1 || place >= pass.z.length) return node;
  const [z, a, g] = ["z", "a", "g"].map((key) => figure(pass[key][place], narrow ? 2 : 3));
  const notes = [forward ? `z ${z}` : null, backward ? `dL/dz ${g}` : null].filter(Boolean);
  if (node.value && crowded) return { ...node, value: forward ? node.value : "", notes: backward ? [...node.notes, notes[1]] : early ? notes : node.notes };
  if (node.value) return { ...node, value: forward ? node.value : "", notes: [...(early ? [] : node.notes), ...(narrow ? notes.slice(1) : notes)] };
  if (narrow) return { ...node, value: backward ? g : forward ? a : "" };
  return { ...node, value: forward ? `a ${a}` : "", notes: notes.length ? [notes.join(" · ")] : [] };
}
