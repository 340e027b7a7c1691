/**
 * Doing a request once, however often it is sent (draft-ietf-httpapi-idempotency-key-header): who sends it again with
 * the same key gets the answer of the first. Keys are the caller's own: two tokens may use the same one.
 *
 * An attempt holds its key by a lease that it renews, so that the key of a replica that died is free again after the
 * lease. An attempt that fails gives its key back: what it was refused for can be mended, and its operation has
 * written everything or nothing. What is left is the moment between the operation's commit and that of its answer: a
 * replica that dies just then leaves work whose repetition is refused by its own rules (a name that is taken).
 */
import { sql, type Database } from "@castellan/database";
import { createId, isFault } from "@castellan/kernel";
import { defineSealedColumn, type SealedContext, type Vault } from "@castellan/vault";
import { apiFaults } from "../faults.ts";

/** An answer as it is kept, and sent again to the letter. */
export interface Answer {
  readonly status: number;
  readonly etag?: string;
  /** JSON; absent: there is no body. */
  readonly body?: string;
}

export interface IdempotentRequest {
  /** Who asks; keys of others are other keys. */
  readonly principal: string;
  readonly key: string;
  /** Everything that makes it this request and no other. */
  readonly request: string;
}

export interface Idempotency {
  /**
   * The answer of `run`, or that which an earlier attempt with this key was given.
   * Throws `idempotency_key_reused`, `idempotency_in_progress`, and what `run` throws.
   */
  once(asked: IdempotentRequest, run: () => Promise<Answer>): Promise<{ answer: Answer; isReplay: boolean }>;
}

export interface IdempotencyOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  /** How long a silent attempt is believed to be alive. */
  readonly leaseMs?: number;
}

/** The answer to making a token has its secret in it. */
export const idempotencySealedColumns = [
  defineSealedColumn({ table: "idempotency_keys", idColumn: "id", column: "sealed_answer" }),
];

const keptHours = 24;
/** Rows that one request sweeps away: more than it adds, and no more than it has time for. */
const sweptAtOnce = 10;

export function createIdempotency({ database, vault, leaseMs = 30_000 }: IdempotencyOptions): Idempotency {
  return { once };

  async function once(asked: IdempotentRequest, run: () => Promise<Answer>) {
    const claim = toClaim(asked);
    const earlier = await take(claim);
    if (earlier !== undefined) return { answer: earlier, isReplay: true };
    const renewal = setInterval(() => void renew(claim).catch(ignore), leaseMs / 3);
    try {
      const answer = await run();
      await keep(claim, answer);
      return { answer, isReplay: false };
    } catch (error) {
      // Without a database the lease lapses by itself.
      await release(claim).catch(ignore);
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  function toClaim({ principal, key, request }: IdempotentRequest): Claim {
    return {
      id: `${principal}/${vault.mac("idempotency key", key).toString("base64url")}`,
      requestMac: vault.mac("idempotency request", request),
      attempt: createId("request"),
    };
  }

  /** Takes the key for this attempt; the answer that it stands for, if it has one already. */
  async function take(claim: Claim): Promise<Answer | undefined> {
    const { id, requestMac, attempt } = claim;
    const [row] = await database.transaction(async (tx) => {
      await tx.query(sql`
        delete from idempotency_keys where id in (
          select id from idempotency_keys where expires_at <= now()
          order by expires_at limit ${sweptAtOnce} for update skip locked)`);
      const taken = await tx.query(sql`
        insert into idempotency_keys as held (id, request_mac, attempt, leased_until, expires_at)
        values (${id}, ${requestMac}, ${attempt}, now() + ${leaseMs} * interval '1 ms', now() + ${keptHours} * interval '1 hour')
        on conflict (id) do update set
          request_mac = excluded.request_mac, attempt = excluded.attempt, sealed_answer = null,
          leased_until = excluded.leased_until, expires_at = excluded.expires_at
        where held.expires_at <= now()
          or (held.sealed_answer is null and held.leased_until <= now() and held.request_mac = excluded.request_mac)
        returning id`);
      if (taken.length > 0) return [];
      // Whoever holds it cannot give it back before this transaction ends: the row is locked by the conflict.
      return tx.query<HeldKey>(sql`
        select request_mac as "requestMac", sealed_answer as "sealedAnswer",
          ceil(extract(epoch from leased_until - now()))::int as "retryAfterSeconds"
        from idempotency_keys where id = ${id}`);
    });
    return row === undefined ? undefined : readHeld(row, id, requestMac);
  }

  function readHeld({ requestMac, sealedAnswer, retryAfterSeconds }: HeldKey, id: string, mine: Uint8Array) {
    if (!requestMac.equals(mine))
      throw apiFaults.fault(
        "idempotency_key_reused",
        "The Idempotency-Key was sent before, with another request",
        {
          field: "Idempotency-Key",
        },
      );
    if (sealedAnswer === null)
      throw apiFaults.fault(
        "idempotency_in_progress",
        "The first request with this Idempotency-Key is under way",
        {
          data: { retryAfterSeconds: Math.max(1, Math.min(retryAfterSeconds, leaseMs / 1000)) },
        },
      );
    return JSON.parse(vault.open(sealedAnswer, contextOf(id)).toString("utf8")) as Answer;
  }

  async function renew({ id, attempt }: Claim): Promise<void> {
    await database.query(sql`
      update idempotency_keys set leased_until = now() + ${leaseMs} * interval '1 ms'
      where id = ${id} and attempt = ${attempt}`);
  }

  /** What was done is done and will be told, also when there is no database left to keep the answer in. */
  async function keep({ id, attempt }: Claim, answer: Answer): Promise<void> {
    const sealed = vault.seal(JSON.stringify(answer), contextOf(id));
    try {
      await database.query(sql`
        update idempotency_keys set sealed_answer = ${sealed}
        where id = ${id} and attempt = ${attempt}`);
    } catch (error) {
      if (!isFault(error) || error.owner !== "system") throw error;
    }
  }

  async function release({ id, attempt }: Claim): Promise<void> {
    await database.query(sql`
      delete from idempotency_keys where id = ${id} and attempt = ${attempt} and sealed_answer is null`);
  }
}

interface Claim {
  readonly id: string;
  readonly requestMac: Buffer;
  readonly attempt: string;
}

interface HeldKey {
  readonly requestMac: Buffer;
  readonly sealedAnswer: Buffer | null;
  readonly retryAfterSeconds: number;
}

function contextOf(id: string): SealedContext {
  return { table: "idempotency_keys", row: id, column: "sealed_answer" };
}

function ignore(): void {}
