// In a page or a worker: writes until it is gone, and tells the test's server what was committed, as it happens.
import { openBus } from "../suite/everbus.js";
import { pseudoRandom } from "../suite/fixtures.js";

/** What the nth event of a writer holds: checked letter by letter afterwards. */
const payload = (writer, n) => ({ writer, n, text: `${writer} ${n} `.repeat(n % 40) });
const event = (writer, n) => ({
  kind: "entity",
  action: "created",
  entity_type: "order",
  entity_id: "00000000-0000-4000-8000-00000000000a",
  data: payload(writer, n),
});

let stopped = false;

/** Publishes one by one, in bursts and atomically, as the seed has it, and posts `[writer, n, number]` of each that is committed. */
export async function write({ writer, seed }) {
  // By name: falling back to memory is no way out here.
  const bus = await openBus("shop", { log: "indexeddb", onError: (error) => tell({ error: `${error.code}: ${error.message}` }) });
  const random = pseudoRandom(seed);
  for (let n = 1; !stopped; ) {
    const count = [1, 1, 1 + random(10), 1 + random(300)][random(4)];
    const numbers = Array.from({ length: count }, () => n++);
    const events = numbers.map((n) => event(writer, n));
    const receipts = random(3) === 0 ? bus.publishAll(events) : events.map((event) => bus.publish(event));
    const committed = await Promise.all(receipts.map((receipt) => receipt.committed));
    tell({ committed: committed.map((number, i) => [writer, numbers[i], number]) });
  }
  await bus.close();
}

/** Lets `write` come to its end. */
export function stop() {
  stopped = true;
}

/** What is stored from a number on, as `[number, id, writer, n]`; a payload that isn't what was written is an error. */
export async function read(from = 1) {
  const bus = await openBus("shop", { log: "indexeddb" });
  const rows = [];
  for (;;) {
    const page = await bus.log.read({ from, limit: 5000 });
    for (const { seq_no, id, event } of page) {
      const { writer, n } = event.data;
      if (JSON.stringify(event.data) !== JSON.stringify(payload(writer, n))) throw new Error(`event ${seq_no} is ${JSON.stringify(event)}`);
      rows.push([seq_no, id, writer, n]);
    }
    if (page.length === 0) break;
    from = page.at(-1).seq_no + 1;
  }
  await bus.close();
  return rows;
}

function tell(what) {
  // Nobody waits for it: the next accident comes when it comes.
  fetch("/outcomes", { method: "POST", body: JSON.stringify(what) }).catch(() => {});
}
