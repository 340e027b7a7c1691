import { spawnSync } from "node:child_process";
import { chmod, chown, cp, lstat, mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinaries, locatePackage } from "./binaries.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

let home: string;
let packageDir: string;
let links: { source: string; target: string }[];

/** The package as npm unpacks it: without links. */
beforeAll(async () => {
  home = await mkdtemp("/tmp/castellan-binaries-");
  packageDir = join(home, "package");
  await cp(locatePackage(), packageDir, {
    recursive: true,
    filter: async (source) => !source.endsWith(".a") && !(await lstat(source)).isSymbolicLink(),
  });
  links = JSON.parse(await readFile(join(packageDir, "native/pg-symlinks.json"), "utf8")) as typeof links;
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const readAll = async () =>
  Promise.all(links.map(async ({ target }) => readlink(join(packageDir, target)).catch(() => undefined)));

test.skipIf(!isRoot)("an ordinary user with a read-only package gets a private, complete copy", async () => {
  await chmod(home, 0o755);
  const dataDir = await mkdtemp(join(home, "data-"));
  await chown(dataDir, nobody, nobody);
  const script = `const { findBinaries } = await import(${JSON.stringify(fileURLToPath(new URL("binaries.ts", import.meta.url)))});
    console.log(JSON.stringify(await findBinaries({ clientName: "nobody" }, ${JSON.stringify(dataDir)}, ${JSON.stringify(packageDir)})));`;
  const asNobody = { uid: nobody, gid: nobody, cwd: "/", env: {}, encoding: "utf8" } as const;
  for (const _ of ["copied", "found"]) {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], asNobody);
    if (stdout === "") throw new Error(stderr);
    const { initdb, postgres } = JSON.parse(stdout) as { initdb: string; postgres: string };
    expect([initdb.startsWith(dataDir), postgres.startsWith(dataDir)]).toEqual([true, true]);
    expect(spawnSync(initdb, ["--version"], asNobody).stdout).toMatch(/^initdb \(PostgreSQL\) 18\./);
  }
  expect(await readAll()).toEqual(links.map(() => undefined));
});

test("the links that a skipped install script left out are made where the package is, once", async () => {
  expect(await readAll()).toEqual(links.map(() => undefined));
  for (const _ of ["made", "found"]) {
    expect(await findBinaries({ clientName: "" }, home, packageDir)).toEqual({
      initdb: join(packageDir, "native/bin/initdb"),
      postgres: join(packageDir, "native/bin/postgres"),
    });
    expect(await readAll()).toEqual(links.map(({ source }) => basename(source)));
  }
  expect(spawnSync(join(packageDir, "native/bin/initdb"), ["--version"], { encoding: "utf8" }).status).toBe(
    0,
  );
});
