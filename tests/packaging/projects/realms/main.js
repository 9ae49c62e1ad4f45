// ?realm=Worker, ?realm=SharedWorker or ?realm=ServiceWorker runs a script there, by itself the shop: it answers whoever
// says hello.
const { realm, script = "./worker.js" } = Object.fromEntries(new URLSearchParams(location.search));

globalThis.outcome = new Promise((resolve, reject) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => resolve(data);
  const failed = ({ message }) => reject(new Error(message ?? "the worker's script failed"));
  const greet = (worker) => worker.postMessage("hello", [port2]);
  if (realm === "ServiceWorker") {
    const registered = navigator.serviceWorker.register(script, { type: "module" });
    registered.then(({ active, installing }) => greet(active ?? installing)).catch(failed);
  } else {
    const worker = new globalThis[realm](script, { type: "module" });
    worker.onerror = failed;
    greet(worker.port ?? worker);
  }
});
