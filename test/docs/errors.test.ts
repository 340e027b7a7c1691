/** Codes are a promise to programs: each means one thing, and all are spelled alike. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toldCodes } from "@castellan/mcp";
import { expect, test } from "vitest";
import { catalogs } from "../house/faults.ts";
import { readPackages, root } from "../house/packages.ts";

const listed = Object.values(catalogs).flatMap((specs) => Object.keys(specs));

test("codes are snake_case, and no two packages have the same", () => {
  expect(listed.filter((code) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(code))).toEqual([]);
  expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([]);
});

test("every catalog of the house is listed", async () => {
  const declared = (await readPackages())
    .flatMap(({ sources }) => sources.filter(({ isTest }) => !isTest))
    .flatMap(({ text }) => [...text.matchAll(/export const (\w+) = defineFaults\(/g)])
    .map(([, name = ""]) => name);
  const list = await readFile(join(root, "test/house/faults.ts"), "utf8");
  expect(declared.filter((name) => !list.includes(`${name}.specs`))).toEqual([]);
});

test("each code says in whole sentences what it means, with a status that fits its owner", () => {
  const rows = Object.values(catalogs).flatMap((specs) => Object.entries(specs));
  expect(rows.filter(([, { help }]) => !/^[A-Z`].{10,}/.test(help)).map(([code]) => code)).toEqual([]);
  const isCallers = (status: number) => status >= 400 && status < 500;
  expect(
    rows.filter(([, { owner, status }]) => isCallers(status) !== (owner === "caller")).map(([code]) => code),
  ).toEqual([]);
});

test("the wire's table tells of codes that exist", () => {
  expect(toldCodes.filter((code) => !listed.includes(code))).toEqual([]);
});
