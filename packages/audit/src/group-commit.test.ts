import { sql, openDatabase, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuditLog, type AuditLogOptions } from "./audit-log.ts";
import { auditMigrations } from "./migrations.ts";
import { emptyLog, exampleCall, tamper, testMac, withLine } from "./testing.ts";

let database: Database;

beforeAll(async () => {
  database = await createTestDatabase([auditMigrations]);
});

beforeEach(() => emptyLog(database));

afterAll(() => database[Symbol.asyncDispose]());

function openLog(options: Partial<AuditLogOptions> = {}) {
  return createAuditLog({ database, mac: testMac, timeoutMs: 5_000, ...options });
}

const countRows = async () =>
  (await database.query<{ n: number }>(sql`select count(*) as n from calls`))[0]?.n;
const chainsOfRows = async () =>
  (await database.query<{ chain: number }>(sql`select chain from calls order by chain`)).map(
    ({ chain }) => chain,
  );
const outcome = (append: Promise<void>) =>
  append.then(
    () => "recorded",
    (error: unknown) => (isFault(error) ? error.code : error),
  );

/** The database, and how many rows each insert brought. */
function countedLine() {
  const sizes: number[] = [];
  const line = withLine(database, async (send) => {
    const before = await countRows();
    const answer = await send();
    sizes.push((await countRows())! - before!);
    return answer;
  });
  return { line, sizes };
}

test("what is handed in while an insert is under way shares the next one, at most a batch", async () => {
  const { line, sizes } = countedLine();
  await using log = openLog({ database: line, maxBatch: 4 });
  const first = log.append(exampleCall());
  await Promise.all([first, ...Array.from({ length: 9 }, () => log.append(exampleCall()))]);
  expect(sizes).toEqual([4, 4, 2]);
});

test("patient ones go together, with the first that is not, or when they are hastened", async () => {
  const { line, sizes } = countedLine();
  await using log = openLog({ database: line, patienceMs: 3_600_000, maxBatch: 4 });
  const patient = () => log.append(exampleCall(), { isPatient: true });
  const [first, second] = [patient(), patient()];
  await new Promise((resolve) => setImmediate(resolve));
  expect(sizes).toEqual([]);
  await Promise.all([first, second, log.append(exampleCall())]);
  const third = patient();
  log.hasten();
  await third;
  await Promise.all([patient(), patient(), patient(), patient()]);
  expect(sizes).toEqual([3, 1, 4]);
  const last = patient();
  await log[Symbol.asyncDispose]();
  await last;
  expect(sizes).toEqual([3, 1, 4, 1]);
});

test("nobody need come for a patient one", async () => {
  await using log = openLog({ patienceMs: 1 });
  await log.append(exampleCall(), { isPatient: true });
  await log.append(exampleCall(), { isPatient: true });
  expect(await countRows()).toBe(2);
});

test("an insert that was committed though its answer was lost is not repeated", async () => {
  const errors: unknown[] = [];
  let lost = 0;
  const line = withLine(database, async (send) => {
    const answer = await send();
    if (lost++ === 0) throw new Error("connection lost");
    return answer;
  });
  await using log = openLog({ database: line, onError: (error) => errors.push(error) });
  await Promise.all([log.append(exampleCall()), log.append(exampleCall())]);
  await log.append(exampleCall());
  expect(await countRows()).toBe(3);
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 3 });
  expect(errors).toEqual([new Error("connection lost")]);
});

test("an insert that never arrived is sent again", async () => {
  let tries = 0;
  const line = withLine(database, (send) =>
    tries++ === 0 ? Promise.reject(new Error("connection lost")) : send(),
  );
  await using log = openLog({ database: line });
  await log.append(exampleCall());
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 1 });
});

test("while the database is down calls fail, and are recorded again once it is back", async () => {
  let down = true;
  const line = withLine(database, (send) => (down ? Promise.reject(new Error("refused")) : send()));
  await using log = openLog({ database: line, timeoutMs: 300 });
  expect(await outcome(log.append(exampleCall()))).toBe("audit_unavailable");
  expect(await outcome(log.append(exampleCall()))).toBe("audit_unavailable");
  down = false;
  await expect.poll(() => outcome(log.append(exampleCall()))).toBe("recorded");
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 1 });
});

test("a batch that was given up and turns out to be committed leaves the chain whole", async () => {
  let mute = true;
  const line = withLine(database, async (send) => {
    const answer = await send();
    if (mute) throw new Error("connection lost");
    return answer;
  });
  // The first insert commits, and what tells us so is cut off until the time is up.
  const deaf: Database = {
    ...line,
    query: (statement) =>
      mute && statement.text.includes("for update")
        ? Promise.reject(new Error("refused"))
        : line.query(statement),
  };
  await using log = openLog({ database: deaf, timeoutMs: 300 });
  expect(await outcome(log.append(exampleCall()))).toBe("audit_unavailable");
  mute = false;
  await expect.poll(() => outcome(log.append(exampleCall()))).toBe("recorded");
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 2 });
});

