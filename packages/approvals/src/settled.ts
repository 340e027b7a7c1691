/** Waiting for the end of a request: told by the change log, whoever made the change, and looked at now and then besides. */
import { kernelFaults, type Id } from "@castellan/kernel";
import type { Approval } from "./approval.ts";
import type { ApprovalOptions, SettledWait } from "./approvals.ts";
import { unknownApproval } from "./faults.ts";
import { findAll } from "./reading/find.ts";
import { approvalsTopic } from "./storage/approval-table.ts";

type Options = Pick<ApprovalOptions, "database" | "clock" | "changes" | "onError"> & {
  readonly pollEveryMs: number;
};

interface Waiter {
  /** Called with what the request is now; undefined: it is gone. */
  readonly look: (approval: Approval | undefined) => void;
  readonly fail: (error: Error) => void;
}

type ApprovalId = Id<"approval">;

export class SettledWaits implements AsyncDisposable {
  readonly #options: Options;
  readonly #waiters = new Map<ApprovalId, Set<Waiter>>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #polling: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#stopListening = options.changes.on(approvalsTopic, (keys) =>
      this.#look(keys === "all" ? [...this.#waiters.keys()] : (keys as readonly ApprovalId[])),
    );
    // Nobody says that time is over.
    this.#timer = setInterval(() => {
      this.#polling ??= this.#look([...this.#waiters.keys()])
        .catch(options.onError)
        .finally(() => (this.#polling = undefined));
    }, options.pollEveryMs);
    this.#timer.unref();
  }

  async wait(id: ApprovalId, { signal, timeoutMs }: SettledWait): Promise<Approval> {
    signal.throwIfAborted();
    if (this.#isClosed) throw stopping();
    const { promise, resolve, reject } = Promise.withResolvers<Approval>();
    let isOver = false;
    const waiter: Waiter = {
      look: (approval) => {
        if (approval === undefined) reject(unknownApproval());
        else if (isOver || approval.state !== "pending") resolve(approval);
      },
      fail: reject,
    };
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    const others = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, others.add(waiter));
    const look = () => {
      this.#look([id]).catch(reject);
    };
    const timer = setTimeout(() => {
      isOver = true;
      look();
    }, timeoutMs);
    try {
      // What is there now, read after it is listened for.
      look();
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      others.delete(waiter);
      if (others.size === 0 && this.#waiters.get(id) === others) this.#waiters.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    clearInterval(this.#timer);
    for (const waiters of this.#waiters.values()) for (const { fail } of waiters) fail(stopping());
    await this.#polling;
  }

  async #look(ids: readonly ApprovalId[]): Promise<void> {
    const { database, clock } = this.#options;
    const awaited = ids.filter((id) => this.#waiters.has(id));
    if (awaited.length === 0) return;
    const found = await findAll(database, awaited, clock.now());
    const byId = new Map(found.map((approval) => [approval.id, approval]));
    for (const id of awaited) for (const { look } of this.#waiters.get(id) ?? []) look(byId.get(id));
  }
}

function stopping(): Error {
  return kernelFaults.fault("shutting_down", "This replica is stopping");
}
