export * from "./index.js";
export { useWasm, type WasmSource } from "./core/compile.js";
