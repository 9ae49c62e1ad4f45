import { find } from "./processes.js";
import { drive } from "./webdriver.js";

/** A host that leads to this machine, but makes no secure context: a page there is plain http. */
export const plainHost = "everbus.test";

/** Firefox, with a profile in `folder` if there is one, which it keeps. */
export const launch = (folder) =>
  drive(find("geckodriver"), (port) => ["--port", String(port), "--host", "127.0.0.1"], {
    browserName: "firefox",
    "moz:firefoxOptions": {
      binary: find("firefox-esr", "firefox"),
      args: ["-headless", ...(folder ? ["-profile", folder] : [])],
      prefs: { "network.dns.localDomains": plainHost },
    },
  });
