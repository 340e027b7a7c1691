import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../database.ts";
import { sql } from "../sql.ts";
import { findRunningServer } from "./running.ts";
import { type EmbeddedServerOptions, startEmbeddedServer } from "./server.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp("/tmp/castellan-home-");
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const start = async (name: string, options: Partial<EmbeddedServerOptions> = {}) =>
  startEmbeddedServer({ dataDir: join(home, name), dangerouslyThrowaway: true, ...options });
const isRunning = (pid: number | undefined) => existsSync(`/proc/${pid}`);

test("it starts in a new folder, keeps what is written, and leaves nothing running behind", async () => {
  const first = await start("plain");
  const { host } = first.connection;
  {
    await using database = await openDatabase({ connection: first.connection });
    expect(
      await database.query(sql`select current_setting('listen_addresses') as tcp, current_setting('data_checksums') as checksums,
        current_setting('TimeZone') as zone, datcollate, datlocprovider, datlocale from pg_database where datname = current_database()`),
    ).toEqual([
      { tcp: "", checksums: "on", zone: "UTC", datcollate: "C", datlocprovider: "b", datlocale: "C.UTF-8" },
    ]);
    await database.query(sql`create table kept as select 42 as answer`);
  }
  expect([first.problem, isRunning(first.pid), Buffer.byteLength(host) < 80]).toEqual([
    undefined,
    true,
    true,
  ]);
  const { pid } = first;
  await Promise.all([first[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]);
  expect([isRunning(pid), existsSync(host), first.pid]).toEqual([false, false, undefined]);

  await using second = await start("plain");
  await using database = await openDatabase({ connection: second.connection });
  expect(await database.query(sql`select * from kept`)).toEqual([{ answer: 42 }]);
});

test("a second instance on one folder is refused in one sentence, also within one process", async () => {
  await using _first = await start("plain");
  await expect(start("plain")).rejects.toMatchObject({
    code: "database_in_use",
    message: `Another Castellan (process ${process.pid}) is running on ${home}/plain; stop it, or give this one a data folder of its own`,
  });
});

test("a command beside the one that runs reaches its database", async () => {
  expect(await findRunningServer(join(home, "nowhere"))).toBe(undefined);
  await using server = await start("plain");
  const connection = await findRunningServer(join(home, "plain"));
  expect(connection).toEqual(server.connection);
  await using database = await openDatabase({ connection: connection ?? server.connection });
  expect(await database.query(sql`select 42 as answer`)).toEqual([{ answer: 42 }]);
});

test("only the user that Castellan runs as gets in", async () => {
  await using server = await start("plain");
  const { host, port } = server.connection;
  await expect(
    openDatabase({ connection: { ...server.connection, user: "postgres" } }),
  ).rejects.toMatchObject({
    code: "database_refused",
  });
  if (process.getuid?.() !== 0) return;
  // Another user cannot even reach the socket; the one that PostgreSQL runs as can, and is refused by it.
  const script = `const { connect } = require("node:net");
    const socket = connect("${host}/.s.PGSQL.${port}", () => {
      const text = "user\\0castellan\\0database\\0postgres\\0\\0";
      const head = Buffer.alloc(8);
      head.writeInt32BE(8 + text.length);
      head.writeInt32BE(196608, 4);
      socket.write(Buffer.concat([head, Buffer.from(text)]));
    });
    socket.on("data", (data) => { console.log(/Peer authentication failed/.exec(data.toString())[0]); socket.end(); });
    socket.on("error", (error) => console.log(error.code));`;
  const attempt = (uid: number) =>
    spawnSync(process.execPath, ["-e", script], {
      uid,
      gid: uid,
      cwd: "/",
      env: {},
      encoding: "utf8",
    }).stdout.trim();
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  const owner = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
  expect([owner === 0, attempt(1), attempt(owner)]).toEqual([false, "EACCES", "Peer authentication failed"]);
});

test("the environment does not leak into it", async () => {
  process.env["PGPORT"] = "1";
  process.env["CASTELLAN_SECRET"] = "s3cret";
  try {
    await using server = await start("plain");
    const environment = await readFile(`/proc/${server.pid}/environ`, "utf8");
    expect(environment.split("\0").filter((line) => /^(PGPORT|CASTELLAN|HOME|USER)/.test(line))).toEqual([]);
  } finally {
    delete process.env["PGPORT"];
    delete process.env["CASTELLAN_SECRET"];
  }
});

test("a folder whose path is far longer than a socket's may be serves; one beyond the lock's limit is refused", async () => {
  const deep = Array.from({ length: 6 }, () => "d".repeat(60)).join("/");
  {
    await using server = await start(deep);
    await using database = await openDatabase({ connection: server.connection });
    expect(await database.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  }
  await expect(start(`${deep}/${deep}`)).rejects.toMatchObject({
    code: "database_folder_denied",
    message: "The path of the data folder is longer than 465 bytes; choose a shorter one",
  });
});

test("an aborted start leaves nothing behind", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const outcome = start("aborted", { signal: controller.signal }).catch((error: unknown) => error);
  while (
    !(await readdir(join(home, "aborted")).catch(() => [])).some((name) => name.startsWith("postgresql.new-"))
  )
    await new Promise(setImmediate);
  controller.abort(reason);
  expect(await outcome).toBe(reason);
  expect((await readdir(join(home, "aborted"))).toSorted()).toEqual(["castellan.lock"]);
  const aborted = start("plain", { signal: AbortSignal.abort(reason) });
  await expect(aborted).rejects.toBe(reason);
});

test("what was half made by a start that was killed is removed", async () => {
  const half = join(home, "half", `postgresql.new-${randomBytes(4).toString("hex")}`);
  await mkdir(half, { recursive: true });
  await writeFile(join(half, "PG_VERSION"), "18");
  await using _server = await start("half");
  expect(existsSync(half)).toBe(false);
});

test("a cluster of another version, and a folder that is none, are refused and left alone", async () => {
  for (const [name, version] of [
    ["old", "13\n"],
    ["empty", undefined],
  ] as const) {
    await mkdir(join(home, name, "postgresql"), { recursive: true });
    if (version !== undefined) await writeFile(join(home, name, "postgresql", "PG_VERSION"), version);
  }
  await expect(start("old")).rejects.toMatchObject({
    code: "database_version_unsupported",
    message: expect.stringContaining("written by PostgreSQL 13 and this release carries 18"),
  });
  await expect(start("empty")).rejects.toMatchObject({
    code: "database_start_failed",
    message: expect.stringContaining("holds no PostgreSQL cluster"),
  });
  expect(await readdir(join(home, "old", "postgresql"))).toEqual(["PG_VERSION"]);
});

test("a setting that PostgreSQL refuses is named, and the lock is free again", async () => {
  const bad = join(home, "plain", "postgresql", "postgresql.auto.conf");
  const good = await readFile(bad, "utf8");
  await writeFile(bad, "autovacuum = maybe\n");
  await expect(start("plain")).rejects.toMatchObject({
    code: "database_start_failed",
    message: expect.stringContaining("contains errors"),
  });
  await writeFile(bad, good);
  await using server = await start("plain");
  expect(server.problem).toBe(undefined);
});

test("a process id that was given to somebody else does not keep it from starting", async () => {
  await writeFile(
    join(home, "plain", "postgresql", "postmaster.pid"),
    `${process.pid}\n/proc/self/cwd\n0\n5432\n/tmp\n\n0 0\nready\n`,
  );
  await using server = await start("plain");
  expect(isRunning(server.pid)).toBe(true);
});

test("when PostgreSQL is killed it is started again, on the same socket", async () => {
  const restarted = Promise.withResolvers<void>();
  const lines: string[] = [];
  await using server = await start("plain", {
    dangerouslyThrowaway: false,
    log: (line) => {
      lines.push(line);
      if (
        lines.includes("PostgreSQL ended (signal SIGKILL); it is started again") &&
        line.endsWith("ready to accept connections")
      )
        restarted.resolve();
    },
  });
  await using database = await openDatabase({ connection: server.connection });
  await database.query(sql`create table if not exists survived as select 1 as one`);
  process.kill(server.pid as number, "SIGKILL");
  await restarted.promise;
  expect(await database.query(sql`select * from survived`)).toEqual([{ one: 1 }]);
  expect(server.problem).toBe(undefined);
});
