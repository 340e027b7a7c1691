import type { SessionStore, StoredSession } from "./session-store.ts";

interface Loading {
  readonly stored: Promise<StoredSession | undefined>;
  /** The session has changed since it was asked for: what is read may be what was before. */
  isStale: boolean;
}

/** Reads sessions that this replica does not know: once for all who ask, and never what was true only before a change. */
export class SessionLoader {
  readonly #store: SessionStore;
  readonly #loading = new Map<string, Loading>();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async load(id: string): Promise<StoredSession | undefined> {
    for (;;) {
      const loading = this.#loading.get(id) ?? this.#begin(id);
      const stored = await loading.stored;
      if (!loading.isStale) return stored;
    }
  }

  changed(ids: readonly string[] | "all"): void {
    for (const id of ids === "all" ? [...this.#loading.keys()] : ids) {
      const loading = this.#loading.get(id);
      if (!loading) continue;
      loading.isStale = true;
      this.#loading.delete(id);
    }
  }

  #begin(id: string): Loading {
    const loading: Loading = {
      isStale: false,
      stored: this.#store
        .find([id])
        .then(([stored]) => stored)
        .finally(() => {
          if (this.#loading.get(id) === loading) this.#loading.delete(id);
        }),
    };
    this.#loading.set(id, loading);
    return loading;
  }
}
