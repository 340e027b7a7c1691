import type { Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock } from "@castellan/kernel";
import { createRateLimiter, limitMigrations, type RateLimiter } from "@castellan/limits";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallLimits, ServerLimits } from "../servers/server-limits.ts";
import { createCallLimiter, maxUnderWay, type CallLimiter } from "./call-limiter.ts";
import { serverWith, toolOf } from "./testing.ts";

let database: Database;
let rates: RateLimiter;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  database = opened.use(await createTestDatabase([limitMigrations]));
  rates = opened.use(createRateLimiter({ database, clock: systemClock, onError: () => undefined }));
});
afterAll(() => opened.disposeAsync());

function open(perPerson: CallLimits = {}, livingReplicas = 1): CallLimiter {
  return createCallLimiter({ rates, livingReplicas: () => livingReplicas, perPerson });
}

const person = () => ({ id: createId("token") });

/** Begins calls until one is refused; the fault, and what the others hold. */
async function fill(limiter: CallLimiter, who: { id: string }, on: ReturnType<typeof toolOf>) {
  const held: Disposable[] = [];
  for (;;)
    try {
      held.push(await limiter.admit(who as ReturnType<typeof person>, on));
    } catch (fault) {
      return { held, fault, count: held.length };
    }
}

const refusal = (code: string, data: object | undefined) => expect.objectContaining({ code, data });

test("without limits a call waits for nothing, and 64 of a caller are under way at a server", async () => {
  const limiter = open();
  const server = serverWith({});
  const me = person();
  expect(limiter.admit(me, toolOf(server, "t"))).not.toBeInstanceOf(Promise);
  const { count, fault, held } = await fill(limiter, me, toolOf(server, "t"));
  expect([count, fault]).toEqual([maxUnderWay - 1, refusal("calls_limited", undefined)]);
  expect((await fill(limiter, me, toolOf(serverWith({}), "t"))).count).toBe(maxUnderWay);
  expect((await fill(limiter, person(), toolOf(server, "t"))).count).toBe(maxUnderWay);
  held[0]?.[Symbol.dispose]();
  expect((await fill(limiter, me, toolOf(server, "t"))).count).toBe(1);
  expect(limiter.underWay).toBe(3 * maxUnderWay);
});

test.each<[string, ServerLimits, CallLimits, string, number, object]>([
  ["a server's rate", { callsPerMinute: 3 }, {}, "rate_limited", 3, { limit: "server", isPerPerson: false }],
  [
    "a person's rate at a server",
    { callsPerMinute: 9, perPerson: { callsPerMinute: 2 } },
    {},
    "rate_limited",
    2,
    { limit: "server", isPerPerson: true },
  ],
  [
    "a tool's rate beside its server's",
    { callsPerMinute: 9, tools: { t: { callsPerMinute: 1 } } },
    {},
    "rate_limited",
    1,
    { limit: "tool", isPerPerson: false },
  ],
  [
    "a server's rate beside its tool's",
    { callsPerMinute: 1, tools: { t: { callsPerMinute: 9 } } },
    {},
    "rate_limited",
    1,
    { limit: "server" },
  ],
  ["everybody's rate", { callsPerMinute: 9 }, { callsPerMinute: 2 }, "rate_limited", 2, { limit: "person" }],
  ["a server's places", { concurrency: 3 }, {}, "calls_limited", 3, { limit: "server", concurrency: 3 }],
  [
    "a person's places at a server",
    { perPerson: { concurrency: 2 } },
    {},
    "calls_limited",
    2,
    { limit: "server", isPerPerson: true },
  ],
  ["a tool's places", { tools: { t: { concurrency: 1 } } }, {}, "calls_limited", 1, { limit: "tool" }],
  ["everybody's places", {}, { concurrency: 4 }, "calls_limited", 4, { limit: "person" }],
  [
    "more places for a person than by default",
    { perPerson: { concurrency: 70 } },
    {},
    "calls_limited",
    70,
    { limit: "server" },
  ],
])("%s", async (_, limits, perPerson, code, count, data) => {
  const filled = await fill(open(perPerson), person(), toolOf(serverWith(limits), "t"));
  expect([filled.count, filled.fault]).toEqual([
    count,
    refusal(
      code,
      expect.objectContaining(code === "rate_limited" ? { ...data, retryAfterMs: expect.any(Number) } : data),
    ),
  ]);
});

