/** What a test run leaves behind, however it ends: nothing. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const testing = JSON.stringify(fileURLToPath(new URL("testing.ts", import.meta.url)));
/** Stands for a worker: makes a database, tells of it, and stays. */
const worker = `const { createTestDatabase } = await import(${testing});
  const database = await createTestDatabase();
  const [{ pid }] = await database.query({ text: "select pg_backend_pid() as pid", values: [] });
  console.log(JSON.stringify({ ...database.connection, pid }));
  setInterval(() => {}, 1000);`;

test.each(["SIGINT", "SIGKILL"] as const)(
  "a run that is ended with %s leaves no process and no folder",
  async (signal) => {
    // The shell stands for the runner, the parent of all workers.
    const script = 'for n in 1 2 3; do "$1" --input-type=module -e "$2" & done; wait';
    const run = spawn("/bin/sh", ["-c", script, "sh", process.execPath, worker], { detached: true });
    const told: { host: string; database: string; pid: number }[] = [];
    await new Promise<void>((resolve) => {
      let text = "";
      run.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const lines = text.split("\n").slice(0, -1);
        if (lines.length === 3)
          resolve(void told.push(...lines.map((line) => JSON.parse(line) as (typeof told)[0])));
      });
    });
    // One server for all, a database for each.
    expect([
      new Set(told.map(({ host }) => host)).size,
      new Set(told.map(({ database }) => database)).size,
    ]).toEqual([1, 3]);
    const host = told[0]?.host as string;
    const backend = told[0]?.pid as number;
    const postmaster = Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${backend}/status`, "utf8"))?.[1]);
    const keeper = Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${postmaster}/status`, "utf8"))?.[1]);
    const socket = `/tmp/castellan-test-${process.getuid?.()}-${run.pid}.sock`;
    const folder = readdirSync("/tmp").find(
      (name) => name.startsWith("castellan-test-") && holds(`/tmp/${name}`, keeper),
    ) as string;
    expect([existsSync(socket), existsSync(`/tmp/${folder}`)]).toEqual([true, true]);
    process.kill(-(run.pid as number), signal);
    for (const path of [host, socket, `/tmp/${folder}`, `/proc/${postmaster}`, `/proc/${keeper}`])
      while (existsSync(path)) await delay(10);
  },
);

function holds(folder: string, pid: number): boolean {
  try {
    return (JSON.parse(readFileSync(`${folder}/holder.json`, "utf8")) as { pid: number }).pid === pid;
  } catch {
    return false;
  }
}
