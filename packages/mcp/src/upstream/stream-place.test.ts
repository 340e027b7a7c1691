import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServerSentEvent } from "../sse/read.ts";
import { StreamPlace } from "./stream-place.ts";

const event = (parts: Partial<ServerSentEvent>): ServerSentEvent => ({
  event: "message",
  data: "",
  id: undefined,
  retryMs: undefined,
  ...parts,
});

test("the server's pace is kept, from the last id that it gave", () => {
  const place = new StreamPlace({ maxBackOffMs: 5_000 });
  expect([place.isKnown, place.headers, place.next()]).toEqual([false, {}, 1_000]);
  place.note(event({ id: "a", retryMs: 7_000 }));
  place.note(event({ data: "{}" }));
  expect([place.isKnown, place.headers, place.next()]).toEqual([true, { "last-event-id": "a" }, 7_000]);
  place.note(event({ id: "" }));
  expect([place.isKnown, place.headers]).toEqual([false, {}]);
});

test("streams that are closed at once without a message are opened less and less often", () => {
  const place = new StreamPlace({ maxBackOffMs: 3_000 });
  const waits = Array.from({ length: 9 }, (_, n) => {
    place.note(event({ id: `${n}`, retryMs: 0 }));
    return place.next();
  });
  expect(waits).toEqual([0, 125, 250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]);
  expect(place.isHopeless).toBe(false);
  place.note(event({ data: "{}" }));
  expect([place.next(), place.next()]).toEqual([125, 250]);
});

test("ten streams without anything new are the end; an id that does not move and other events are nothing new", () => {
  const place = new StreamPlace({ maxBackOffMs: 1 });
  place.note(event({ id: "a" }));
  const hopeless = Array.from({ length: 12 }, () => {
    place.next();
    place.note(event({ id: "a" }));
    place.note(event({ event: "ping", data: "x" }));
    return place.isHopeless;
  });
  expect(hopeless.indexOf(true)).toBe(10);
});

test("a stream that stayed open was none in vain, though nothing was said on it", async () => {
  const place = new StreamPlace({ maxBackOffMs: 60_000, steadyMs: 20 });
  place.note(event({ id: "a", retryMs: 0 }));
  for (let n = 0; n < 15; n++) {
    expect([place.next() <= 250, place.isHopeless]).toEqual([true, false]);
    place.opened();
    expect(place.isSteady).toBe(false);
    await setTimeout(30);
    expect(place.isSteady).toBe(true);
  }
});

test("whatever a server says, the wait is at most the longest of both bounds, and soon at least a moment", () => {
  const anyEvent = fc.record({
    event: fc.constantFrom("message", "other"),
    data: fc.constantFrom("", "{}"),
    id: fc.option(fc.string(), { nil: undefined }),
    retryMs: fc.option(fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY)), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(anyEvent)), (streams) => {
      const place = new StreamPlace({ maxBackOffMs: 5_000 });
      streams.forEach((events, n) => {
        for (const each of events) place.note(each);
        const waitMs = place.next();
        expect(waitMs).toBeGreaterThanOrEqual(n === 0 ? 0 : 125);
        expect(waitMs).toBeLessThanOrEqual(30_000);
      });
    }),
  );
});
