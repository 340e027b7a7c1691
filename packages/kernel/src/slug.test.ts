import { expect, test } from "vitest";
import { isFault } from "./fault.ts";
import { isSlug, parseSlug } from "./slug.ts";

test.each(["a", "github", "my-server", "a1-b2", "x".repeat(32)])("%s is a slug", (value) => {
  expect(isSlug(value)).toBe(true);
});

test.each(["", "A", "1a", "-a", "a-", "a--b", "a_b", "a.b", "a b", "ä", "x".repeat(33), "a\n"])(
  "%j is refused, and the error names the field",
  (value) => {
    const refuse = () => parseSlug(value, "slug");
    expect(refuse).toThrow(/^slug must be 1 to 32 characters/);
    try {
      refuse();
    } catch (error) {
      expect(isFault(error, "invalid_input") && error.field).toBe("slug");
    }
  },
);
