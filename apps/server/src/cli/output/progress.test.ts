import { expect, test } from "vitest";
import { createProcessTerminal, type Streams } from "../terminal.ts";
import { createProgress } from "./progress.ts";

/** Two steps told in some surroundings, and what was written to standard error. */
function work({ isTerminal, isJson }: { isTerminal: boolean; isJson: boolean }): readonly string[] {
  const written: string[] = [];
  const stream = { isTTY: isTerminal, columns: 20, write: (text: string) => written.push(text) };
  const streams = { env: {}, stdin: stream, stdout: stream, stderr: stream };
  const terminal = createProcessTerminal(streams as unknown as Streams);
  {
    using progress = createProgress({ terminal, isJson });
    progress.tell("1 of 2: weather");
    progress.tell("2 of 2: a\u001b[2J and more");
  }
  terminal.note("done");
  return written;
}

test("on a terminal one line is rewritten, and is gone in the end", () => {
  expect(work({ isTerminal: true, isJson: false })).toEqual([
    "\r\u001b[K1 of 2: weather",
    "\r\u001b[K2 of 2: a\ufffd[2J and …",
    "\r\u001b[K",
    "done\n",
  ]);
});

test("elsewhere each step is a line", () => {
  expect(work({ isTerminal: false, isJson: false })).toEqual([
    "1 of 2: weather\n",
    "2 of 2: a\ufffd[2J and more\n",
    "done\n",
  ]);
});

test("programs are told nothing", () => {
  expect(work({ isTerminal: true, isJson: true })).toEqual(["done\n"]);
});
