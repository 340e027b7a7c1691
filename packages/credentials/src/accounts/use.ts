/** What a request is authorized with, and what is done when that is refused. */
import type { AccountOwner } from "../account.ts";
import { isOverWithin } from "../shared-work.ts";
import type { Target } from "../target.ts";
import type { Holding } from "./account-row.ts";
import type { AccountRefusal, UsableAccount } from "./accounts.ts";
import { stageOf, type TokenStage } from "./due.ts";
import { fits } from "./fits.ts";
import type { Ground } from "./ground.ts";
import type { KnownAccounts } from "./known-accounts.ts";
import { linkRequired, unavailable } from "./link-required.ts";
import { endForGood, endMisfit } from "./needs-sign-in.ts";
import type { Refresher } from "./refresher.ts";
import type { UsedAccounts } from "./used.ts";
import { noteWanted } from "./wanted-scopes.ts";

/** A target that refuses what is newer than that would refuse the next one as well: nobody is sent in circles. */
const newMs = 30_000;

export class AccountUse {
  readonly #ground: Ground;
  readonly #known: KnownAccounts;
  readonly #refresher: Refresher;
  readonly #used: UsedAccounts;

  constructor(ground: Ground, known: KnownAccounts, refresher: Refresher, used: UsedAccounts) {
    this.#ground = ground;
    this.#known = known;
    this.#refresher = refresher;
    this.#used = used;
  }

  async usable(target: Target, owner: AccountOwner, signal: AbortSignal): Promise<UsableAccount> {
    const holding = await this.#linked(target, owner);
    const stage = this.#stageOf(holding);
    if (stage === "expired") return this.#use(await this.#renewed(target, owner, holding, signal));
    if (stage === "ageing" && !this.#isWaiting(holding)) this.#refresher.refreshBeside(target, holding);
    return this.#use(holding);
  }

  async refused(
    target: Target,
    owner: AccountOwner,
    { sent, scopes }: AccountRefusal,
    signal: AbortSignal,
  ): Promise<"retry" | "final"> {
    const holding = await this.#linked(target, owner);
    if (heldToken(holding) !== sent) return "retry";
    if (scopes !== undefined) return this.#lacking(target, holding, scopes);
    const { account } = holding;
    const nowMs = this.#ground.clock.now();
    if (nowMs - account.linkedAt.getTime() < newMs) return "final";
    const gotAtMs = account.refreshedAt?.getTime() ?? account.linkedAt.getTime();
    if (!account.isRenewable || nowMs - gotAtMs < newMs) {
      await endForGood(this.#ground, holding, "refused");
      throw linkRequired(target, "needs_sign_in");
    }
    await this.#renewed(target, owner, holding, signal);
    return "retry";
  }

  /** An account that is fit for use. */
  async #linked(target: Target, owner: AccountOwner): Promise<Holding> {
    const holding = await this.#known.get(target.id, owner);
    if (holding === undefined) throw linkRequired(target, "not_linked");
    if (holding.account.state === "linked") {
      if (fits(holding, target)) return holding;
      await endMisfit(this.#ground, holding);
    }
    throw linkRequired(target, "needs_sign_in");
  }

  /** The account with other tokens than it has, however that comes to be. */
  async #renewed(
    target: Target,
    owner: AccountOwner,
    { account: { id }, generation }: Holding,
    signal: AbortSignal,
  ): Promise<Holding> {
    const { clock, waitMs } = this.#ground;
    const fromMs = clock.now();
    const untilMs = clock.monotonic() + waitMs;
    for (;;) {
      const holding = await this.#linked(target, owner);
      const isAnother = holding.generation !== generation || holding.account.id !== id;
      // What was got just now is used whatever its life: some servers give tokens that are over at once.
      const isNew = (holding.account.refreshedAt?.getTime() ?? 0) >= fromMs;
      if (isAnother && (isNew || this.#stageOf(holding) !== "expired")) return holding;
      if (!holding.account.isRenewable) {
        await endForGood(this.#ground, holding, "expired");
        throw linkRequired(target, "needs_sign_in");
      }
      const leftMs = untilMs - clock.monotonic();
      if (leftMs <= 0 || this.#isWaiting(holding)) throw unavailable(target, holding);
      if (!(await isOverWithin(this.#refresher.refresh(target, holding), leftMs, signal)))
        throw unavailable(target, holding);
    }
  }

  async #lacking(target: Target, holding: Holding, scopes: readonly string[]): Promise<"final"> {
    const asked = new Set([...holding.askedScopes, ...holding.account.scopes]);
    // The person was asked for these, or has given them: asking again would end the same way.
    if (scopes.every((scope) => asked.has(scope))) return "final";
    // Whoever calls with an admin's account cannot be asked: the admin is told.
    if (holding.account.owner.kind === "shared") await noteWanted(this.#ground, holding, scopes);
    throw linkRequired(target, "scope", scopes);
  }

  #use(holding: Holding): UsableAccount {
    this.#used.note(holding.account);
    return { account: holding.account, token: heldToken(holding) };
  }

  #stageOf({ account, tokens }: Holding): TokenStage {
    if (tokens?.kind !== "oauth") return "good";
    const { linkedAt, refreshedAt = linkedAt, isRenewable } = account;
    const life = { fromMs: refreshedAt.getTime(), expiresAtMs: tokens.expiresAtMs, isRenewable };
    return stageOf(life, this.#ground.clock.now());
  }

  /** It failed, and is not tried again yet. */
  #isWaiting({ retryAt }: Holding): boolean {
    return retryAt !== undefined && retryAt.getTime() > this.#ground.clock.now();
  }
}

function heldToken({ tokens }: Holding): string {
  if (tokens === undefined) throw new Error("A linked account has nothing to send");
  return tokens.kind === "oauth" ? tokens.accessToken : tokens.key;
}
