import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { EventStream } from "./event-stream.ts";

afterEach(() => {
  vi.useRealTimers();
});

const opening = ": open\n\n";
const MB = 1024 * 1024;

function open(options: ConstructorParameters<typeof EventStream>[0] = {}) {
  const events = new EventStream(options);
  const reader = (events.response.body as ReadableStream<Uint8Array>).getReader();
  const read = async () => {
    const { value, done } = await reader.read();
    return done ? undefined : Buffer.from(value).toString();
  };
  const rest = async () => {
    const pieces: Uint8Array[] = [];
    for (let one = await reader.read(); !one.done; one = await reader.read()) pieces.push(one.value);
    return Buffer.concat(pieces).toString();
  };
  return { events, reader, read, rest };
}

test("what is written arrives in order and whole, however large its parts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 200_000 }), { maxLength: 12 }), async (sizes) => {
      const { events, rest } = open();
      const texts = sizes.map((size, n) => String.fromCodePoint(97 + n, 0x1f600).repeat(size / 6));
      for (const text of texts) void events.write(text);
      events.close("end");
      // Not shown when they differ: they are long.
      expect((await rest()) === `${opening}${texts.join("")}end`).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("a writer waits while a mebibyte is to be read first, and goes on as it is read", async () => {
  const { events, read, reader } = open();
  expect(events.write("x".repeat(1000))).toBe(true);
  const waiting = events.write("y".repeat(2 * MB));
  expect(waiting).toBeInstanceOf(Promise);
  let bytes = 0;
  const room = Promise.resolve(waiting).then((isReached) => [isReached, bytes > MB, bytes < 2 * MB]);
  const isRoom = () =>
    Promise.race([room.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);
  while (!(await isRoom())) bytes += (await read())?.length ?? 0;
  expect(await room).toEqual([true, true, true]);
  await reader.cancel();
});

test("a flood of small messages does not cut a client that reads", async () => {
  const gone: string[] = [];
  const { events, rest } = open({ onGone: (reason) => gone.push(reason), stallMs: 1_000 });
  const count = 50_000;
  const writing = (async () => {
    for (let n = 0; n < count; n++) await events.write("data: {}\n\n");
    events.close();
  })();
  const { length } = await rest();
  await writing;
  expect([length, gone]).toEqual([opening.length + count * 10, []]);
});

test("who reads nothing for a minute is cut off, who reads a little is not", async () => {
  vi.useFakeTimers();
  const gone: string[] = [];
  const { events, read, reader } = open({ onGone: (reason) => gone.push(reason) });
  await read();
  void events.write("x".repeat(300_000));
  for (let n = 0; n < 3; n++) {
    await vi.advanceTimersByTimeAsync(59_000);
    expect((await read())?.length).toBeGreaterThan(0);
  }
  expect(gone).toEqual([]);
  const waiting = events.write("y".repeat(2 * MB));
  await vi.advanceTimersByTimeAsync(60_001);
  expect([gone, events.isOpen, await waiting, events.write("z")]).toEqual([["slow"], false, false, false]);
  await expect(reader.read()).rejects.toMatchObject({ code: "cancelled" });
});

test("who does not wait to write is cut off at 16 MiB; one message may be larger", async () => {
  const gone: string[] = [];
  const { events } = open({ onGone: (reason) => gone.push(reason) });
  void events.write("x".repeat(20 * MB));
  expect([events.isOpen, gone]).toEqual([true, []]);
  expect([events.write("y"), gone]).toEqual([false, ["slow"]]);
  const { events: closing, rest } = open();
  closing.close("x".repeat(20 * MB));
  expect((await rest()).length).toBe(opening.length + 20 * MB);
});

test("a client that leaves is noticed at once, and a writer that waits is told", async () => {
  const seen: string[] = [];
  const { events, reader } = open({ onGone: (reason) => seen.push(reason), onOver: () => seen.push("over") });
  const waiting = events.write("y".repeat(2 * MB));
  await reader.cancel();
  expect([seen, await waiting, events.write("z")]).toEqual([["gone", "over"], false, false]);
});

test("a quiet stream says every 15 seconds that it is there, until it is closed", async () => {
  vi.useFakeTimers();
  const { events, read } = open();
  expect(await read()).toBe(opening);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(await read()).toBe(": keepalive\n\n".repeat(3));
  events.close();
  expect([await read(), vi.getTimerCount()]).toEqual([undefined, 0]);
});
