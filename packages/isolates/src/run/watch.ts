/** Looks at the processes that run a program, and at no other, all in one go: what they use is what the system says, not they. */
import type { IsolateProcess } from "../process/isolate-process.ts";
import type { Usage } from "../process/usage.ts";

const everyMs = 50;

export interface Watch extends Disposable {
  /** Tells what the process uses until it is disposed of. */
  follow(process: IsolateProcess, onUsage: (usage: Usage) => void): Disposable;
}

export function createWatch(): Watch {
  const followed = new Map<IsolateProcess, (usage: Usage) => void>();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = (): void => {
    for (const [process, onUsage] of followed) {
      const { usage } = process;
      if (usage) onUsage(usage);
    }
  };
  return {
    follow(process, onUsage) {
      followed.set(process, onUsage);
      timer ??= setInterval(look, everyMs);
      return {
        [Symbol.dispose]() {
          followed.delete(process);
          if (followed.size === 0) stop();
        },
      };
    },
    [Symbol.dispose]: stop,
  };
}
