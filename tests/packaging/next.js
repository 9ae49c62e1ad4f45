// Next as it comes: it builds the project with either of its bundlers, and serves it.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cwd = fileURLToPath(new URL(".", import.meta.url));
const program = "node_modules/next/dist/bin/next";
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

/** Resolves to the folder with the built project: a copy, as Next builds into the project itself. */
export async function buildNext(bundler) {
  const projects = await mkdtemp(`${cwd}out/next-${bundler}-`);
  await cp(`${cwd}projects`, projects, { recursive: true });
  const folder = `${projects}/next`;
  const { stderr } = await promisify(execFile)(process.execPath, [program, "build", `--${bundler}`, folder], { cwd, env });
  // It advises against the edge runtime, which is what is tested.
  const warnings = stderr.split("\n").filter((line) => line !== "" && !/edge runtime/i.test(line));
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return folder;
}

/** Resolves to the address at which the built project is served until the test ends. */
export async function serveNext(t, folder) {
  const args = [program, "start", folder, "--hostname", "127.0.0.1", "--port", "0"];
  const server = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(server, "exit");
  t.after(() => {
    server.kill();
    return exited;
  });
  for await (const line of createInterface(server.stdout)) {
    const address = /Local: +(\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error("Next hasn't started");
}
