import fc from "fast-check";
import { expect, test } from "vitest";

import { createLineReader } from "./lines.ts";

function read(chunks: readonly Buffer[], maxBytes: number): { lines: string[]; tooLong: number } {
  const seen = { lines: [] as string[], tooLong: 0 };
  const reader = createLineReader(maxBytes, {
    onLine: (line) => seen.lines.push(line),
    onTooLong: () => (seen.tooLong += 1),
  });
  for (const chunk of chunks) reader.take(chunk);
  return seen;
}

test("lines are the same however the bytes come", () => {
  const text = fc.array(fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", "")));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (lines, size) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(read(chunks, 10_000)).toEqual({ lines, tooLong: 0 });
    }),
  );
});

test("a line without end is told once, and nothing after it", () => {
  const seen = read([Buffer.from("ab\ncd"), Buffer.from("efg"), Buffer.from("h\nij\n")], 4);
  expect(seen).toEqual({ lines: ["ab"], tooLong: 1 });
});
