// A row about a consumer that another tab holds and this one waits for.
import * as everbus from "../log/everbus.js";
import { eventsOf } from "../page/events.js";
import { say } from "../page/say.js";
import { openTab } from "../page/tab.js";
import { expect, nextTask, timed } from "../page/work.js";

const asked = new URLSearchParams(location.search);

/** The log whose consumer this tab holds, null if it isn't there for that. */
export const heldLog = () => asked.get("hold");

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
  const tab = openTab(`/?hold=${encodeURIComponent(bus.name)}`);
  await holds;
  const iterator = follow(bus);
  while ((await navigator.locks.query()).pending.length === 0) await nextTask();
  return { bus, tab, holder, iterator };
}

/** From asking the holder, or the host, for the holder's end to its event here. */
export function handover() {
  const contestant = (name, most, end, clear) => ({
    name,
    open: waitBehindHolder,
    async measure(opened) {
      const { iterator } = opened;
      const next = iterator.next();
      const time = await timed(() => (end(opened), next));
      expect((await next).value.seq_no, 1, "the event that the holder had not acknowledged");
      return time;
    },
    async close(opened) {
      const { bus, holder, iterator } = opened;
      await clear?.(opened);
      holder.close();
      await iterator.return();
      await everbus.remove(bus);
    },
    targets: [{ atMost: { chromium: most, firefox: most } }],
  });
  const byItself = (how) => ({ holder }) => holder.postMessage(how);
  const byHost = (order) => ({ tab }) => say({ order, tab });
  // Firefox's driver can't do these.
  const inChromium = [
    contestant("from a tab that crashes", 250, byHost("crash"), byHost("close")),
    contestant("from a tab that is frozen", 6000, byHost("freeze"), byHost("close")),
  ];
  return {
    name: "hand-over of an exclusive consumer to the tab that waits for it",
    contestants: [
      contestant("from a tab that closes", 250, byItself("close")),
      ...(asked.get("engine") === "chromium" ? inChromium : []),
      contestant("from a tab that hangs", 6000, byItself("hang")),
    ],
  };
}
