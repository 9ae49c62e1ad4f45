// The default entry: the WebAssembly is inside.
import { wasm } from "../../wasm/inline.js";
import * as core from "./core.js";

const inlined = () => core.compileInlined(wasm);

export { EverbusError, entity, link } from "./core.js";
export const openBus: typeof core.openBus = /* @__PURE__ */ core.withModule(inlined, core.openBus);
export const deleteBus: typeof core.deleteBus = /* @__PURE__ */ core.withModule(inlined, core.deleteBus);
