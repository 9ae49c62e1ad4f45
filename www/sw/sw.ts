/**
 * The service worker: keeps all files of one build, so that the page works without a network.
 *
 * A page comes from the network if there is one, and so do the files that only a newer build has; the files of this build
 * come from here. A newer service worker waits until no tab uses this one, so no tab ever loses files that it needs.
 */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Set by the build: the addresses of its files, and a name that changes with them. */
declare const __FILES__: string[];
declare const __VERSION__: string;

const PREFIX = "everbus-demo files ";
const CACHE = PREFIX + __VERSION__;
const PAGE = "./";
const SWITCH = "everbus-demo switch";

interface Network {
  offline: boolean;
  refused: number;
}

/** Kept in a cache too, as the browser ends a service worker that has nothing to do. */
let network: Promise<Network> | undefined;

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event)));
self.addEventListener("message", (event) => event.waitUntil(turn(event.data)));

async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...__FILES__].map((file) => new Request(file, { cache: "no-cache" })));
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const isPage = request.mode === "navigate";
  const cache = await caches.open(CACHE);
  // What a file is doesn't depend on the request's headers, whatever the server says.
  const kept = await cache.match(isPage ? PAGE : request, { ignoreVary: true });
  if (kept !== undefined && !isPage) return kept;
  const state = await readNetwork();
  if (state.offline) {
    state.refused += 1;
    event.waitUntil(tell());
    return kept ?? Response.error();
  }
  try {
    return await fetch(request);
  } catch (error) {
    if (kept === undefined) throw error;
    return kept;
  }
}

async function turn({ offline }: { offline?: boolean }): Promise<void> {
  if (offline !== undefined) network = Promise.resolve({ offline, refused: 0 });
  await tell();
}

async function readNetwork(): Promise<Network> {
  network ??= caches
    .open(SWITCH)
    .then((cache) => cache.match(SWITCH))
    .then((kept) => kept?.json() ?? { offline: false, refused: 0 });
  return network;
}

/** Keeps the state, and tells it to every tab. */
async function tell(): Promise<void> {
  const state = await readNetwork();
  const cache = await caches.open(SWITCH);
  await cache.put(SWITCH, Response.json(state));
  const files = __FILES__.length + 1;
  for (const tab of await self.clients.matchAll({ includeUncontrolled: true })) tab.postMessage({ ...state, files });
}
