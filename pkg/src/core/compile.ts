// The ways to the compiled WebAssembly. Each entry of the package (`entries/`) has the one that suits its platform.
import { describe, everbusError } from "../api/errors.js";
import { isA } from "../values/objects.js";

/** Brings the compiled module. Called by the first `openBus`, and again if it failed. */
export type Compile = () => Promise<WebAssembly.Module>;

/** From the text that the default entry has inside: base64 of the module, compressed in zlib's format. */
export async function compileInlined(text: string): Promise<WebAssembly.Module> {
  if (typeof DecompressionStream === "undefined") {
    const message = "this platform is too old: it has no DecompressionStream; everbus/slim works without";
    throw everbusError("unavailable", message);
  }
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) bytes[i] = characters.charCodeAt(i);
  const inflated = new Response(bytes).body!.pipeThrough(new DecompressionStream("deflate"));
  return WebAssembly.compile(await new Response(inflated).arrayBuffer());
}

/** What `useWasm` takes: where the file is, what fetched it, its bytes, or the compiled module. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

let given: WasmSource | PromiseLike<WasmSource> | undefined;

/**
 * Says where `everbus/slim` gets its WebAssembly, if not from the file beside it: for a bundler that doesn't know
 * `new URL("./everbus.wasm", import.meta.url)`, a file on another host, or a module that is compiled already. Fetches
 * nothing yet, and matters only until a bus has been opened.
 *
 * @throws EverbusError `invalid_option` for what can't be a source.
 * @example
 * import { openBus, useWasm } from "everbus/slim";
 * import wasm from "everbus/wasm?url"; // as Vite has it
 *
 * useWasm(wasm);
 * const bus = await openBus("shop");
 */
export function useWasm(source: WasmSource | PromiseLike<WasmSource>): void {
  if (typeof source !== "string" && (typeof source !== "object" || source === null)) {
    const message = `the source of the WebAssembly is ${describe(source)}: give an address, a response, bytes or a module`;
    throw everbusError("invalid_option", message);
  }
  given = source;
}

/** From what `useWasm` was told, else from `beside`; `load` gets what has an address. */
export async function compileGiven(
  beside: () => WasmSource,
  load: (address: string | URL | Request) => Promise<Response | BufferSource> = fetch,
): Promise<WebAssembly.Module> {
  let found: Response | BufferSource | WebAssembly.Module;
  let from = "";
  try {
    const source = await (given ?? beside());
    if (isAddress(source)) from = ` from ${isA<Request>("Request", source) ? source.url : source}`;
    found = isAddress(source) ? await load(source) : source;
  } catch (cause) {
    throw everbusError("unavailable", `the WebAssembly can't be fetched${from}`, cause);
  }
  if (isA<WebAssembly.Module>("WebAssembly.Module", found)) return found;
  return isA<Response>("Response", found) ? compileResponse(found) : WebAssembly.compile(found);
}

function isAddress(source: WasmSource): source is string | URL | Request {
  return typeof source === "string" || isA<URL>("URL", source) || isA<Request>("Request", source);
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw everbusError("unavailable", `${response.url} answered ${response.status}: the WebAssembly isn't there`);
  }
  // Only what is served as WebAssembly may be compiled while it arrives.
  return response.headers.get("content-type") === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
