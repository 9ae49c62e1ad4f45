// The entry that fetches the WebAssembly as a file of its own. Bundlers know this way of naming a file.
import * as core from "./core.js";

const fetched = () => core.compileGiven(() => new URL("./everbus.wasm", import.meta.url));

export { EverbusError, entity, link, useWasm } from "./core.js";
export const openBus: typeof core.openBus = /* @__PURE__ */ core.withModule(fetched, core.openBus);
export const deleteBus: typeof core.deleteBus = /* @__PURE__ */ core.withModule(fetched, core.deleteBus);
