/** DEPENDENCIES.md has a row for each direct dependency of any manifest, and no row for what is gone. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../house/packages.ts";

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly overrides?: Record<string, string>;
}

async function readManifests(): Promise<Manifest[]> {
  const groups = ["packages", "apps", "examples"].map(async (group) =>
    (await readdir(join(root, group))).map((name) => join(group, name)),
  );
  const folders = [".", "test", "bench", ...(await Promise.all(groups)).flat()];
  return Promise.all(
    folders.map(
      async (folder) => JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as Manifest,
    ),
  );
}

const manifests = await readManifests();
const page = await readFile(join(root, "DEPENDENCIES.md"), "utf8");
const own = new Set(manifests.map(({ name }) => name));

const versions = new Map<string, Set<string>>();
for (const { dependencies, devDependencies, optionalDependencies, overrides } of manifests)
  for (const [name, version] of Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
    ...overrides,
  }))
    if (!own.has(name)) versions.set(name, (versions.get(name) ?? new Set()).add(version));

const [described = "", heldBack = ""] = page.split("## Held back");

/** The names in the first cells of a table's rows. */
function namesIn(tables: string): string[] {
  return tables
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)])
    .map(([, name = ""]) => name);
}

test("each direct dependency has one row, and no row is stale", () => {
  expect(namesIn(described).toSorted()).toEqual([...versions.keys()].toSorted());
});

test("a version that is held back is the one that is installed", () => {
  const held = [...heldBack.matchAll(/^\| ([^|]+) \| `([\w.-]+)`\s*\|/gm)];
  expect(held.length).toBeGreaterThan(0);
  for (const [, first = "", version = ""] of held)
    for (const [, name = ""] of first.matchAll(/`([^`]+)`/g))
      expect([name, ...(versions.get(name) ?? [])]).toEqual([name, version]);
});

test("versions are exact, and one package has one version in the house", () => {
  for (const [name, found] of versions)
    expect([name, ...found]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)]);
});
