import { everbusError } from "../api/errors.js";
import type { Core } from "../core/binding.js";
import { callCore } from "../core/module.js";
import { NOT_A_LOG } from "./failure.js";

/** What the upgrade needs of the core. */
export type Tables = Pick<Core, "tableNames" | "consumerRecord">;

/**
 * Makes the tables that a database doesn't have, within the platform's upgrade, and rewrites what the first version had in
 * another form.
 *
 * @throws EverbusError `corrupt` if it is somebody else's database; and whatever the platform throws.
 */
export function upgrade(request: IDBOpenDBRequest, core: Tables): void {
  const database = request.result;
  const there = database.objectStoreNames;
  if (there.length > 0 && !there.contains("meta")) throw everbusError("corrupt", NOT_A_LOG);
  for (const name of callCore(() => core.tableNames())) if (!there.contains(name)) database.createObjectStore(name);
  rewriteConsumers(request.transaction!.objectStore("consumers"), core);
}

/** Writes the records of the first version as bytes: they were objects. What is none is left for who finds it damaged. */
function rewriteConsumers(consumers: IDBObjectStore, core: Tables): void {
  const [names, values] = [consumers.getAllKeys(), consumers.getAll()];
  values.addEventListener("success", () => {
    for (const [i, name] of names.result.entries()) {
      const record = recordOf(values.result[i], core);
      // A failure aborts the upgrade.
      if (typeof name === "string" && record !== undefined) consumers.put(record, name);
    }
  });
}

/** The record of a consumer's position as the first version stored it. */
function recordOf(value: unknown, core: Tables): Uint8Array | undefined {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
  const { next, epoch, holder, held, new: isNew } = value as Readonly<Record<string, unknown>>;
  if (typeof next !== "number") return undefined;
  if (epoch === undefined) return callCore(() => core.consumerRecord(next, 0, "", false, isNew === true));
  if (typeof epoch !== "number" || typeof holder !== "string" || typeof held !== "boolean") return undefined;
  return callCore(() => core.consumerRecord(next, epoch, holder, held, false));
}
