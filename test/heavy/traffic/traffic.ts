/** Many clients at once, and a memory of every answer they were given. */
import { randomBytes } from "node:crypto";
import { Connection, isSuccess, type Answer, type Era } from "./connection.ts";

/** A tool and what it is asked; `mark` is unique, so that what came of it can be found again. */
export interface Task {
  readonly tool: string;
  readonly args: (mark: string) => object;
}

export interface TrafficOptions {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  /** Taken in turn by the connections; each also takes the eras in turn. */
  readonly tasks: readonly Task[];
  readonly memory: Memory;
  /** Whether a connection that breaks is what the test expects. */
  readonly mayBreak?: boolean;
}

/** What clients remember. One may serve several runs. */
export interface Memory {
  /** Request ids of what was answered with success, and what the call was. */
  readonly answered: Map<string, { readonly tool: string; readonly mark: string }>;
  /** What was asked, answered or not. */
  readonly asked: Set<string>;
  readonly refused: Answer[];
  /** Calls that ended without an answer. */
  broken: number;
}

export interface Traffic {
  /** Resolves when so many more calls have been answered with success from now on. */
  answers(count: number): Promise<void>;
  /** Lets each connection finish what it is at, and ends. Throws when one broke that may not. */
  stop(): Promise<void>;
}

const eras: readonly Era[] = ["modern", "legacy"];

export function createMemory(): Memory {
  return { answered: new Map(), asked: new Set(), refused: [], broken: 0 };
}

export function startTraffic(options: TrafficOptions): Traffic {
  const { memory, tasks } = options;
  const stopping = new AbortController();
  const watchers = new Set<() => void>();
  const mistakes: unknown[] = [];

  async function runClient(index: number): Promise<void> {
    const task = tasks[Math.floor(index / eras.length) % tasks.length];
    const era = eras[index % eras.length];
    if (!task || !era) throw new TypeError("there is a task and an era for each connection");
    using connection = new Connection({ ...options, era });
    try {
      await begin(connection);
      while (!stopping.signal.aborted) await ask(connection, task);
    } catch (error) {
      memory.broken++;
      if (!options.mayBreak && !stopping.signal.aborted) mistakes.push(error);
    }
  }

  async function begin(connection: Connection): Promise<void> {
    const answer = await connection.begin();
    if (answer && isSuccess(answer)) memory.answered.set(answer.requestId, { tool: "", mark: "" });
  }

  async function ask(connection: Connection, { tool, args }: Task): Promise<void> {
    const mark = randomBytes(8).toString("hex");
    memory.asked.add(mark);
    const answer = await connection.call(tool, args(mark));
    if (!isSuccess(answer)) {
      memory.refused.push(answer);
      if (answer.message?.error?.data?.code === "session_unknown") await begin(connection);
      return;
    }
    memory.answered.set(answer.requestId, { tool, mark });
    watchers.forEach((look) => look());
  }

  const running = Promise.all(Array.from({ length: options.connections }, (_, index) => runClient(index)));
  return {
    answers(count) {
      const goal = memory.answered.size + count;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => {
        if (memory.answered.size >= goal) resolve();
      };
      watchers.add(look);
      void running.then(() => reject(new Error(`All connections ended: ${String(mistakes[0])}`)));
      return promise.finally(() => watchers.delete(look));
    },
    async stop() {
      stopping.abort();
      await running;
      if (mistakes.length > 0)
        throw new AggregateError(mistakes, `A connection broke: ${String(mistakes[0])}`);
    },
  };
}
