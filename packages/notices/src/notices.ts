/**
 * What people and programs are told of. A notice is written in the transaction in which its reason happens, and is then
 * delivered by whichever replica comes first: at least once, each attempt under the same id.
 */
import { type ChangeFeed, type Database, type Queryable } from "@castellan/database";
import { createId, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Outbound } from "@castellan/web";
import { createMailer, type SmtpSettings } from "./mail/mailer.ts";
import type { Letter, Notice, Outcome, SentNotice } from "./notice.ts";
import type { Claimed } from "./outbox/claim.ts";
import { Lane } from "./outbox/lane.ts";
import { pageNotices, type NoticeFilter } from "./outbox/list.ts";
import { noticesTopic, putNotice } from "./outbox/put.ts";
import { openBody } from "./outbox/sealed-body.ts";
import { sweepNotices } from "./outbox/sweep.ts";
import { deliverToWebhook, type WebhookOutcome } from "./webhooks/deliver.ts";
import { webhookPayload } from "./webhooks/payload.ts";
import { createWebhookStore, findInUse } from "./webhooks/webhook-store.ts";
import type { WebhookRow } from "./webhooks/webhook-row.ts";

export interface Notices extends AsyncDisposable {
  /** Whether people can be told by e-mail. */
  readonly hasMail: boolean;
  /** Tells everybody whom it concerns, once the transaction is committed. Nobody may be concerned: then it does nothing. */
  send(tx: Queryable, notice: Notice): Promise<void>;
  /** The newest first. */
  page(filter: NoticeFilter): Promise<{ items: SentNotice[]; next: string | undefined }>;
  /** Tells one webhook at once that this is a test. Throws `webhook_not_found`. */
  test(webhook: string, signal: AbortSignal): Promise<WebhookOutcome>;
}

export interface NoticesOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly outbound: Pick<Outbound, "fetch">;
  /** Absent: nobody is told by e-mail. */
  readonly smtp?: SmtpSettings | undefined;
  readonly onError: (error: unknown) => void;
  /** How often the outbox is looked at when nothing calls. Default 5,000. */
  readonly pollMs?: number;
}

const sweepEveryMs = 10 * 60_000;

export function createNotices(options: NoticesOptions): Notices {
  const { database, vault, clock, outbound, smtp, onError, pollMs = 5_000 } = options;
  const mailer = smtp && createMailer(smtp);
  const webhooks = createWebhookStore({ database, vault, clock });

  const deliverByMail = async (
    { id, recipient, sealedBody }: Claimed,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    if (!mailer) return { kind: "later", error: "No mail server is set up" };
    const letter = JSON.parse(openBody(vault, id, sealedBody)) as Letter;
    return mailer.deliver(recipient, letter, { id, signal });
  };
  const tell = (row: WebhookRow, told: { id: string; body: string }, signal: AbortSignal) =>
    deliverToWebhook(row, told, { vault, outbound, clock, signal });
  const deliverByWebhook = async (
    { id, recipient, sealedBody }: Claimed,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const row = await findInUse(database, recipient);
    if (!row) return { kind: "never", error: "The webhook was removed or switched off" };
    return tell(row, { id, body: openBody(vault, id, sealedBody) }, signal);
  };

  const lanes = [
    ...(mailer ? [new Lane({ database, clock, channel: "email", deliver: deliverByMail, onError })] : []),
    new Lane({ database, clock, channel: "webhook", deliver: deliverByWebhook, onError }),
  ];
  const wake = () => {
    for (const lane of lanes) lane.wake();
  };
  const stopListening = options.changes.on(noticesTopic, wake);
  const polling = setInterval(wake, pollMs);
  let sweepingNow: Promise<void> = Promise.resolve();
  const sweeping = setInterval(() => {
    sweepingNow = sweepingNow.then(() => sweepAll(database, clock)).catch(onError);
  }, sweepEveryMs);
  for (const timer of [polling, sweeping]) timer.unref();
  wake();

  return {
    hasMail: mailer !== undefined,
    send: (tx, notice) =>
      putNotice(tx, notice, { vault, now: new Date(clock.now()), hasMail: mailer !== undefined }),
    page: (filter) => pageNotices(database, filter),
    async test(name, signal) {
      const { id } = await webhooks.get(name);
      const row = await findInUse(database, id);
      if (!row) return { kind: "never", error: "The webhook is switched off" };
      const body = webhookPayload("webhook.test", new Date(clock.now()), { webhook: name });
      return tell(row, { id: createId("notice"), body }, signal);
    },
    async [Symbol.asyncDispose]() {
      stopListening();
      clearInterval(polling);
      clearInterval(sweeping);
      await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
      await sweepingNow;
    },
  };
}

async function sweepAll(database: Database, clock: Clock): Promise<void> {
  for (let round = 0; round < 20; round += 1) if (!(await sweepNotices(database, clock.now()))) return;
}
