// ?host=window runs the suite here, ?host=worker in a dedicated module worker.
const parameters = new URLSearchParams(location.search);
const broken = (message) => fetch(`/outcomes${parameters.get("run")}`, { method: "POST", body: JSON.stringify({ broken: message }) });

if (parameters.get("host") === "worker") {
  const worker = new Worker(`worker.js${location.search}`, { type: "module" });
  worker.onerror = (event) => {
    // The suite counts what goes wrong once it runs; this is for what keeps it from running.
    broken(`the worker failed: ${event.message ?? "its script did not load"}`);
  };
} else {
  import("./run.js").then(({ run }) => run(parameters)).catch((error) => broken(`${error}\n${error.stack}`));
}
