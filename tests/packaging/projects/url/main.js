import { entity, openBus, useWasm } from "everbus/slim";
import wasm from "everbus/wasm?url";
import { shop } from "../shop.js";

useWasm(wasm);
globalThis.outcome = shop({ entity, openBus });
