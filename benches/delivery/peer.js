// The other tab: a page of the same origin in a process of its own, which does what this one tells it to.
import * as everbus from "../log/everbus.js";
import { openTab } from "../page/tab.js";
import { once } from "../page/work.js";

const isPeerQuery = "?peer";

export const isPeer = () => location.search === isPeerQuery;

/** What the peer does when it is asked to. */
const tasks = {
  /** Subscribes, and answers each event, or only the one with this number, by a raw message with the time. */
  async follow(own, { name, only }) {
    own.bus = await everbus.open(name);
    let next = 1;
    own.bus.subscribe(({ seq_no }) => {
      if (seq_no !== next++) throw new Error(`${seq_no} instead of ${next - 1}`);
      if (only === undefined || seq_no === only) own.raw.postMessage(performance.now());
    });
  },
  /** Answers each raw message by another one, with the time. */
  async echo(own) {
    own.raw.onmessage = () => own.raw.postMessage(performance.now());
  },
  async rest(own) {
    own.raw.onmessage = null;
    await own.bus?.close();
    own.bus = undefined;
  },
};

/** In the other tab: waits for tasks. */
export function servePeer() {
  const own = { raw: new BroadcastChannel("raw"), bus: undefined };
  const channel = new BroadcastChannel("tasks");
  channel.onmessage = async ({ data: { task, with: given } }) => {
    try {
      await tasks[task](own, given);
      channel.postMessage({ done: task });
    } catch (error) {
      channel.postMessage({ failure: `in the other tab: ${error.stack ?? error}` });
    }
  };
  channel.postMessage({ done: "start" });
}

/** The other tab, opened once: `ask(task, given)` resolves when it is done; `raw` is the channel both have. */
export const openPeer = once(async () => {
  const channel = new BroadcastChannel("tasks");
  const answer = () =>
    new Promise((resolve, reject) => {
      channel.onmessage = ({ data }) => (data.failure === undefined ? resolve() : reject(new Error(data.failure)));
    });
  const started = answer();
  openTab(`/${isPeerQuery}`);
  await started;
  const ask = (task, given) => {
    const answered = answer();
    channel.postMessage({ task, with: given });
    return answered;
  };
  return { ask, raw: new BroadcastChannel("raw") };
});

/** A bus that this tab writes to, and the peer beside it. */
export async function openBoth() {
  return { bus: await everbus.openFresh(), peer: await openPeer() };
}

export async function closeBoth({ bus, peer }) {
  await peer.ask("rest");
  peer.raw.onmessage = null;
  await everbus.remove(bus);
}
