/**
 * What the provider keeps for minutes, under the hash of its id and sealed: whoever reads the database can neither use
 * it nor learn from it who asked for what.
 */
import { sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { hashSecret } from "@castellan/access";

export interface Artifact<Payload> {
  readonly payload: Payload;
  /** When it was used up. */
  readonly consumedAtMs: number | undefined;
}

export class Artifacts<Payload extends object> {
  readonly #kind: string;
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(kind: string, { database, vault, clock }: ArtifactsOptions) {
    this.#kind = kind;
    this.#database = database;
    this.#vault = vault;
    this.#clock = clock;
  }

  /** Keeps it, in the place of what was kept under that id; one that was used up stays used up. */
  async put(id: string, payload: Payload, lifetimeSeconds: number): Promise<void> {
    const { row, sealed, expiresAt } = this.#seal(id, payload, lifetimeSeconds);
    await this.#database.query(sql`
      insert into oauth_artifacts (id, sealed_payload, expires_at) values (${row}, ${sealed}, ${expiresAt})
      on conflict (id) do update set sealed_payload = excluded.sealed_payload, expires_at = excluded.expires_at`);
  }

  /** Keeps it unless something living is kept under that id. Of any number at once, one gets true. */
  async putOnce(id: string, payload: Payload, lifetimeSeconds: number): Promise<boolean> {
    const { row, sealed, expiresAt } = this.#seal(id, payload, lifetimeSeconds);
    const written = await this.#database.query(sql`
      insert into oauth_artifacts (id, sealed_payload, expires_at) values (${row}, ${sealed}, ${expiresAt})
      on conflict (id) do update set sealed_payload = excluded.sealed_payload, expires_at = excluded.expires_at
        where oauth_artifacts.expires_at <= ${new Date(this.#clock.now())}
      returning 1`);
    return written.length === 1;
  }

  async find(id: string): Promise<Artifact<Payload> | undefined> {
    const row = this.#row(id);
    const [found] = await this.#database.query<{ sealed_payload: Buffer; consumed_at: Date | null }>(sql`
      select sealed_payload, consumed_at from oauth_artifacts where id = ${row}`);
    if (found === undefined) return undefined;
    const text = this.#vault.open(found.sealed_payload, place(row)).toString("utf8");
    return { payload: JSON.parse(text) as Payload, consumedAtMs: found.consumed_at?.getTime() };
  }

  /** Uses it up. Of any number at once, on whichever replica, one gets true. */
  async consume(id: string): Promise<boolean> {
    const consumed = await this.#database.query(sql`
      update oauth_artifacts set consumed_at = ${new Date(this.#clock.now())}
      where id = ${this.#row(id)} and consumed_at is null returning 1`);
    return consumed.length === 1;
  }

  /** Of any number at once, one gets true. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#database.query(
      sql`delete from oauth_artifacts where id = ${this.#row(id)} returning 1`,
    );
    return removed.length === 1;
  }

  #row(id: string): string {
    return `${this.#kind}:${hashSecret(id)}`;
  }

  #seal(id: string, payload: Payload, lifetimeSeconds: number) {
    const row = this.#row(id);
    return {
      row,
      sealed: this.#vault.seal(JSON.stringify(payload), place(row)),
      expiresAt: new Date(this.#clock.now() + lifetimeSeconds * 1000),
    };
  }
}

export interface ArtifactsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}

function place(row: string) {
  return { table: "oauth_artifacts", row, column: "sealed_payload" } as const;
}
