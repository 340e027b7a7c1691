/** The floors of the house, read from the test that holds every import to them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readPackages, root } from "../../test/house/packages.ts";
import { code, table } from "./markdown.ts";

export const floorNames: readonly string[] = [
  "ground",
  "mechanism",
  "engines",
  "ways",
  "products",
  "installation",
  "face",
  "app",
];

/** Package name → floor, as the boundary test has it. */
export async function readFloors(): Promise<ReadonlyMap<string, number>> {
  const source = await readFile(join(root, "test/house/boundaries.test.ts"), "utf8");
  const [, body = ""] = /const floors[^{]*\{\n([^}]*)\}/.exec(source) ?? [];
  const rows = [...body.matchAll(/^\s*"?([@\w/-]+)"?: (\d+),$/gm)];
  if (rows.length === 0) throw new Error("test/house/boundaries.test.ts has no table of floors");
  return new Map(rows.map(([, name = "", floor = ""]) => [name, Number(floor)]));
}

export async function floorsTable(): Promise<string> {
  const floors = await readFloors();
  const packages = new Map((await readPackages()).map((found) => [found.name, found]));
  const rows = [...floors].toSorted(([, a], [, b]) => b - a);
  return table(
    ["floor", "package", "folder", "what it is"],
    await Promise.all(
      rows.map(async ([name, floor]) => {
        const folder = packages.get(name)?.folder ?? "";
        return [
          `${floor} ${floorNames[floor] ?? ""}`.trim(),
          code(name),
          `[${folder}](${folder})`,
          await describe(folder),
        ];
      }),
    ),
  );
}

async function describe(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
    description: string;
  };
  return manifest.description;
}
