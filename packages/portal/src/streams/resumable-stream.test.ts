import { randomBytes } from "node:crypto";
import { createId, createManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fitsEventId, openEventId, sealPlace } from "./event-id.ts";
import type { EventReader, StreamEvent } from "./resumable-stream.ts";
import { ResumableStreams, type ReplayLimits } from "./resumable-streams.ts";

const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
const place = { sessionId: "ses_1", principalId: "tok_1", requestId: 1 };

function open(limits: Partial<ReplayLimits> = {}) {
  const clock = createManualClock();
  return { clock, streams: new ResumableStreams({ vault, clock, replica: "rep_1", limits }) };
}

function newReader(): EventReader & { readonly taken: StreamEvent[]; isEnded: boolean } {
  const taken: StreamEvent[] = [];
  return {
    taken,
    isEnded: false,
    take: (event) => taken.push(event) > 0,
    end() {
      this.isEnded = true;
    },
  };
}

test("whatever a client does, it gets each event once and in order, or is told that it lost some", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("send" as const), size: fc.nat({ max: 400 }) }),
    fc.record({ do: fc.constant("leave" as const), unread: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant("resume" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      using streams = open({ maxBytes: 2_000 }).streams;
      const stream = streams.begin(place);
      const sent: string[] = [];
      let got: string[] = [];
      let reader: ReturnType<typeof newReader> | undefined;
      const resume = () => {
        const next = newReader();
        if (stream.resume(next, got.length)) reader = next;
        return reader === next;
      };
      resume();
      /** What it read for certain is in `got`; the last few may have been lost on the way. */
      const read = (unread: number) => {
        const events = reader?.taken ?? [];
        got = [...got, ...events.slice(0, Math.max(0, events.length - unread)).map(({ text }) => text)];
      };
      for (const one of steps) {
        if (one.do === "send") {
          const text = `${sent.length}${"x".repeat(one.size)}`;
          if (stream.send(text) !== false || reader) sent.push(text);
        } else if (reader) {
          read(one.do === "leave" ? one.unread : 0);
          if (one.do === "leave") stream.leave(reader);
          reader = undefined;
        }
        if (one.do === "resume" && !resume()) return;
      }
      if (!reader && !resume()) return;
      stream.end("end");
      read(0);
      expect(got).toEqual([...sent, "end"]);
      expect(stream.bytes).toBeLessThanOrEqual(2_000);
    }),
  );
});

test("a newer reader takes the place of the one before, which is ended", () => {
  using streams = open().streams;
  const stream = streams.begin(place);
  const readers = [newReader(), newReader()];
  for (const reader of readers) stream.resume(reader, 0);
  void stream.send("1");
  stream.leave(readers[0] as EventReader);
  stream.end("2");
  expect(readers.map(({ taken, isEnded }) => [taken.map(({ text }) => text), isEnded])).toEqual([
    [[], true],
    [["1", "2"], true],
  ]);
});

test("all streams of a caller have one bound; what has ended goes first, and others keep theirs", () => {
  using streams = open({ maxBytes: 2_000, maxBytesPerPrincipal: 2_000 }).streams;
  const begin = (principalId: string) => {
    const stream = streams.begin({ ...place, principalId });
    stream.resume(newReader(), 0);
    return stream;
  };
  const [oldest, ended, other] = [begin("tok_1"), begin("tok_1"), begin("tok_2")];
  for (const stream of [oldest, ended, other]) void stream.send("x".repeat(600));
  ended.end("done");
  const newest = begin("tok_1");
  void newest.send("x".repeat(600));
  expect([oldest, ended, other, newest].map(({ bytes }) => bytes)).toEqual([800, 0, 800, 800]);
  expect([oldest, ended, other, newest].map((stream) => stream.resume(newReader(), 0))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test("the bounds hold whatever the sizes: many small ones that ended make room for large ones, and are gone", () => {
  const size = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 3_000 }));
  const step = fc.record({ size, principalId: fc.constantFrom("tok_1", "tok_2"), ends: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using streams = open({ maxBytes: 4_000, maxBytesPerPrincipal: 5_000, maxBytesInAll: 7_000 }).streams;
      const all = steps.map(({ size, principalId, ends }) => {
        const stream = streams.begin({ ...place, principalId });
        stream.resume(newReader(), 0);
        void stream.send("x".repeat(size));
        if (ends) stream.end("done");
        return stream;
      });
      const bytesOf = (id: string) =>
        all.filter((one) => one.principalId === id).reduce((sum, { bytes }) => sum + bytes, 0);
      const [one, other] = [bytesOf("tok_1"), bytesOf("tok_2")];
      expect([one <= 5_000, other <= 5_000, one + other <= 7_000]).toEqual([true, true, true]);
      expect(streams.size).toBe(all.filter(({ bytes, isEnded }) => bytes > 0 || !isEnded).length);
    }),
  );
});

test("there is a bound for all callers together", () => {
  using streams = open({ maxBytes: 1_000, maxBytesInAll: 2_000 }).streams;
  const all = ["tok_1", "tok_2", "tok_3"].map((principalId) => streams.begin({ ...place, principalId }));
  for (const stream of all) {
    stream.resume(newReader(), 0);
    void stream.send("x".repeat(600));
  }
  expect(all.map(({ bytes }) => bytes)).toEqual([0, 800, 800]);
});

test("what was read to its end goes after a while, what was left after a longer one, what runs stays", () => {
  const { streams, clock } = open();
  const [read, left, running] = [0, 1, 2].map(() => streams.begin(place));
  const reader = newReader();
  for (const stream of [read, left, running]) stream?.resume(stream === left ? reader : newReader(), 0);
  left?.leave(reader);
  read?.end("1");
  left?.end("1");
  clock.advance(15_000);
  streams.sweep();
  expect([streams.size, read?.resume(newReader(), 0)]).toEqual([2, false]);
  clock.advance(5 * 60_000);
  streams.sweep();
  expect([streams.size, left?.resume(newReader(), 0), running?.resume(newReader(), 0)]).toEqual([
    1,
    false,
    true,
  ]);
  streams[Symbol.dispose]();
});

test("an event id opens for its own session, and nothing else does", () => {
  const [session, other] = [createId("session"), createId("session")];
  const at = { replica: createId("replica"), exchange: "7", requestId: 'a"-1' };
  const token = sealPlace(vault, session, at);
  expect(openEventId(vault, session, `${token}-12`)).toEqual({ token, place: at, sequence: 12 });
  expect(openEventId(vault, other, `${token}-12`)).toBeUndefined();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String().map((text) => `${text}-1`),
      ),
      (text) => {
        expect(openEventId(vault, session, text)).toBeUndefined();
      },
    ),
  );
});

test("whatever request id fits comes back, and one that does not is known beforehand", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 600, size: "max" }), (requestId) => {
      fc.pre(fitsEventId(requestId));
      const token = sealPlace(vault, "ses_1", {
        replica: createId("replica"),
        exchange: "999999999",
        requestId,
      });
      expect(openEventId(vault, "ses_1", `${token}-1`)?.place.requestId).toBe(requestId);
    }),
  );
  expect([fitsEventId("x".repeat(510)), fitsEventId("x".repeat(511))]).toEqual([true, false]);
});
