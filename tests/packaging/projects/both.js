// A page may come to have both entries, by what it depends on.
import * as inline from "everbus";
import * as slim from "everbus/slim";

const event = inline.entity.deleted("order", crypto.randomUUID());
const one = await inline.openBus("shop", { log: "memory" });
const other = await slim.openBus("shop", { log: "memory" });
const heard = new Promise((resolve) => other.subscribe(({ seq_no }) => resolve(seq_no)));
await one.publish(event).committed;
console.log(JSON.stringify({ heard: await heard, sameErrors: inline.EverbusError === slim.EverbusError }));
await Promise.all([one.close(), other.close()]);
