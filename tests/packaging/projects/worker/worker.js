import { entity, openBus } from "everbus";
import { shop } from "../shop.js";

shop({ entity, openBus }).then(postMessage);
