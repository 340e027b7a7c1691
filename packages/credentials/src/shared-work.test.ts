import { kernelFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import { isOverWithin, unlessAborted } from "./shared-work.ts";

const never = new Promise<string>(() => {});
const live = new AbortController().signal;

test("it is what the work is", async () => {
  expect(await unlessAborted(Promise.resolve(1), live)).toBe(1);
  await expect(unlessAborted(Promise.reject(new Error("no")), live)).rejects.toThrow("no");
  expect(await isOverWithin(Promise.resolve("x"), 60_000, live)).toBe(true);
  expect(await isOverWithin(never, 1, live)).toBe(false);
  await expect(isOverWithin(Promise.reject(new Error("no")), 60_000, live)).rejects.toThrow("no");
});

test("whoever goes ends their own waiting, before or while they wait", async () => {
  const going = new AbortController();
  const waiting = [unlessAborted(never, going.signal), isOverWithin(never, 60_000, going.signal)];
  const reason = new Error("gone");
  going.abort(reason);
  for (const one of [...waiting, unlessAborted(Promise.resolve(1), going.signal)])
    await expect(one).rejects.toMatchObject({ code: "cancelled", cause: reason });
  const stopping = kernelFaults.fault("shutting_down", "it stops");
  await expect(unlessAborted(never, AbortSignal.abort(stopping))).rejects.toBe(stopping);
});

test("work that fails after everybody has gone is nobody's unhandled failure", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", note);
  await expect(unlessAborted(promise, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  await expect(isOverWithin(promise, 1, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  reject(new Error("late"));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
