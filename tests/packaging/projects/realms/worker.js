import { entity, openBus } from "/node_modules/everbus/dist/index.js";
import { shop } from "../shop.js";
import { answerWith } from "./answer.js";

answerWith(() => shop({ entity, openBus }));
