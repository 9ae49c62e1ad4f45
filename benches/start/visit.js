// A fresh page, in a process of its own, that starts something once and says how long that took.
import { openTab } from "../page/tab.js";

const tasks = {
  /** The package as it is published: fetched, parsed and compiled, WebAssembly and all, until a bus is open. */
  async everbus(name) {
    const { openBus } = await import("/package/index.js");
    return openBus(name, { log: "indexeddb", onError: reportError });
  },

  /** The same database by hand: what opening a bus can't do without. */
  byHand: (name) =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        for (const store of ["segments", "chapters", "consumers", "meta"]) request.result.createObjectStore(store);
        request.transaction.objectStore("meta").put({ last: 0 }, "head");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    }),
};

const asked = new URLSearchParams(location.search);

export const isVisit = () => asked.has("start");

/** In the fresh page: does it, answers and goes. */
export async function serveVisit() {
  const channel = new BroadcastChannel(asked.get("answer"));
  try {
    // What the page itself needed to load must not be measured.
    if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve));
    const started = performance.now();
    const opened = await tasks[asked.get("start")](asked.get("name"));
    const time = performance.now() - started;
    await opened.close();
    channel.postMessage({ time });
  } catch (error) {
    channel.postMessage({ failure: `in the fresh page: ${error?.stack ?? error}` });
  }
  window.close();
}

/** Visits a fresh page that starts `task` with the database `name`. Resolves to the milliseconds it took. */
export async function visit(task, name) {
  const answer = crypto.randomUUID();
  const channel = new BroadcastChannel(answer);
  const answered = new Promise((resolve, reject) => {
    channel.onmessage = ({ data }) => (data.failure === undefined ? resolve(data.time) : reject(new Error(data.failure)));
  });
  // In its own process nothing is compiled yet.
  openTab(`/?${new URLSearchParams({ start: task, name, answer })}`);
  try {
    return await answered;
  } finally {
    channel.close();
  }
}
