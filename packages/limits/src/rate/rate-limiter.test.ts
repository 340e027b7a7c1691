import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, systemClock, type Clock } from "@castellan/kernel";
import { beforeAll, afterAll, expect, test } from "vitest";
import { limitMigrations } from "../migrations.ts";
import { createRateLimiter, type RateLimiter, type Taken } from "./rate-limiter.ts";

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase([limitMigrations]);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const errors: unknown[] = [];
function open(clock: Clock = systemClock, on: Database = database): RateLimiter {
  return createRateLimiter({ database: on, clock, onError: (error) => errors.push(error) });
}

function allowedOf(taken: readonly Taken[]): number {
  return taken.filter(({ allowed }) => allowed).length;
}

async function takeMany(
  limiter: RateLimiter,
  key: string,
  count: number,
  perMinute: number,
): Promise<Taken[]> {
  return Promise.all(Array.from({ length: count }, async () => limiter.take(key, { perMinute })));
}

/** Permits that are counted at present. */
async function counted(key: string): Promise<number> {
  const [row] = await database.query<{ grants: [number, number][] }>(
    sql`select grants from rate_grants where key = ${key}`,
  );
  return (row?.grants ?? []).reduce((sum, [, permits]) => sum + permits, 0);
}

/** As if so much time had passed for the database. */
async function age(key: string, seconds: number): Promise<void> {
  await database.query(sql`
    update rate_grants set grants = (
      select jsonb_agg(jsonb_build_array((entry->>0)::bigint - ${seconds}::int, entry->1))
      from jsonb_array_elements(grants) as entry
    ) where key = ${key}`);
}

test.each([1, 7, 120, 1_000])(
  "two replicas that are flooded allow %i together, not one more",
  async (rate) => {
    await using a = open();
    await using b = open();
    const key = `flood ${rate}`;
    let allowed = 0;
    for (let wave = 0; wave < 4; wave++) {
      const taken = await Promise.all([takeMany(a, key, rate, rate), takeMany(b, key, rate, rate)]);
      allowed += allowedOf(taken.flat());
      expect(allowed).toBeLessThanOrEqual(rate);
    }
    // What one has ahead the other cannot have: a second's worth, until it lapses.
    expect(allowed).toBeGreaterThanOrEqual(rate - Math.floor(rate / 60));
  },
);

test("many replicas in small steps: never above the rate", async () => {
  const rate = 300;
  const limiters = Array.from({ length: 6 }, () => open());
  const taken: Taken[] = [];
  await Promise.all(
    limiters.map(async (limiter, index) => {
      for (let n = 0; n < 40; n++) taken.push(...(await takeMany(limiter, "steps", 1 + (index % 4), rate)));
    }),
  );
  const allowed = allowedOf(taken);
  expect(allowed).toBeLessThanOrEqual(rate);
  expect(allowed).toBeGreaterThanOrEqual(rate - 5 * Math.floor(rate / 60));
  for (const limiter of limiters) await limiter[Symbol.asyncDispose]();
  expect(await counted("steps")).toBe(allowed);
});

test("a refusal says when the first call leaves the minute, without asking the database again; then there is room", async () => {
  const clock = createManualClock();
  await using limiter = open(clock);
  expect(allowedOf(await takeMany(limiter, "wait", 2, 2))).toBe(2);
  const refused = await limiter.take("wait", { perMinute: 2 });
  if (refused.allowed) throw new Error("not refused");
  expect(refused.retryAfterMs).toBeGreaterThan(59_000);
  expect(refused.retryAfterMs).toBeLessThanOrEqual(62_000);
  clock.advance(400);
  expect(limiter.take("wait", { perMinute: 2 })).toEqual({
    allowed: false,
    retryAfterMs: Math.ceil(refused.retryAfterMs - 400),
  });
  await age("wait", 62);
  clock.advance(600);
  expect(allowedOf(await takeMany(limiter, "wait", 3, 2))).toBe(2);
});

test("while the slice lasts no call waits for the database", async () => {
  const clock = createManualClock();
  await using limiter = open(clock);
  const rate = 6_000;
  const isAtOnce = [];
  for (let n = 0; n < 200; n++) {
    const taken = limiter.take("fast", { perMinute: rate });
    isAtOnce.push(!(taken instanceof Promise));
    expect((await taken).allowed).toBe(true);
  }
  // 1, 1 + 1, 1 + 3, 1 + 7, … and from then on a second's worth each.
  expect(isAtOnce.filter((atOnce) => !atOnce).length).toBeLessThanOrEqual(9);
  expect(await counted("fast")).toBeLessThanOrEqual(200 + 100);
});

test("what is not used is given back when the limiter goes, and when its second is over", async () => {
  const clock = createManualClock();
  const limiter = open(clock);
  for (let n = 0; n < 9; n++) await limiter.take("back", { perMinute: 600 });
  const held = await counted("back");
  expect(held).toBeGreaterThan(9);
  clock.advance(1_000);
  // The slice has lapsed: one is asked for, and what was left of it is given back with the same question.
  expect(limiter.take("back", { perMinute: 600 })).toBeInstanceOf(Promise);
  await limiter[Symbol.asyncDispose]();
  expect(await counted("back")).toBe(10);
});

test("a permit that its call did not need is the next one's", async () => {
  const limiter = open();
  const first = await limiter.take("unused", { perMinute: 1 });
  if (!first.allowed) throw new Error("refused");
  expect((await limiter.take("unused", { perMinute: 1 })).allowed).toBe(false);
  first.giveBack();
  expect((await limiter.take("unused", { perMinute: 1 })).allowed).toBe(true);
  await limiter[Symbol.asyncDispose]();
  expect(await counted("unused")).toBe(1);
});

test("another rate holds from the next question on, keys are apart", async () => {
  const clock = createManualClock();
  await using limiter = open(clock);
  expect(allowedOf(await takeMany(limiter, "changed", 5, 2))).toBe(2);
  expect(allowedOf(await takeMany(limiter, "other", 5, 2))).toBe(2);
  clock.advance(1_000);
  expect(allowedOf(await takeMany(limiter, "changed", 5, 4))).toBe(2);
});

test("keys that nobody asks for any more are swept", async () => {
  await using limiter = open();
  await takeMany(limiter, "swept", 1, 5);
  await takeMany(limiter, "kept", 1, 5);
  await database.query(sql`update rate_grants set expires_at = now() - interval '1 s' where key = 'swept'`);
  await limiter.sweep();
  const rows = await database.query(sql`select key from rate_grants where key in ('swept', 'kept')`);
  expect(rows).toEqual([{ key: "kept" }]);
  const [row] = await database.query<{ early: boolean }>(
    sql`select bool_or(expires_at < now() + interval '62 s') as early from rate_grants`,
  );
  expect(row?.early).toBe(false);
});

test("without the database nobody is let through unseen", async () => {
  const gone = await createTestDatabase([limitMigrations]);
  const limiter = open(systemClock, gone);
  expect((await limiter.take("gone", { perMinute: 60 })).allowed).toBe(true);
  await gone.query(sql`drop table rate_grants`);
  await expect(takeMany(limiter, "gone", 3, 60)).rejects.toThrow(/rate_grants/);
  await limiter[Symbol.asyncDispose]();
  await gone[Symbol.asyncDispose]();
});

test("nothing went wrong on the side", () => {
  expect(errors).toEqual([]);
});
