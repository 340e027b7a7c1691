import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { findDeathSignal } from "./death-watch.ts";

const watch = JSON.stringify(fileURLToPath(new URL("death-watch.ts", import.meta.url)));

/** Runs a process that starts a sleeper, kills it -9, and returns how long the sleeper says it was ended by. */
async function killOwner(script: string): Promise<string> {
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // The sleeper holds the pipe open until it ends.
  let said = "";
  owner.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (text.includes("ready")) owner.kill("SIGKILL");
  });
  await once(owner, "close");
  return said;
}

const sleeper = `["-c", "trap 'echo ended by SIGINT; exit' INT; echo ready; while :; do sleep 0.05; done"]`;
const options = `{ detached: true, stdio: ["ignore", "inherit", "inherit"] }`;

test("where the kernel cannot signal our death, the waiting shell does", async () => {
  const said = await killOwner(`
    import { spawn } from "node:child_process";
    const { watchOwnDeath } = await import(${watch});
    const sleeper = spawn("/bin/sh", ${sleeper}, ${options});
    watchOwnDeath(sleeper.pid);
    setInterval(() => {}, 1000);`);
  expect(said).toBe("ready\nended by SIGINT\n");
});

test("where the kernel can, it does", async ({ skip }) => {
  const command = await findDeathSignal();
  if (command === undefined) return skip("no setpriv with --pdeathsig here");
  const said = await killOwner(`
    import { spawn } from "node:child_process";
    const [program, ...args] = ${JSON.stringify(command)};
    spawn(program, [...args, "/bin/sh", ...${sleeper}], ${options});
    setInterval(() => {}, 1000);`);
  expect(said).toBe("ready\nended by SIGINT\n");
});
