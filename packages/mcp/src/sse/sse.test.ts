import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents, type ServerSentEvent } from "./read.ts";
import { keepAliveComment, messageEvent, primingEvent } from "./write.ts";

async function* chunked(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(events: AsyncIterable<ServerSentEvent>) {
  return Array.fromAsync(events);
}

const unplaced = { id: undefined, retryMs: undefined };

test("messages come back whatever the chunks, with line breaks in them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (values, size) => {
        const sent = values.map((value) => JSON.stringify(value, null, 2));
        const stream = sent.map((text) => keepAliveComment + messageEvent(text)).join("");
        const got = await collect(readEvents(chunked(stream, size), 1_000_000));
        expect(got).toEqual(sent.map((data) => ({ event: "message", data, ...unplaced })));
      },
    ),
  );
});

test("an event without end is cut off at the bound", async () => {
  async function* endless() {
    const chunk = new TextEncoder().encode("x".repeat(1000));
    yield new TextEncoder().encode("data: ");
    for (;;) yield chunk;
  }
  await expect(collect(readEvents(endless(), 10_000))).rejects.toMatchObject({ code: "upstream_too_large" });
});

test.each([
  ["comments", "data: xxxxxxxxxx\n: keepalive\n"],
  ["ids", "data: xxxxxxxxxx\nid: 1\n"],
])("%s within an event do not make room for more of it", async (_, lines) => {
  async function* endless() {
    for (;;) yield new TextEncoder().encode(lines);
  }
  await expect(collect(readEvents(endless(), 10_000))).rejects.toMatchObject({ code: "upstream_too_large" });
});

test("keep-alives may go on for ever", async () => {
  async function* alive() {
    for (let n = 0; n < 10_000; n++) yield new TextEncoder().encode(": keepalive\n\n");
    yield new TextEncoder().encode(messageEvent("{}"));
  }
  expect(await collect(readEvents(alive(), 1_000))).toEqual([{ event: "message", data: "{}", ...unplaced }]);
});

test("many small events together may be longer than the bound", async () => {
  const stream = messageEvent("{}").repeat(1000);
  expect(await collect(readEvents(chunked(stream, 50), 100))).toHaveLength(1000);
});

test("ids come back with the messages that have them, and the one that begins a stream without", async () => {
  const stream = primingEvent("0", 500) + messageEvent("{}", "1") + messageEvent("[\n]") + primingEvent("ü");
  const events = [
    { event: "message", data: "", id: "0", retryMs: 500 },
    { event: "message", data: "{}", id: "1", retryMs: undefined },
    { event: "message", data: "[\n]", id: undefined, retryMs: undefined },
    { event: "message", data: "", id: "Ã¼", retryMs: undefined },
  ];
  expect(await collect(readEvents(chunked(stream, 1_000), 1_000))).toEqual(events);
});

test.each([
  ["an id alone", "id: 7\n\n", { id: "7", retryMs: undefined }],
  ["a time to wait alone", "retry: 20\n\n", { id: undefined, retryMs: 20 }],
  ["a time beyond all numbers", `retry: ${"9".repeat(400)}\n\n`, { id: undefined, retryMs: Infinity }],
  ["the end of resuming", "id:\n\n", { id: "", retryMs: undefined }],
  ["an id that no header can hold", "id: a\u0001b\n\n", { id: "", retryMs: undefined }],
  ["an id of a megabyte", `id: ${"x".repeat(1_000_000)}\n\n`, { id: "", retryMs: undefined }],
  ["an id too long in UTF-8", `id: ${"ü".repeat(4096)}\n\n`, { id: "", retryMs: undefined }],
])("%s is an event without data", async (_, text, expected) => {
  for (const size of [7, 16_384, 4_000_000]) {
    const [event, ...others] = await collect(readEvents(chunked(text, size), 2_000_000));
    expect(event).toEqual({ event: "message", data: "", ...expected });
    expect(others).toEqual([]);
  }
});

test("an event that comes byte by byte is whole", async () => {
  const data = JSON.stringify({ text: "ü".repeat(50_000) });
  const events = await collect(readEvents(chunked(messageEvent(data, "1"), 1), 1_000_000));
  expect(events).toEqual([{ event: "message", data, id: "1", retryMs: undefined }]);
});
