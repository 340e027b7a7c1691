import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";

const never = () => new Promise<void>(() => {});

test("live says so, to whoever asks by whatever name", async () => {
  await using served = await serveApp(() => {});
  const answer = await served.send("/health/live", { headers: { host: "10.0.0.7:8080", origin: "null" } });
  expect([answer.status, answer.body, answer.headers["cache-control"]]).toEqual([
    200,
    '{"status":"live"}',
    "no-store",
  ]);
});

test("ready names each check, never the reason, which is heard", async () => {
  await using served = await serveApp(() => {}, {
    healthTimeoutMs: 20,
    healthChecks: {
      database: () => Promise.reject(new Error("password wrong for castellan@db")),
      changes: () => Promise.resolve(),
      disk: never,
    },
  });
  const answer = await served.send("/health/ready");
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    503,
    { status: "unready", checks: { database: "failed", changes: "ok", disk: "failed" } },
  ]);
  expect(served.errors.map((error) => [String(error), String((error as Error).cause)]).sort()).toEqual([
    ["Error: health check database failed", "Error: password wrong for castellan@db"],
    ["Error: health check disk failed", "Error: no answer within 20 ms"],
  ]);
});

test("a check that is too slow is told to stop", async () => {
  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  await using served = await serveApp(() => {}, {
    healthTimeoutMs: 5,
    healthChecks: {
      slow: (signal) => new Promise(() => signal.addEventListener("abort", () => resolve(signal.reason))),
    },
  });
  await served.send("/health/ready");
  expect(String(await told)).toBe("Error: no answer within 5 ms");
});

test("checks run at most once a second, and recover", async () => {
  const clock = createManualClock();
  let runs = 0;
  let isBroken = true;
  await using served = await serveApp(() => {}, {
    clock,
    healthChecks: {
      database: async () => {
        runs += 1;
        if (isBroken) throw new Error("down");
      },
    },
  });
  const statuses = async () => {
    const answers = await Promise.all([1, 2, 3].map(() => served.send("/health/ready")));
    return answers.map(({ status }) => status);
  };
  expect([await statuses(), runs]).toEqual([[503, 503, 503], 1]);
  isBroken = false;
  clock.advance(999);
  expect([await statuses(), runs]).toEqual([[503, 503, 503], 1]);
  clock.advance(1);
  expect([await statuses(), runs]).toEqual([[200, 200, 200], 2]);
});
