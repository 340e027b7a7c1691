import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Silence } from "./silence.ts";

test("it ends with a fault of the server's when the limit is reached", async () => {
  using silence = new Silence(10);
  await once(silence.signal, "abort");
  expect(silence.signal.reason).toMatchObject({ code: "upstream_timeout", owner: "upstream" });
});

test("while it is held, by however many, it does not run; then it begins anew", async () => {
  using silence = new Silence(20);
  const [one, two] = [silence.hold(), silence.hold()];
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  silence.heard();
  await setTimeout(60);
  expect(silence.signal.aborted).toBe(false);
  two[Symbol.dispose]();
  await once(silence.signal, "abort");
});

test("without a limit, or when it is over, it never ends", async () => {
  const over = new Silence(10);
  const hold = over.hold();
  over[Symbol.dispose]();
  hold[Symbol.dispose]();
  using none = new Silence(0);
  none.hold()[Symbol.dispose]();
  await setTimeout(40);
  expect([over.signal.aborted, none.signal.aborted]).toEqual([false, false]);
});
