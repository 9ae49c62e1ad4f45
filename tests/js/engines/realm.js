/** Something to evaluate in, as Playwright has it for its pages. `evaluate(work, argument)`: a function or its text. */
export const realm = (evaluate) => ({
  evaluate,
  waitForFunction: (condition, argument) =>
    evaluate(`async (argument) => {
      while (!(await (${condition})(argument))) await new Promise((resolve) => setTimeout(resolve, 20));
    }`, argument),
});

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
    ...realm((work, argument) => page.evaluate(inWorker, { work: `${work}`, argument })),
    terminate: () => page.evaluate(() => worker.terminate()),
    close: () => page.close(),
  };
}
