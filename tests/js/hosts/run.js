// Runs the shared suite in this realm and posts each outcome to the server.
import { runOne, tests } from "../suite/index.js";

export async function run(parameters) {
  const only = parameters.get("only") ?? "";
  if (`${!isSecureContext}` !== parameters.get("plain")) throw new Error(`plain http is ${!isSecureContext} here`);
  const host = {
    log: "indexeddb",
    timeLimit: Number(parameters.get("limit")),
    readText: async (path) => (await fetch(`/tests/${path}`)).text(),
  };
  const stray = [];
  globalThis.addEventListener("error", (event) => stray.push(`uncaught: ${event.message}`));
  globalThis.addEventListener("unhandledrejection", (event) => stray.push(`unhandled rejection: ${event.reason}`));
  const post = (outcome) => fetch(`/outcomes${parameters.get("run")}`, { method: "POST", body: JSON.stringify(outcome) });
  for (const each of tests) {
    if (!each.name.includes(only)) continue;
    const skipped = each.skip(host);
    const started = performance.now();
    let failure;
    if (skipped === undefined) {
      try {
        await runOne(each, host);
      } catch (error) {
        failure = `${error?.message ?? error}\n${error?.stack ?? ""}`;
      }
    }
    if (stray.length > 0) failure = [failure, ...stray.splice(0)].filter(Boolean).join("\n");
    await post({ name: each.name, skipped, failure, ms: Math.round(performance.now() - started) });
  }
  await post({ done: true });
}
