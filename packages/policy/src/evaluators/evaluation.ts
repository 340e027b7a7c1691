/** One evaluator as it is asked: its keys, what it said lately, and whether it answers at all. */
import { randomBytes } from "node:crypto";
import type { Clock } from "@castellan/kernel";
import { RecentMap, RemoteCopy, type Outbound } from "@castellan/web";
import { errors, type JWTVerifyGetKey } from "jose";
import type { Caller, Connection } from "../facts/facts.ts";
import { NoAnswer, readAnswer, type Answer } from "./answer.ts";
import { Breaker } from "./breaker.ts";
import { loadEvaluatorKeys } from "./evaluator-keys.ts";
import type { Evaluator } from "./evaluator.ts";
import { signQuestion } from "./question.ts";
import type { SigningKey } from "./signing-key.ts";

export interface EvaluationOptions {
  readonly outbound: Pick<Outbound, "fetch">;
  readonly clock: Clock;
  readonly publicUrl: string;
  readonly signingKey: SigningKey;
  /** Told why there was no answer. */
  readonly onFailure: (evaluator: string, reason: string) => void;
  /** Aborts when nobody wants answers any more. */
  readonly closed: AbortSignal;
}

interface Held {
  readonly isGood: boolean;
  /** Monotonic. */
  readonly untilMs: number;
}

/** Yes, no, or undefined: no answer that counts. */
export type Said = boolean | undefined;

const maxAnswerBytes = 64 * 1024;
const maxHeld = 10_000;
const maxUnderWay = 256;
/** Addresses are cheap: those who come without a token must not keep everybody else from being asked about. */
const maxUnderWayForPublic = maxUnderWay / 2;

export class Evaluation {
  readonly evaluator: Evaluator;
  readonly #options: EvaluationOptions;
  readonly #keys: RemoteCopy<JWTVerifyGetKey>;
  readonly #held = new RecentMap<string, Held>(maxHeld);
  readonly #underWay = new Map<string, Promise<Said>>();
  readonly #breaker: Breaker;

  constructor(evaluator: Evaluator, options: EvaluationOptions) {
    this.evaluator = evaluator;
    this.#options = options;
    const { outbound, clock } = options;
    this.#keys = new RemoteCopy({ clock, load: () => loadEvaluatorKeys(evaluator, outbound) });
    this.#breaker = new Breaker(clock);
  }

  /** What it said of them lately; undefined: it would have to be asked. */
  heldOf(caller: Caller, connection: Connection): Said {
    const held = this.#held.get(keyOf(caller, connection));
    return held !== undefined && this.#options.clock.monotonic() < held.untilMs ? held.isGood : undefined;
  }

  /** Whether asking would lead to nothing now. */
  get isSilent(): boolean {
    return this.#breaker.isOpen;
  }

  /** Of all who ask the same at one time one does. Takes no longer than twice the evaluator's time. Never rejects. */
  ask(caller: Caller, connection: Connection): Promise<Said> {
    const held = this.heldOf(caller, connection);
    if (held !== undefined) return Promise.resolve(held);
    const key = keyOf(caller, connection);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const most = caller.kind === "public" ? maxUnderWayForPublic : maxUnderWay;
    if (this.#underWay.size >= most || !this.#breaker.take()) return Promise.resolve(undefined);
    const asking = this.#ask(key, caller, connection).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    return asking;
  }

  async #ask(key: string, caller: Caller, connection: Connection): Promise<Said> {
    const { clock, onFailure, closed } = this.#options;
    try {
      const { isGood, expiresAtMs } = await this.#exchange(caller, connection);
      this.#breaker.succeeded();
      const keptMs = Math.min(this.evaluator.cacheSeconds * 1000, expiresAtMs - clock.now());
      if (keptMs > 0) this.#held.set(key, { isGood, untilMs: clock.monotonic() + keptMs });
      return isGood;
    } catch (error) {
      if (closed.aborted) return undefined;
      const isDown = error instanceof NoAnswer ? error.isDown : true;
      if (isDown) this.#breaker.failed();
      else this.#breaker.succeeded();
      onFailure(this.evaluator.slug, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #exchange(caller: Caller, connection: Connection): Promise<Answer> {
    const { outbound, clock, publicUrl, signingKey, closed } = this.#options;
    const { url, allowPrivate, timeoutMs } = this.evaluator;
    const nonce = randomBytes(32).toString("base64url");
    const question = { caller, connection, url, nonce, publicUrl, nowMs: clock.now() };
    const token = await signQuestion(question, signingKey);
    // Both at once: whoever waits, waits for one time-out.
    const [, { status, body }] = await Promise.all([
      this.#keys.get(),
      outbound.fetch(url, {
        policy: { allowPrivate },
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ token }),
        maxBytes: maxAnswerBytes,
        timeoutMs,
        signal: closed,
      }),
    ]);
    if (status !== 200) throw new NoAnswer(`it answered with status ${status}`, { isDown: status >= 500 });
    return readAnswer(body, { keys: this.#keyOf, nonce, publicUrl, nowMs: clock.now() });
  }

  /** One that is not known has the keys fetched anew, but not again and again. */
  readonly #keyOf: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#keys.get();
    try {
      return await keys(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await this.#keys.newerThan(keys) : undefined;
      if (newer === undefined) throw error;
      return newer(header, token);
    }
  };
}

function keyOf({ kind, id, clientId }: Caller, { address, certificate }: Connection): string {
  return JSON.stringify([kind, id, clientId, address, certificate?.fingerprint]);
}
