import { entity, openBus } from "everbus";
import { shop } from "../../../shop.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  return <pre>{JSON.stringify(await shop({ entity, openBus }))}</pre>;
}
