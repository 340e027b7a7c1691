/** Webhooks. Their secrets are in no document: `castellan webhook rotate` makes one, and shows it once. */
import type { Webhook } from "@castellan/notices";
import type { WebhookEntry } from "../document/document.ts";
import { webhookEntry } from "../document/webhook-entry.ts";
import { said, type PlainKind } from "./plain-kind.ts";

export const webhookKind: PlainKind<WebhookEntry> = {
  kind: "webhook",
  wantedIn: ({ webhooks }) => Object.entries(webhooks),
  pathOf: (name) => ["webhooks", name],
  defaultsFor: () => {
    const { url: _, ...rest } = webhookEntry.parse({ url: "x" });
    return rest;
  },
  fixed: [],
  isOwners: false,
  calls: ({ url, allowPrivate }) => [{ url, field: "url", allowPrivate }],
  list: async ({ webhooks }) =>
    (await webhooks.list()).map((webhook) => ({
      key: webhook.name,
      identity: webhook.id,
      version: webhook.version,
      entry: entryOf(webhook),
    })),
  add: async ({ webhooks }, { key, entry }) => (await webhooks.add(key, entry)).webhook.id,
  async change({ webhooks }, { key, entry }, { version }) {
    await webhooks.change(key, entry, version);
  },
  remove: ({ webhooks }, { key, version }) => webhooks.remove(key, version),
};

function entryOf({ url, kinds, allowPrivate, isEnabled }: Webhook): WebhookEntry {
  return webhookEntry.parse(said({ url, kinds, allowPrivate, isEnabled }));
}
