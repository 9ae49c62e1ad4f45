// How much memory a page needs. To be imported before what is measured.
import { expect } from "./work.js";

const { Instance } = WebAssembly;
const memories = new Set();

// A memory belongs to the module that makes it. Whoever starts a module while measuring tells us, without knowing.
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    for (const value of Object.values(this.exports)) {
      if (value instanceof WebAssembly.Memory) memories.add({ memory: value, atStart: value.buffer.byteLength });
    }
  }
};

/** Why memory can't be measured here; undefined if it can. */
export const unmeasured =
  performance.memory === undefined || globalThis.gc === undefined
    ? "this engine doesn't tell a page how much memory it uses"
    : undefined;

const grownModules = () =>
  [...memories].reduce((bytes, { memory, atStart }) => bytes + memory.buffer.byteLength - atStart, 0);

/**
 * Runs `work(look)` and resolves to how far memory grew, in bytes: the heap at the highest of the times when `work`
 * looked, above what it was before, and the memories of modules above what they started with. These never shrink, so
 * that whatever the page did before counts, too.
 *
 * What is garbage by then counts `withGarbage` only: when to collect it is the engine's choice.
 */
export async function growth(withGarbage, work) {
  const heap = (collecting) => {
    if (collecting) gc();
    return performance.memory.usedJSHeapSize;
  };
  const before = heap(true);
  let highest = before;
  await work(() => (highest = Math.max(highest, heap(!withGarbage))));
  expect(memories.size > 0, true, "modules are seen");
  return highest - before + grownModules();
}
