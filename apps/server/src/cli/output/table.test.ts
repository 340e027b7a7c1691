import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clean } from "./clean.ts";
import { printDetails, printTable, type Column } from "./table.ts";
import { fit, widthOf } from "./width.ts";

interface Row {
  readonly name: string;
  readonly count: string;
}

const columns: readonly Column<Row>[] = [
  { title: "NAME", value: ({ name }) => name, shrinks: true },
  { title: "COUNT", value: ({ count }) => count, align: "right" },
];

function lines(rows: readonly Row[], width?: number): string[] {
  const printed: string[] = [];
  printTable(rows, columns, { width, paint: (_, text) => text, print: (line) => printed.push(line) });
  return printed;
}

test("columns line up by what is seen, not by length", () => {
  expect(
    lines([
      { name: "日本", count: "1" },
      { name: "e\u0301te\u0301", count: "10" },
      { name: "🧾", count: "100" },
    ]),
  ).toEqual(["NAME  COUNT", "日本      1", "e\u0301te\u0301      10", "🧾      100"]);
});

test("what is too wide for the terminal is cut where it may be", () => {
  expect(lines([{ name: "a-name-that-is-long", count: "1000000" }], 20)).toEqual([
    "NAME           COUNT",
    "a-name-tha…  1000000",
  ]);
  expect(lines([{ name: "a-name-that-is-long", count: "1000000" }])[1]).toBe("a-name-that-is-long  1000000");
});

test("no line is wider than the terminal, and none can move its cursor", () => {
  const row = fc.record({ name: fc.string({ unit: codePoint }), count: fc.stringMatching(/^\d{1,5}$/) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), fc.integer({ min: 15, max: 60 }), (rows, width) => {
      for (const line of lines(rows, width)) {
        expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});

test("text is cut to any width", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), fc.integer({ min: 1, max: 30 }), (text, width) => {
      expect(widthOf(fit(clean(text), width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("details leave out what is not known", () => {
  const printed: string[] = [];
  printDetails(
    { Name: "a\u001b[2J", Error: undefined, State: "" },
    { paint: (_, text) => text, print: (line) => printed.push(line) },
  );
  expect(printed).toEqual(["Name   a\ufffd[2J", "State"]);
});
