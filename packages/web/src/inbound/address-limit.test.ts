import { createManualClock, isFault } from "@castellan/kernel";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";
import { limitAddress } from "./address-limit.ts";
import { Exchange } from "./exchange.ts";

/** Sends one request from the address through the stage; true when it passed. */
async function tryFrom(stage: ReturnType<typeof limitAddress>, address: string): Promise<boolean> {
  let passed = false;
  const app = new Hono();
  app.get("/", (c) => {
    const exchange = new Exchange(c);
    exchange.address = address;
    try {
      stage(exchange);
      passed = true;
    } catch (error) {
      if (!isFault(error, "address_limited")) throw error;
    }
    return c.text("");
  });
  await app.request("/");
  return passed;
}

test("a burst, then the steady rate, for each address by itself", async () => {
  const clock = createManualClock();
  const stage = limitAddress({ perSecond: 2, burst: 3 }, clock);
  const verdicts = async (address: string) => [await tryFrom(stage, address), await tryFrom(stage, address)];
  expect(await verdicts("192.0.2.1")).toEqual([true, true]);
  expect(await verdicts("192.0.2.1")).toEqual([true, false]);
  expect(await verdicts("192.0.2.2")).toEqual([true, true]);
  clock.advance(499);
  expect(await verdicts("192.0.2.1")).toEqual([false, false]);
  clock.advance(1);
  expect(await verdicts("192.0.2.1")).toEqual([true, false]);
  clock.advance(3_600_000);
  expect(await verdicts("192.0.2.1")).toEqual([true, true]);
  expect(await verdicts("192.0.2.1")).toEqual([true, false]);
});

test("an IPv6 subscriber is one /64", async () => {
  const stage = limitAddress({ perSecond: 1, burst: 1 }, createManualClock());
  expect(await tryFrom(stage, "2001:db8:0:1::1")).toBe(true);
  expect(await tryFrom(stage, "2001:db8:0:1:ffff::2")).toBe(false);
  expect(await tryFrom(stage, "2001:db8:0:2::1")).toBe(true);
});

test("the answer says when to come back, and the refusal is counted; health stays open", async () => {
  const clock = createManualClock();
  await using served = await serveApp((app) => app.get("/x", (c) => c.text("ok")), {
    clock,
    addressLimit: { perSecond: 0.1, burst: 1 },
  });
  expect((await served.send("/x")).status).toBe(200);
  const answer = await served.send("/x");
  expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "10"]);
  expect(JSON.parse(answer.body)).toMatchObject({ code: "address_limited", retryAfterSeconds: 10 });
  expect(served.refused).toEqual([{ address: "127.0.0.1", code: "address_limited" }]);
  expect((await served.send("/health/live")).status).toBe(200);
});

test.each([
  { perSecond: 0, burst: 1 },
  { perSecond: 1, burst: 0 },
  { perSecond: Number.NaN, burst: 1 },
])("%j is refused", (limit) =>
  expect(() => limitAddress(limit, createManualClock())).toThrow(/^addressLimit: /),
);
