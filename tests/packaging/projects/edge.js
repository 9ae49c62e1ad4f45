import { entity, openBus } from "everbus";
import { shop } from "./shop.js";

addEventListener("fetch", (event) => {
  event.respondWith(shop({ entity, openBus }).then((outcome) => Response.json(outcome)));
});
