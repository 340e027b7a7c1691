import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents, type ServerSentEvent } from "./read.ts";
import { keepAliveComment, messageEvent } from "./write.ts";

async function* chunked(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(events: AsyncIterable<ServerSentEvent>) {
  return Array.fromAsync(events);
}

test("messages come back whatever the chunks, with line breaks in them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (values, size) => {
        const sent = values.map((value) => JSON.stringify(value, null, 2));
        const stream = sent.map((text) => keepAliveComment + messageEvent(text)).join("");
        const got = await collect(readEvents(chunked(stream, size), 1_000_000));
        expect(got).toEqual(sent.map((data) => ({ event: "message", data })));
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
  expect(await collect(readEvents(alive(), 1_000))).toEqual([{ event: "message", data: "{}" }]);
});

test("many small events together may be longer than the bound", async () => {
  const stream = messageEvent("{}").repeat(1000);
  expect(await collect(readEvents(chunked(stream, 50), 100))).toHaveLength(1000);
});
