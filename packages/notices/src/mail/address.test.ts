import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isMailAddress } from "./address.ts";

test.each(["ada@example.com", "ada+x@b", "größe@münchen.example", "o'neil@example.com"])("%s", (text) => {
  expect(isMailAddress(text)).toBe(true);
});

test.each([
  "",
  "ada",
  "@b",
  "a@",
  "a@b@c",
  "Ada <a@b>",
  "a@b, c@d",
  "a@b\r\nBcc: c@d",
  "a@b\0",
  "a b@c",
  "a(x)@b",
  `${"a".repeat(250)}@b.example`,
])("%j is none", (text) => {
  expect(isMailAddress(text)).toBe(false);
});

test("no address holds what ends a line, a mailbox or a list", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (local, domain) => {
      const text = `${local}@${domain}`;
      if (isMailAddress(text)) expect(text).not.toMatch(/[\s<>,;:"()\p{Cc}]/u);
    }),
  );
});
