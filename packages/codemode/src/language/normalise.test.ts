import fc from "fast-check";
import { expect, test } from "vitest";
import { normalise } from "./normalise.ts";
import { CodeProblemError } from "./problem.ts";

const shapes: readonly (readonly [name: string, code: string, body: string])[] = [
  ["an expression", "1 + 1", "return 1 + 1\n"],
  ["a last expression", "const x = 1;\nx // it", "const x = 1;\nreturn x // it\n"],
  ["a return", "if (a) return 1;\nreturn 2", "if (a) return 1;\nreturn 2\n"],
  ["a block", "{ const a = 1; return a }", "{ const a = 1; return a }\n"],
  ["an arrow function", "async () => { return 1 };", "return async () => { return 1 };\n"],
  ["a call of a function", "(async () => 1)()", "return (async () => 1)()\n"],
  ["a named function", "async function main() {}", "async function main() {}\n;return main"],
  [
    "main among others",
    "const main = () => a();\nfunction a() {}",
    "const main = () => a();\nfunction a() {}\n;return main",
  ],
  [
    "the last of functions",
    "function a() {}\nfunction b() {}",
    "function a() {}\nfunction b() {}\n;return b",
  ],
  ["a called function below", "go();\nfunction go() {}", "return go();\nfunction go() {}\n"],
  [
    "a default export",
    "export default async () => 1",
    "const defaultExport_ = async () => 1;\n;return defaultExport_",
  ],
  ["a named default export", "export default async function go() {}", " async function go() {}\n;return go"],
  ["a default export of a name", "const a = 1;\nexport { a as default }", "const a = 1;\n;\n;return a"],
  ["other exports", "export const a = 1;\na", " const a = 1;\nreturn a\n"],
  ["a fence", "```ts\nconst x: string = 'a';\nx\n```", "     \nconst x         = 'a';\nreturn x\n\n"],
  ["a fence among words", "Here:\n~~~\nreturn 1\n~~~\nDone.", "     \n   \nreturn 1\n\n"],
  ["a fence of one line", "```js return 1```", "      return 1\n"],
  [
    "TypeScript",
    "interface A { a: number }\nconst a = { a: 1 } as A;\nreturn a!",
    "                         \nconst a = { a: 1 }     ;\nreturn a \n",
  ],
  [
    "type arguments, which are two comparisons as well",
    "return codemode.a<T>({})",
    "return codemode.a   ({})\n",
  ],
  ["nothing", "", "\n"],
  [
    "only functions called in a hashbang script",
    "#!/usr/bin/env node\nreturn 1",
    "///usr/bin/env node\nreturn 1\n",
  ],
];

test.each(shapes)("%s", (_, code, body) => {
  expect(normalise(code)).toBe(`export default async () => {${body}}`);
});

test("an object is an expression", () => {
  expect(normalise("{ a: 1, b: [2] };\n")).toBe("export default async () => ({ a: 1, b: [2] }\n)");
});

const problems: readonly (readonly [code: string, problem: object])[] = [
  ["const a = 1;\nlet x = ;\n", { message: "Unexpected token.", line: 2, column: 9, text: "let x = ;" }],
  [
    "return 1 }; go(); async () => {",
    { message: "Unexpected token.", line: 1, column: 10, text: "return 1 }; go(); async () => {" },
  ],
  [
    "const a: number = 1;\nlet y: = 3;",
    { message: "Unexpected token `=`.", line: 2, column: 8, text: "let y: = 3;" },
  ],
  ["```js\nlet x = ;\n```", { message: "Unexpected token.", line: 2, column: 9, text: "let x = ;" }],
  [
    "let a = 1;\nlet a = 2;",
    { message: "Identifier 'a' has already been declared.", line: 2, column: 5, text: "let a = 2;" },
  ],
  [
    'const a = "x\ny";',
    { message: "Unterminated string constant.", line: 1, column: 11, text: 'const a = "x' },
  ],
  [
    "enum A { x }",
    {
      message: 'TypeScript enum is not supported. Write an object: `const Name = { A: "a" } as const`.',
      line: 1,
      column: 1,
      text: "enum A { x }",
    },
  ],
  [
    "\nimport fs from 'node:fs'",
    { message: noImports(), line: 2, column: 1, text: "import fs from 'node:fs'" },
  ],
  ["await import('node:fs')", { message: noImports(), line: 1, column: 7, text: "await import('node:fs')" }],
  [
    "({ a: [import('node:fs')] })",
    { message: noImports(), line: 1, column: 8, text: "({ a: [import('node:fs')] })" },
  ],
  [
    "{ a: import('node:fs') }",
    { message: noImports(), line: 1, column: 6, text: "{ a: import('node:fs') }" },
  ],
  ["export * from 'node:fs'", { message: noImports(), line: 1, column: 1, text: "export * from 'node:fs'" }],
];

test.each(problems)("%j is told by its place", (code, problem) => {
  expect(problemOf(code)).toEqual(problem);
});

test("a long line is shown around the place", () => {
  const { text, column } = problemOf(`${"a;".repeat(500)}let = = 1;${"b;".repeat(500)}`) ?? {
    text: "",
    column: 0,
  };
  expect([text.length, column, text.includes("let = = 1")]).toEqual([200, 1007, true]);
});

test("whatever comes, it is a module of the same lines, or a problem within the code", () => {
  const parts =
    "a|1|{|}|(|)|[|]|;|\n| |=>|async |await |function |export default |const |=|return |`|${|```|~~~|/*|*/|//|<T>|: string|import |\"|'|/|\u2028|\r\n|#!|main|,";
  const part = fc.constantFrom(...parts.split("|"));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 25 }), (chosen) => {
      const code = chosen.join("");
      const lines = code.split(/\r\n?|[\n\u2028\u2029]/);
      try {
        const text = normalise(code);
        expect(text.startsWith("export default async () => ")).toBe(true);
        // Words after a fence are left out.
        const added = text.split(/\r\n?|[\n\u2028\u2029]/).length - lines.length;
        expect(/```|~~~/.test(code) ? added <= 1 : added === 1).toBe(true);
      } catch (error) {
        if (!(error instanceof CodeProblemError)) throw error;
        const { line, column } = error.problem;
        expect([line >= 1 && line <= lines.length, column >= 1]).toEqual([true, true]);
      }
    }),
    { numRuns: 2000 },
  );
});

function problemOf(code: string) {
  try {
    normalise(code);
  } catch (error) {
    if (error instanceof CodeProblemError) return error.problem;
    throw error;
  }
  return undefined;
}

function noImports(): string {
  return "There is nothing to import: tools are called as `codemode.<name>(args)`, and JavaScript's own objects are there.";
}
