import type { ServerDefinition } from "@castellan/client";
import { expect, test } from "vitest";
import { showDefinition } from "./show-definition.ts";

const definition: ServerDefinition = {
  kind: "tool",
  name: "a",
  review: "new",
  fingerprint: "sha256:x",
  class: "read",
  proposedClass: "read",
  shadows: [],
  changes: [],
  changeCount: 0,
};

function shown(more: Partial<ServerDefinition>, full = false): string[] {
  const lines: string[] = [];
  showDefinition(
    { ...definition, ...more },
    { full, paint: (style, text) => `<${style}>${text}`, write: (line) => lines.push(line) },
  );
  return lines;
}

test("a name, a rename and a line that would act on a terminal do not", () => {
  expect(
    shown({
      name: "a\u001b[2J",
      renamedFrom: "b\u009b2J",
      definition: { name: "\u202e\u200b\ufe0f" },
    }),
  ).toEqual([
    "<bold>new tool a\ufffd[2J (read)",
    "<yellow>  was called b\ufffd2J before, as it seems",
    "<green>  + {",
    '<green>  +   "name": "\\u202e\\u200b\\ufe0f"',
    "<green>  + }",
  ]);
});

test("instructions keep their lines, and a difference its colours", () => {
  expect(
    shown({
      kind: "instructions",
      name: "modern",
      class: undefined,
      definition: 'Say "hi".\nThen\u200b go.',
    }),
  ).toEqual(["<bold>new instructions modern", '<green>  + Say "hi".', "<green>  + Then\\u200b go."]);
  expect(shown({ review: "changed", difference: "@@ -1 +1 @@\n-a\n+b\n c\n" })).toEqual([
    "<bold>changed tool a (read)",
    "<dim>  @@ -1 +1 @@",
    "<red>  -a",
    "<green>  +b",
    "   c",
  ]);
});

test("what is long is cut, which is said, but not when all is wanted", () => {
  const difference = Array.from({ length: 50 }, (_, line) => `+line ${line}`).join("\n");
  const cut = shown({ review: "changed", difference });
  expect([cut.length, cut.at(-1)]).toEqual([42, "<yellow>  … and 10 lines more, which --full shows"]);
  expect(shown({ review: "changed", difference }, true)).toHaveLength(51);
});

test("what was rejected is shown like news, what is in use when all is wanted", () => {
  const content = { definition: { name: "a" } };
  expect(shown({ ...content, review: "rejected" })).toEqual([
    "<bold>rejected tool a (read)",
    "<green>  + {",
    '<green>  +   "name": "a"',
    "<green>  + }",
  ]);
  expect(shown({ ...content, review: "approved" })).toEqual(["<bold>approved tool a (read)"]);
  expect(shown({ ...content, review: "approved" }, true)).toEqual([
    "<bold>approved tool a (read)",
    "    {",
    '      "name": "a"',
    "    }",
  ]);
});

test("what models are told is not pushed out of sight by what is long", () => {
  const properties = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`p${at}`, {}]));
  const lines = shown({ definition: { inputSchema: { properties }, description: "Sends it all" } });
  expect(lines[2]).toBe('<green>  +   "description": "Sends it all",');
});
