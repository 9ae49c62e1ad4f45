/** What a page has left behind of a log: the keys and the bytes of records. */
export interface Records {
  readonly keys: string[];
  readonly values: Uint8Array[];
}

/**
 * Where pages leave records in WebKit, which drops whatever a page asks of IndexedDB once it is told that it is left, or keeps
 * the transaction open while the page is in its back/forward cache: in
 * [`localStorage`](https://developer.mozilla.org/docs/Web/API/Window/localStorage), which is written at once. It has 5 MB.
 * What else is there stays as it is.
 */
export class Parted {
  readonly #prefix: string;
  readonly #onLeft: () => void;

  /** Safari, and every other browser that is made of WebKit, is recognised by what it says of its vendor alone. */
  static isNeeded(): boolean {
    return typeof document === "object" && navigator.vendor?.startsWith("Apple") === true;
  }

  /** Forgets what pages have left behind of a log that is deleted. */
  static forget(log: string): void {
    const prefix = prefixOf(log);
    quietly((storage) => {
      for (const name of Object.keys(storage)) if (name.startsWith(prefix)) storage.removeItem(name);
    });
  }

  /** `onLeft` is called when another page has left something. */
  constructor(log: string, onLeft: () => void) {
    this.#prefix = prefixOf(log);
    this.#onLeft = onLeft;
    addEventListener("storage", this.#changed);
  }

  close(): void {
    removeEventListener("storage", this.#changed);
  }

  /** Keeps a record, as far as there is room. */
  add(key: string, value: Uint8Array): void {
    let text = "";
    for (let i = 0; i < value.length; i += 4096) text += String.fromCharCode(...value.subarray(i, i + 4096));
    quietly((storage) => storage.setItem(this.#prefix + key, text));
  }

  /** The records that are there. */
  get all(): Records {
    const keys: string[] = [];
    const values: Uint8Array[] = [];
    quietly((storage) => {
      for (const name of Object.keys(storage)) {
        if (!name.startsWith(this.#prefix)) continue;
        keys.push(name.slice(this.#prefix.length));
        values.push(Uint8Array.from(storage.getItem(name) ?? "", (unit) => unit.charCodeAt(0)));
      }
    });
    return { keys, values };
  }

  /** Forgets records: what is in them is stored. */
  remove(keys: readonly string[]): void {
    quietly((storage) => {
      for (const key of keys) storage.removeItem(this.#prefix + key);
    });
  }

  readonly #changed = ({ key, newValue }: StorageEvent): void => {
    if (key?.startsWith(this.#prefix) && newValue !== null) this.#onLeft();
  };
}

/** Which names in the storage are those of a log. */
function prefixOf(log: string): string {
  return `everbus parting ${JSON.stringify(log)} `;
}

/** What the storage refuses (it is full, or forbidden) is as if it weren't there. */
function quietly(use: (storage: Storage) => void): void {
  try {
    use(localStorage);
  } catch {}
}
