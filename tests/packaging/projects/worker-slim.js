import { entity, openBus } from "everbus/slim";
import { shop } from "./shop.js";

export default { fetch: async () => Response.json(await shop({ entity, openBus })) };
