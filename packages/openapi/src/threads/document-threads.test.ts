import { afterAll, expect, test } from "vitest";
import { readDocument } from "../document/read-document.ts";
import { specText } from "../spec/spec-text.ts";
import { largeDocument } from "../testing.ts";
import { createDocumentThreads } from "./document-threads.ts";

const threads = createDocumentThreads();
const hasty = createDocumentThreads({ timeoutMs: 300 });
afterAll(async () => {
  await threads[Symbol.asyncDispose]();
  await hasty[Symbol.asyncDispose]();
});

const signal = new AbortController().signal;
const baseUrl = "https://api.example/v2";

test("a document that was read in a thread is the one that is read here", async () => {
  const text = largeDocument({ operations: 60 });
  const there = await threads.compile(text, { baseUrl }, signal);
  const here = readDocument(text, { baseUrl: new URL(baseUrl) });
  expect(there).toEqual(here);
  expect(specText(there.spec, () => true)).toBe(specText(here.spec, () => true));
  expect(await threads.summarize(text, { baseUrl }, signal)).toEqual({
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    operations: 60,
    skipped: [],
    declaredUrl: "https://api.example/v1",
  });
});

test("what is refused is told as it is here", async () => {
  const text = "openapi: 3.1.0\ninfo: 7\npaths: []";
  let here: unknown;
  try {
    readDocument(text);
  } catch (error) {
    here = error;
  }
  const { code, message, field, data } = here as Record<string, unknown>;
  await expect(threads.summarize(text, {}, signal)).rejects.toMatchObject({ code, message, field, data });
});

test("a document that takes too long is refused, and holds up nobody", async () => {
  const hostile = Array.from({ length: 700_000 }, (_, n) => `k${n}: v${n}`).join("\n");
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await expect(hasty.summarize(hostile, {}, signal)).rejects.toMatchObject({
    code: "document_invalid",
    message: "The document takes too long or too much memory to read",
  });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test("what cannot be used is told within bounds", async () => {
  const paths = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, n) => [
      `/${n}/{x}/${"p".repeat(1_000)}`,
      { get: { responses: { 200: { description: "Good" } } } },
    ]),
  );
  const document = { openapi: "3.1.0", info: { title: "t", version: "1" }, paths };
  const usable = { ...document, paths: { ...paths, "/a": { get: {} } } };
  const { operations, skipped } = await threads.summarize(JSON.stringify(usable), {}, signal);
  expect([operations, skipped.length, skipped.at(-1)]).toEqual([1, 1_001, "and 2000 more"]);
  expect(Math.max(...skipped.map((reason) => reason.length))).toBeLessThanOrEqual(400);
  const refused = await threads
    .summarize(JSON.stringify(document), {}, signal)
    .catch((error: unknown) => error);
  expect((refused as Error).message.length).toBeLessThan(20_000);
});
