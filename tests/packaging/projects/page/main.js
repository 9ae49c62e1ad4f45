import { entity, openBus } from "everbus";
import { shop } from "../shop.js";

globalThis.outcome = shop({ entity, openBus });
