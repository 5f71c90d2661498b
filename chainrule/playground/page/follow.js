// Pages of one run share its network: each knows of the others, and follows what they did.

import { put } from "./dom.js";

const SHARED = "This network is open on another page, too: what is done on one changes both.";
const HEARD_AFTER = 150;
const STOOD_MS = 4000;

/**
 * @param {BroadcastChannel} others
 * @param {any} page what the page knows; that it is `watching`, and that the one watched has `slept`, is told here
 * @param {{call: (name: string) => Promise<any>, said: HTMLElement, refresh: (state?: any) => Promise<void>, forget: () => void,
 *   draw: () => void, told: (refusal: any) => void, left: () => void, run: (state: any) => void}} does
 */
export function follow(others, page, { call, said, refresh, forget, draw, told, left, run }) {
  let due = 0;
  // While another page plays, this one shows where it is, a few times a second; the rest follows when it stands.
  const watch = async () => {
    const mine = (page.watching = page.watches += 1);
    let moved = performance.now();
    try {
      while (page.watching === mine) {
        const [state, look] = [await call("state"), await call("look")];
        if (page.watching !== mine) return;
        if (state.step !== page.state.step) moved = performance.now();
        if ((page.slept = performance.now() - moved > STOOD_MS)) { // the page that played was put to sleep
          page.watching = 0;
          await refresh();
          return;
        }
        page.whys.clear();
        Object.assign(page, { state, look });
        draw();
        run(state);
        await new Promise((done) => { setTimeout(done, HEARD_AFTER); });
      }
    } catch (refusal) {
      page.watching = 0;
      told(refusal);
      draw();
    }
  };
  // What another browser did, or that the program has ended, is seen as soon as somebody comes back.
  const seen = async () => {
    if (page.playing || page.watching || !page.look) return;
    try {
      if (JSON.stringify(await call("look")) === JSON.stringify(page.look)) return;
      forget();
      await refresh();
    } catch (refusal) {
      told(refusal);
    }
  };
  others.addEventListener("message", ({ data }) => {
    if (data === "stop") return left();
    put(said, data === "gone" ? "" : SHARED);
    if (data === "here" || data === "gone") others.postMessage(page.playing ? "plays" : "too"); // whoever is left says so
    if (data === "open") {
      page.playing = false;
      forget();
    }
    if (page.playing || data === "too" || data === (page.watching ? "train" : "gone")) return;
    clearTimeout(due);
    if (data === "plays" || (data === "train" && page.slept)) return watch();
    page.watching = 0;
    due = setTimeout(refresh, HEARD_AFTER, null);
  });
  addEventListener("pagehide", () => others.postMessage("gone"));
  addEventListener("focus", seen);
  others.postMessage("here");
}
