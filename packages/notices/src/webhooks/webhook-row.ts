/** A webhook as PostgreSQL has it. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { defineSealedColumn, type Vault } from "@castellan/vault";
import type { NoticeKind } from "../notice.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhookRow {
  id: Id<"webhook">;
  name: string;
  url: string;
  kinds: NoticeKind[];
  allow_private: string[];
  sealed_secret: Buffer;
  is_enabled: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export const webhookColumns = sql`
  id, name, url, kinds, allow_private, sealed_secret, is_enabled, version, created_at, updated_at`;

export const webhookSealedColumn = defineSealedColumn({
  table: "webhooks",
  idColumn: "id",
  column: "sealed_secret",
});

export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    kinds: row.kinds,
    allowPrivate: row.allow_private,
    isEnabled: row.is_enabled,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The secret, and the one before it while that is still good. */
export interface WebhookSecrets {
  readonly current: string;
  /** `until`: milliseconds since the epoch. */
  readonly before?: { readonly secret: string; readonly until: number };
}

export function sealSecrets(vault: Pick<Vault, "seal">, id: string, secrets: WebhookSecrets): Buffer {
  return vault.seal(JSON.stringify(secrets), { ...webhookSealedColumn, row: id });
}

/** Throws `vault_open_failed`, `vault_key_missing`. */
export function openSecrets(
  vault: Pick<Vault, "open">,
  { id, sealed_secret: sealed }: WebhookRow,
): WebhookSecrets {
  return JSON.parse(
    vault.open(sealed, { ...webhookSealedColumn, row: id }).toString("utf8"),
  ) as WebhookSecrets;
}
