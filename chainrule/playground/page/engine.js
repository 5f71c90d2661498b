// The way to Python: one call by name, one answer as plain data.

/** What Python answers when it cannot do what was asked: a sentence to be shown in place. */
export class Refusal extends Error {}

/**
 * The engine of `chainrule play`: each call is a request to the server that sent this page.
 * @param {string} token what every call of this run carries
 * @returns {(name: string, values?: Record<string, any>) => Promise<any>}
 */
export function local(token) {
  let last = Promise.resolve();
  const send = async (name, values) => {
    let answer;
    try {
      const headers = { "Content-Type": "application/json", "X-Chainrule-Token": token };
      answer = await (await fetch("call", { method: "POST", headers, body: JSON.stringify({ name, arguments: values }) })).json();
    } catch {
      throw new Refusal("Python does not answer: start `chainrule play` again, and open the address that it prints.");
    }
    if (answer.error) throw new Refusal(`${answer.error[0].toUpperCase()}${answer.error.slice(1)}.`);
    return answer;
  };
  return (name, values = {}) => {
    const next = last.then(() => send(name, values));
    last = next.catch(() => {});
    return next;
  };
}
