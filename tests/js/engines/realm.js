// Realms: pages and workers of any engine, each with Playwright's `evaluate(work, argument)`.
import { setTimeout as later } from "node:timers/promises";

/** Resolves once `condition(argument)` holds there, or the promise that it returns does. */
export const until = (realm, condition, argument) =>
  realm.evaluate(async ({ condition, argument }) => {
    const holds = (0, eval)(`(${condition})`);
    while (!(await holds(argument))) await new Promise((resolve) => setTimeout(resolve, 20));
  }, { condition: `${condition}`, argument });

/** The same, looked at from here: the timers of a hidden page may run once a minute. */
export async function untilSeen(realm, condition, argument) {
  while (!(await realm.evaluate(condition, argument))) await later(20);
}

/** A dedicated worker of a page, which ends with it or by `terminate()`. */
export async function startWorker(page) {
  await page.evaluate(() => {
    globalThis.worker = new Worker("/tests/js/hosts/evaluating-worker.js", { type: "module" });
  });
  const inWorker = ({ work, argument }) =>
    new Promise((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data: { value, error } }) => (error === undefined ? resolve(value) : reject(error));
      worker.postMessage({ work, argument }, [port2]);
    });
  return {
    evaluate: (work, argument) => page.evaluate(inWorker, { work: `${work}`, argument }),
    terminate: () => page.evaluate(() => worker.terminate()),
    close: () => page.close(),
  };
}
