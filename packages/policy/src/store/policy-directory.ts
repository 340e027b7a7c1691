/** The rules that are in force, kept true by the change log and by the clock. */
import type { ChangeFeed } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { compilePolicies } from "../decide/compile.ts";
import type { Policies } from "../decide/judge.ts";
import { unusableIn, type Unusable } from "../rules/unusable.ts";
import type { PolicyStore } from "./policy-store.ts";
import { policiesTopic } from "./write-rule.ts";

export interface PolicyDirectory extends Disposable {
  /** Another object whenever a rule is another one, begins or ends. */
  current(): Policies;
  /** Called after that. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

/** A timer takes no more: 2^31 - 1 milliseconds. */
const maxTimerMs = 2_147_483_647;

/** Faults: what `store.list` throws. A rule that cannot be applied keeps nobody from starting: it is strict, and told. */
export async function createPolicyDirectory(options: {
  readonly store: Pick<PolicyStore, "list">;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly clock: Clock;
  /** Told once of each version of an enabled rule. */
  readonly onUnusable?: (unusable: Unusable) => void;
}): Promise<PolicyDirectory> {
  const { store, changes, clock, onUnusable } = options;
  const listeners = new Set<() => void>();
  let current = compilePolicies([]);
  let lastLoad: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let told = new Set<string>();

  function put(rules: Policies["rules"]): void {
    current = compilePolicies(rules, { nowMs: clock.now() });
    waitForNext();
    for (const listener of listeners) listener();
    tell(rules);
  }

  function tell(rules: Policies["rules"]): void {
    const telling = new Set<string>();
    for (const rule of rules) {
      const unusable = rule.isEnabled ? unusableIn(rule) : [];
      const key = `${rule.id} ${rule.version}`;
      if (unusable.length > 0) telling.add(key);
      if (!told.has(key)) for (const one of unusable) onUnusable?.(one);
    }
    told = telling;
  }

  /** Until a rule begins or ends, as far as a timer reaches. */
  function waitForNext(): void {
    clearTimeout(timer);
    const { changesAtMs } = current;
    if (changesAtMs === undefined) return;
    const waitMs = Math.min(Math.max(changesAtMs - clock.now(), 1), maxTimerMs);
    timer = setTimeout(
      () => (clock.now() < changesAtMs ? waitForNext() : put(current.rules)),
      waitMs,
    ).unref();
  }

  /** One load at a time: what was read earlier must not be put in place later. */
  function load(): Promise<void> {
    const loaded = lastLoad.then(async () => put(await store.list()));
    lastLoad = loaded.catch(() => undefined);
    return loaded;
  }

  await using opening = new AsyncDisposableStack();
  const stopFollowing = changes.on(policiesTopic, load);
  opening.defer(stopFollowing);
  await load();
  opening.move();

  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]() {
      stopFollowing();
      clearTimeout(timer);
    },
  };
}
