/**
 * What an admin gave for all, and a server does not take: a token, a password, a client, our identity tokens. It is kept, so
 * that admins are told once, however many calls fail with it on however many replicas, and see it until it works again.
 */
import { sql, type Database, type Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { fingerprintOf } from "../grants/fingerprint.ts";
import type { SecretRefuser } from "../strategies/secret-refused.ts";
import type { Target } from "../target.ts";

export interface RefusedSecret {
  readonly targetId: string;
  readonly by: SecretRefuser;
  /** The last time, to the hour: what was read since then was read with it. */
  readonly at: Date;
}

export interface RefusedSecrets {
  find(targetId: string): Promise<RefusedSecret | undefined>;
  /** At most 1,000. */
  all(): Promise<RefusedSecret[]>;
}

export interface RefusedSecretsOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "mac">;
  readonly clock: Clock;
  /** In the transaction that says so; once for a secret, and again where it was not refused for a day. */
  readonly onRefused?: ((tx: Queryable, target: Target, by: SecretRefuser) => Promise<void>) | undefined;
  readonly onError: (error: unknown) => void;
}

/** It was good for that long, or nobody called: to be refused then is news. */
const newsAfterMs = 24 * 3_600_000;
const maxListed = 1_000;

export class RefusedSecretStore implements RefusedSecrets, AsyncDisposable {
  readonly #options: RefusedSecretsOptions;
  readonly #writing = new Set<Promise<void>>();

  constructor(options: RefusedSecretsOptions) {
    this.#options = options;
  }

  /** Beside the request that was refused, which does not wait for it. */
  note(target: Target, by: SecretRefuser): void {
    const written = this.#write(target, by)
      .catch(this.#options.onError)
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  async find(targetId: string): Promise<RefusedSecret | undefined> {
    const [row] = await this.#options.database.query<RefusedRow>(sql`
      select target_id, refused_by, last_at from refused_secrets where target_id = ${targetId}`);
    return row && toRefused(row);
  }

  async all(): Promise<RefusedSecret[]> {
    const rows = await this.#options.database.query<RefusedRow>(sql`
      select target_id, refused_by, last_at from refused_secrets order by target_id limit ${maxListed}`);
    return rows.map(toRefused);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(target: Target, by: SecretRefuser): Promise<void> {
    const { database, vault, clock, onRefused } = this.#options;
    const now = new Date(clock.now());
    // Whoever reads the table cannot try passwords on it.
    const mark = vault.mac("refused-secret", `${by} ${fingerprintOf(target)}`);
    await database.transaction(async (tx) => {
      await tx.query(sql`
        insert into refused_secrets (target_id, refused_by, mark, last_at)
        values (${target.id}, ${by}, '', 'epoch') on conflict (target_id) do nothing`);
      const [known] = await tx.query<{ mark: Buffer; last_at: Date }>(sql`
        select mark, last_at from refused_secrets where target_id = ${target.id} for update`);
      await tx.query(sql`
        update refused_secrets set refused_by = ${by}, mark = ${mark}, last_at = ${now}
        where target_id = ${target.id}`);
      const isKnown =
        known?.mark.equals(mark) === true && now.getTime() - known.last_at.getTime() < newsAfterMs;
      if (!isKnown) await onRefused?.(tx, target, by);
    });
  }
}

/** With the target. */
export async function forgetRefusedSecret(tx: Queryable, targetId: string): Promise<void> {
  await tx.query(sql`delete from refused_secrets where target_id = ${targetId}`);
}

interface RefusedRow {
  readonly target_id: string;
  readonly refused_by: SecretRefuser;
  readonly last_at: Date;
}

function toRefused({ target_id: targetId, refused_by: by, last_at: at }: RefusedRow): RefusedSecret {
  return { targetId, by, at };
}
