// The few WebDriver commands that showing pages needs.
import { crashed } from "./crashes.js";
import { start } from "./processes.js";
import { createServer } from "node:net";

/**
 * Starts a driver, opens a session with these capabilities, and gives `open(url)`, `openTab(url)`, `command(…)` for any
 * other, `hasCrashed()`, `kill()` and `close()`. `crash` is what it prints when the engine crashes, which ends the session.
 */
export async function drive(path, args, capabilities, { crash, ...options } = {}) {
  const port = await freePort();
  const driver = start(path, args(port), options);
  let hasCrashed = false;
  if (crash) {
    driver.printed(crash).then(
      ([words]) => {
        hasCrashed = true;
        crashed(words);
      },
      () => {},
    );
  }
  const send = async (method, command, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${command}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${command}: ${value?.error}: ${value?.message}\n${driver.output()}`);
    return value;
  };
  try {
    await ready(send, driver);
    const { sessionId } = await send("POST", "/session", { capabilities: { alwaysMatch: capabilities } });
    const command = (method, path, body) => send(method, `/session/${sessionId}${path}`, body);
    const open = (url) => command("POST", "/url", { url });
    const first = await command("GET", "/window");
    return {
      command,
      open,
      /** Opens a further tab, to which commands go from now on; resolves to what closes it and goes back to the first. */
      async openTab(url) {
        const { handle } = await command("POST", "/window/new", { type: "tab" });
        await command("POST", "/window", { handle });
        await open(url);
        return async () => {
          await command("POST", "/window", { handle });
          await command("DELETE", "/window");
          await command("POST", "/window", { handle: first });
        };
      },
      hasCrashed: () => hasCrashed,
      /** Ends the driver and the browser at once, as a crash does. */
      kill: () => driver.kill(),
      async close() {
        await send("DELETE", `/session/${sessionId}`).catch(() => {});
        await driver.end();
      },
    };
  } catch (error) {
    await driver.end();
    throw error;
  }
}

// A driver answers its status as soon as it listens.
async function ready(send, driver) {
  let over = false;
  driver.ended.then(() => (over = true));
  for (const until = Date.now() + 30_000; ; ) {
    try {
      return await send("GET", "/status");
    } catch (error) {
      if (over || Date.now() > until) throw new Error(`the driver is not ready: ${error}\n${driver.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
