/** Calls of the host (`protocol.ts`), and the run clock, which moves with its replies and with nothing else. */
import { coded, indexOf, own, parse, Promise, slice, stringify } from "./intrinsics.js";

export function createHost(binding, startedAtMs) {
  let clockMs = 0;
  let open = 0;
  let whenDone = () => undefined;

  /** Resolves to the body of the reply: raw JSON. Rejects with what the host says is wrong. */
  async function ask(method, head, body) {
    const text = stringify(head);
    const isCounted = method !== "wait";
    if (isCounted) open += 1;
    try {
      const reply = await binding[method](body === undefined ? text : `${text}\n${body}`);
      const at = indexOf(reply, "\n");
      const told = parse(at < 0 ? reply : slice(reply, 0, at));
      const clock = own(told, "clock");
      if (clock > clockMs) clockMs = clock;
      const code = own(told, "code");
      if (code !== undefined) throw coded(code, own(told, "message"));
      return slice(reply, at + 1);
    } finally {
      if (isCounted && --open === 0) whenDone();
    }
  }

  return {
    ask,
    /** Milliseconds since the run began. */
    elapsedMs: () => clockMs,
    /** Whole milliseconds, as of any `Date.now()`. */
    nowMs: () => startedAtMs + clockMs - (clockMs % 1),
    /** Whether some call waits for its reply. */
    isAsked: () => open > 0,
    /** Resolves when no call waits for its reply any more: nothing that was begun is left behind. */
    async idle() {
      while (open > 0) {
        await new Promise((resolve) => {
          whenDone = resolve;
        });
      }
    },
  };
}
