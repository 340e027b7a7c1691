/** Text for property tests. */
import fc from "fast-check";

const surrogates = { first: 0xd800, count: 0x800 };

/**
 * Any code point that stands for itself: the `unit` of strings from strangers. What the library calls "binary", whose first use in a
 * process keeps that busy for seconds.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - surrogates.count })
  .map((at) => String.fromCodePoint(at < surrogates.first ? at : at + surrogates.count));
