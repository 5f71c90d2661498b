// Python beside the page, in a worker of its own: the same session, where no server is.

import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";

const SESSION = `
import json, sys
sys.path.insert(0, "/package")
from chainrule.playground.session import Session
session = Session(tour=json.loads(tour))
def answer(asked):
    asked = json.loads(asked)
    return json.dumps(session.call(asked["name"], asked["arguments"]), allow_nan=False)
`;

async function start() {
  const [pyodide, package_, tour] = await Promise.all([
    loadPyodide({ indexURL: new URL("vendor/pyodide/", import.meta.url).href }),
    fetch("chainrule.zip").then((file) => file.arrayBuffer()),
    fetch("tour.json").then((file) => file.text()),
  ]);
  pyodide.unpackArchive(package_, "zip", { extractDir: "/package" });
  pyodide.globals.set("tour", tour);
  pyodide.runPython(SESSION);
  return pyodide.globals.get("answer");
}

const ready = start();
ready.then(() => postMessage({ ready: true }), (error) => postMessage({ failed: String(error) }));
addEventListener("message", async ({ data }) => {
  try {
    postMessage({ answer: JSON.parse((await ready)(JSON.stringify(data))) });
  } catch (failure) {
    postMessage({ answer: { error: `Python broke off at “${data.name}” (${String(failure).trim().split("\n").at(-1)}): try again, or load the page anew` } });
  }
});
