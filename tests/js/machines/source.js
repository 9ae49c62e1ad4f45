// Modules of the package's source, for what can be tested without the core and without a browser.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** The exports of a file in pkg/src. */
export async function source(path) {
  const entry = fileURLToPath(new URL(`../../../pkg/src/${path}`, import.meta.url));
  const options = { bundle: true, format: "esm", write: false, logLevel: "warning" };
  const { outputFiles } = await build({ ...options, entryPoints: [entry] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
