// A program for Node, with Node's types only.
import { entity, openBus } from "everbus";

export async function serve(signal: AbortSignal) {
  const bus = await openBus("shop", { log: "memory" });
  for await (const { event } of bus.events({ entity_type: "order" }, { signal })) console.log(event);
  await bus.publish(entity.deleted("order", crypto.randomUUID())).committed;
  await bus.close();
}
