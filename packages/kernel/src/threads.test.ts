import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createThreads, type ThreadsOptions } from "./threads.ts";

type Asked = "id" | "loop" | "throw" | "grow" | "spent";
type Told = { readonly thread: string };

let folder: string;
let script: URL;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "threads-"));
  const file = join(folder, "thread.ts");
  await writeFile(
    file,
    `import { randomUUID } from "node:crypto";
     import { serveThread } from ${JSON.stringify(new URL("threads.ts", import.meta.url).href)};
     const thread = randomUUID();
     serveThread((asked: string) => {
       if (asked === "loop") for (;;);
       if (asked === "throw") throw new Error("broken");
       const kept: unknown[] = [];
       if (asked === "grow") for (;;) kept.push({ kept: kept.length });
       return { thread: asked === "spent" ? "spent" : thread };
     });`,
  );
  script = pathToFileURL(file);
});
afterAll(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;

function open(options: Partial<ThreadsOptions<Told>> = {}) {
  const threads = createThreads<Asked, Told>({
    script,
    maxThreads: 1,
    timeoutMs: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
    ...options,
  });
  onTestFinished(() => threads[Symbol.asyncDispose]());
  return threads;
}

test("one thread does one thing after the other, and stays", async () => {
  const threads = open();
  const told = await Promise.all([1, 2, 3].map(() => threads.ask("id", signal)));
  expect(new Set(told.map((one) => one?.thread)).size).toBe(1);
});

test.each(["throw", "grow"] as const)(
  "what breaks its thread (%s) costs the next one nothing",
  async (how) => {
    const threads = open();
    const before = await threads.ask("id", signal);
    const [broken, next] = await Promise.all([threads.ask(how, signal), threads.ask("id", signal)]);
    expect(broken).toBeUndefined();
    expect(next?.thread).toMatch(/^[0-9a-f-]{36}$/);
    expect(next).not.toEqual(before);
  },
);

test("what takes too long is ended, and the next one has a thread of its own", async () => {
  const threads = open({ timeoutMs: 2_000 });
  const [endless, next] = await Promise.all([threads.ask("loop", signal), threads.ask("id", signal)]);
  expect(endless).toBeUndefined();
  expect(next).toBeDefined();
});

test("a thread that is spent, or has waited long enough, is not used again", async () => {
  const threads = open({ isSpent: ({ thread }) => thread === "spent" });
  const first = await threads.ask("id", signal);
  await threads.ask("spent", signal);
  expect(await threads.ask("id", signal)).not.toEqual(first);

  const brief = open({ idleMs: 1 });
  const before = await brief.ask("id", signal);
  await expect
    .poll(async () => (await brief.ask("id", signal))?.thread !== before?.thread, {
      interval: 100,
      timeout: 30_000,
    })
    .toBe(true);
});

test("who has left before their turn is not worked for", async () => {
  const threads = open();
  expect(await threads.ask("id", AbortSignal.abort())).toBeUndefined();
  expect(await threads.ask("id", signal)).toBeDefined();
});
