// How people build a page, with each bundler as it comes: no setting is for everbus.
import { copyFile, mkdtemp } from "node:fs/promises";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const project = (name) => `${here}projects/${name}`;

/** The scripts of a project, for the bundlers that have to be told. */
const scripts = (name) => ["main.js", "worker.js"].map((file) => `${project(name)}/${file}`).filter(existsSync);
const html = (name, out) => copyFile(`${project(name)}/index.html`, `${out}/index.html`);
/** For the bundlers that don't know `new URL(…, import.meta.url)`, as the README has it. */
const wasm = (name, out) => name === "slim" && copyFile(`${here}node_modules/everbus/dist/everbus.wasm`, `${out}/everbus.wasm`);

/** What a bundler warns of, an author would have to look into. */
function complain(message) {
  throw new Error(message);
}

export const bundlers = {
  async vite(name, out) {
    const { build, createLogger } = await import("vite");
    const customLogger = createLogger("error");
    customLogger.warn = customLogger.warnOnce = complain;
    await build({ root: project(name), base: "./", customLogger, build: { outDir: out, emptyOutDir: true } });
  },

  async webpack(name, out) {
    const { default: webpack } = await import("webpack");
    const [main] = scripts(name);
    const performance = { hints: false };
    const compiler = webpack({ mode: "production", context: here, entry: main, output: { path: out }, performance });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    if (stats.hasErrors() || stats.hasWarnings()) complain(stats.toString());
    await html(name, out);
  },

  async rollup(name, out) {
    const { rollup } = await import("rollup");
    const { nodeResolve } = await import("@rollup/plugin-node-resolve");
    const onLog = (level, { message }) => level === "warn" && complain(message);
    const bundle = await rollup({ input: scripts(name), plugins: [nodeResolve({ browser: true })], onLog });
    await bundle.write({ dir: out });
    await bundle.close();
    await html(name, out);
    await wasm(name, out);
  },

  async esbuild(name, out) {
    const { build } = await import("esbuild");
    const options = { outdir: out, bundle: true, format: "esm", minify: true, logLevel: "error" };
    const { warnings } = await build({ entryPoints: scripts(name), ...options });
    for (const { text } of warnings) complain(text);
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

/** Resolves to the folder with the built page: a fresh one, as tests run side by side. */
export async function buildProject(bundler, name) {
  const out = await mkdtemp(`${here}out/${bundler}-${name}-`);
  await bundlers[bundler](name, out);
  return out;
}
