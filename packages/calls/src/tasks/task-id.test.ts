import { createHmac } from "node:crypto";
import type { Slug } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTaskId, toPublicTaskId } from "./task-id.ts";

const mac = (purpose: string, data: string) => createHmac("sha256", purpose).update(data).digest();
const owner = { principalId: "tok_1", portal: "main" };

test("whatever a server calls a task, its caller's id leads back to it, and no other caller's does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (taskId) => {
      const task = { server: "jira-2" as Slug, taskId };
      const id = toPublicTaskId(task, owner, mac);
      expect(parseTaskId(id, owner, mac)).toEqual(task);
      expect(toPublicTaskId(task, owner, mac)).toBe(id);
      expect(parseTaskId(id, { ...owner, principalId: "tok_2" }, mac)).toBeUndefined();
      expect(parseTaskId(id, { ...owner, portal: "other" }, mac)).toBeUndefined();
    }),
  );
});

test("an id that was changed, or that nobody handed out, is nobody's", () => {
  const id = toPublicTaskId({ server: "jira" as Slug, taskId: "a.b" }, owner, mac);
  const changed = [
    id.replace("jira", "wiki"),
    `${id}x`,
    id.slice(0, -1),
    id.replace("a.b", "a.c"),
    "a.b",
    "",
    "..",
    "x".repeat(9000),
  ];
  expect(changed.map((one) => parseTaskId(one, owner, mac))).toEqual(changed.map(() => undefined));
});