test("a database that answers nothing fails what waits, and what comes, until it answers", async () => {
  const answer = Promise.withResolvers<void>();
  const line = withLine(database, (send) => answer.promise.then(send));
  await using log = openLog({ database: line, timeoutMs: 100 });
  const stuck = outcome(log.append(exampleCall()));
  expect(await stuck).toBe("audit_unavailable");
  expect(await outcome(log.append(exampleCall()))).toBe("audit_unavailable");
  answer.resolve();
  await expect.poll(() => outcome(log.append(exampleCall()))).toBe("recorded");
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1 });
});

test("beyond what may wait, a call is refused rather than kept in memory", async () => {
  const go = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const line = withLine(database, async (send) => {
    sent.resolve();
    await go.promise;
    return send();
  });
  await using log = openLog({ database: line, maxWaiting: 3 });
  const first = outcome(log.append(exampleCall()));
  await sent.promise;
  const waiting = Array.from({ length: 5 }, () => outcome(log.append(exampleCall())));
  go.resolve();
  expect(await Promise.all([first, ...waiting])).toEqual([
    "recorded",
    "recorded",
    "recorded",
    "recorded",
    "audit_overloaded",
    "audit_overloaded",
  ]);
  expect(await countRows()).toBe(4);
});

test("disposal records what was taken and takes no more", async () => {
  const log = openLog({ maxBatch: 2 });
  const taken = Array.from({ length: 7 }, () => outcome(log.append(exampleCall())));
  const disposed = log[Symbol.asyncDispose]();
  const late = outcome(log.append(exampleCall()));
  await disposed;
  expect(await countRows()).toBe(7);
  expect(await Promise.all([...taken, late])).toEqual([
    ...Array.from({ length: 7 }, () => "recorded"),
    "shutting_down",
  ]);
});

test("connections that are ended in the middle of traffic lose and double nothing", async () => {
  await using own = await openDatabase({ connection: database.connection, applicationName: "victim" });
  await using log = openLog({ database: own });
  const call = exampleCall();
  let ended = 0;
  const traffic = Array.from({ length: 40 }, async () => {
    for (let n = 0; n < 25; n++) await log.append(call);
  });
  const killer = (async () => {
    while (ended < 5)
      ended += (
        await database.query(
          sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' and state = 'active'`,
        )
      ).length;
  })();
  await Promise.all([...traffic, killer]);
  expect(await countRows()).toBe(1_000);
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 1_000 });
});

test("a chain whose end somebody moved is left for the verifier, and recording goes on in a new one", async () => {
  const errors: unknown[] = [];
  await using log = openLog({ onError: (error) => errors.push(error) });
  await log.append(exampleCall());
  await database.transaction((tx) => tamper(tx, sql`update audit_heads set seq = 7`));
  await log.append(exampleCall());
  expect(errors).toEqual([
    new Error("The audit chain's end was moved"),
    new Error("Audit chain 1 does not end where it was left; a new chain begins"),
  ]);
  expect(await log.verify()).toMatchObject({
    intact: false,
    chains: 1,
    rows: 1,
    broken: [{ chain: 1, seq: 7, breakage: "seal_broken" }],
  });
});

test("a log does not write into the chain that another began under its number", async () => {
  await using ours = openLog();
  await ours.append(exampleCall());
  await emptyLog(database); // an older copy of the database was put back
  await using theirs = openLog();
  await theirs.append(exampleCall());
  await ours.append(exampleCall());
  expect(await chainsOfRows()).toEqual([1, 2]);
  expect(await theirs.verify()).toMatchObject({ intact: true, chains: 2, rows: 2 });
  // Our first record is gone, and we know that there was one.
  expect((await ours.verify()).broken).toEqual([{ chain: 1, seq: 1, breakage: "changed" }]);
});

test("a commit waits for the disk, though the database's default is not to", async () => {
  await database.transaction(async (tx) => {
    const say = (text: string) => tx.query({ text, values: [] });
    await say("create table seen (setting text)");
    await say(`create function look() returns trigger language plpgsql as $$
      begin insert into seen values (current_setting('synchronous_commit')); return null; end $$`);
    await say("create trigger look after insert on calls for each statement execute function look()");
  });
  await database.query({
    text: `alter database ${database.connection.database} set synchronous_commit = off`,
    values: [],
  });
  await using own = await openDatabase({ connection: database.connection });
  await using log = openLog({ database: own });
  await log.append(exampleCall());
  expect(
    await own.query(sql`select setting, current_setting('synchronous_commit') as usual from seen`),
  ).toEqual([{ setting: "on", usual: "off" }]);
});
