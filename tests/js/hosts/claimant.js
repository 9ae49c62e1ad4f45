// A realm that works for an exclusive consumer of the log `bus`: it does what orders tell it, and tells the test's server
// what it gets and acknowledges. ?bus=NAME&name=NAME&alone=8: events after the eighth wait for the order "go on".
import { entity, openBus } from "/pkg/dist/index.js";

const { bus: busName, name, alone } = Object.fromEntries(new URLSearchParams(location.search));
const told = (what) => JSON.stringify({ from: name, ...what });
const tell = (what) => fetch("/outcomes", { method: "POST", body: told(what) });

const bus = await openBus(busName);
const iterator = bus.log.subscribe("worker", "beginning", { exclusive: true });
let goOn;
const allowed = new Promise((resolve) => (goOn = resolve));

const acknowledge = (seqNo) =>
  bus.log.ack("worker", seqNo).then(() => tell({ acked: seqNo }), ({ code, cause }) => tell({ refused: { seqNo, code, cause } }));

const orders = {
  "publish": async ({ count }) => {
    for (let n = 0; n < count; n++) bus.publish(entity.created("order", n));
    await bus.flush();
    await tell({ published: await bus.log.lastSeqNo() });
  },
  "go on": () => goOn(),
  "acknowledge": ({ seqNo }) => acknowledge(seqNo),
  "stop reading": () => iterator.return(),
  "close the bus": () => bus.close(),
  // Nothing runs in a worker until the server answers.
  "hang": () => {
    const request = new XMLHttpRequest();
    request.open("POST", "/outcomes", false);
    request.send(told({ hangs: true }));
  },
};
const channel = new BroadcastChannel("orders");
channel.onmessage = ({ data }) => data.to === name && orders[data.order]?.(data);
await tell({ ready: true });

for await (const { seq_no } of iterator) {
  await tell({ got: seq_no });
  if (seq_no > alone) await allowed;
  void acknowledge(seq_no);
}
