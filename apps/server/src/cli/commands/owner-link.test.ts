/** The way in for an owner, on a real data folder: beside what runs on it, and when nothing does. */
import { readFile } from "node:fs/promises";
import { createPeople } from "@castellan/access";
import { migrate, openDatabase, startEmbeddedServer, type Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";
import { findInvitation } from "@castellan/sign-in";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeAdminFile } from "../../house/admin-file.ts";
import { allMigrations } from "../../house/store.ts";
import { makeFolder, runCastellan, type TestFolder } from "../testing/command.ts";

let folder: TestFolder;
let dataDir: string;

beforeAll(async () => {
  folder = await makeFolder();
  dataDir = `${folder.path}/data`;
});
afterAll(() => folder[Symbol.asyncDispose]());

const run = (...args: string[]) => runCastellan(["owner-link", ...args], { cwd: folder.path });
const link = async (...args: string[]) => {
  const { code, stdout, stderr } = await run("--data", "data", ...args);
  if (code !== 0) throw new Error(stderr);
  expect(stdout).toMatch(/^http:\/\/localhost:8711\/welcome\/[\w-]{43}\n$/);
  return stdout.trim();
};
const invitation = (database: Database, url: string) =>
  findInvitation(database, url.split("/").at(-1) ?? "", Date.now());

test("where nothing has run, nothing is made", async () => {
  const { code, stderr } = await run();
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`No server has run on ${folder.path}/.castellan: name its data folder`) as string,
  ]);
});

test("beside a server that runs, and when it has stopped", { timeout: 120_000 }, async () => {
  {
    await using server = await startEmbeddedServer({ dataDir, dangerouslyThrowaway: true });
    await using database = await openDatabase({ connection: server.connection });
    expect((await run("--data", "data")).stderr).toContain("start this release on it once (access_unknown)");
    await migrate(database, allMigrations);
    await writeAdminFile(dataDir, { url: "http://localhost:8711", token: "cst_admin" });

    const first = await link();
    expect(await readFile(`${dataDir}/first-owner-link`, "utf8")).toBe(`${first}\n`);
    expect(await invitation(database, first)).toMatchObject({ userId: undefined });
    const second = await link();
    expect(await invitation(database, second)).toMatchObject({ userId: undefined });
    await expect(invitation(database, first)).rejects.toMatchObject({ code: "welcome_link_dead" });
    expect((await run("ann@example.com", "--data", "data")).code).toBe(2);

    const people = createPeople({ database, clock: systemClock });
    const owner = { directory: "workforce", name: "Ann", email: "ann@example.com", role: "owner" } as const;
    const ann = await people.add(owner, { by: "owner" });
    const unsure = await run("--data", "data");
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining("(not_confirmed)") as string]);
    expect(await invitation(database, await link("--yes"))).toMatchObject({ userId: ann.id });
    await people.add({ ...owner, email: "ben@example.com" }, { by: "owner" });
    expect((await run("--data", "data", "--yes")).stderr).toContain(
      "Say which owner: ann@example.com, ben@example.com (usage_invalid)",
    );
  }
  const made = await link("Ann@example.com", "--yes");
  await using server = await startEmbeddedServer({ dataDir, dangerouslyThrowaway: true });
  await using database = await openDatabase({ connection: server.connection });
  expect(await invitation(database, made)).toMatchObject({ expiresAt: expect.any(Date) as Date });
});
