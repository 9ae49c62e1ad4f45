// Whether the platform keeps what is stored, and that Vue leaves alone what can't be a proxy.
import { equal, same } from "./assert.js";
import { created, replace } from "./fixtures.js";
import { test } from "./registry.js";

const isStored = ({ log }) => (log === "indexeddb" ? undefined : "this host stores nothing");

/** A storage manager that answers, and notes whom it was called for. */
const manager = (answers) => {
  const storage = { calls: [] };
  for (const [name, answer] of Object.entries(answers)) {
    storage[name] = async function () {
      storage.calls.push([name, this === storage]);
      return answer();
    };
  }
  return storage;
};
const refuse = () => {
  throw new TypeError("refused");
};

const cases = {
  "true if it is kept": [manager({ persist: () => true, persisted: refuse }), true, [["persist", true]]],
  "false if it isn't": [manager({ persist: () => false, persisted: refuse }), false, [["persist", true]]],
  "how it is where it can only be looked at, as in a worker": [manager({ persisted: () => true }), true, [["persisted", true]]],
  "false if the platform refuses to say": [manager({ persist: refuse }), false, [["persist", true]]],
  "false where there is nobody to ask": [undefined, false, undefined],
};
for (const [name, [storage, expected, calls]] of Object.entries(cases)) {
  test(`bus.persist tells ${name}`, async (t) => {
    const bus = await t.open();
    const restore = replace(navigator, "storage", { value: storage });
    try {
      equal(await bus.persist(), expected, "persist()");
      same(storage?.calls, calls);
    } finally {
      restore();
    }
  }, { skip: isStored });
}

test("bus.persist tells false of a log in memory, and of none, and asks nobody", async (t) => {
  const storage = manager({ persist: () => true });
  const restore = replace(navigator, "storage", { value: storage });
  try {
    for (const log of ["memory", "none"]) equal(await (await t.open({ log })).persist(), false, log);
    same(storage.calls, []);
  } finally {
    restore();
  }
}, { skip: () => (typeof navigator === "undefined" ? "this host has no navigator" : undefined) });
