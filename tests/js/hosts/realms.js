// ?run=RUN: a bus in this window, in a dedicated, a shared and a service worker. Each writes, at first alone, then all at
// once; posts the numbers that each of them has delivered.
import { range } from "../suite/fixtures.js";
import { EACH, NAME, follow } from "./realm.js";
import { deleteBus } from "/pkg/dist/index.js";

const post = (outcome) => fetch(`/outcomes${new URLSearchParams(location.search).get("run")}`, { method: "POST", body: JSON.stringify(outcome) });
const fail = (error) => post({ broken: `${error}\n${error?.stack ?? ""}` });
addEventListener("unhandledrejection", ({ reason }) => fail(reason));

const realms = {
  window: () => follow("window"),
  worker: () => new Worker("realm-worker.js", { type: "module", name: "worker" }),
  shared: () => new SharedWorker("realm-worker.js", { type: "module", name: "shared" }),
  service: () => navigator.serviceWorker.register("realm-worker.js", { type: "module" }),
};

const channel = new BroadcastChannel("realms");
const said = [];
const waiting = [];
channel.onmessage = ({ data }) => {
  if (data.broken) return void fail(data.broken);
  said.push(data);
  for (const check of waiting) check();
};
/** Resolves to what `realm` says of this kind. */
const heard = (realm, kind) =>
  new Promise((resolve) => {
    const check = () => {
      const found = said.find((each) => each.from === realm && kind in each);
      if (found) resolve(found[kind]);
    };
    waiting.push(check);
    check();
  });

try {
  await deleteBus(NAME);
  for (const [name, start] of Object.entries(realms)) {
    const ready = heard(name, "ready");
    await start();
    await ready;
  }
  const names = Object.keys(realms);
  for (const name of names) {
    channel.postMessage({ to: name, write: "alone" });
    await heard(name, "alone");
  }
  for (const name of names) channel.postMessage({ to: name, write: "together" });
  await Promise.all(names.map((name) => heard(name, "together")));
  const last = 2 * EACH * names.length;
  for (const name of names) channel.postMessage({ to: name, last });
  const got = {};
  for (const name of names) got[name] = await heard(name, "got");
  const wrong = names.filter((name) => JSON.stringify(got[name]) !== JSON.stringify(range(1, last)));
  await (await navigator.serviceWorker.getRegistration()).unregister();
  await post({ done: true, names, wrong, got: wrong.map((name) => got[name]) });
} catch (error) {
  await fail(error);
}