test("what is counted for each person is another's own; what is counted for all is not", async () => {
  const limiter = open();
  const server = serverWith({ concurrency: 3, perPerson: { concurrency: 2 } });
  expect((await fill(limiter, person(), toolOf(server, "t"))).count).toBe(2);
  const other = await fill(limiter, person(), toolOf(server, "t"));
  expect([other.count, other.fault]).toEqual([
    1,
    refusal("calls_limited", { limit: "server", isPerPerson: false, concurrency: 3 }),
  ]);
});

test("a tool that is full leaves the server's other tools alone", async () => {
  const limiter = open();
  const server = serverWith({ concurrency: 5, tools: { t: { concurrency: 1 } } });
  const me = person();
  expect((await fill(limiter, me, toolOf(server, "t"))).count).toBe(1);
  expect((await fill(limiter, me, toolOf(server, "other"))).count).toBe(4);
});

test("a call that one limit refuses takes nothing of the others", async () => {
  const limiter = open();
  const server = serverWith({ callsPerMinute: 3, concurrency: 9, tools: { t: { callsPerMinute: 1 } } });
  const me = person();
  expect((await fill(limiter, me, toolOf(server, "t"))).count).toBe(1);
  for (let n = 0; n < 20; n++) await fill(limiter, me, toolOf(server, "t"));
  const rest = await fill(limiter, me, toolOf(server, "other"));
  expect([rest.count, limiter.underWay]).toEqual([2, 3]);
});

test("over replicas each has its share of the places, and all have the rate together", async () => {
  const server = serverWith({ concurrency: 5, callsPerMinute: 8 });
  const counts = [];
  for (const limiter of [open({}, 2), open({}, 2)])
    counts.push((await fill(limiter, person(), toolOf(server, "t"))).count);
  expect(counts).toEqual([3, 3]);
  const other = createRateLimiter({ database, clock: systemClock, onError: () => undefined });
  const beside = createCallLimiter({ rates: other, livingReplicas: () => 1 });
  expect((await fill(beside, person(), toolOf(server, "t"))).count).toBe(2);
  await other[Symbol.asyncDispose]();
});

test("a caller has eight calls of portals' own tools under way, beside those to servers", async () => {
  const limiter = open();
  const [me, other] = [person(), person()];
  const held = Array.from({ length: 8 }, () => limiter.admitOwn(me));
  expect(() => limiter.admitOwn(me)).toThrow(refusal("calls_limited", undefined));
  expect((await fill(limiter, me, toolOf(serverWith({}), "t"))).count).toBe(maxUnderWay);
  limiter.admitOwn(other)[Symbol.dispose]();
  held[0]?.[Symbol.dispose]();
  limiter.admitOwn(me)[Symbol.dispose]();
  expect(limiter.underWay).toBe(maxUnderWay);
});

test("a call of a portal's own tool that waits for a person leaves its place to others, and needs one to go on", () => {
  const limiter = open();
  const me = person();
  const [first, ...others] = Array.from({ length: 8 }, () => limiter.admitOwn(me));
  first?.leave();
  const later = limiter.admitOwn(me);
  expect(() => first?.takeAgain()).toThrow(refusal("calls_limited", undefined));
  others[0]?.[Symbol.dispose]();
  first?.takeAgain();
  // Once: taking it again is no second place.
  first?.takeAgain();
  expect(() => limiter.admitOwn(me)).toThrow(refusal("calls_limited", undefined));
  for (const place of [first, later, ...others]) place?.[Symbol.dispose]();
  expect(Array.from({ length: 8 }, () => limiter.admitOwn(me)).length).toBe(8);
});
