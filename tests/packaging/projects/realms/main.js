// ?realm=SharedWorker or ?realm=ServiceWorker runs the shop there. The worker answers whoever says hello.
const realm = new URLSearchParams(location.search).get("realm");

globalThis.outcome = new Promise((resolve, reject) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => resolve(data);
  const failed = ({ message }) => reject(new Error(message ?? "the worker's script failed"));
  if (realm === "SharedWorker") {
    const worker = new SharedWorker("./worker.js", { type: "module" });
    worker.onerror = failed;
    worker.port.postMessage("hello", [port2]);
  } else {
    navigator.serviceWorker.register("./worker.js", { type: "module" }).catch(failed);
    navigator.serviceWorker.ready.then(({ active }) => active.postMessage("hello", [port2]), failed);
  }
});
