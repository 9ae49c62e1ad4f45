// Small things that measuring needs.

/** How long `work` takes, in milliseconds. */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** What `make` makes, once: at the first call. */
export function once(make) {
  let made;
  return () => (made ??= make());
}

/** Throws unless both are the same. */
export function expect(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

/** `values` in pieces of `size`. */
export function* inPieces(values, size) {
  for (let i = 0; i < values.length; i += size) yield values.slice(i, i + size);
}

const { port1, port2 } = new MessageChannel();
const waiting = [];
port1.onmessage = () => waiting.shift()();

/** Lets the page do other things. A timer would add 4 milliseconds. */
export function nextTask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(undefined);
  });
}
