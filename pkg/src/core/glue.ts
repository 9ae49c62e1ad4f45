// What the package uses of the generated glue. It touches globals when it is evaluated, so it is only imported
// dynamically, by `loadModule`; by name, so that the bundler leaves out the rest.
export { Batch, Log, consumerRecord, initSync, moduleMemory, setup, tableNames } from "../../wasm/everbus.js";
