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
/** Resolves to what `realm` says of this kind, once it is `enough`. */
const heard = (realm, kind, enough = () => true) =>
  new Promise((resolve) => {
    const check = () => {
      const found = said.find((each) => each.from === realm && kind in each && enough(each[kind]));
      if (found) resolve(found[kind]);
    };
    waiting.push(check);
    check();
  });
/** Resolves to what each of the realms has got, once that is everything up to `last`. */
const caughtUp = (names, last) =>
  Promise.all(
    names.map((name) => {
      const got = heard(name, "got", (numbers) => numbers.at(-1) >= last);
      channel.postMessage({ to: name, last });
      return got;
    }),
  );

try {
  await deleteBus(NAME);
  for (const [name, start] of Object.entries(realms)) {
    const ready = heard(name, "ready");
    await start();
    await ready;
  }
  const names = Object.keys(realms);
  for (const [i, name] of names.entries()) {
    channel.postMessage({ to: name, write: "alone" });
    await heard(name, "alone");
    // Nobody else writes before all have got it: what comes later would show what was missed.
    await caughtUp(names, (i + 1) * EACH);
  }
  for (const name of names) channel.postMessage({ to: name, write: "together" });
  await Promise.all(names.map((name) => heard(name, "together")));
  const last = 2 * EACH * names.length;
  const got = await caughtUp(names, last);
  const isWrong = (numbers) => JSON.stringify(numbers) !== JSON.stringify(range(1, last));
  await (await navigator.serviceWorker.getRegistration()).unregister();
  await post({ done: true, names, wrong: names.filter((_, i) => isWrong(got[i])), got: got.filter(isWrong) });
} catch (error) {
  await fail(error);
}
