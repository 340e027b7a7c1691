import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { generateMasterKey } from "./master-key.ts";
import { createVault } from "./vault.ts";

const place = { table: "servers", row: "srv_1", column: "sealed_token" };
const root = randomBytes(32);
const { key: oldKey } = generateMasterKey();
const { key: newKey } = generateMasterKey();

test("new values go under the current key; an older one only opens", () => {
  const before = createVault({ current: oldKey, older: [] }, root);
  const after = createVault({ current: newKey, older: [oldKey] }, root);
  const sealed = before.seal("grüße", place);
  expect(after.open(sealed, place).toString("utf8")).toBe("grüße");
  expect(after.seal("x", place).subarray(1, 9).toString("hex")).toBe(newKey.id);
  expect(createVault({ current: newKey, older: [] }, root).open(after.rewrap(sealed, place), place)).toEqual(
    Buffer.from("grüße"),
  );
});

test("a MAC depends on the root secret and the purpose, and on no master key", () => {
  const expected = createHmac(
    "sha256",
    Buffer.from(hkdfSync("sha256", root, "", "castellan/vault/v1/mac/audit.chain", 32)),
  )
    .update("data")
    .digest();
  const before = createVault({ current: oldKey, older: [] }, root);
  const after = createVault({ current: newKey, older: [oldKey] }, root);
  expect([before.mac("audit.chain", "data"), after.mac("audit.chain", Buffer.from("data"))]).toEqual([
    expected,
    expected,
  ]);
  expect(before.mac("other", "data")).not.toEqual(expected);
  expect(createVault({ current: oldKey, older: [] }, randomBytes(32)).mac("audit.chain", "data")).not.toEqual(
    expected,
  );
});

test("a vault shows no secret, and does not follow changes of the bytes it was made of", () => {
  const bytes = Buffer.from(root);
  const vault = createVault({ current: oldKey, older: [newKey] }, bytes);
  const mac = vault.mac("p", "d");
  bytes.fill(0);
  expect(vault.mac("p", "d")).toEqual(mac);
  expect(vault.mac("q", "d")).toEqual(createVault({ current: oldKey, older: [] }, root).mac("q", "d"));
  expect(JSON.stringify(vault)).toBe(`{"keyId":"${oldKey.id}"}`);
  const shown = inspect(vault, { depth: 9, showHidden: true });
  for (const hidden of [root, oldKey.wrappingKey.export(), newKey.wrappingKey.export()])
    expect(shown).not.toContain(hidden.toString("hex"));
});
