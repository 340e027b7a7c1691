import { expect, test } from "vitest";
import { freshMs } from "./document-freshness.ts";

const now = Date.parse("Thu, 01 Jan 2026 00:00:00 GMT");
const minutes = (count: number) => count * 60_000;

test.each([
  [{}, minutes(60)],
  [{ "cache-control": "max-age=1800" }, minutes(30)],
  [{ "cache-control": 'public, max-age="1800"' }, minutes(30)],
  [{ "cache-control": "max-age=1800", age: "600" }, minutes(20)],
  [{ "cache-control": "max-age=0" }, minutes(5)],
  [{ "cache-control": "no-store" }, minutes(5)],
  [{ "cache-control": "private, max-age=86400" }, minutes(5)],
  [{ "cache-control": "max-age=99999999" }, minutes(7 * 24 * 60)],
  [{ "cache-control": "s-maxage=1" }, minutes(60)],
  [{ expires: "Thu, 01 Jan 2026 02:00:00 GMT" }, minutes(120)],
  [{ expires: "Wed, 31 Dec 2025 00:00:00 GMT" }, minutes(5)],
  [{ expires: "0" }, minutes(5)],
  [{ expires: "soon" }, minutes(5)],
  [{ "cache-control": "max-age=1800", expires: "0" }, minutes(30)],
])("%j is good for %i ms", (headers, ms) => expect(freshMs(new Headers(headers), now)).toBe(ms));
