// The row about memory.
import { growth, unmeasured } from "../page/memory.js";
import { expect } from "../page/work.js";
import { openBus } from "./long.js";

const MOST = 48e6;

const ways = {
  "log.subscribe": async (bus, count, take) => {
    for await (const envelope of bus.log.subscribe("bench", "beginning")) {
      take(envelope);
      if (envelope.seq_no === count) break;
    }
  },
  "log.read of 1000": (bus, count, take) => readPages(bus, count, 1000, take),
  "log.read of 10,000": (bus, count, take) => readPages(bus, count, 10_000, take),
};

async function readPages(bus, count, limit, take) {
  for (let from = 1; from <= count; from += limit) (await bus.log.read({ from, limit })).forEach(take);
}

/** Going through the log of `count` events that `makeLong` makes at the first need. */
export function iterating(count, makeLong) {
  const contestant = (way, withGarbage) => ({
    name: `${way}, ${withGarbage ? "with garbage" : "what is in use"}`,
    open: async () => openBus(await makeLong()),
    measure: (bus) =>
      growth(withGarbage, async (look) => {
        // Collecting garbage takes time. Both look amid a page.
        const [every, at] = withGarbage ? [500, 0] : [10_000, 5500];
        let last = 0;
        await ways[way](bus, count, ({ seq_no }) => {
          expect(seq_no, last + 1, "the next number");
          last = seq_no;
          if (last % every === at) look();
        });
        expect(last, count, "the last number");
      }),
    close: (bus) => bus.close(),
    targets: [{ atMost: { chromium: MOST } }],
  });
  return {
    name: `memory for going through ${count.toLocaleString("en")} events: growth of the heap and of WebAssembly`,
    unit: "bytes",
    skipped: unmeasured,
    contestants: [false, true].flatMap((withGarbage) => Object.keys(ways).map((way) => contestant(way, withGarbage))),
  };
}
