// Programs that are started here end with us, with everything that they started.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const folders = [join(process.env.EVERBUS_TOOLS ?? join(cache, "everbus/tools"), "bin"), ...process.env.PATH.split(delimiter)];

/** The path of the first of these programs that is installed. */
export function find(...names) {
  for (const name of names) {
    for (const folder of folders) {
      const path = name.startsWith("/") ? name : join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error(`${names.join(" or ")} is not installed: scripts/setup does it`);
}

const running = new Set();

/** Starts a program as the head of its own process group. `output()` is what it has printed, for messages. */
export function start(path, args, { env = {} } = {}) {
  const child = spawn(path, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let output = "";
  const listeners = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(-20_000);
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  const program = {
    child,
    output: () => output,
    ended,
    /** Resolves to the match once the program has printed it. */
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (!match) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`${path} ended:\n${output}`)));
      }),
    /** Asks it to end, and ends it and all that it started if it doesn't within 3 seconds. */
    async end() {
      signalGroup(child, "SIGTERM");
      const patience = setTimeout(() => signalGroup(child, "SIGKILL"), 3000);
      await ended;
      clearTimeout(patience);
      signalGroup(child, "SIGKILL");
      running.delete(program);
    },
    /** Ends it and all that it started at once, as a crash does. */
    async kill() {
      signalGroup(child, "SIGKILL");
      await ended;
      running.delete(program);
    },
  };
  running.add(program);
  return program;
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

process.once("exit", () => running.forEach(({ child }) => signalGroup(child, "SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
