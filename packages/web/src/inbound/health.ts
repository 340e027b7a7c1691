/**
 * `GET /health/live`: the process answers. `GET /health/ready`: it can do its work; 503 names the
 * checks that fail, never why (the reason goes to the log). Both are open to whoever can connect: a
 * load balancer probes by address, with a Host of its own, and knows no token.
 */
import type { Clock } from "@castellan/kernel";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { drainSignal } from "./signals.ts";

/** Resolves when the thing works, rejects when it does not; gives up when the signal aborts. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

export interface HealthSettings {
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly clock: Clock;
  /** A check that takes longer has failed. Default 2,000. */
  readonly timeoutMs?: number;
  /** Hears why a check failed. */
  readonly onError: (error: unknown, check: string) => void;
}

type Verdicts = Readonly<Record<string, "ok" | "failed">>;

/** Checks run at most once in this time, however often somebody asks. */
const freshMs = 1000;

export function addHealthRoutes(app: Hono, gate: MiddlewareHandler, settings: HealthSettings): void {
  const { clock } = settings;
  let last: { readonly verdicts: Promise<Verdicts>; readonly startedMs: number } | undefined;
  const current = (): Promise<Verdicts> => {
    if (last === undefined || clock.monotonic() - last.startedMs >= freshMs)
      last = { verdicts: runChecks(settings), startedMs: clock.monotonic() };
    return last.verdicts;
  };

  app.get("/health/live", gate, (c) => c.json({ status: "live" }));
  app.get("/health/ready", gate, async (c) => {
    const checks: Verdicts = { ...(await current()), ...draining(c) };
    const isReady = Object.values(checks).every((verdict) => verdict === "ok");
    return c.json({ status: isReady ? "ready" : "unready", checks }, isReady ? 200 : 503);
  });
}

function draining(c: Context): Verdicts {
  return drainSignal(c).aborted ? { draining: "failed" } : {};
}

async function runChecks({ checks, timeoutMs = 2000, onError }: HealthSettings): Promise<Verdicts> {
  const verdicts = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const error = await failureOf(check, timeoutMs);
      if (error !== undefined) onError(error, name);
      return [name, error === undefined ? "ok" : "failed"] as const;
    }),
  );
  return Object.fromEntries(verdicts);
}

async function failureOf(check: HealthCheck, timeoutMs: number): Promise<Error | undefined> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    const error = new Error(`no answer within ${timeoutMs} ms`);
    abort.abort(error);
    reject(error);
  }, timeoutMs);
  try {
    await Promise.race([check(abort.signal), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error("health check failed", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
