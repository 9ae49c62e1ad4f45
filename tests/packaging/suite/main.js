import { runSuite } from "./run.js";

globalThis.outcome = runSuite("indexeddb");
