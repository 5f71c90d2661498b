// The way to Python: one call by name, one answer as plain data.

const LATE_MS = 3000;

/** What Python answers when it cannot do what was asked: a sentence to be shown in place. */
export class Refusal extends Error {}

// One call after the other: each answer is of the state that the one before has left.
function inTurn(send) {
  let last = Promise.resolve();
  return (name, values = {}) => {
    const next = last.then(() => send(name, values)).then((answer) => {
      if (answer.error) throw new Refusal(`${answer.error[0].toUpperCase()}${answer.error.slice(1)}.`);
      return answer;
    });
    last = next.catch(() => {});
    return next;
  };
}

/**
 * The engine of `chainrule play`: each call is a request to the server that sent this page. One that was ended refuses;
 * one put to sleep says nothing at all: where an answer takes long, a small file tells whether it only works.
 * @param {string} token what every call of this run carries
 * @returns {(name: string, values?: Record<string, any>) => Promise<any>}
 */
export function local(token) {
  const headers = { "Content-Type": "application/json", "X-Chainrule-Token": token };
  return inTurn(async (name, values) => {
    const asleep = new AbortController();
    const clock = setInterval(() => fetch("icon.svg", { signal: AbortSignal.timeout(LATE_MS) }).catch(() => asleep.abort()), LATE_MS);
    try {
      return await (await fetch("call", { method: "POST", headers, body: JSON.stringify({ name, arguments: values }), signal: asleep.signal })).json();
    } catch {
      throw new Refusal(asleep.signal.aborted
        ? "Python does not answer, and has not ended either: if Ctrl-Z stopped `chainrule play`, `fg` in its terminal wakes it."
        : "Python does not answer: start `chainrule play` again, and open the address that it prints.");
    } finally {
      clearInterval(clock);
    }
  });
}

/**
 * The token in an address; nothing where it has none.
 * @returns {string}
 */
export function token() {
  return new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
}

/** The server that sent this page, where one did. */
export const served = document.documentElement.dataset.engine === "worker" ? null : local(token());

/** What the first screen asks of it, while the page's other files are on their way; a link asks for something else. */
export const first = served && !location.hash.includes("link=") ? [served("state"), served("look")] : null;

/**
 * The engine of the page that stands by itself: Python in a worker. What the first screen asks was
 * worked out when the page was made, and stands at once.
 * @param {(words: string) => void} say told what went wrong
 * @param {(words: string) => void} coming told how far Python has come; nothing once it is there
 * @returns {(name: string, values?: Record<string, any>) => Promise<any>}
 */
export function alone(say, coming) {
  const began = performance.now();
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const known = fetch("first.json").then((file) => file.json());
  let [ready, waiting] = [false, (_answer) => {}];
  const clock = setInterval(() => coming(`Python is loading: ${Math.round((performance.now() - began) / 1000)} s. The first example can be read already.`), 1000);
  worker.addEventListener("message", ({ data }) => {
    if (data.answer) return waiting(data.answer);
    clearInterval(clock);
    coming("");
    ready = Boolean(data.ready);
    return ready || say(`Python cannot be started here: ${data.failed}`);
  });
  return inTurn(async (name, values) => {
    const first = ready ? null : (await known)[`${name} ${JSON.stringify(values)}`];
    if (first) return first;
    const answer = new Promise((resolve) => { waiting = resolve; });
    worker.postMessage({ name, arguments: values });
    return answer;
  });
}
