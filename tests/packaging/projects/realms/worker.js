import { entity, openBus } from "/node_modules/everbus/dist/index.js";
import { shop } from "../shop.js";

const answer = async ({ ports: [port] }) => port.postMessage(await shop({ entity, openBus }));

globalThis.onconnect = ({ ports: [port] }) => (port.onmessage = answer);
globalThis.onmessage = (event) => event.waitUntil(answer(event));
