// Programs that run a script, each as it comes.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cwd = fileURLToPath(new URL(".", import.meta.url));

export const runtimes = {
  Node: [process.execPath],
  Deno: ["node_modules/.bin/deno", "run", "--allow-read", "--no-prompt"],
  Bun: ["node_modules/.bin/bun", "run"],
};

/** What a program prints. That it complains of nothing is asserted by its failing. */
export async function run(program, ...args) {
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 26 });
  if (stderr !== "") throw new Error(stderr);
  return stdout;
}

/** What a script prints in a runtime. */
export const print = (runtime, script) => run(...runtimes[runtime], script);
