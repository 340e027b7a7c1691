import fc from "fast-check";
import { expect, test } from "vitest";
import { toIdentifier } from "./identifier.ts";
import { nameTools } from "./identifiers.ts";

test.each([
  ["get-weather", "get_weather"],
  ["3d-render", "_3d_render"],
  ["3d.render", "_3d_render"],
  ["delete", "delete_"],
  ["await", "await_"],
  ["tools", "tools_"],
  ["then", "then_"],
  ["__proto__", "__proto___"],
  ["constructor", "constructor_"],
  ["../../etc/passwd", "______etc_passwd"],
  ["größe", "gr__e"],
  ["", "_"],
])("%j is %s", (name, identifier) => {
  expect(toIdentifier(name)).toBe(identifier);
});

test("names that come out the same get numbers, whatever the order; one that is an identifier keeps it", () => {
  const names = ["get-a", "get.a", "get_a", "get_a_2", "get a"];
  const identifiers = (order: readonly string[]) => {
    const { identifierOf } = nameTools(order);
    return names.map((name) => identifierOf(name));
  };
  expect(identifiers(names)).toEqual(["get_a_4", "get_a_5", "get_a", "get_a_2", "get_a_3"]);
  expect(identifiers(names.toReversed())).toEqual(identifiers(names));
});

test("code may write a name as it is listed", () => {
  const { resolve } = nameTools(["get-a", "get_b"]);
  expect(["get_a", "get-a", "get_b", "get-b", "__proto__"].map(resolve)).toEqual([
    "get-a",
    "get-a",
    "get_b",
    undefined,
    undefined,
  ]);
});

test("every tool has one identifier, and each leads back to it", () => {
  const name = fc.oneof(fc.string({ maxLength: 8 }), fc.stringMatching(/^[ab._-]{0,4}[23]?$/));
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
      const { identifierOf, resolve } = nameTools(names);
      const identifiers = names.map((one) => identifierOf(one) ?? "");
      expect(new Set(identifiers).size).toBe(names.length);
      expect(identifiers.map(resolve)).toEqual(names);
      expect(identifiers.every((one) => /^[A-Za-z_$][\w$]*$/.test(one))).toBe(true);
    }),
  );
});
