/**
 * Accounts as this replica holds them in memory: a call with a good token costs no query. The change log says when one is
 * to be read anew; while the log cannot be read, nothing is believed and each look is a query.
 */
import { accountKey, accountsTopic, ownerIdOf, type AccountOwner } from "../account.ts";
import { toHolding, type Holding } from "./account-row.ts";
import { accountTokensTopic, readAccount, type Ground } from "./ground.ts";

const maxKnown = 10_000;

type Options = Pick<Ground, "database" | "vault" | "changes">;

export class KnownAccounts implements Disposable {
  readonly #options: Options;
  /** Oldest first. What is being read is here already, so that one read serves all who ask. */
  readonly #known = new Map<string, Promise<Holding | undefined>>();
  readonly #listeners = new Set<(keys: readonly string[] | "all") => void>();
  readonly #stop = new DisposableStack();

  constructor(options: Options) {
    this.#options = options;
    for (const topic of [accountsTopic, accountTokensTopic])
      this.#stop.defer(options.changes.on(topic, (keys) => this.#changed(keys)));
  }

  /** The account, or undefined where there is none. */
  get(targetId: string, owner: AccountOwner): Promise<Holding | undefined> {
    const key = accountKey(targetId, owner);
    const known = this.#known.get(key);
    if (known !== undefined && this.#options.changes.isFresh()) return known;
    const reading = this.#read(targetId, owner);
    this.#known.delete(key);
    this.#known.set(key, reading);
    // Nobody may wait for it any more when it fails.
    reading.catch(() => {
      if (this.#known.get(key) === reading) this.#known.delete(key);
    });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
    return reading;
  }

  /** It was changed here: what is being read now may be older than that, and is not kept either. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Called after what is held was dropped. */
  on(listener: (keys: readonly string[] | "all") => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#stop.dispose();
    this.#known.clear();
  }

  async #read(targetId: string, owner: AccountOwner): Promise<Holding | undefined> {
    const { database, vault } = this.#options;
    const row = await readAccount(database, { targetId, ownerId: ownerIdOf(owner) });
    return row && toHolding(row, vault);
  }

  #changed(keys: readonly string[] | "all"): void {
    if (keys === "all") this.#known.clear();
    else for (const key of keys) this.#known.delete(key);
    for (const listener of this.#listeners) listener(keys);
  }
}
