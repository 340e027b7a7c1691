/** Packages, each in a folder of its own outside of the repository, which the next run finds. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { PackagedServer } from "./packages.ts";

/** So many at a time: most of an installation is waiting for the registry. */
const maxAtOnce = 6;

/** Resolves to the folders that have them in their `node_modules`, in the order of the servers. No install script runs. */
export async function installPackages(servers: readonly PackagedServer[]): Promise<string[]> {
  const folders: string[] = [];
  const left = servers.entries();
  await Promise.all(
    Array.from({ length: maxAtOnce }, async () => {
      for (const [at, server] of left) folders[at] = await installPackage(server);
    }),
  );
  return folders;
}

async function installPackage({ package: name, version }: PackagedServer): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "castellan-bench", "mcp-servers", `${name.replaceAll("/", "+")}@${version}`);
  if (await isThere(folder)) return folder;

  console.log(`Installing ${name}@${version} into ${folder} …`);
  // Beside it and then renamed: a run that was broken off leaves nothing that looks whole.
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const manifest = { name: "bench-tokens", private: true, dependencies: { [name]: version } };
  await writeFile(join(draft, "package.json"), JSON.stringify(manifest, undefined, 2));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = spawn("npm", args, { cwd: draft, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(npm, "exit")) as [number | null];
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`npm install of ${name}@${version} ended with ${String(code)}`);
  }
  await rename(draft, folder);
  return folder;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
