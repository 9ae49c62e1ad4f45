import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "vite";

// The package exports its module only; its data files lie beside it.
const vegaDatasets = dirname(createRequire(import.meta.url).resolve("vega-datasets"));

/** Builds sw/sw.ts as sw.js beside the page, and tells it the build's files and a version that changes with them. */
function serviceWorker() {
  const fileName = "sw.js";
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    buildStart() {
      this.emitFile({ type: "chunk", id: "sw/sw.ts", fileName });
    },
    generateBundle(_, bundle) {
      const { [fileName]: worker, "index.html": page, ...others } = bundle;
      // Their names have hashes of what is in them; the page's has none.
      const files = Object.keys(others).sort();
      const version = createHash("sha256").update(JSON.stringify([files, page.source])).digest("hex").slice(0, 12);
      worker.code = worker.code
        .replaceAll("__FILES__", () => JSON.stringify(files))
        .replaceAll("__VERSION__", () => JSON.stringify(version));
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [serviceWorker()],
  resolve: { alias: { "vega-datasets/data": join(vegaDatasets, "../data") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
