export * from "./index.js";
export { useWasm, type WasmSource } from "./compile.js";
