import { find } from "./processes.js";
import { drive } from "./webdriver.js";

export const launch = () =>
  drive(find("geckodriver"), (port) => ["--port", String(port), "--host", "127.0.0.1"], {
    browserName: "firefox",
    "moz:firefoxOptions": { binary: find("firefox-esr", "firefox"), args: ["-headless"] },
  });
