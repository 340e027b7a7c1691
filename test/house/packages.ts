/** The packages of the house as they lie on disk: manifests, sources, imports. */
import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Package {
  /** `packages/web` */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  readonly exports: readonly string[];
  readonly sources: readonly Source[];
}

export interface Source {
  /** From the root of the repository. */
  readonly path: string;
  readonly isTest: boolean;
  readonly text: string;
  readonly imports: readonly string[];
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s*["']([^"']+)["']/g;

export async function readPackages(): Promise<Package[]> {
  const groups = await Promise.all(
    ["packages", "apps", "examples"].map(async (group) =>
      (await readdir(join(root, group))).map((name) => join(group, name)),
    ),
  );
  return Promise.all(groups.flat().toSorted().map(readPackage));
}

async function readPackage(folder: string): Promise<Package> {
  const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
    name: string;
    dependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    exports?: Record<string, string>;
  };
  return {
    folder,
    name: manifest.name,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
    exports: Object.keys(manifest.exports ?? {}),
    sources: await readSources(join(root, folder, "src")),
  };
}

async function readSources(folder: string): Promise<Source[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts"));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      return {
        path: relative(root, join(folder, file)),
        isTest: /\.(?:heavy\.)?test\.ts$|(?:^|\/)testing(?:\/|\.ts$)/.test(file),
        text,
        imports: [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? ""),
      };
    }),
  );
}
