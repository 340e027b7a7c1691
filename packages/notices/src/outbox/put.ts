/** Puts a notice into the outbox, as part of the transaction in which it happens: it is told if and only if it did. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import { createId } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { isMailAddress } from "../mail/address.ts";
import type { Notice, NoticeChannel } from "../notice.ts";
import { webhookPayload } from "../webhooks/payload.ts";
import { sealBody } from "./sealed-body.ts";

/** Wakes the workers of all replicas. */
export const noticesTopic = "notices";

const dayMs = 24 * 60 * 60 * 1000;
const givenUpAfterMs = 3 * dayMs;
/** Who may decide may be a group of any size: beyond this many, telling all of them helps nobody. */
const maxEmails = 500;

/** Letters to one address in an hour. Who gets so many reads the page; more would only keep other letters from them. */
const maxLetters = 60;
const hourMs = 60 * 60 * 1000;

export interface PutOptions {
  readonly vault: Pick<Vault, "seal">;
  readonly now: Date;
  /** Whether there is a way for e-mail. */
  readonly hasMail: boolean;
}

interface Row {
  readonly channel: NoticeChannel;
  readonly recipient: string;
  readonly body: string;
}

export async function putNotice(tx: Queryable, notice: Notice, options: PutOptions): Promise<void> {
  const { vault, now, hasMail } = options;
  const { kind, emails, letter, data, until } = notice;
  const webhooks = await tx.query<{ id: string }>(sql`
    select id from webhooks
     where is_enabled and (kinds = '{}' or ${kind} = any(kinds))
     order by id limit 1000`);
  const payload = webhookPayload(kind, now, data);
  const written = JSON.stringify(letter);
  const named = hasMail ? [...new Set(emails)].filter(isMailAddress).slice(0, maxEmails) : [];
  const full = await fullMailboxes(tx, named, now);
  const addresses = named.filter((address) => !full.has(address));
  const rows: Row[] = [
    ...addresses.map((recipient) => ({ channel: "email" as const, recipient, body: written })),
    ...webhooks.map(({ id }) => ({ channel: "webhook" as const, recipient: id, body: payload })),
  ];
  if (rows.length === 0) return;
  const ids = rows.map(() => createId("notice"));
  const bodies = rows.map(({ body }, at) => sealBody(vault, ids[at] ?? "", body));
  const giveUpAt = new Date(Math.min(now.getTime() + givenUpAfterMs, until?.getTime() ?? Infinity));
  await tx.query(sql`
    insert into notices (id, kind, channel, recipient, sealed_body, state, next_at, give_up_at, created_at)
    select id, ${kind}, channel, recipient, body, 'waiting', ${now}, ${giveUpAt}, ${now}
      from unnest(${ids}::text[], ${rows.map(({ channel }) => channel)}::text[],
                  ${rows.map(({ recipient }) => recipient)}::text[], ${bodies}::bytea[])
        as row (id, channel, recipient, body)`);
  await recordChange(tx, noticesTopic, kind);
}

async function fullMailboxes(tx: Queryable, addresses: readonly string[], now: Date): Promise<Set<string>> {
  if (addresses.length === 0) return new Set();
  const rows = await tx.query<{ recipient: string }>(sql`
    select recipient from notices
     where channel = 'email' and recipient = any(${addresses}) and created_at > ${new Date(now.getTime() - hourMs)}
     group by recipient having count(*) >= ${maxLetters}`);
  return new Set(rows.map(({ recipient }) => recipient));
}
