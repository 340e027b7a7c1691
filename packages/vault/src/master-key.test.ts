import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isFault } from "@castellan/kernel";
import { generateMasterKey, parseMasterKey } from "./master-key.ts";

const bytes = Buffer.from("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "hex");

test.each([
  ["hex", bytes.toString("hex")],
  ["upper-case hex", bytes.toString("hex").toUpperCase()],
  ["base64", bytes.toString("base64")],
  ["base64 without padding", bytes.toString("base64").replace("=", "")],
  ["base64url", bytes.toString("base64url")],
  ["a line of a file", `${bytes.toString("base64")}\n`],
])("a key is read from %s and keeps its id", (_, text) => {
  expect(parseMasterKey(text, "CASTELLAN_MASTER_KEY").id).toBe("15d2ceb45838912e");
});

const rule = "it must be 32 random bytes in base64 or hex; `openssl rand -base64 32` makes such a key";

test.each([
  ["", "is neither hex nor base64"],
  ["correct horse battery staple", "is neither hex nor base64"],
  [bytes.toString("hex").slice(2), "has 31 bytes"],
  [`${bytes.toString("hex")}00`, "has 33 bytes"],
  [bytes.subarray(16).toString("base64"), "has 16 bytes"],
  ["00".repeat(32), "is not random"],
  ["deadbeef".repeat(8), "is not random"],
  [Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString("hex"), "is not random"],
  [Buffer.from("correct horse battery staple 123").toString("base64"), "is not random"],
])("%j is refused: %s", (text, reason) => {
  const refuse = () => parseMasterKey(text, "CASTELLAN_MASTER_KEY");
  expect(refuse).toThrow(`CASTELLAN_MASTER_KEY ${reason}: ${rule}`);
  try {
    refuse();
  } catch (error) {
    expect(isFault(error, "invalid_input") && error.field).toBe("CASTELLAN_MASTER_KEY");
    if (text !== "") expect(inspect(error, { depth: 9 })).not.toContain(text);
  }
});

test("any random key can be parsed from either notation and has the same id", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
      fc.pre(new Set(random).size > 16);
      const buffer = Buffer.from(random);
      const ids = (["hex", "base64", "base64url"] as const).map(
        (notation) => parseMasterKey(buffer.toString(notation), "key").id,
      );
      expect(new Set(ids).size).toBe(1);
    }),
  );
});

test("a generated key is its text, and no two are alike", () => {
  const made = Array.from({ length: 100 }, generateMasterKey);
  expect(made.map(({ text }) => parseMasterKey(text, "key").id)).toEqual(made.map(({ key }) => key.id));
  expect(new Set(made.map(({ key }) => key.id)).size).toBe(100);
});

test("a key shows its id and nothing else", () => {
  const key = parseMasterKey(bytes.toString("hex"), "key");
  expect(JSON.stringify(key)).toBe('{"id":"15d2ceb45838912e","wrappingKey":{}}');
  const secret = key.wrappingKey.export();
  const shown = inspect(key, { depth: 9, showHidden: true });
  for (const encoding of ["hex", "base64"] as const)
    for (const hidden of [bytes, secret]) expect(shown).not.toContain(hidden.toString(encoding));
});
