// What the entries have in common; a file of its own, so that two of them on one page share their buses.
export { compileGiven, compileInlined, useWasm } from "../core/compile.js";
export { withModule } from "../core/module.js";
export { EverbusError, deleteBus, entity, link, openBus } from "../index.js";
