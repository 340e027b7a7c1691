import { expect, test } from "vitest";
import { printPlan } from "./print-plan.ts";

function printed(...changes: Parameters<typeof printPlan>[1]): string[] {
  const lines: string[] = [];
  printPlan({ file: "c.yaml", name: "main" }, changes, {
    paint: (style, text) => `<${style}>${text}`,
    print: (line) => lines.push(line),
  });
  return lines;
}

test("a plan is a line for each resource, and one for each field of it", () => {
  expect(
    printed(
      {
        kind: "server",
        slug: "github",
        action: "create",
        fields: [{ path: "url", after: "https://a.example/" }],
      },
      {
        kind: "portal",
        slug: "work",
        action: "update",
        fields: [
          { path: "title", before: "Work", after: "The work" },
          { path: "hostname", before: "mcp.example.com" },
          { path: "headers.authorization", secret: "changed" },
        ],
      },
      { kind: "server", slug: "old", action: "remove", fields: [] },
    ),
  ).toEqual([
    "<bold>c.yaml (main): 1 to create, 1 to change, 1 to remove",
    "<green>+ server github",
    '    url: "https://a.example/"',
    "<yellow>~ portal work",
    '    title: "Work" → "The work"',
    '    hostname: "mcp.example.com" → nothing',
    "    headers.authorization: another secret",
    "<red>- server old",
  ]);
});

test("what strangers wrote does not act on a terminal, and what is long is cut", () => {
  const [, , name, long] = printed({
    kind: "server",
    slug: "a",
    action: "update",
    fields: [
      { path: 'approvals.tools["\u001b[2J"].class', before: "\u202ea\u200b\n", after: "b" },
      { path: "description", before: "", after: "x".repeat(1000) },
    ],
  });
  expect(name).toBe('    approvals.tools["\ufffd[2J"].class: "\\u202ea\\u200b\\n" → "b"');
  expect(long).toBe(`    description: "" → "${"x".repeat(399)}… (1002 characters)`);
});
