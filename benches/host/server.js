// Serves one page with one script, and the package, at a port of its own, and hears what the page says.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname } from "node:path";

const PACKAGE = new URL("../../pkg/dist/", import.meta.url);
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>everbus benchmark</title>
<link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>
`;

// Browsers give isolated pages a clock of 5 to 20 microseconds, and others one of up to a millisecond.
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Serves until `scope` ends. `onSaid` gets what the page posts, which is answered when it is done. Resolves to the origin. */
export async function serve(scope, script, onSaid) {
  const server = createServer(async (request, response) => {
    const answer = (status, type, body) => {
      response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store", ...ISOLATED });
      response.end(body);
    };
    if (request.method === "POST") {
      let text = "";
      for await (const piece of request.setEncoding("utf8")) text += piece;
      await onSaid(JSON.parse(text));
      return answer(204, "text/plain");
    }
    if (request.url === "/page.js") return answer(200, "text/javascript", script);
    if (request.url.startsWith("/package/")) {
      const file = basename(request.url);
      return answer(200, TYPES[extname(file)], await readFile(new URL(file, PACKAGE)));
    }
    answer(200, "text/html", PAGE);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  scope.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${server.address().port}`;
}
