// A row about a consumer that another tab holds and this one waits for.
import * as everbus from "../log/everbus.js";
import { eventsOf } from "../page/events.js";
import { expect, nextTask, timed } from "../page/work.js";

/** The log whose consumer this tab holds, null if it isn't there for that. */
export const heldLog = () => new URLSearchParams(location.search).get("hold");

const follow = (bus) => bus.log.subscribe("worker", "beginning", { exclusive: true });

/** How the tab that holds ends, in that tab. */
const ends = {
  close: () => close(),
  // Longer than it may take to be taken over.
  hang: () => {
    for (const until = performance.now() + 8000; performance.now() < until; );
    close();
  },
};

/** In the other tab: holds the consumer, works on its first event, and ends when and how it is told to. */
export async function hold(name) {
  const channel = new BroadcastChannel("holder");
  await follow(await everbus.open(name)).next();
  channel.onmessage = ({ data }) => ends[data]();
  channel.postMessage("it holds");
}

async function waitBehindHolder() {
  const bus = await everbus.openFresh();
  await everbus.publish(bus, eventsOf(1));
  const holder = new BroadcastChannel("holder");
  const holds = new Promise((resolve) => (holder.onmessage = resolve));
  // Without an opener it gets a process of its own, as a tab that a user opens does.
  window.open(`/?hold=${encodeURIComponent(bus.name)}`, "_blank", "noopener");
  await holds;
  const iterator = follow(bus);
  while ((await navigator.locks.query()).pending.length === 0) await nextTask();
  return { bus, holder, iterator };
}

/** From the message that ends the holder to its event here. */
export function handover() {
  const contestant = (name, end, most) => ({
    name,
    open: waitBehindHolder,
    async measure({ holder, iterator }) {
      const next = iterator.next();
      const time = await timed(() => (holder.postMessage(end), next));
      expect((await next).value.seq_no, 1, "the event that the holder had not acknowledged");
      return time;
    },
    async close({ bus, holder, iterator }) {
      holder.close();
      await iterator.return();
      await everbus.remove(bus);
    },
    targets: [{ atMost: { chromium: most, firefox: most } }],
  });
  return {
    name: "hand-over of an exclusive consumer to the tab that waits for it",
    contestants: [contestant("from a tab that closes", "close", 250), contestant("from a tab that hangs", "hang", 6000)],
  };
}
