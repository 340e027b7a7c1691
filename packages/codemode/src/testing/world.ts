/** The servers of a test: what reads answer changes each time, and every write is counted. Some writes want a person's decision first. */
import { approvalFaults } from "@castellan/approvals";
import type { ChildCalls, ErrandState } from "@castellan/calls";
import { createId, isFault, kernelFaults, type Fault, type Id } from "@castellan/kernel";
import type { Surface } from "../engine/surface.ts";
import type { RunWait } from "../run.ts";

export interface Written {
  readonly tool: string;
  readonly key: string;
  readonly after: string;
}

export class World {
  readonly writes: Written[] = [];
  reads = 0;
  readonly #approvals = new Map<
    string,
    { readonly id: Id<"approval">; state: "pending" | "approved" | "used" | "rejected" }
  >();

  /** Names: `read…`, `write…`; `ask…` are writes that somebody has to agree to. */
  readonly surface: Surface = {
    tool: (name) =>
      /^(read|write|ask)/.test(name)
        ? { publicName: `s_${name}`, class: name.startsWith("read") ? "read" : "write" }
        : undefined,
    closest: () => Promise.resolve([]),
    tools: () => Promise.resolve("[]"),
    search: () => Promise.resolve("{}"),
    describe: () => Promise.resolve('""'),
    resources: () => "[]",
    prompts: () => "[]",
  };

  /** `step`: called where a crash may come; it never resolves in a process that is dead. */
  calls(step: (name: string) => Promise<void>): ChildCalls {
    return {
      recorded: () => Promise.resolve(),
      call: async ({ params, onDispatch, signal }) => {
        const { name, arguments: args } = JSON.parse(params) as {
          name: string;
          arguments: Omit<Written, "tool">;
        };
        const isRead = name.startsWith("s_read");
        const outcome = { class: isRead ? "read" : "write", durationMs: 1 } as const;
        const failed = (fault: Fault) => ({ ...outcome, answer: undefined, fault });
        await step(`enter ${name}`);
        try {
          signal.throwIfAborted();
          if (name.startsWith("s_ask")) this.#meet(`${name} ${JSON.stringify(args)}`);
          await onDispatch?.({ target: undefined as never, class: outcome.class });
        } catch (error) {
          if (isFault(error)) return failed(error);
          throw error;
        }
        await step(`dispatch ${name}`);
        const value = isRead ? { n: ++this.reads } : { n: this.writes.push({ tool: name, ...args }) };
        try {
          await orAborted(step(`answer ${name}`), signal);
        } catch (error) {
          return failed(
            kernelFaults.fault("cancelled", "The code that made the call was ended", { cause: error }),
          );
        }
        const text = JSON.stringify({ content: [], structuredContent: value });
        return { ...outcome, answer: { kind: "result", text }, fault: undefined };
      },
    };
  }

  settled(waits: readonly RunWait[]): Promise<readonly ErrandState[]> {
    const byId = new Map([...this.#approvals.values()].map((one) => [String(one.id), one.state]));
    return Promise.resolve(
      waits.map(({ id }) => {
        const state = byId.get(id);
        if (state === "rejected") return approvalFaults.fault("approval_rejected", "Somebody said no");
        return state === "pending" ? "pending" : "done";
      }),
    );
  }

  async seenTo(waits: readonly RunWait[]): Promise<ReadonlySet<string>> {
    const states = await this.settled(waits);
    return new Set(waits.flatMap(({ id }, at) => (states[at] === "pending" ? [] : [id])));
  }

  /** Everything that waits is refused. */
  rejectAll(): void {
    for (const one of this.#approvals.values()) if (one.state === "pending") one.state = "rejected";
  }

  /** Everything that waits is agreed to. */
  approveAll(): number {
    const pending = [...this.#approvals.values()].filter(({ state }) => state === "pending");
    for (const one of pending) one.state = "approved";
    return pending.length;
  }

  #meet(binding: string): void {
    const known = this.#approvals.get(binding);
    if (known?.state === "approved") {
      known.state = "used";
      return;
    }
    const asked =
      known?.state === "pending" ? known : { id: createId("approval"), state: "pending" as const };
    this.#approvals.set(binding, asked);
    const page = { url: `https://castellan.example/approvals/${asked.id}`, message: "Somebody has to agree" };
    throw approvalFaults.fault("approval_required", "Wait", {
      data: { approvalId: asked.id, elicitations: [page] },
    });
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
  await Promise.race([promise, aborted.promise]);
}
