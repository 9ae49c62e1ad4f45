// A bench's page with the package and its peers in one script, as an application's bundler would make it.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// The package exports its module only; its data files lie beside it.
const vegaDatasets = dirname(createRequire(import.meta.url).resolve("vega-datasets"));

/** The script of the bench `name`. */
export async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../${name}/page.js`, import.meta.url))],
    alias: {
      "vega-datasets/data": join(vegaDatasets, "../data"),
      // RxDB brings another patch of it, and a page takes only one.
      dexie: fileURLToPath(import.meta.resolve("dexie")),
    },
    loader: { ".csv": "text" },
    // What a page loads from the server by itself, as it is published.
    external: ["/package/*"],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
