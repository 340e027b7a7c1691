/** Where programs are told of things. */
import type { Id } from "@castellan/kernel";
import type { NoticeKind } from "../notice.ts";

export interface WebhookFields {
  readonly url: string;
  /** What it wants to hear of; none: everything. */
  readonly kinds: readonly NoticeKind[];
  /** Hosts, `host:port`, addresses or CIDRs that it may be at although they are not public. */
  readonly allowPrivate: readonly string[];
  readonly isEnabled: boolean;
}

export interface Webhook extends WebhookFields {
  readonly id: Id<"webhook">;
  /** A slug; unique. It never changes. */
  readonly name: string;
  /** Grows with each change: what `If-Match` is compared with. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is absent stays. */
export type WebhookChange = { readonly [Field in keyof WebhookFields]?: WebhookFields[Field] | undefined };

/** A webhook with its secret: the only time that this is told. */
export interface MadeWebhook {
  readonly webhook: Webhook;
  /** `whsec_…` */
  readonly secret: string;
}
