/**
 * What outlives the moment at which its caller was let in: streams, and calls under way. Each is asked for its caller
 * again, and for what rules make of them there, at once when something changes that they hang on, and streams from time to time as well, since a
 * token can expire by itself.
 */
import {
  accessTokensTopic,
  grantsTopic,
  isGranted,
  issuersTopic,
  reachOf,
  usersTopic,
} from "@castellan/access";
import type { Principal, Use } from "@castellan/access";
import { callFaults, policyDenied, unknownPortal, type CallPolicy } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import { isFault, type Clock, type Fault } from "@castellan/kernel";
import type {
  Connection as CallerConnection,
  Judge,
  PolicyDirectory,
  Use as PolicyUse,
} from "@castellan/policy";
import type { Comer } from "../connections/connection.ts";
import { portalFaults } from "../faults.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import type { Credential, Door } from "./door.ts";

export interface WatchedStream extends Credential, Comer {
  /** How its request reached us. */
  readonly connection: CallerConnection;
  /**
   * They may come in as before, but are somebody else by now, other rules hold for them, or another portal is there: what
   * they see may be other things.
   */
  readonly onChange?: (now: Comer) => void;
  /** Called once the caller would no longer be let in with what they came with. */
  readonly onEnd: () => void;
}

export interface HeldWork extends Credential {
  readonly connection: CallerConnection;
  /** When rules let it through, milliseconds since the epoch: that time goes by takes nothing away. */
  readonly sinceMs: number;
  /** What goes to a server. Of a tool of the portal's own nothing but that its caller may come in. */
  readonly toServer?: { readonly use: Use; readonly judged: PolicyUse } | undefined;
  readonly onEnd: (why: Fault) => void;
}

export interface UnderWayOptions {
  readonly door: Pick<Door, "again">;
  readonly directory: Pick<PortalDirectory, "find" | "onChange">;
  /** Carries what callers hang on. Subscribe the authenticator and the standings first. */
  readonly changes: Pick<ChangeFeed, "on">;
  readonly policy: CallPolicy;
  /** Tells when rules are others. */
  readonly policies: Pick<PolicyDirectory, "onChange">;
  readonly clock: Pick<Clock, "now">;
}

const everyMs = 15_000;
const maxPerCaller = 256;
/** Topics whose keys are ids that a principal has; of the last two it is not known which principals they are about. */
const topics = ["tokens", grantsTopic, usersTopic, "clients", accessTokensTopic, issuersTopic];
const isAboutAll = new Set([accessTokensTopic, issuersTopic]);

export class UnderWay implements Disposable {
  readonly #streams = new Set<WatchedStream>();
  readonly #calls = new Set<HeldWork>();
  readonly #options: Pick<UnderWayOptions, "door" | "directory" | "policy" | "clock">;
  readonly #stop = new DisposableStack();

