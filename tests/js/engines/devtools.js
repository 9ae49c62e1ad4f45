// Chromium as it is without a test driver's overrides, by its DevTools protocol over pipes: here pages can be frozen.
import { spawn } from "node:child_process";
import { options } from "./chromium.js";
import { afterwards, profile } from "./visits.js";

/** Starts a browser with a new profile, until the test `t` ends: `{ open(url) }`. `more` are added to its usual arguments. */
export async function launchBare(t, more = []) {
  const folder = await profile(t);
  const { executablePath, args } = options(more);
  const flags = [...args, "--headless", "--remote-debugging-pipe", `--user-data-dir=${folder}`, "about:blank"];
  const child = spawn(executablePath, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  afterwards(t, async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  });
  const [, , , input, output] = child.stdio;
  const waiting = new Map();
  let received = "";
  output.setEncoding("utf8").on("data", (text) => {
    const messages = (received + text).split("\0");
    received = messages.pop();
    for (const { id, result, error } of messages.map((each) => JSON.parse(each))) {
      waiting.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
      waiting.delete(id);
    }
  });
  let last = 0;
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  return {
    /** A tab, in front of the others of its window: `send` is the protocol's, the rest is as Playwright has it. */
    async open(url, { newWindow = true } = {}) {
      const { targetId } = await send("Target.createTarget", { url, newWindow });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const inPage = (method, params) => send(method, params, sessionId);
      const evaluate = async (work, argument) => {
        const expression = `(${work})(${JSON.stringify(argument) ?? ""})`;
        const { result, exceptionDetails } = await inPage("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      };
      const page = {
        evaluate,
        send: inPage,
        close: () => send("Target.closeTarget", { targetId }),
      };
      while (!(await page.evaluate(() => document.readyState === "complete" && location.href !== "about:blank")));
      return page;
    },
  };
}
