/** A gate on a way: whoever comes to it waits until it is opened. After that it holds nobody. */
export interface Gate extends Disposable {
  /** How many came to it so far. */
  readonly arrivals: number;
  /** Resolves when the first one, or the n-th one, has come. */
  arrived(count?: number): Promise<void>;
  open(): void;
}

export interface OwnedGate extends Gate {
  pass(): Promise<void>;
}

export function createGate(): OwnedGate {
  const opened = Promise.withResolvers<void>();
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let arrivals = 0;
  const open = (): void => opened.resolve();
  return {
    get arrivals() {
      return arrivals;
    },
    async arrived(count = 1) {
      if (arrivals >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      await promise;
    },
    async pass() {
      arrivals += 1;
      for (const { count, resolve } of waiting) if (arrivals >= count) resolve();
      await opened.promise;
    },
    open,
    [Symbol.dispose]: open,
  };
}
