import { entity, openBus } from "everbus";
import { shop } from "./shop.js";

console.log(JSON.stringify(await shop({ entity, openBus })));
