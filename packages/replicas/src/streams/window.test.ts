import fc from "fast-check";
import { expect, test } from "vitest";
import { ReadWindow, SendWindow } from "./window.ts";

test("whatever the sizes, the owner is never far ahead, and never waits for ever", async () => {
  const size = fc.oneof(fc.nat(10), fc.nat(3 * 1024 * 1024), fc.constantFrom(512 * 1024, 1024 * 1024));
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 200 }), async (sizes) => {
      const send = new SendWindow();
      const read = new ReadWindow();
      const way: number[] = [];
      for (const each of sizes) {
        const state = { hasRoom: false };
        const room = send.room(AbortSignal.any([])).then(() => (state.hasRoom = true));
        // The reader reads only when the owner waits: the most that can be under way.
        for (await new Promise(setImmediate); !state.hasRoom; await new Promise(setImmediate)) {
          const next = way.shift();
          if (next === undefined) throw new Error("Nothing is under way, and the owner waits");
          if (read.add(next)) send.read(read.count);
        }
        await room;
        expect(way.length).toBeLessThan(16);
        expect(way.reduce((sum, size) => sum + size, 0)).toBeLessThan(1024 * 1024);
        send.add(each);
        way.push(each);
      }
    }),
  );
});

test("who waits for room is told of the abort", async () => {
  const stop = new AbortController();
  const window = new SendWindow();
  for (let sent = 0; sent < 16; sent += 1) window.add(1);
  const room = window.room(stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(room).rejects.toBe(reason);
  await expect(window.room(stop.signal)).rejects.toBe(reason);
  window.read(3);
  await window.room(new AbortController().signal);
});
