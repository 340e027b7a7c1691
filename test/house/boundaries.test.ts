/** Imports point down (ARCHITECTURE.md, "The floors"); this holds every manifest and every import to it. */
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { readPackages, root, type Package } from "./packages.ts";

/** The floor of each package, from the ground up. A package that is not here has no place yet. */
const floors: Readonly<Record<string, number>> = {
  "@castellan/client": 0,
  "@castellan/kernel": 0,
  "@castellan/database": 1,
  "@castellan/web": 1,
  "@castellan/telemetry": 1,
  "@castellan/vault": 1,
  "@castellan/access": 2,
  "@castellan/approvals": 2,
  "@castellan/audit": 2,
  "@castellan/credentials": 2,
  "@castellan/isolates": 2,
  "@castellan/limits": 2,
  "@castellan/mcp": 2,
  "@castellan/notices": 2,
  "@castellan/policy": 2,
  "@castellan/replicas": 2,
  "@castellan/calls": 3,
  "@castellan/oauth": 3,
  "@castellan/sign-in": 3,
  "@castellan/codemode": 4,
  "@castellan/openapi": 4,
  "@castellan/portal": 4,
  "@castellan/configuration": 5,
  "@castellan/registry": 5,
  "@castellan/api": 6,
  castellan: 7,
};

/** The only imports between packages of one floor, each with its reason. */
const sameFloor: Readonly<Record<string, string>> = {
  "@castellan/vault → @castellan/database":
    "the check value of the master key and rotation live in the database",
};

const packages = await readPackages();
const house = packages.filter(({ folder }) => !folder.startsWith("examples"));
const names = new Set(packages.map(({ name }) => name));

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isAllowed(from: string, to: string): boolean {
  const [above, below] = [floors[from], floors[to]];
  if (above === undefined || below === undefined) return false;
  return below < above || `${from} → ${to}` in sameFloor;
}

test("every package of the house has a floor, and every floor's package exists", () => {
  expect(house.map(({ name }) => name).toSorted()).toEqual(Object.keys(floors).toSorted());
});

test.each(house)("$name depends only on packages below it", ({ name, dependencies }) => {
  expect(dependencies.filter((to) => names.has(to) && !isAllowed(name, to))).toEqual([]);
});

test.each(house)("$name imports only what its manifest names, and by the front door", (pkg) => {
  expect(pkg.sources.flatMap((source) => source.imports.flatMap((to) => problem(pkg, source, to)))).toEqual(
    [],
  );
});

test.each(packages.filter(({ folder }) => folder.startsWith("examples")))(
  "$name is a stranger: it imports nothing of the house",
  ({ dependencies, devDependencies }) => {
    expect([...dependencies, ...devDependencies].filter((to) => to.startsWith("@castellan/"))).toEqual([]);
  },
);

test("every listed exception is in use", () => {
  const used = new Set(
    house.flatMap(({ name, dependencies }) => dependencies.map((to) => `${name} → ${to}`)),
  );
  expect(Object.keys(sameFloor).filter((exception) => !used.has(exception))).toEqual([]);
});

function problem(pkg: Package, source: Package["sources"][number], to: string): string[] {
  const told = [`${source.path} imports ${to}`];
  if (to.startsWith(".")) {
    const target = relative(root, join(root, dirname(source.path), to));
    return target.startsWith(`${pkg.folder}/`) ? [] : told;
  }
  if (to.startsWith("node:")) return [];
  const named = packageOf(to);
  if (named === pkg.name) return told;
  if (names.has(named)) {
    const door = to.slice(named.length) === "" ? "." : `.${to.slice(named.length)}`;
    const isDoor = packages.find(({ name }) => name === named)?.exports.includes(door) ?? false;
    const isBelow =
      isAllowed(pkg.name, named) || (source.isTest && (floors[named] ?? 9) <= (floors[pkg.name] ?? 0));
    const isTestDoor = door === "./testing" && !source.isTest;
    if (!isDoor || !isBelow || isTestDoor) return told;
  }
  const isNamed = pkg.dependencies.includes(named) || (source.isTest && isTestDependency(pkg, named));
  return isNamed ? [] : told;
}

/** Tests may use what the root offers to all tests. */
function isTestDependency(pkg: Package, name: string): boolean {
  return (
    pkg.devDependencies.includes(name) || ["vitest", "fast-check", "undici"].includes(name) || names.has(name)
  );
}
