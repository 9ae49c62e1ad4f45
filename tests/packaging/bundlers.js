// How people build a page, with each bundler as it comes: no setting is for everbus.
import { copyFile, cp, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const project = (name) => `${here}projects/${name}`;

/** The scripts of a project, for the bundlers that have to be told. */
const scripts = (name) => ["main.js", "worker.js"].map((file) => `${project(name)}/${file}`).filter(existsSync);
const html = (name, out) => copyFile(`${project(name)}/index.html`, `${out}/index.html`);
/** For the bundlers that don't know `new URL(…, import.meta.url)`, as the README has it. */
const wasm = (name, out) => name === "slim" && cp(`${here}node_modules/everbus/dist/everbus.wasm`, `${out}/everbus.wasm`);

export const bundlers = {
  async vite(name, out) {
    const { build } = await import("vite");
    await build({ root: project(name), base: "./", logLevel: "error", build: { outDir: out } });
  },

  async webpack(name, out) {
    const { default: webpack } = await import("webpack");
    const [main] = scripts(name);
    const performance = { hints: false };
    const compiler = webpack({ mode: "production", context: here, entry: main, output: { path: out }, performance });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
    await html(name, out);
  },

  async rollup(name, out) {
    const { rollup } = await import("rollup");
    const { nodeResolve } = await import("@rollup/plugin-node-resolve");
    const onLog = (level, log) => {
      if (level === "warn") throw new Error(log.message);
    };
    const bundle = await rollup({ input: scripts(name), plugins: [nodeResolve({ browser: true })], onLog });
    await bundle.write({ dir: out });
    await bundle.close();
    await html(name, out);
    await wasm(name, out);
  },

  async esbuild(name, out) {
    const { build } = await import("esbuild");
    await build({ entryPoints: scripts(name), outdir: out, bundle: true, format: "esm", minify: true, logLevel: "error" });
    await html(name, out);
    await wasm(name, out);
  },

  async parcel(name, out) {
    const { Parcel } = await import("@parcel/core");
    await new Parcel({
      entries: `${project(name)}/index.html`,
      defaultConfig: "@parcel/config-default",
      mode: "production",
      cacheDir: `${out}-cache`,
      defaultTargetOptions: { distDir: out, publicUrl: "./" },
    }).run();
  },
};

export async function buildProject(bundler, name) {
  const out = `${here}out/${bundler}-${name}`;
  await mkdir(out, { recursive: true });
  await bundlers[bundler](name, out);
  return out;
}
