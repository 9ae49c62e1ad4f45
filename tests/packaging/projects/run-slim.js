import { entity, openBus } from "everbus/slim";
import { shop } from "./shop.js";

console.log(JSON.stringify(await shop({ entity, openBus })));
