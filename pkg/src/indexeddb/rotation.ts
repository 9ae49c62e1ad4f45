// Rotation: has Chromium begin a new log file, so that nothing is lost when it is killed twice.
//
// Chromium keeps an origin's IndexedDB in LevelDB and opens it with `reuse_logs`. If the browser was killed while it wrote a
// record, the next one writes on behind the torn record; and when that log is read again, it counts as corrupt, and Chromium
// throws away all databases of the origin, with everything that was committed
// (https://github.com/google/leveldb/issues/1287). Of the kills of `tests/js/accidents/kills.test.js` one in sixty did that.
//
// Deleting a database compacts LevelDB: what is in the log goes to a table, and a new log begins. That takes some milliseconds
// outside of the page, from its first bus on. A commit that is faster is told of when it is done.
import type { Clock } from "../clock.js";
import { uuidV7 } from "../values/uuid.js";
import { closeWhenOpen, factory } from "./connection.js";

/** The longest that a commit waits for it, in milliseconds: the platform may have its reasons. */
const PATIENCE = 5000;

let isBegun = false;
let rotation: Promise<void> | undefined;

/** Begins a new log file, once in the life of a page or worker, which a browser that is killed ends, too. */
export function rotateOnce(clock: Clock): void {
  if (isBegun) return;
  isBegun = true;
  if (isChromium()) rotation = rotate(clock).then(() => (rotation = undefined));
}

/** While a new log file is being begun, what resolves then: what was committed before is safe from then on. */
export function rotating(): Promise<void> | undefined {
  return rotation;
}

function rotate(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    try {
      const databases = factory();
      // A log's name begins with `everbus:`, and nobody else has this one.
      const name = `everbus rotation ${uuidV7(clock.now())}`;
      const request = databases.open(name);
      closeWhenOpen(request);
      // Told only of a database that wasn't there before this call.
      request.addEventListener("upgradeneeded", () => {
        // It waits until that one is made and closed.
        databases.deleteDatabase(name).addEventListener("success", () => resolve());
      });
      clock.after(PATIENCE, resolve, true);
    } catch {
      // Without it everything works as long as nothing tears the log.
      resolve();
    }
  });
}

/**
 * Whether this is Chromium: the others don't have `navigator.userAgentData`, and don't use LevelDB. Plain http doesn't have it
 * either: there what the browser says of itself has to do. Who says so falsely has a database for a moment.
 */
function isChromium(): boolean {
  const { navigator } = globalThis as { navigator?: Partial<Navigator> & { userAgentData?: unknown } };
  const { userAgent, userAgentData } = navigator ?? {};
  return (typeof userAgent === "string" && userAgent.includes("Chrome/")) || userAgentData !== undefined;
}
