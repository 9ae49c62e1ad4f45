// The stored database as it is, without everbus.

/** The database of the bus of this name; `version` as `indexedDB.open` has it. It closes when it is asked to. */
export async function openRaw(name, version) {
  const database = await settled(indexedDB.open(`everbus:${name}`, version));
  database.onversionchange = () => database.close();
  return database;
}

/** A connection to it that refuses to close. */
export async function stubborn(name) {
  const database = await openRaw(name);
  database.onversionchange = null;
  return database;
}

/** Calls `act` with a store in one transaction; resolves to the result of the request that it returns. */
export async function within(name, store, act) {
  const database = await openRaw(name);
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, "readwrite");
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** The last number of the log in a database. FORMAT.md: it is at offset 32 of the head. */
export async function lastNumber(database) {
  const head = await settled(database.transaction("meta").objectStore("meta").get("head"));
  return Number(new DataView(head.buffer).getBigUint64(32, true));
}

/** The checksum of FORMAT.md, over the words at these offsets; a last word that isn't full is filled with zeros. */
export function checksum(bytes, offsets) {
  const words = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 8) * 8));
  new Uint8Array(words.buffer).set(bytes);
  return offsets.reduce((hash, offset) => {
    const mixed = BigInt.asUintN(64, (hash ^ words.getBigUint64(offset, true)) * 0x9e3779b97f4a7c15n);
    return mixed ^ (mixed >> 32n);
  }, 0x6576657262757331n);
}

/** The offsets of the words of so many bytes, from one on. */
export function wordsFrom(offset, length) {
  return Array.from({ length: Math.ceil((length - offset) / 8) }, (_, word) => offset + word * 8);
}

/** How a request ends. A request to open that is blocked goes on waiting. */
export function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Whoever begins a transaction is noted, until `stop()`: the connections and the transactions, all of them real.
 * `began`, if it is set, is called once the next one has its first requests.
 */
export function watchTransactions() {
  const { transaction } = IDBDatabase.prototype;
  const connections = new Set();
  const transactions = [];
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const begun = transaction.call(this, stores, mode, options);
    connections.add(this);
    transactions.push({ begun, mode, options });
    if (watch.began) queueMicrotask(watch.began);
    watch.began = undefined;
    return begun;
  };
  const watch = {
    connections,
    transactions,
    began: undefined,
    stop() {
      IDBDatabase.prototype.transaction = transaction;
    },
  };
  return watch;
}

/** The next `left` transactions that write segments are told to have failed once they are complete. */
export function mistellCommits(left) {
  const { transaction } = IDBDatabase.prototype;
  const misled = { left };
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const begun = transaction.call(this, stores, mode, options);
    if (mode !== "readwrite" || !stores.includes("segments")) return begun;
    if (--misled.left === 0) IDBDatabase.prototype.transaction = transaction;
    begun.addEventListener("complete", (event) => {
      event.stopImmediatePropagation();
      begun.dispatchEvent(new Event("abort"));
    });
    return begun;
  };
  return misled;
}

/** The next `left` databases are refused, as by a platform that clears a site's data. */
export function refuseToOpen(left) {
  const { open } = IDBFactory.prototype;
  const refused = { left };
  IDBFactory.prototype.open = function () {
    if (--refused.left === 0) IDBFactory.prototype.open = open;
    throw new DOMException("The connection was closed.", "AbortError");
  };
  return refused;
}

/** Until `stop()`, timers run twenty times as fast: a limit of 10 s passes in half a second. */
export function hurryTimers() {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (callback, ms = 0, ...rest) => setTimeout(callback, ms / 20, ...rest);
  return () => {
    globalThis.setTimeout = setTimeout;
  };
}
