// Applies each mutant of mutants-list.mjs to a copy of the project, and runs the test that should fail then. Runs in the
// repository's root, after the package was built: `scripts/mutants` does both.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { mutants } from "./mutants-list.mjs";

const COPY = resolve("target/mutants/copy");
// Beside the copy, which goes: what the crates of others were compiled to is kept for the next time.
const env = { ...process.env, CARGO_TARGET_DIR: resolve("target/mutants/target") };
/** A mutant may make its test wait for ever. */
const TIME_LIMIT = 5 * 60_000;

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fail("interrupted"));

const [word = ""] = process.argv.slice(2);
const chosen = word.startsWith("--") ? mutants : mutants.filter(({ breaks }) => breaks.includes(word));
if (word === "--list") {
  for (const { breaks, file, test } of mutants) console.log(`${breaks}\n  ${file}: ${test.name}`);
} else {
  if (chosen.length === 0) fail(`no mutant's sentence contains ${JSON.stringify(word)}`);
  const stale = chosen.filter(({ file, text }) => readFileSync(file, "utf8").split(text).length !== 2);
  for (const { breaks, file } of stale) console.error(`not found in ${file}, or more than once: the text of "${breaks}"`);
  if (stale.length > 0) fail("bring scripts/mutants-list.mjs up to date");
  if (word !== "--check") await tryAll();
}

async function tryAll() {
  copyProject();
  process.once("exit", () => rmSync(COPY, { recursive: true }));
  for (const test of new Map(chosen.map(({ test }) => [test.name, test])).values()) await checkIntact(test);
  let survived = 0;
  for (const mutant of chosen) {
    const start = Date.now();
    const isCaught = await isCaughtByTest(mutant);
    const seconds = Math.round((Date.now() - start) / 1000);
    console.log(`${isCaught ? "caught  " : "SURVIVED"} ${mutant.breaks} (${mutant.test.name}, ${seconds} s)`);
    if (!isCaught) survived++;
  }
  console.log(`${chosen.length - survived} caught, ${survived} survived`);
  if (survived > 0) process.exitCode = 1;
}

/** What git knows or would, what was built, and links to the node packages; but those of the project are the copy's own. */
function copyProject() {
  rmSync(COPY, { recursive: true, force: true });
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"], { encoding: "utf8" });
  for (const file of list.split("\0").filter(Boolean)) copyFromProject(file);
  for (const built of ["pkg/wasm", "pkg/dist"]) copyFromProject(built);
  mkdirSync(join(COPY, "node_modules"));
  for (const entry of readdirSync("node_modules", { withFileTypes: true })) {
    const path = join("node_modules", entry.name);
    symlinkSync(entry.isSymbolicLink() ? readlinkSync(path) : resolve(path), join(COPY, path));
  }
}

function copyFromProject(path) {
  // With its times, by which `scripts/setup` sees that the node packages are those of the lock file.
  cpSync(path, join(COPY, path), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** A test that fails anyway, or that isn't there, would tell nothing. */
async function checkIntact({ name, build, command, ran }) {
  if (build !== undefined) await mustBuild(build, "the project");
  const { passed, output } = await run(command);
  if (!passed || !ran.test(output)) fail(`without a mutant, ${name} fails or runs no test:\n${output}`);
}

async function isCaughtByTest({ breaks, file, text, becomes, test }) {
  const path = join(COPY, file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, source.replace(text, () => becomes));
  try {
    await mustBuild(test.build ?? (file.endsWith(".rs") ? ["scripts/build"] : ["node", "scripts/build-package.mjs"]), breaks);
    return !(await run(test.command)).passed;
  } finally {
    writeFileSync(path, source);
    if (test.build === undefined) copyFromProject("pkg/wasm");
  }
}

async function mustBuild(command, what) {
  const { passed, output } = await run(command);
  if (!passed) fail(`can't be built: ${what}\n${output}`);
}

/** Runs a command in the copy. Whatever it has started ends with it. */
async function run([program, ...args]) {
  const child = spawn(program, args, { cwd: COPY, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => process.kill(-child.pid, "SIGKILL");
  process.prependOnceListener("exit", kill);
  const timer = setTimeout(kill, TIME_LIMIT);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((ended, failed) => child.on("close", ended).on("error", failed));
  clearTimeout(timer);
  process.off("exit", kill);
  return { passed: code === 0, output };
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
