import { createHmac } from "node:crypto";
import { createId, type Slug } from "@castellan/kernel";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import { parseTaskId, toPublicTaskId } from "./task-id.ts";

const mac = (purpose: string, data: string) => createHmac("sha256", purpose).update(data).digest();
const owner = { principalId: "tok_1", portal: "main" };

function server(slug: string): CatalogServer {
  return { server: { id: createId("server"), slug: slug as Slug } } as unknown as CatalogServer;
}

const jira = server("jira-2");
const servers = [server("wiki"), jira];
const parse = (id: string, by = owner, at: readonly CatalogServer[] = servers) =>
  parseTaskId(id, by, at, mac);

test("whatever a server calls a task, its caller's id leads back to it, and no other caller's does", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (taskId) => {
      const task = { server: jira, taskId };
      const id = toPublicTaskId(task, owner, mac);
      expect(parse(id)).toEqual(task);
      expect(toPublicTaskId(task, owner, mac)).toBe(id);
      expect(parse(id, { ...owner, principalId: "tok_2" })).toBeUndefined();
      expect(parse(id, { ...owner, portal: "other" })).toBeUndefined();
    }),
  );
});

test("an id is of one server: not of another that has its slug later, nor of one that is not there", () => {
  const id = toPublicTaskId({ server: jira, taskId: "1" }, owner, mac);
  expect([parse(id, owner, [server("jira-2")]), parse(id, owner, [])]).toEqual([undefined, undefined]);
});

test("an id that was changed, or that nobody handed out, is nobody's", () => {
  const id = toPublicTaskId({ server: jira, taskId: "a.b" }, owner, mac);
  const changed = [
    id.replace("jira-2", "wiki"),
    `${id}x`,
    id.slice(0, -1),
    id.replace("a.b", "a.c"),
    "a.b",
    "",
    "..",
    "x".repeat(9000),
  ];
  expect(changed.map((one) => parse(one))).toEqual(changed.map(() => undefined));
});
