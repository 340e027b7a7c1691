/** Webhooks in PostgreSQL. What happens to one is told to the replicas as topic `webhooks`, by its name. */
import { isDeepStrictEqual } from "node:util";
import { recordChange, sql, type Database, type Queryable, type Transaction } from "@castellan/database";
import { createId, kernelFaults, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { noticeFaults } from "../faults.ts";
import { generateWebhookSecret } from "./signature.ts";
import { openSecrets, sealSecrets, toWebhook, webhookColumns, type WebhookRow } from "./webhook-row.ts";
import type { MadeWebhook, Webhook, WebhookChange, WebhookFields } from "./webhook.ts";

const topic = "webhooks";
/** Each of them is told of each notice. */
const maxWebhooks = 100;

/** All that name one throw `webhook_not_found`; those with `ifMatch` also `version_stale`. */
export interface WebhookStore {
  /** Throws `webhook_name_taken`, `invalid_input` where there are 100. */
  add(name: string, fields: WebhookFields): Promise<MadeWebhook>;
  get(name: string): Promise<Webhook>;
  /** By name. */
  list(): Promise<Webhook[]>;
  /** A change that changes nothing leaves the version. */
  change(name: string, change: WebhookChange, ifMatch?: number): Promise<Webhook>;
  /** Makes a new secret; for that much longer deliveries are signed under the one before as well. */
  rotateSecret(name: string, overlapMs: number, ifMatch?: number): Promise<MadeWebhook>;
  /** What it was not told yet it will not be told. */
  remove(name: string, ifMatch?: number): Promise<void>;
}

export interface WebhookStoreOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
}

export function createWebhookStore({ database, vault, clock }: WebhookStoreOptions): WebhookStore {
  const now = () => new Date(clock.now());

  return {
    get: async (name) => toWebhook(await read(database, name)),

    async list() {
      const rows = await database.query<WebhookRow>(
        sql`select ${webhookColumns} from webhooks order by name limit ${maxWebhooks}`,
      );
      return rows.map(toWebhook);
    },

    add: (name, fields) =>
      database.transaction(async (tx) => {
        await assertRoom(tx);
        const id = createId("webhook");
        const secret = generateWebhookSecret();
        const sealed = sealSecrets(vault, id, { current: secret });
        const made = await tx.query<WebhookRow>(sql`
          insert into webhooks (id, name, url, kinds, allow_private, sealed_secret, is_enabled, created_at, updated_at)
          values (${id}, ${name}, ${fields.url}, ${fields.kinds}, ${fields.allowPrivate}, ${sealed},
                  ${fields.isEnabled}, ${now()}, ${now()})
          on conflict (name) do nothing returning ${webhookColumns}`);
        const [row] = made;
        await recordChange(tx, topic, name);
        if (row) return { webhook: toWebhook(row), secret };
        throw noticeFaults.fault("webhook_name_taken", `There is a webhook "${name}" already`, {
          field: "name",
        });
      }),

    change: (name, change, ifMatch) =>
      database.transaction(async (tx) => {
        const before = toWebhook(await lock(tx, name, ifMatch));
        const after = withChange(before, change);
        if (isDeepStrictEqual(before, after)) return before;
        await tx.query(sql`
          update webhooks
             set url = ${after.url}, kinds = ${after.kinds}, allow_private = ${after.allowPrivate},
                 is_enabled = ${after.isEnabled}, version = version + 1, updated_at = ${now()}
           where id = ${after.id}`);
        await recordChange(tx, topic, name);
        return toWebhook(await read(tx, name));
      }),

    rotateSecret: (name, overlapMs, ifMatch) =>
      database.transaction(async (tx) => {
        const row = await lock(tx, name, ifMatch);
        const { current } = openSecrets(vault, row);
        const secret = generateWebhookSecret();
        const before = { secret: current, until: clock.now() + overlapMs };
        const sealed = sealSecrets(vault, row.id, { current: secret, ...(overlapMs > 0 && { before }) });
        await tx.query(sql`
          update webhooks set sealed_secret = ${sealed}, version = version + 1, updated_at = ${now()}
           where id = ${row.id}`);
        await recordChange(tx, topic, name);
        return { webhook: toWebhook(await read(tx, name)), secret };
      }),

    remove: (name, ifMatch) =>
      database.transaction(async (tx) => {
        const { id } = await lock(tx, name, ifMatch);
        await tx.query(sql`delete from webhooks where id = ${id}`);
        await recordChange(tx, topic, name);
      }),
  };
}

/** A webhook as it is used, or undefined for one that is gone or switched off. */
export async function findInUse(database: Queryable, id: string): Promise<WebhookRow | undefined> {
  const [row] = await database.query<WebhookRow>(
    sql`select ${webhookColumns} from webhooks where id = ${id} and is_enabled`,
  );
  return row;
}

async function read(from: Queryable, name: string): Promise<WebhookRow> {
  const [row] = await from.query<WebhookRow>(
    sql`select ${webhookColumns} from webhooks where name = ${name}`,
  );
  if (row) return row;
  throw noticeFaults.fault("webhook_not_found", `There is no webhook "${name}"`);
}

async function lock(tx: Transaction, name: string, ifMatch: number | undefined): Promise<WebhookRow> {
  await tx.query(sql`select 1 from webhooks where name = ${name} for update`);
  const row = await read(tx, name);
  if (ifMatch === undefined || ifMatch === row.version) return row;
  throw kernelFaults.fault(
    "version_stale",
    `The webhook "${name}" is at version ${row.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: row.version } },
  );
}

async function assertRoom(tx: Transaction): Promise<void> {
  const [row] = await tx.query<{ count: number }>(sql`select count(*)::int as count from webhooks`);
  if ((row?.count ?? 0) < maxWebhooks) return;
  const rule = `name names one more than the ${maxWebhooks} webhooks that there may be`;
  throw kernelFaults.fault("invalid_input", rule, { field: "name" });
}

function withChange(webhook: Webhook, change: WebhookChange): Webhook {
  return {
    ...webhook,
    url: change.url ?? webhook.url,
    kinds: change.kinds ?? webhook.kinds,
    allowPrivate: change.allowPrivate ?? webhook.allowPrivate,
    isEnabled: change.isEnabled ?? webhook.isEnabled,
  };
}
