/** Time as the run knows it: `Date`, `performance`, timers. It stands still but for replies of the host, so that a replay sees the same. */
import {
  add,
  apply,
  construct,
  defineProperty,
  has,
  prototypes,
  remove,
  Set,
  TypeError,
} from "./intrinsics.js";

const NativeDate = Date;
const NativeController = AbortController;

export function installClock(host, startedAtMs, onError) {
  const { nowMs } = host;

  function RunDate(...parts) {
    if (new.target === undefined) return `${new NativeDate(nowMs())}`;
    return construct(NativeDate, parts.length === 0 ? [nowMs()] : parts, new.target);
  }
  RunDate.prototype = prototypes.date;
  place(RunDate, "now", nowMs);
  place(RunDate, "parse", NativeDate.parse);
  place(RunDate, "UTC", NativeDate.UTC);
  place(RunDate, "name", "Date");
  place(RunDate, "length", 7);
  place(prototypes.date, "constructor", RunDate);
  place(globalThis, "Date", RunDate);
  place(globalThis, "performance", {
    now: host.elapsedMs,
    timeOrigin: startedAtMs,
    mark: () => undefined,
    measure: () => undefined,
  });
  installTimers(host, onError);
}

/** A timer is a call of the host: it says when the time has come, in the order of all its replies. */
function installTimers(host, onError) {
  const running = new Set();
  let lastId = 0;

  function start(callback, ms, parts, isRepeated) {
    if (typeof callback !== "function") throw new TypeError("A timer takes a function.");
    const id = ++lastId;
    add(running, id);
    void tick(id, callback, +ms > 0 ? +ms : 0, parts, isRepeated).catch(onError);
    return id;
  }

  async function tick(id, callback, ms, parts, isRepeated) {
    do {
      await wait(isRepeated && ms < 1 ? 1 : ms);
      if (!has(running, id)) return;
      if (!isRepeated) remove(running, id);
      try {
        apply(callback, undefined, parts);
      } catch (error) {
        onError(error);
      }
    } while (has(running, id));
  }

  /** A time that is no JSON number is longer than any that may be waited for. */
  async function wait(ms) {
    await host.ask("wait", { ms: ms === Infinity ? Number.MAX_SAFE_INTEGER : ms });
  }

  const stop = (id) => void remove(running, id);
  place(globalThis, "setTimeout", (callback, ms, ...parts) => start(callback, ms, parts, false));
  place(globalThis, "setInterval", (callback, ms, ...parts) => start(callback, ms, parts, true));
  place(globalThis, "setImmediate", (callback, ...parts) => start(callback, 0, parts, false));
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) place(globalThis, name, stop);
  place(globalThis, "scheduler", { wait });
  place(AbortSignal, "timeout", (ms) => {
    const controller = new NativeController();
    start(() => controller.abort(new DOMException("The time is up.", "TimeoutError")), ms, [], false);
    return controller.signal;
  });
}

function place(object, name, value) {
  defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
}
