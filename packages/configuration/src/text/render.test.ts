import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfiguration } from "./parse.ts";
import { renderConfiguration } from "./render.ts";

test("texts come back as they were, also those that are nothing but blank", () => {
  const text = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "a", "#", ":"), maxLength: 12 });
  fc.assert(
    fc.property(text, (instructions) => {
      const portals = { p: { instructions } };
      const rendered = renderConfiguration({ apiVersion: "castellan/v1", name: "main", portals });
      const { document } = parseConfiguration(rendered, "castellan.yaml");
      expect(document.portals["p"]?.instructions).toBe(instructions);
    }),
    { numRuns: 500, examples: [["  \n"], ["  \n\t\n"], ["first\nsecond\n"]] },
  );
});

test("texts of several lines are written as such", () => {
  const portals = { p: { instructions: "Be kind.\nBe brief.\n" } };
  expect(renderConfiguration({ apiVersion: "castellan/v1", name: "main", portals })).toBe(
    "apiVersion: castellan/v1\nname: main\nportals:\n  p:\n    instructions: |\n      Be kind.\n      Be brief.\n",
  );
});
