// WebKitGTK has no headless mode: it gets a display of its own.
import { find, start } from "./processes.js";
import { drive } from "./webdriver.js";

const cpu = process.arch === "arm64" ? "aarch64" : "x86_64";
/** Where the browser may be. */
export const browsers = ["4.1", "4.0", "6.0"].map((version) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-${version}/MiniBrowser`);

/** An address of this machine that makes no secure context: a page there is plain http. Names can't be given to WebKit. */
export const plainHost = "[::ffff:127.0.0.1]";

/** A display: `{ screen, close() }`. */
export async function display() {
  const server = start(find("Xvfb"), ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
  try {
    const [, number] = await server.printed(/^(\d+)\n/m);
    return { screen: `:${number}`, close: () => server.end() };
  } catch (error) {
    await server.end();
    throw error;
  }
}

export async function launch() {
  const { screen, close } = await display();
  try {
    const session = await drive(
      find("WebKitWebDriver"),
      (port) => [`--port=${port}`, "--host=127.0.0.1"],
      { browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: find(...browsers), args: ["--automation"] } },
      { env: { DISPLAY: screen, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }, crash: /.*WebProcess CRASHED.*/ },
    );
    return {
      ...session,
      async close() {
        await session.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
