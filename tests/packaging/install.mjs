// Packs the package as `npm publish` would, and installs it for the projects here: unpacked, as npm does it, but without
// a line in the lock file, which would have to change with every build.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = `${here}out`;
const installed = `${here}node_modules/everbus`;

rmSync(out, { recursive: true, force: true });
rmSync(installed, { recursive: true, force: true });
mkdirSync(out);
mkdirSync(installed);
const npm = ["pack", "--json", "--silent", "--pack-destination", out];
const [packed] = JSON.parse(execFileSync("npm", npm, { cwd: `${here}../../pkg`, encoding: "utf8" }));
writeFileSync(`${out}/packed.json`, JSON.stringify(packed));
execFileSync("tar", ["-xzf", `${out}/${packed.filename}`, "--strip-components=1", "-C", installed]);
