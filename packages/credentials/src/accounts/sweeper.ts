/**
 * What is due without anybody calling: tokens of ended accounts are revoked, idle accounts are renewed, accounts of people
 * who left are ended. All replicas do it; rows and leases keep them apart.
 */
import { accountEndingsTopic, usersTopic, type Ground } from "./ground.ts";
import { endLeavers, lookForLeavers } from "./leavers.ts";
import type { Refresher } from "./refresher.ts";
import { renewIdle, type RenewalPlace } from "./renew-idle.ts";
import { revokeDue } from "./revoke.ts";

export class Sweeper implements AsyncDisposable {
  readonly #ground: Ground;
  readonly #refresher: Refresher;
  readonly #closing = new AbortController();
  readonly #stop = new DisposableStack();
  readonly #works = new Set<Promise<void>>();
  #isSweeping = false;
  #revoking: Promise<void> | undefined;
  #isRevokingAgain = false;
  #renewedUpTo: RenewalPlace | undefined;
  #lookedUpTo: string | undefined;

  constructor(ground: Ground, refresher: Refresher) {
    this.#ground = ground;
    this.#refresher = refresher;
    const { changes, sweepEveryMs } = ground;
    // What the log tells is begun, not waited for: it is not what makes a replica serve what was revoked.
    this.#stop.defer(changes.on(accountEndingsTopic, () => this.#revoke()));
    this.#stop.defer(
      changes.on(usersTopic, (keys) => {
        if (keys !== "all") this.#work(endLeavers(ground, keys));
      }),
    );
    const timer = setInterval(() => this.#work(this.sweep()), sweepEveryMs).unref();
    this.#stop.defer(() => clearInterval(timer));
  }

  /** A bounded part of what is due, now. That one part of it fails keeps no other from its turn. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#revoke();
    const looking = lookForLeavers(this.#ground, this.#lookedUpTo).then(
      (place) => (this.#lookedUpTo = place),
    );
    const renewing = renewIdle(this.#ground, this.#refresher, this.#renewedUpTo).then(
      (place) => (this.#renewedUpTo = place),
    );
    const outcomes = await Promise.allSettled([looking, renewing]);
    this.#isSweeping = false;
    for (const outcome of outcomes) if (outcome.status === "rejected") this.#tell(outcome.reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.dispose();
    this.#closing.abort();
    await Promise.all(this.#works);
  }

  /** One at a time; asked for meanwhile, once more after it. */
  #revoke(): void {
    if (this.#revoking !== undefined) {
      this.#isRevokingAgain = true;
      return;
    }
    this.#isRevokingAgain = false;
    this.#revoking = revokeDue(this.#ground, this.#closing.signal).finally(() => {
      this.#revoking = undefined;
      if (this.#isRevokingAgain && !this.#closing.signal.aborted) this.#revoke();
    });
    this.#work(this.#revoking);
  }

  #work(work: Promise<void>): void {
    const told = work.catch((error: unknown) => this.#tell(error)).finally(() => this.#works.delete(told));
    this.#works.add(told);
  }

  /** What fails because it all ends is no news. */
  #tell(error: unknown): void {
    if (!this.#closing.signal.aborted) this.#ground.onError(error);
  }
}
