// An engine that crashes by itself has said nothing of the package, good or bad: what it was asked is asked of a new one.
import { setTimeout as delay } from "node:timers/promises";

let tellCrash;
let nextCrash;
const waitForNext = () => (nextCrash = new Promise((resolve) => (tellCrash = resolve)));
waitForNext();

/** For who drives an engine: it has crashed, and this is what it said. */
export function crashed(output) {
  tellCrash(output);
  waitForNext();
}

/**
 * Does what drives an engine. If the engine crashes meanwhile, says so by `tell`, and does all of it once more: a second crash
 * is a failure. What `work` is given rejects with the crash: what waits for a page that is gone would wait for ever.
 */
export async function despiteACrash(work, tell) {
  const crash = nextCrash;
  const failed = crash.then(() => Promise.reject(new Error("the engine has crashed")));
  try {
    return await Promise.race([work(failed), failed]);
  } catch (error) {
    // Commands fail before it is read what the engine said at its end.
    const output = await Promise.race([crash, delay(1000)]);
    if (output === undefined) throw error;
    tell(`The engine has crashed, so this is done once more. It said: ${output.trim()}`);
  }
  return work(new Promise(() => {}));
}

/** The body of a test that is done once more if an engine crashes meanwhile, which the test's output tells. */
export const despiteCrashes = (body) => (t) =>
  despiteACrash(
    () => body(t),
    (said) => t.diagnostic(said),
  );
