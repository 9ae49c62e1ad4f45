// A worker of any kind, as one of the realms.
import { follow } from "./realm.js";

const kind = typeof ServiceWorkerGlobalScope === "undefined" ? self.name : "service";
follow(kind).catch((error) => new BroadcastChannel("realms").postMessage({ broken: `${kind}: ${error}\n${error.stack}` }));