  constructor({ door, directory, changes, policy, policies, clock }: UnderWayOptions) {
    this.#options = { door, directory, policy, clock };
    const timer = setInterval(() => void this.check(), everyMs).unref();
    this.#stop.defer(() => clearInterval(timer));
    for (const topic of topics)
      this.#stop.defer(
        changes.on(topic, (ids) =>
          ids === "all" || isAboutAll.has(topic) ? this.check() : this.#checkOf(new Set(ids)),
        ),
      );
    this.#stop.defer(policies.onChange(() => void this.check()));
    this.#stop.defer(directory.onChange((slug) => void this.#check(({ portal }) => portal === slug)));
  }

  /** Open streams of all callers. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Throws `streams_limited` when the caller has as many open as one may have. */
  assertRoom(principalId: string): void {
    const own = [...this.#streams].filter(({ principal }) => principal.id === principalId);
    if (own.length >= maxPerCaller)
      throw portalFaults.fault(
        "streams_limited",
        `This caller has ${maxPerCaller} streams open: close one first`,
      );
  }

  /** Throws `streams_limited`. */
  watch(stream: WatchedStream): Disposable {
    this.assertRoom(stream.principal.id);
    return keptIn(this.#streams, { ...stream });
  }

  /** A call that is to end when its caller is let in no more. That its token expires is no reason: it was good when it began. */
  hold(work: HeldWork): Disposable {
    return keptIn(this.#calls, { ...work });
  }

  /** Asks for everybody. Never rejects. */
  check(): Promise<void> {
    return this.#check(() => true);
  }

  [Symbol.dispose](): void {
    this.#stop.dispose();
  }

  #checkOf(ids: ReadonlySet<string>): Promise<void> {
    return this.#check(({ principal }) => idsOf(principal).some((id) => ids.has(id)));
  }

  async #check(isMeant: (credential: Credential) => boolean): Promise<void> {
    const asked = new Map<string, Promise<Principal | Fault | undefined>>();
    const ask = (credential: Credential) => {
      const { authorization, standing, portal, principal } = credential;
      const key = JSON.stringify([authorization, standing, portal, principal.id]);
      const asking = asked.get(key) ?? this.#ask(credential);
      asked.set(key, asking);
      return asking;
    };
    const streams = [...this.#streams].filter(isMeant).map(async (stream) => {
      const now = await ask(stream);
      // With a portal that is gone its streams end by themselves (`followChanges`).
      const isThere = this.#options.directory.find(stream.portal) !== undefined;
      if (now === undefined || !isThere || !this.#streams.has(stream)) return;
      const judge =
        isFault(now) || !this.#enters(now, stream.portal) ? undefined : await this.#judge(now, stream);
      if (!this.#streams.has(stream)) return;
      if (isFault(now) || !judge || this.#isKeptOut(judge, stream.portal)) {
        this.#streams.delete(stream);
        stream.onEnd();
      } else if (now !== stream.principal || judge !== stream.judge) {
        Object.assign(stream, { principal: now, judge });
        stream.onChange?.({ principal: now, judge });
      }
    });
    const calls = [...this.#calls].filter(isMeant).map(async (work) => {
      const now = await ask(work);
      if (now === undefined || isFault(now, "token_expired") || !this.#calls.has(work)) return;
      const why = isFault(now) ? now : await this.#whyNot(now, work);
      if (!why || !this.#calls.has(work)) return;
      this.#calls.delete(work);
      work.onEnd(isFault(why, "token_invalid") ? why : withdrawn(why));
    });
    await Promise.all([...streams, ...calls]);
  }

  /** Undefined while it cannot be known: then nothing is ended, and no new call gets through meanwhile either. */
  async #ask(credential: Credential): Promise<Principal | Fault | undefined> {
    try {
      return await this.#options.door.again(credential);
    } catch (error) {
      return isFault(error) && error.owner === "caller" ? error : undefined;
    }
  }

  #enters(principal: Principal, slug: string): boolean {
    const open = this.#options.directory.find(slug);
    if (!open) return false;
    const { rights, enters } = reachOf(principal, open.portal);
    return enters && !rights.isNone;
  }

  async #whyNot(principal: Principal, work: HeldWork): Promise<Fault | undefined> {
    const { portal: slug, sinceMs, toServer } = work;
    const open = this.#options.directory.find(slug);
    const isGiven = !toServer || (open && isGranted(reachOf(principal, open.portal), toServer.use));
    if (!this.#enters(principal, slug) || !isGiven)
      return unknownPortal({ portalSlug: slug, ownHost: undefined }, principal);
    const judge = await this.#judge(principal, work);
    const decision = toServer ? judge.decide(toServer.judged) : judge.enter(slug, sinceMs);
    return decision.outcome === "deny"
      ? policyDenied(decision, toServer?.judged.method ?? "tools/call")
      : undefined;
  }

  #judge(principal: Principal, { connection, portal }: WatchedStream | HeldWork): Judge | Promise<Judge> {
    return this.#options.policy.judge(principal, connection, portal);
  }

  #isKeptOut(judge: Judge, portal: string): boolean {
    return judge.enter(portal, this.#options.clock.now()).outcome === "deny";
  }
}

function keptIn<Kept>(all: Set<Kept>, one: Kept): Disposable {
  all.add(one);
  return { [Symbol.dispose]: () => all.delete(one) };
}

/** What somebody hangs on, as far as it has an id. */
function idsOf(principal: Principal): string[] {
  if (principal.kind !== "user") return [principal.id];
  return [principal.id, principal.grantId, principal.clientId].filter((id) => id !== undefined);
}

function withdrawn(cause: Fault): Fault {
  return callFaults.fault(
    "access_withdrawn",
    "What the call needs was taken away from the caller while it was under way; whether it was carried out is not known",
    { cause },
  );
}
