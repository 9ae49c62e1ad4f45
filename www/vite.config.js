import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "vite";

// The package exports its module only; its data files lie beside it.
const vegaDatasets = dirname(createRequire(import.meta.url).resolve("vega-datasets"));

export default defineConfig({
  base: "./",
  resolve: { alias: { "vega-datasets/data": join(vegaDatasets, "../data") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
