/** The data folder of a server on this machine. */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isFault } from "@castellan/kernel";
import { dataFolder } from "../access/find-access.ts";
import { ok, problem, warning, type Check, type Patient } from "./check.ts";

export const dataFolderCheck: Check = {
  name: "Data folder",
  run: async ({ options, terminal }) => {
    const name = "Data folder";
    const folder = dataFolder(options, terminal);
    const stats = await statOf(folder);
    if (stats === undefined) return [ok(name, `${folder} does not exist yet; the first start makes it`)];
    if (!stats.isDirectory())
      return [problem(name, `${folder} is not a folder`, "Move it away, or set CASTELLAN_DATA.")];
    if (terminal.uid !== undefined && (stats.mode & 0o077) !== 0)
      return [problem(name, `${folder} is open to others (${octal(stats.mode)})`, `chmod 700 ${folder}`)];
    if (!(await isWritable(folder)))
      return [
        problem(name, `${folder} is not writable for this user`, "Run as its owner, or set CASTELLAN_DATA."),
      ];
    return [ok(name, folder)];
  },
};

export const masterKeyCheck: Check = {
  name: "Master key",
  run: async (patient) => {
    const name = "Master key";
    if (patient.terminal.env["CASTELLAN_MASTER_KEY"]) return [ok(name, "given in CASTELLAN_MASTER_KEY")];
    const file = join(dataFolder(patient.options, patient.terminal), "master.key");
    const { loadMasterKey } = await import("@castellan/vault");
    try {
      const key = await loadMasterKey(file);
      if (key) return [ok(name, `${file}; keep a copy elsewhere, without it no stored secret can be read`)];
    } catch (error) {
      if (!isFault(error)) throw error;
      return [problem(name, error.message, "Repair it before the next start.")];
    }
    const isNew = (await statOf(dirname(file))) === undefined;
    if (isNew || patient.terminal.env["DATABASE_URL"])
      return [ok(name, "none yet; the first start makes it")];
    return [
      warning(name, `${file} does not exist`, "If this folder has served before, restore it from your copy."),
    ];
  },
};

const mebibyte = 1024 * 1024;

export const diskCheck: Check = {
  name: "Disk",
  run: async (patient) => {
    const name = "Disk";
    const folder = await nearestFolder(patient);
    const { bavail, bsize } = await statfs(folder);
    const free = Math.floor((bavail * bsize) / mebibyte);
    const detail = `${free.toLocaleString("en")} MiB free at ${folder}`;
    if (free < 100) return [problem(name, detail, "Free some space: a full disk stops the database.")];
    if (free < 1024) return [warning(name, detail, "Free some space before the record of calls fills it.")];
    return [ok(name, detail)];
  },
};

/** The data folder, or the place where it would be made. */
async function nearestFolder({ options, terminal }: Patient): Promise<string> {
  let folder = dataFolder(options, terminal);
  while ((await statOf(folder)) === undefined && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
