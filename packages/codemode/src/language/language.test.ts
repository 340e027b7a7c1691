import { afterAll, expect, test } from "vitest";
import { createLanguage, maxCodeBytes } from "./language.ts";

const language = createLanguage({ threads: 1, timeoutMs: 3000 });
afterAll(() => language[Symbol.asyncDispose]());

const signal = new AbortController().signal;

test("code is made a module", async () => {
  expect(await language.toModule("const a: number = 1;\na", signal)).toBe(
    "export default async () => {const a         = 1;\nreturn a\n}",
  );
});

test("what does not parse is told with line, column and the line itself", async () => {
  await expect(language.toModule("const a = 1;\nlet b = ;", signal)).rejects.toMatchObject({
    code: "code_invalid",
    message: "Line 2, column 9: Unexpected token.\nlet b = ;",
    data: { line: 2, column: 9, text: "let b = ;" },
  });
});

test("code has a size", async () => {
  const comment = "/".repeat(maxCodeBytes - 2);
  expect(await language.toModule(`1\n${comment}`, signal)).toHaveLength(maxCodeBytes + 37);
  await expect(language.toModule(`1\n/${comment}`, signal)).rejects.toMatchObject({ code: "code_too_large" });
});

const slowOrDeep = {
  "that takes a parser exponential time": `let q: number; x=${"<T>(".repeat(3000)}1`,
  "of deep brackets": "[".repeat(100_000),
  "of deep functions": `${"(a=>".repeat(20_000)}1`,
  "of deep types": `let q: ${"A<".repeat(5000)}`,
  "of deep templates": "`${".repeat(50_000),
};

test.each(Object.entries(slowOrDeep))("code %s harms nobody else's", async (_, code) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const [hostile, next] = await Promise.allSettled([
    language.toModule(code, signal),
    language.toModule("return 1", signal),
  ]);
  clearInterval(timer);
  expect(hostile).toMatchObject({ status: "rejected", reason: { code: "code_invalid" } });
  expect(next).toEqual({ status: "fulfilled", value: "export default async () => {return 1\n}" });
  expect(turns).toBeGreaterThan(0);
});

test("who gives up waits no more", async () => {
  const controller = new AbortController();
  const reading = language.toModule("return 1", controller.signal);
  controller.abort(new Error("gone"));
  await expect(reading).rejects.toThrow("gone");
});
