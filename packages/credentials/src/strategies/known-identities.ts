/**
 * As which account each owner is known at each target, and who is to be told when that is another one. The change log tells
 * of states too, and after a gap of anything: what is told here is compared first, so that nobody's connection ends for nothing.
 */
import { accountKey, fromAccountKey, type Account, type AccountOwner } from "../account.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { AccountChange } from "../credentials.ts";
import type { Clock } from "@castellan/kernel";

export interface KnownIdentitiesOptions {
  readonly accounts: Pick<Accounts, "find" | "onChange">;
  readonly clock: Clock;
  /** Told when an account that changed could not be read; it is looked at again. */
  readonly onError: (error: unknown) => void;
}

interface Known {
  readonly targetId: string;
  readonly owner: AccountOwner;
  readonly identity: string;
}

const maxKnown = 20_000;
const lookAtOnce = 16;
const lookAgainAfterMs = 1_000;
const maxLooks = 30;
/** An account that nobody here has asked for is told of if it was linked as lately as that. */
const newsMs = 60_000;

export class KnownIdentities implements AsyncDisposable {
  readonly #options: KnownIdentitiesOptions;
  /** By `accountKey`; those that were asked for last at the end. */
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(change: AccountChange) => void>();
  /** Keys to be looked at, and how often that failed. */
  readonly #due = new Map<string, number>();
  readonly #stopHearing: () => void;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: KnownIdentitiesOptions) {
    this.#options = options;
    this.#stopHearing = options.accounts.onChange((keys) => {
      for (const key of keys === "all" ? this.#known.keys() : keys) this.#due.set(key, 0);
      this.#look();
    });
  }

  async identityOf(targetId: string, owner: AccountOwner): Promise<string> {
    const key = accountKey(targetId, owner);
    const identity = identityOf(await this.#options.accounts.find(targetId, owner), owner);
    const known = this.#known.get(key);
    // One of the two was read before the other: who opens something under the older one would never be told.
    if (known !== undefined && known.identity !== identity)
      return identityOf(await this.#options.accounts.find(targetId, owner), owner);
    this.#keep(key, { targetId, owner, identity });
    return identity;
  }

  on(listener: (change: AccountChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#stopHearing();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #keep(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }

  /** One after another, however often it is called. */
  #look(): void {
    if (this.#isOver) return;
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookAll(): Promise<void> {
    while (this.#due.size > 0 && !this.#isOver) {
      const looks = [...this.#due].slice(0, lookAtOnce);
      for (const [key] of looks) this.#due.delete(key);
      const failed = await Promise.all(looks.map(([key, times]) => this.#tryLook(key, times)));
      if (!failed.includes(true)) continue;
      this.#timer = setTimeout(() => this.#look(), lookAgainAfterMs).unref();
      return;
    }
  }

  /** Whether it failed, and is to be tried again. */
  async #tryLook(key: string, times: number): Promise<boolean> {
    try {
      await this.#lookAt(key);
      return false;
    } catch (error) {
      this.#options.onError(error);
      if (times + 1 < maxLooks && !this.#due.has(key)) this.#due.set(key, times + 1);
      return true;
    }
  }

  async #lookAt(key: string): Promise<void> {
    const { accounts, clock } = this.#options;
    const { targetId, owner } = fromAccountKey(key);
    const account = await accounts.find(targetId, owner);
    const identity = identityOf(account, owner);
    const known = this.#known.get(key);
    const isNews = account === undefined || clock.now() - account.linkedAt.getTime() < newsMs;
    if (known ? known.identity === identity : !isNews) return;
    this.#keep(key, { targetId, owner, identity });
    for (const listener of this.#listeners) listener({ targetId, owner, identity });
  }
}

/** Equal for one sign-in to one account. */
function identityOf(account: Account | undefined, owner: AccountOwner): string {
  if (account !== undefined) return `${account.id} ${account.link}`;
  return owner.kind === "person" ? `nobody ${owner.id}` : "nobody";
}
