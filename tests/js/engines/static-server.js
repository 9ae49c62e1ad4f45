// Serves the tests and the built package under one origin, at a port of its own, and hears outcomes.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const served = ["/tests/js/", "/tests/golden/", "/tests/samples/", "/pkg/dist/"];
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".ndjson": "application/x-ndjson; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
};

/** `heard` gets what pages post to /outcomes<run>: the run and the outcome. The answer waits for what it returns. */
export async function serve(heard = () => {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const answer = (status, type, body) => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store", "access-control-allow-origin": "*" });
      response.end(body);
    };
    if (request.method === "POST" && path.startsWith("/outcomes")) {
      let text = "";
      try {
        for await (const chunk of request.setEncoding("utf8")) text += chunk;
      } catch {
        // A browser that is killed while it posts has said nothing.
        return;
      }
      await heard(path.slice("/outcomes".length), JSON.parse(text));
      return answer(204, "text/plain");
    }
    const type = types[extname(path)];
    if (!type || !served.some((folder) => path.startsWith(folder))) return answer(404, "text/plain", "not served");
    try {
      answer(200, type, await readFile(root + path));
    } catch {
      answer(404, "text/plain", "not found");
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** By another host that leads here, such as an engine's `plainHost`. */
    originAt: (host) => `http://${host}:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
