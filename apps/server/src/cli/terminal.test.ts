import { once } from "node:events";
import { PassThrough } from "node:stream";
import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { confirm } from "./input/confirm.ts";
import { createProcessTerminal, type Streams } from "./terminal.ts";

/** A question to somebody who types `keys`, and what is seen after it. */
async function answer(keys: string): Promise<{ outcome: unknown; seen: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const stderr = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true, columns: 80 });
  const streams = { env: {}, stdin, stdout: stderr, stderr } as unknown as Streams;
  const asked = confirm("Really?", createProcessTerminal(streams)).catch((error: unknown) => error);
  await once(stderr, "readable");
  stdin.write(keys);
  const outcome = await asked;
  return { outcome, seen: String(stderr.read() ?? "") };
}

test.each(["y\r", "yes\r", "Y\r"])("%j goes on", async (keys) => {
  expect((await answer(keys)).outcome).toBeUndefined();
});

test.each([
  ["n", "n\r"],
  ["nothing", "\r"],
  ["something else", "yeah\r"],
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
])("%s is a no, and what follows begins a line", async (_, keys) => {
  const { outcome, seen } = await answer(keys);
  expect(isFault(outcome, "not_confirmed")).toBe(true);
  expect(seen).toMatch(/\n$/);
});
