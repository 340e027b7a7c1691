import fc from "fast-check";
import { expect, test } from "vitest";
import { isFault } from "@castellan/kernel";
import { envelopeOverheadBytes, keyIdOf, openEnvelope, rewrapEnvelope, sealEnvelope } from "./envelope.ts";
import { generateMasterKey, type KeyRing } from "./master-key.ts";

const { key } = generateMasterKey();
const { key: newKey } = generateMasterKey();
const ring: KeyRing = { current: key, older: [] };
const newRing: KeyRing = { current: newKey, older: [key] };
const place = { table: "servers", row: "srv_1", column: "sealed_token" };

const anyValue = fc.uint8Array({ maxLength: 300 });
const anyPlace = fc.record({ table: fc.string(), row: fc.string(), column: fc.string() });

/** The code of the fault that opening ends in; undefined when it opens. */
function failure(open: () => unknown): string | undefined {
  try {
    open();
    return undefined;
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("any value opens at the place it was sealed for", () => {
  fc.assert(
    fc.property(anyValue, anyPlace, (plain, context) => {
      const sealed = sealEnvelope(key, plain, context);
      expect(sealed.length).toBe(plain.length + envelopeOverheadBytes);
      expect(keyIdOf(sealed)).toBe(key.id);
      expect(openEnvelope(ring, sealed, context)).toEqual(Buffer.from(plain));
    }),
  );
});

test("a value does not open at any other place", () => {
  fc.assert(
    fc.property(anyValue, anyPlace, anyPlace, (plain, here, there) => {
      fc.pre(here.table !== there.table || here.row !== there.row || here.column !== there.column);
      const sealed = sealEnvelope(key, plain, here);
      expect(failure(() => openEnvelope(ring, sealed, there))).toBe("vault_open_failed");
    }),
  );
});

test.each(["table", "row", "column"] as const)("a value does not open when only its %s differs", (part) => {
  const sealed = sealEnvelope(key, Buffer.from("x"), place);
  expect(failure(() => openEnvelope(ring, sealed, { ...place, [part]: "other" }))).toBe("vault_open_failed");
});

test("the parts of a place cannot be shifted into each other", () => {
  const sealed = sealEnvelope(key, Buffer.from("x"), { table: "ab", row: "c", column: "d" });
  const other = { table: "a", row: "bc", column: "d" };
  expect(failure(() => openEnvelope(ring, sealed, other))).toBe("vault_open_failed");
});

test("a change of any bit is noticed, whichever byte it is in", () => {
  const sealed = sealEnvelope(key, Buffer.from("a secret"), place);
  const codes = Array.from(sealed, (_, at) =>
    Array.from({ length: 8 }, (_, bit) => {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ (1 << bit);
      return failure(() => openEnvelope(ring, altered, place));
    }),
  );
  const isKeyId = (at: number) => at >= 1 && at <= 8;
  expect(codes).toEqual(
    Array.from(sealed, (_, at) => Array(8).fill(isKeyId(at) ? "vault_key_missing" : "vault_open_failed")),
  );
});

test("an envelope that was cut or lengthened does not open", () => {
  const sealed = sealEnvelope(key, Buffer.from("a secret"), place);
  for (let length = 0; length < sealed.length; length++)
    expect(failure(() => openEnvelope(ring, sealed.subarray(0, length), place))).toBe("vault_open_failed");
  const longer = Buffer.concat([sealed, Buffer.of(0)]);
  expect(failure(() => openEnvelope(ring, longer, place))).toBe("vault_open_failed");
});

test("arbitrary bytes never open and never crash", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(failure(() => openEnvelope(ring, bytes, place))).toMatch(/^vault_(open_failed|key_missing)$/);
    }),
  );
});

test("a wrap cannot be put before another value of the same place", () => {
  const [one, two] = [Buffer.from("one"), Buffer.from("two")].map((plain) => sealEnvelope(key, plain, place));
  const mixed = Buffer.concat([one!.subarray(0, 69), two!.subarray(69)]);
  expect(failure(() => openEnvelope(ring, mixed, place))).toBe("vault_open_failed");
});

test("an envelope cannot be relabelled for another key on the ring", () => {
  const sealed = sealEnvelope(key, Buffer.from("x"), place);
  Buffer.from(newKey.id, "hex").copy(sealed, 1);
  expect(failure(() => openEnvelope(newRing, sealed, place))).toBe("vault_open_failed");
});

test("the same value sealed twice shares no key, nonce or ciphertext", () => {
  const plain = Buffer.alloc(64, 7);
  const [one, two] = [sealEnvelope(key, plain, place), sealEnvelope(key, plain, place)];
  for (const [from, to] of [
    [9, 21],
    [21, 53],
    [53, 69],
    [69, 81],
    [81, 145],
    [145, 161],
  ] as const)
    expect(one.subarray(from, to)).not.toEqual(two.subarray(from, to));
});

test("a rewrapped value opens under the new key alone, and its value's bytes stay", () => {
  fc.assert(
    fc.property(anyValue, anyPlace, (plain, context) => {
      const sealed = sealEnvelope(key, plain, context);
      const fresh = rewrapEnvelope(newRing, sealed, context);
      expect(keyIdOf(fresh)).toBe(newKey.id);
      expect(fresh.subarray(69)).toEqual(sealed.subarray(69));
      expect(openEnvelope({ current: newKey, older: [] }, fresh, context)).toEqual(Buffer.from(plain));
      expect(failure(() => openEnvelope(ring, fresh, context))).toBe("vault_key_missing");
    }),
  );
});

test("a value that was altered is not rewrapped, also when its wrap is intact", () => {
  const sealed = sealEnvelope(key, Buffer.from("a secret"), place);
  sealed[sealed.length - 20]! ^= 1;
  expect(failure(() => rewrapEnvelope(newRing, sealed, place))).toBe("vault_open_failed");
});
