// What the documents link to is there, and a test that is linked by its name is where the link leads.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);

for (const document of ["README.md", "ARCHITECTURE.md", "benches/README.md"]) {
  test(`the links of ${document} lead somewhere`, async () => {
    const text = await readFile(new URL(document, root), "utf8");
    const links = [...text.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].filter(([, , target]) => !/^https?:|^#/.test(target));
    assert.ok(links.length > 0, "it has no links");
    const broken = [];
    for (const [link, name, target] of links) {
      const file = await readFile(new URL(target, new URL(document, root)), "utf8").catch((error) => (error.code === "EISDIR" ? "" : undefined));
      const [, test] = /^`(\w+)`$/.exec(name) ?? [];
      if (file === undefined || (test !== undefined && !file.includes(`fn ${test}(`))) broken.push(link);
    }
    assert.deepEqual(broken, []);
  });
}
