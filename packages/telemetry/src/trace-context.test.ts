import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTraceparent, parseTraceparent } from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test.each([
  [`00-${traceId}-${spanId}-01`, 1],
  [`00-${traceId}-${spanId}-00`, 0],
  [`00-${traceId}-${spanId}-03`, 3],
  [` 00-${traceId}-${spanId}-01\t`, 1],
  [`cc-${traceId}-${spanId}-01`, 1],
  [`cc-${traceId}-${spanId}-01-what-the-future-brings`, 1],
])("%j is read", (header, flags) => {
  expect(parseTraceparent(header)).toEqual({ traceId, spanId, flags });
});

test.each([
  "",
  `ff-${traceId}-${spanId}-01`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId}-${spanId}-01-`,
  `cc-${traceId}-${spanId}-01.more`,
  `00-${"0".repeat(32)}-${spanId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId.slice(1)}-${spanId}-01`,
  `00-${traceId}-${spanId}-1`,
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01\n`.repeat(2),
])("%j starts a new trace", (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

test("tracestate goes along, and is left behind when it could not be passed on", () => {
  const header = `00-${traceId}-${spanId}-01`;
  expect(parseTraceparent(header, "vendor=1,other=2")).toEqual({
    traceId,
    spanId,
    flags: 1,
    traceState: "vendor=1,other=2",
  });
  for (const bad of ["", "x".repeat(513), "a=1\r\nevil: 1", "a=ü"])
    expect(parseTraceparent(header, bad)).toEqual({ traceId, spanId, flags: 1 });
});

test("what is written is read again; what is read is written in the same form", () => {
  const hex = (length: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));
  fc.assert(
    fc.property(hex(32), hex(16), fc.nat(255), (traceId, spanId, flags) => {
      const context = { traceId, spanId, flags };
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const context = parseTraceparent(text);
      if (context !== undefined) expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }),
  );
});
