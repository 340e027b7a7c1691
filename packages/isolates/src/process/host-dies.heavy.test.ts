/** `kill -9` of a host, whatever its processes are at: no program runs on, and the next host finds nothing of them; contained and plain. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { createIsolates } from "../create-isolates.ts";

/** Far behind those that Node takes from its children. */
const leftOpen = 60;

describe.runIf(process.platform === "linux").each(["required", "none"] as const)(
  "containment %s",
  (containment) => {
    let dir: string;
    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), "iso-"));
      await chmod(dir, 0o711);
    });
    afterEach(() => rm(dir, { recursive: true }));

    test("nothing that it left open is open in a process, whatever the umask is", async () => {
      const host = await startHost(containment, dir);
      const all = await processesOf(dir);
      expect(all.length).toBeGreaterThan(3);
      const secret = await readlink(`/proc/${host.pid}/fd/${leftOpen}`);
      expect(secret).toBe(import.meta.filename);
      const open = (await Promise.all(all.map(({ pid }) => descriptorsOf(pid)))).flat();
      expect(open.length).toBeGreaterThan(0);
      expect(open).not.toContain(secret);
      await kill(host);
      await nobodyLeft(dir);
    });

    // Some of its processes compute, some wait, one is just starting, at another point each time.
    test.each([0, 3, 7, 19, 31, 53, 71])("killed %i ms after it came up", async (afterMs) => {
      const host = await startHost(containment, dir);
      expect((await processesOf(dir)).filter(({ isRuntime }) => isRuntime).length).toBeGreaterThan(1);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await kill(host);
      await nobodyLeft(dir);
    });
  },
);

async function startHost(containment: string, dir: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "testing-host.ts");
  const behind = Array.from({ length: leftOpen - 3 }, () => "ignore" as const);
  const host = spawn(process.execPath, [script, containment, dir], {
    stdio: ["ignore", "pipe", "inherit", ...behind, openSync(import.meta.filename, "r")],
  });
  const [said] = (await once(host.stdout!, "data")) as [Buffer];
  expect(String(said)).toBe("up\n");
  return host;
}

async function kill(host: ChildProcess): Promise<void> {
  host.kill("SIGKILL");
  await once(host, "exit");
}

async function nobodyLeft(dir: string): Promise<void> {
  const among = (isLeft: (found: Found) => boolean): Promise<void> =>
    vi.waitFor(async () => expect((await processesOf(dir)).filter(isLeft)).toEqual([]), {
      timeout: 20_000,
      interval: 50,
    });
  await among(({ isRuntime }) => isRuntime);
  // One that was just being started may wait for a word of its dead parent. It has run nothing, and goes now.
  await using _ = await createIsolates({ containment: "none", dir, warm: 0, onError: () => {} });
  await among(() => true);
}

interface Found {
  readonly pid: string;
  /** Whether it has come to run programs. */
  readonly isRuntime: boolean;
}

/** All that have the folder in their arguments (those that start them, plain ones) or in their mounts (contained ones). */
async function processesOf(dir: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    const [cmdline, mounts] = await Promise.all(
      ["cmdline", "mountinfo"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "")),
    );
    const isHost = cmdline!.includes("testing-host.ts");
    if (isHost || !(cmdline!.includes(dir) || mounts!.includes(dir))) continue;
    found.push({ pid, isRuntime: cmdline!.split("\0")[0]!.endsWith("workerd") });
  }
  return found;
}

/** Where its open descriptors lead; nothing if it has ended meanwhile. */
async function descriptorsOf(pid: string): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
}
