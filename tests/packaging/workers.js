// Workers as they are deployed: bundled by their platform's tool, and run by its runtime.
import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** A project's script as Wrangler deploys it, in workerd. */
export async function worker(t, script) {
  const { Miniflare } = await import("miniflare");
  const name = basename(script);
  const out = await mkdtemp(`${here}out/wrangler-`);
  const args = ["deploy", script, "--dry-run", "--outdir", out, "--name", "shop", "--compatibility-date", "2026-01-01"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "1" };
  await promisify(execFile)(`${here}node_modules/.bin/wrangler`, args, { cwd: here, env });
  const miniflare = new Miniflare({
    modules: true,
    modulesRoot: out,
    scriptPath: `${out}/${name}`,
    modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
    compatibilityDate: "2026-01-01",
  });
  t.after(() => miniflare.dispose());
  return { fetch: () => miniflare.dispatchFetch("http://localhost/") };
}

/** A project's script in an edge runtime: what is imported by `?module` is there as a global of its own. */
export async function edgeRuntime(script) {
  const { build } = await import("esbuild");
  const { EdgeRuntime } = await import("edge-runtime");
  const modules = {};
  const asGlobal = {
    name: "wasm?module",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({ path: `${resolveDir}/${path.slice(0, -7)}`, namespace: "wasm" }));
      onLoad({ filter: /./, namespace: "wasm" }, async ({ path }) => {
        modules.wasm_everbus = await WebAssembly.compile(await readFile(path));
        return { contents: "export default wasm_everbus" };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [here + script],
    conditions: ["edge-light"],
    plugins: [asGlobal],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  const runtime = new EdgeRuntime({ initialCode: outputFiles[0].text, extend: (context) => Object.assign(context, modules) });
  return { fetch: () => runtime.dispatchFetch("http://localhost/") };
}
