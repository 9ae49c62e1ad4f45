import type { Bus, BusOptions } from "../api/bus.js";
import { type EverbusError, everbusError } from "../api/errors.js";
import type { Schema } from "../api/schema.js";
import { platformClock } from "../clock.js";
import { deleteDatabase } from "../indexeddb/connection.js";
import { endBuses, membersElsewhere, leaseBus } from "../log/leases.js";
import type { LogKind } from "../log/shared.js";
import { type OpenSettings, readBusOptions } from "../options/bus.js";
import { readName } from "../options/fields.js";
import { Parted } from "../tabs/parted.js";
import { OpenBus } from "./bus.js";
import { Session } from "./session.js";

/**
 * Opens the bus called `name`, and creates it at first. Buses of one name in one realm share one log. Without
 * IndexedDB (private mode, Node) the log is in memory, unless you ask for "indexeddb": `storage` and `onError` say so,
 * the latter not if you ask for "memory".
 *
 * @throws EverbusError (it rejects) `invalid_option`, `unsupported`, `unavailable`, `blocked`, `corrupt`, `storage`,
 * `module_failed`.
 * @example
 * const bus = await openBus("shop");
 * bus.subscribe({ entity_type: "order" }, ({ seq_no, event }) => console.log(seq_no, event));
 * bus.publish(entity.created("order", { total: 42 }));
 */
export async function openBus<S extends Schema = Schema>(name: string, options?: BusOptions): Promise<Bus<S>> {
  const checkedName = readName(name, "the bus's name");
  const settings = readBusOptions(options);
  let kind: LogKind = settings.log ?? "indexeddb";
  let fallBack: EverbusError | undefined;
  let session: Session;
  try {
    session = await openSession(kind, checkedName, settings, false);
  } catch (error) {
    if (settings.log !== undefined || (error as EverbusError).code !== "unavailable") throw error;
    const message = `the log is only in memory, and lost with this realm; if that will do, say log: "memory": ${(error as EverbusError).message}`;
    fallBack = everbusError("unavailable", message, error);
    kind = "memory";
    session = await openSession(kind, checkedName, settings, true);
  }
  const storage = kind === "indexeddb" ? "persistent" : kind;
  const bus = new OpenBus(session, storage, settings.capacity);
  if (kind === "indexeddb") {
    await (settings.crossTab ? session.shared.share(checkedName) : session.shared.look());
  }
  if (fallBack !== undefined) {
    // What is usual in Node is said in a sentence: nobody needs the stacks.
    if (settings.onError === undefined) console.error(String(fallBack));
    else session.report(fallBack);
  }
  tellOfTwoLogs(kind, session);
  return bus as unknown as Bus<S>;
}

/** Tells whoever shares a name with others of this realm, and not their log, because one of them couldn't have it. */
function tellOfTwoLogs(kind: LogKind, session: Session): void {
  if (kind === "none") return;
  const others = membersElsewhere(kind, session.name);
  if (others.length === 0 || ![session, ...others].some(({ fellBack }) => fellBack)) return;
  const message = `the bus ${JSON.stringify(session.name)} has two logs in this realm, one in IndexedDB and one in memory, and neither learns of the other's events: close the bus whose storage is "memory", and open it again`;
  for (const member of [session, ...others]) member.report(everbusError("unavailable", message));
}

async function openSession(kind: LogKind, name: string, settings: OpenSettings, fellBack: boolean): Promise<Session> {
  if (kind === "indexeddb" && !hasIndexedDb()) {
    throw everbusError("unavailable", "this platform has no IndexedDB");
  }
  for (;;) {
    const lease = await leaseBus(kind, name);
    if (!lease.shared.isEnded) return new Session(name, lease, settings, fellBack);
    // The log was deleted in the moment it was opened: what is opened now comes after that.
    lease.release();
  }
}

function hasIndexedDb(): boolean {
  try {
    return globalThis.indexedDB != null;
  } catch {
    // An opaque origin, such as a sandboxed frame's, may not even look at it.
    return false;
  }
}

/**
 * Deletes a bus's stored log and consumers. Open buses of that name, in any tab, are closed: their iterators end, what
 * they have not committed yet rejects with `closed`, and other tabs are told so by `onError`.
 *
 * @throws EverbusError (it rejects) `invalid_option`, `blocked` while another tab keeps the log open, `module_failed`.
 * @example
 * await deleteBus("shop");
 */
export async function deleteBus(name: string): Promise<void> {
  const checkedName = readName(name, "the bus's name");
  await endBuses(checkedName);
  if (!hasIndexedDb()) return;
  await deleteDatabase(checkedName, platformClock);
  if (Parted.isNeeded()) Parted.forget(checkedName);
}
