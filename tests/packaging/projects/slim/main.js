import { entity, openBus } from "everbus/slim";
import { shop } from "../shop.js";

globalThis.outcome = shop({ entity, openBus });
