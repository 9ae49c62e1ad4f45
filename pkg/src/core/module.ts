// The WebAssembly module: compiled once a realm, by the first bus that needs it.
import { EverbusError, everbusError, type EverbusErrorCode, messageOf } from "../api/errors.js";
import type { Core } from "./binding.js";
import type { Compile } from "./compile.js";

let compile: Compile;
let loading: Promise<Core> | undefined;
let memory: WebAssembly.Memory | undefined;
let view = /* @__PURE__ */ new Uint8Array(0);
let failed: EverbusError | undefined;

/** What to reject should the module fail: a promise of a module that trapped never settles by itself. */
const pending = /* @__PURE__ */ new Set<(error: EverbusError) => void>();

/** `call`, for which the module, should it not run yet, is compiled in this way. */
export function withModule<F extends (...given: never[]) => unknown>(by: Compile, call: F): F {
  const calling = (...given: never[]): unknown => {
    compile = by;
    return call(...given);
  };
  return calling as F;
}

/** Compiles and starts the module, unless it runs already. A failed attempt may be repeated. */
export function loadModule(): Promise<Core> {
  loading ??= start().catch((cause: unknown) => {
    loading = undefined;
    if (cause instanceof EverbusError) throw cause;
    const message =
      "WebAssembly can't be started here: a page with a Content-Security-Policy has to allow 'wasm-unsafe-eval', " +
      "and a Worker needs a bundler that knows its condition, such as 'workerd'";
    throw everbusError("unavailable", message, cause);
  });
  return loading;
}

async function start(): Promise<Core> {
  const core = (await import("./glue.js")) as unknown as Core;
  const module = await compile();
  // The glue knows a module by its prototype, which is another for one of another realm, as edge runtimes pass it.
  if (!(module instanceof WebAssembly.Module)) Object.setPrototypeOf(module, WebAssembly.Module.prototype);
  core.initSync({ module });
  memory = core.moduleMemory();
  core.setup(
    (code, message, cause) => everbusError(code as EverbusErrorCode, message, cause),
    (message) => void failModule(message),
  );
  return core;
}

/** Why the module can't be used any more; undefined while it can. */
export function moduleFailure(): EverbusError | undefined {
  return failed;
}

/** The module's memory. Views of it end when it grows, so ask again after every call that may allocate. */
export function moduleMemory(): Uint8Array {
  if (view.length === 0 && memory !== undefined) view = new Uint8Array(memory.buffer);
  return view;
}

function failModule(cause: unknown): EverbusError {
  if (failed === undefined) {
    const reason = typeof cause === "string" ? cause : messageOf(cause);
    const message = `the core failed and can't go on: ${reason}; reload to start it anew`;
    failed = everbusError("module_failed", message, cause);
    const rejecters = [...pending];
    pending.clear();
    for (const reject of rejecters) reject(failed);
  }
  return failed;
}

/** What the core threw, as an error with a code. A trap fails the whole module. */
function coreError(error: unknown): EverbusError {
  if (error instanceof EverbusError) return error;
  if ((error as Partial<Error> | null | undefined)?.name === "RuntimeError") return failModule(error);
  return failed ?? everbusError("storage", "the core threw an error that it has no code for", error);
}

/** Calls the core. */
export function callCore<T>(run: () => T): T {
  if (failed !== undefined) throw failed;
  try {
    return run();
  } catch (error) {
    throw coreError(error);
  }
}

/** Calls the core where only a failed module can throw, and everyone who uses it learns of that. */
export function quietly<T>(run: () => T): T | undefined {
  try {
    return callCore(run);
  } catch {
    return undefined;
  }
}

/** Calls the core and waits for its promise, which rejects with `module_failed` as soon as the module does. */
export function awaitCore<T>(run: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const promise = callCore(run);
    pending.add(reject);
    promise.then(
      (value) => {
        pending.delete(reject);
        resolve(value);
      },
      (error: unknown) => {
        pending.delete(reject);
        reject(coreError(error));
      },
    );
  });
}
