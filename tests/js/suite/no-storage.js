// No IndexedDB, or one that refuses: the log is in memory, `storage` says so, and onError says why.
import { openBus } from "./everbus.js";
import { equal, ok, rejects, same } from "./assert.js";
import { created, replace, uuid } from "./fixtures.js";
import { test } from "./registry.js";

const skip = ({ log }) => (log === "indexeddb" ? undefined : "this host has no IndexedDB to take away");

const denied = () => {
  throw new DOMException("denied", "SecurityError");
};
/** Real requests, which the platform itself fails. */
const failing = (open) =>
  function (name, version) {
    const request = open.call(this, `${name} failing`, version);
    request.addEventListener("upgradeneeded", () => request.transaction.abort());
    return request;
  };

const accidents = {
  "is missing": () => replace(globalThis, "indexedDB", { value: undefined }),
  "throws when it is looked at": () => replace(globalThis, "indexedDB", { get: denied }),
  "throws at open": () => replace(IDBFactory.prototype, "open", { value: denied, writable: true }),
  "rejects to open": () => replace(IDBFactory.prototype, "open", { value: failing(IDBFactory.prototype.open), writable: true }),
};

for (const [name, take] of Object.entries(accidents)) {
  test(`where IndexedDB ${name}, the log is in memory, and onError says why`, async (t) => {
    const restore = take();
    try {
      const errors = [];
      const bus = await openBus(t.busName, { onError: (error) => errors.push(error) });
      equal(bus.storage, "memory", "storage");
      same(errors.map((error) => error.code), ["unavailable"]);
      ok(errors[0].message.includes("only in memory"), errors[0].message);
      equal(await bus.publish(created()).committed, 1, "number");
      equal((await bus.log.read()).length, 1, "events");
      await bus.close();
      await rejects(() => openBus(t.busName, { log: "indexeddb" }), "unavailable");
    } finally {
      restore();
    }
    const stored = await t.open();
    equal(stored.storage, "persistent", "storage when it is there again");
    equal(await stored.log.lastSeqNo(), undefined, "last number");
  }, { skip });
}

test("two logs of one name in one realm are told of", async (t) => {
  const told = [[], []];
  const open = (errors) => openBus(t.busName, { onError: (error) => errors.push(error) });
  const restore = accidents["throws at open"]();
  const fallen = await open(told[0]).finally(restore);
  equal(fallen.storage, "memory", "storage");
  const stored = await open(told[1]);
  equal(stored.storage, "persistent", "storage when it is there again");
  for (const errors of told) {
    same(errors.filter(({ message }) => message.includes("two logs")).map(({ code }) => code), ["unavailable"]);
  }
  await fallen.close();
  const third = await t.open();
  same(t.errors, [], "what one is told that is opened once there is one log");
  for (const bus of [stored, third]) await bus.close();
}, { skip });

test("in a frame of an opaque origin the log is in memory, and onError says why", async () => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  const told = new Promise((resolve) => addEventListener("message", ({ data, source }) => source === frame.contentWindow && resolve(data)));
  frame.srcdoc = `<!doctype html><script type="module">
    import { openBus } from "${location.origin}/pkg/dist/index.js";
    const errors = [];
    const bus = await openBus("opaque", { onError: (error) => errors.push(error.code) });
    const number = await bus.publish({ kind: "entity", action: "deleted", entity_type: "order", entity_id: "${uuid()}" }).committed;
    parent.postMessage({ origin: self.origin, storage: bus.storage, errors, number }, "*");
  </script>`;
  document.body.append(frame);
  try {
    same(await told, { origin: "null", storage: "memory", errors: ["unavailable"], number: 1 });
  } finally {
    frame.remove();
  }
}, { skip: (host) => skip(host) ?? (typeof document === "undefined" ? "a worker has no frames" : undefined) });
