import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { findDeathSignal } from "./death-watch.ts";

const watch = JSON.stringify(fileURLToPath(new URL("death-watch.ts", import.meta.url)));

/** Runs a process that starts a sleeper and has it watched, kills it -9, and returns what both have said. */
async function killOwner(script: string): Promise<string[]> {
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // The sleeper holds the pipe open until it ends.
  let said = "";
  owner.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes("ready\n") && said.includes("watched\n")) owner.kill("SIGKILL");
  });
  await once(owner, "close");
  return said.trimEnd().split("\n").toSorted();
}

const sleeper = `["-c", "trap 'echo ended by SIGINT; exit' INT; echo ready; while :; do sleep 0.05; done"]`;
const options = `{ detached: true, stdio: ["ignore", "inherit", "inherit"] }`;

test("where the kernel cannot signal our death, the waiting shell does", async () => {
  const said = await killOwner(`
    import { spawn } from "node:child_process";
    const { watchOwnDeath } = await import(${watch});
    const sleeper = spawn("/bin/sh", ${sleeper}, ${options});
    watchOwnDeath(sleeper.pid);
    console.log("watched");
    setInterval(() => {}, 1000);`);
  expect(said).toEqual(["ended by SIGINT", "ready", "watched"]);
});

test("where the kernel can, it does", async ({ skip }) => {
  const command = await findDeathSignal();
  if (command === undefined) return skip("no setpriv with --pdeathsig here");
  const said = await killOwner(`
    import { spawn } from "node:child_process";
    const [program, ...args] = ${JSON.stringify(command)};
    spawn(program, [...args, "/bin/sh", ...${sleeper}], ${options});
    console.log("watched");
    setInterval(() => {}, 1000);`);
  expect(said).toEqual(["ended by SIGINT", "ready", "watched"]);
});
