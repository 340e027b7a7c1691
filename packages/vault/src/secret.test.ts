import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret is revealed only to the one who asks for it", () => {
  const secret = new Secret("hunter2");
  const holder = { secret, list: [secret], deep: { cause: new Error(`with ${secret}`) } };
  const shown = [
    `${secret}`,
    JSON.stringify(holder),
    format("%s %o %j", secret, holder, holder),
    inspect(holder, { depth: 9, showHidden: true }),
    String(Object.values(secret)),
  ];
  expect(shown.filter((text) => text.includes("hunter2"))).toEqual([]);
  expect(JSON.stringify(holder.list)).toBe('["[secret]"]');
  expect(secret.reveal()).toBe("hunter2");
});
