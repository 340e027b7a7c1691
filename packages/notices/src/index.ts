export { noticeFaults } from "./faults.ts";
export { noticeMigrations } from "./migrations.ts";
export { noticeSealedColumns } from "./sealed-columns.ts";

export { createNotices, type Notices, type NoticesOptions } from "./notices.ts";
export {
  noticeChannels,
  noticeKinds,
  noticeStates,
  type Notice,
  type NoticeKind,
  type SentNotice,
} from "./notice.ts";

export { isMailAddress } from "./mail/address.ts";
export { parseSmtpUrl } from "./mail/smtp-url.ts";

export { createWebhookStore, type WebhookStore } from "./webhooks/webhook-store.ts";
export type { Webhook, WebhookChange, WebhookFields } from "./webhooks/webhook.ts";
