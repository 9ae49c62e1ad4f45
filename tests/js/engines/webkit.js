import { find } from "./processes.js";
import { drive } from "./webdriver.js";

const browsers = ["4.1", "4.0", "6.0"].map((version) => `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-${version}/MiniBrowser`);

export const launch = () =>
  drive(
    find("xvfb-run"),
    (port) => ["-a", find("WebKitWebDriver"), `--port=${port}`, "--host=127.0.0.1"],
    {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary: find(...browsers), args: ["--automation"] },
    },
    { env: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } },
  );
