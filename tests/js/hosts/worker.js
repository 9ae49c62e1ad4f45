const parameters = new URLSearchParams(location.search);
import("./run.js")
  .then(({ run }) => run(parameters))
  .catch((error) => fetch(`/outcomes${parameters.get("run")}`, { method: "POST", body: JSON.stringify({ broken: `${error}\n${error.stack}` }) }));
