/**
 * Tokens that need nobody's sign-in, in memory only: another replica, or this one after a restart, gets its own. One request
 * for one holder at a time, ahead of expiry beside the calls, and after a failure nobody asks before its back-off is over.
 */
import type { Clock, Fault } from "@castellan/kernel";
import { RecentMap } from "@castellan/web";
import { backOffMs, stageOf } from "../accounts/due.ts";
import type { Subject } from "../identity/claims.ts";
import type { GrantedTokens as Tokens, TokenOutcome } from "../oauth/tokens.ts";
import { unlessAborted } from "../shared-work.ts";
import type { Target } from "../target.ts";
import type { Grant } from "./grant.ts";
import { grantFault } from "./grant-fault.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { withScopes } from "./with-scopes.ts";

export interface GrantedTokensOptions {
  readonly clock: Clock;
  /** Between 0 and 1, for spreading tries. */
  readonly random: () => number;
  /** Told when a token could not be renewed ahead of its end; it goes on being used. */
  readonly onError: (error: unknown) => void;
}

/** What is asked for: by which grant, where, for whom (undefined: whoever has no name). */
export interface WantedToken {
  readonly grant: Grant;
  readonly target: Target;
  readonly subject: Subject | undefined;
}

export interface TokenRefusal {
  /** The token that was sent. */
  readonly sent: string;
  /** Of a 403 `insufficient_scope`; absent: it was a 401. */
  readonly scopes?: readonly string[] | undefined;
}

interface HeldToken {
  readonly value: string;
  readonly fromMs: number;
  readonly expiresAtMs: number;
  readonly scopes: readonly string[] | undefined;
}

interface Holder {
  token?: HeldToken | undefined;
  flight?: Promise<HeldToken> | undefined;
  failure?: { readonly fault: Fault; readonly retryAtMs: number; readonly times: number } | undefined;
  /** Asked for beside the configured ones since the target wanted them, and given or not: they are not asked for again. */
  wider: readonly string[];
  asked: ReadonlySet<string>;
}

const maxHolders = 10_000;
const flightTimeoutMs = 20_000;
/** Where no end is told (RFC 6749 §5.1 recommends it). */
const assumedLifeMs = 600_000;
/** One that is refused although it is newer than that is not replaced: the next one would be refused too. */
const freshMs = 30_000;
const maxRefusedMs = 30_000;
const maxAsked = 100;

export class GrantedTokens implements Disposable {
  readonly #options: GrantedTokensOptions;
  readonly #holders = new RecentMap<string, Holder>(maxHolders);
  readonly #stop = new AbortController();

  constructor(options: GrantedTokensOptions) {
    this.#options = options;
  }

  /**
   * A token to send now. Throws `credentials_unavailable`, `credentials_missing` (refused for good), `identity_refused` (for
   * this person or program), `upstream_client_refused`, `upstream_auth_unsupported`, `upstream_auth_invalid`; the signal's reason.
   */
  async usable(wanted: WantedToken, signal: AbortSignal): Promise<string> {
    const holder = this.#holderOf(wanted);
    const { token, failure } = holder;
    const now = this.#options.clock.now();
    const stage = token ? stageOf({ ...token, isRenewable: true }, now) : "expired";
    const mayTry = failure === undefined || failure.retryAtMs <= now;
    if (token && stage !== "expired") {
      if (stage === "ageing" && mayTry) this.#fly(wanted, holder).catch(this.#options.onError);
      return token.value;
    }
    if (failure && !mayTry) throw failure.fault;
    return (await unlessAborted(this.#fly(wanted, holder), signal)).value;
  }

  /**
   * The target refused what `usable` gave. `retry`: there is another token now; `final`: nothing can be done.
   * Throws as `usable`.
   */
  async refused(
    wanted: WantedToken,
    { sent, scopes }: TokenRefusal,
    signal: AbortSignal,
  ): Promise<"retry" | "final"> {
    const holder = this.#holderOf(wanted);
    const { token } = holder;
    if (scopes !== undefined) return this.#widen(wanted, { holder, scopes, sent }, signal);
    if (token !== undefined && token.value !== sent) return "retry";
    if (token !== undefined && this.#options.clock.now() - token.fromMs < freshMs) return "final";
    holder.token = undefined;
    await this.usable(wanted, signal);
    return "retry";
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  #holderOf({ grant, target, subject }: WantedToken): Holder {
    const key = `${target.id} ${fingerprintOf(target)} ${grant.holderOf(target, subject)}`;
    let holder = this.#holders.get(key);
    if (holder === undefined) {
      holder = { wider: [], asked: new Set() };
      this.#holders.set(key, holder);
    }
    return holder;
  }

  /** The request under way, or a new one. It ends by itself: those who wait come and go. */
  #fly(wanted: WantedToken, holder: Holder): Promise<HeldToken> {
    holder.flight ??= this.#request(wanted, holder.wider)
      .then((outcome) => this.#land(wanted, holder, outcome))
      .finally(() => (holder.flight = undefined));
    return holder.flight;
  }

  async #request({ grant, target, subject }: WantedToken, wider: readonly string[]): Promise<TokenOutcome> {
    const deadline = AbortSignal.timeout(flightTimeoutMs);
    const signal = AbortSignal.any([this.#stop.signal, deadline]);
    try {
      return await grant.get(withScopes(target, wider), subject, signal);
    } catch (error) {
      if (!deadline.aborted) throw error;
      const message = "its authorization server does not answer";
      return { kind: "failed", code: "credentials_unavailable", message, retryAfterMs: undefined };
    }
  }

  #land({ target, subject }: WantedToken, holder: Holder, outcome: TokenOutcome): HeldToken {
    const now = this.#options.clock.now();
    if (outcome.kind === "granted") {
      holder.failure = undefined;
      return (holder.token = held(outcome.tokens, now));
    }
    const times = (holder.failure?.times ?? 0) + 1;
    const askedMs = outcome.kind === "failed" ? outcome.retryAfterMs : undefined;
    const waitMs = backOffMs(times, { random: this.#options.random(), askedMs });
    const retryAtMs = now + (outcome.kind === "failed" ? waitMs : Math.min(waitMs, maxRefusedMs));
    const fault = grantFault(outcome, { target, subject, retryAtMs });
    holder.failure = { fault, retryAtMs, times };
    throw fault;
  }

  /** What is there is kept until there is a wider one, so that an authorization server that says no costs this call only. */
  async #widen(
    wanted: WantedToken,
    { holder, scopes, sent }: { holder: Holder; scopes: readonly string[]; sent: string },
    signal: AbortSignal,
  ): Promise<"retry" | "final"> {
    const missing = scopes.filter((scope) => holder.token?.scopes?.includes(scope) !== true);
    const hasNewer = holder.token !== undefined && holder.token.value !== sent;
    if (missing.every((scope) => holder.asked.has(scope)) || holder.asked.size >= maxAsked)
      return hasNewer && missing.length === 0 ? "retry" : "final";
    holder.asked = new Set([...holder.asked, ...missing].slice(0, maxAsked));
    const wider = [...new Set([...(holder.token?.scopes ?? []), ...holder.wider, ...missing])];
    const outcome = await unlessAborted(this.#request(wanted, wider), signal);
    if (outcome.kind !== "granted") return "final";
    holder.wider = wider;
    holder.token = held(outcome.tokens, this.#options.clock.now());
    return "retry";
  }
}

function held({ accessToken, expiresAtMs, scopes }: Tokens, now: number): HeldToken {
  return { value: accessToken, fromMs: now, expiresAtMs: expiresAtMs ?? now + assumedLifeMs, scopes };
}
