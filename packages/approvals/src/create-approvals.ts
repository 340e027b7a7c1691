import { RowWaits } from "@castellan/database";
import type { Approval } from "./approval.ts";
import type { Approvals, ApprovalOptions } from "./approvals.ts";
import { unknownApproval } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { find, findAll, living, seenBy } from "./reading/find.ts";
import { holding } from "./reading/holding.ts";
import { page } from "./reading/page.ts";
import { ask } from "./steps/ask.ts";
import { decide } from "./steps/decide.ts";
import { goOn } from "./steps/go-on.ts";
import { meet } from "./steps/meet.ts";
import { use } from "./steps/use.ts";
import { withdraw } from "./steps/withdraw.ts";
import { approvalsTopic } from "./storage/approval-table.ts";
import { sweep } from "./sweep.ts";

/** Begins to sweep, and to listen for changes, until it is disposed of. */
export function createApprovals(options: ApprovalOptions): Approvals {
  const { maxPending = 20, sweepEveryMs = 15_000, pollEveryMs = 5_000, onError } = options;
  const { database, clock, changes } = options;
  const ground: Ground = { ...options, maxPending };
  const waits = new RowWaits<Approval>({
    changes,
    topic: approvalsTopic,
    read: (ids) => findAll(database, ids, clock.now()),
    isOver: ({ state }) => state !== "pending",
    unknown: unknownApproval,
    pollEveryMs,
    onError,
  });
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    sweeping ??= sweep(ground)
      .catch(onError)
      .finally(() => (sweeping = undefined));
  }, sweepEveryMs);
  timer.unref();
  return {
    ask: (asked) => ask(ground, asked),
    living: (binding) => living(ground, binding),
    find: (id) => find(ground, id),
    findAll: (ids) => findAll(database, ids, clock.now()),
    page: (filter) => page(ground, filter),
    seenBy: (person, id) => seenBy(ground, person, id),
    decide: (id, decision) => decide(ground, id, decision),
    meet: (id, step) => meet(ground, id, step),
    withdraw: (id, askerId) => withdraw(ground, id, askerId),
    holding: (holdsFor, needs) => holding(ground, holdsFor, needs),
    use: (id, binding, needs) => use(ground, id, { binding, needs }),
    goOn: (id, version) => goOn(ground, id, version),
    settled: (id, wait) => waits.wait(id, wait),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all([sweeping, waits[Symbol.asyncDispose]()]);
    },
  };
}
