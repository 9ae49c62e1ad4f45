// What the buses of one name share: opened by the first of them, closed with the last.
import { type EverbusError, everbusError } from "../api/errors.js";
import { platformClock } from "../clock.js";
import { RealmLocks, TabLocks } from "../consumers/locks.js";
import type { Batch } from "../core/binding.js";
import { Log } from "../core/log.js";
import { loadModule } from "../core/module.js";
import type { Store } from "../core/store.js";
import { IndexedDbStore } from "../indexeddb/store.js";
import { type LogKind, type Member, SharedBus } from "./shared.js";

interface Slot {
  readonly key: string;
  readonly opening: Promise<SharedBus>;
  /** How many buses use it or are about to. */
  users: number;
  /** Once it is open. */
  shared?: SharedBus;
}

const slots = /* @__PURE__ */ new Map<string, Slot>();

/** What a bus shares, to use until it is released. */
export interface Lease {
  readonly shared: SharedBus;
  /** Once. The last one closes it. */
  release(): void;
}

/** What the buses of this name and kind share in this realm, opened if it isn't. */
export async function leaseBus(kind: LogKind, name: string): Promise<Lease> {
  const key = `${kind}:${name}`;
  let slot = slots.get(key);
  if (slot === undefined) {
    const opening = open(kind, name, () => forget(key, opening));
    slot = { key, opening, users: 0 };
    slots.set(key, slot);
  }
  const { opening } = slot;
  slot.users++;
  try {
    const shared = (slot.shared = await opening);
    return { shared, release: () => leave(slot, shared) };
  } catch (error) {
    forget(key, opening);
    throw error;
  }
}

/** Who has another log of this name open in this realm than one of this kind. */
export function membersElsewhere(kind: LogKind, name: string): Member[] {
  const other = kind === "memory" ? "indexeddb" : "memory";
  return [...(slots.get(`${other}:${name}`)?.shared?.members ?? [])];
}

async function open(kind: LogKind, name: string, onEnd: () => void): Promise<SharedBus> {
  if (kind === "none") return new SharedBus(platformClock);
  const core = await loadModule();
  let shared: SharedBus | undefined;
  let closed: EverbusError | undefined;
  const onClosed = (error: EverbusError): void => {
    closed = error;
    onEnd();
    shared?.end(closed, true);
  };
  const store = (): Store => new IndexedDbStore(name, core, platformClock);
  const log = kind === "memory" ? Log.memory(core) : await Log.open(core, store(), onClosed);
  try {
    const [, last] = await log.bounds();
    if (closed !== undefined) throw closed;
    const locks = kind === "memory" ? new RealmLocks() : new TabLocks(name, platformClock);
    const newBatch = (): Batch => new core.Batch();
    const isStored = kind !== "memory";
    return (shared = new SharedBus(platformClock, { name, log, last: last!, newBatch, locks, isStored }));
  } catch (error) {
    log.close();
    throw error;
  }
}

function leave(slot: Slot, shared: SharedBus): void {
  if (--slot.users > 0) return;
  forget(slot.key, slot.opening);
  if (!shared.isEnded) shared.close();
}

function forget(key: string, opening: Promise<SharedBus>): void {
  if (slots.get(key)?.opening === opening) slots.delete(key);
}

/** Ends what the realm's buses of this name share: their buses are closed with code `closed`. */
export async function endBuses(name: string): Promise<void> {
  const error = everbusError("closed", `the bus ${JSON.stringify(name)} was deleted: open it again to start anew`);
  const kinds: LogKind[] = ["indexeddb", "memory", "none"];
  const ending = kinds.map(async (kind) => {
    const slot = slots.get(`${kind}:${name}`);
    if (slot === undefined) return;
    slots.delete(slot.key);
    const shared = await slot.opening.catch(() => undefined);
    shared?.end(error, false);
  });
  await Promise.all(ending);
}
