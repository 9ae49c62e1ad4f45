import { entity, openBus } from "everbus";
import { shop } from "../../../shop.js";

export const runtime = "edge";

export default async function Page() {
  return <pre>{JSON.stringify(await shop({ entity, openBus }))}</pre>;
}
