/** The entry `bin/castellan.js`: which Node runs the command, and what it is told. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../version.ts";
import { bin, makeFolder, runCastellan, type TestFolder } from "./testing/command.ts";

let workspace: TestFolder;
let entry: string;

/** Stands for the workspace's Node: says what it was started with, then how often it is told to stop. */
const probe = `
  let told = 0;
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      told += 1;
      // A second one would come at once.
      setTimeout(() => { console.log(told); process.exit(7); }, 100);
    });
  console.log(JSON.stringify(process.argv.slice(2)));
  if (process.argv.includes("wait")) setInterval(() => {}, 1000);
  else process.exitCode = 3;
`;

beforeAll(async () => {
  workspace = await makeFolder();
  const at = (path: string) => join(workspace.path, path);
  entry = at("apps/server/bin/castellan.js");
  await mkdir(at("apps/server/bin"), { recursive: true });
  await mkdir(at("node_modules/.bin"), { recursive: true });
  await copyFile(bin, entry);
  await writeFile(at("probe.cjs"), probe);
  await writeFile(
    at("node_modules/.bin/node"),
    `#!/bin/sh\nexec ${process.execPath} ${at("probe.cjs")} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  await writeFile(at("without-execve.cjs"), "process.execve = undefined;\n");
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Runs the entry as a Node does that cannot run TypeScript. */
function launch(
  how: "execve" | "spawn",
  file: string,
  args: readonly string[],
): ChildProcessWithoutNullStreams {
  const preload = how === "spawn" ? ["--require", join(workspace.path, "without-execve.cjs")] : [];
  return spawn(
    process.execPath,
    ["--no-experimental-strip-types", "--no-warnings", ...preload, file, ...args],
    {
      stdio: "pipe",
      // Outside of any terminal, whose keys would reach both processes by themselves.
      detached: true,
    },
  );
}

test.each(["execve", "spawn"] as const)(
  "another Node takes over by %s, with arguments and exit code",
  async (how) => {
    const child = launch(how, entry, ["server", "add", "a b", "*"]);
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect([JSON.parse(stdout), code]).toEqual([[entry, "server", "add", "a b", "*"], 3]);
  },
);

test.each([
  ["execve", "SIGTERM"],
  ["execve", "SIGINT"],
  ["spawn", "SIGTERM"],
  ["spawn", "SIGINT"],
] as const)("taken over by %s, it is told %s once", async (how, signal) => {
  const child = launch(how, entry, ["wait"]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe(JSON.stringify([entry, "wait"]));
  child.kill(signal);
  const [told, [code]] = await Promise.all([lines.next(), once(child, "exit")]);
  expect([told.value, code]).toEqual(["1", 7]);
});

test("where no Node can be found, it says what to do", async () => {
  await using lonely = await makeFolder();
  const file = join(lonely.path, "castellan.js");
  await copyFile(bin, file);
  const child = launch("spawn", file, ["--version"]);
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect([code, stderr]).toEqual([
    1,
    `castellan: Node 24 or later is needed to run it, and this is ${process.version} (node_too_old)\n  Run \`npm ci\` in the project's folder, which installs the right one where there is a package for it, or get it from https://nodejs.org\n`,
  ]);
});

test("the entry is written in what old Nodes can parse", async () => {
  const source = await readFile(bin, "utf8");
  // None of ES2020 but `import()`, which Node 12 has: else it would fail before it can say anything.
  expect(source).not.toMatch(/\?\.|\?\?|\|\|=|&&=|^import |^export |\bawait\b|"node:/m);
});

test("--version and --help", async () => {
  expect(await runCastellan(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const help = await runCastellan(["--help"]);
  expect([help.code, help.stderr, help.stdout.split("\n")[0]]).toEqual([
    0,
    "",
    "Usage: castellan [options] [command]",
  ]);
  const none = await runCastellan([]);
  expect([none.code, none.stdout, none.stderr]).toEqual([2, "", help.stdout]);
});
