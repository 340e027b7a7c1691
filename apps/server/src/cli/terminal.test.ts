import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { confirm } from "./input/confirm.ts";
import { makeFolder } from "./testing/command.ts";
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

test("an address is opened as it is, by no shell", async () => {
  await using folder = await makeFolder();
  const heard = join(folder.path, "heard");
  execFileSync("mkfifo", [heard]);
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  await writeFile(join(folder.path, opener), `#!/bin/sh\nprintf '%s' "$*" > ${heard}\n`, { mode: 0o755 });
  const terminal = (path: string) =>
    createProcessTerminal({ ...process, env: { PATH: path } } as unknown as Streams);
  const address = new URL("https://a.example/?x=$(id)&y=`id`;z");
  const { openBrowser } = terminal(`${folder.path}:/bin:/usr/bin`);
  expect(await Promise.all([openBrowser(address), readFile(heard, "utf8")])).toEqual([true, address.href]);
  expect(await openBrowser(new URL("file:///etc/passwd"))).toBe(false);
  expect(await terminal("/nonexistent").openBrowser(address)).toBe(false);
});

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
