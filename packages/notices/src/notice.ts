/** What people and programs are told of. */
import type { Id } from "@castellan/kernel";

export const noticeKinds = [
  "approval.asked",
  "approval.reminder",
  "approval.decided",
  "credential.failed",
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** A letter. Its texts may hold what strangers wrote: what does not show is made visible, and nothing in it is markup. */
export interface Letter {
  /** One line. */
  readonly subject: string;
  /** Paragraphs. */
  readonly lines: readonly string[];
  /** Where to go for it: an address of ours. */
  readonly link: { readonly label: string; readonly url: string } | undefined;
}

/** One thing that happened. */
export interface Notice {
  readonly kind: NoticeKind;
  /** Who is told by e-mail; each once. */
  readonly emails: readonly string[];
  readonly letter: Letter;
  /** What webhooks get as `data`: JSON, nothing that only some may see. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Nobody wants to hear of it after that. Absent: three days. */
  readonly until?: Date | undefined;
}

export const noticeChannels = ["email", "webhook"] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/** `waiting`: for its first or next attempt. `failed`: given up. */
export const noticeStates = ["waiting", "delivered", "failed"] as const;
export type NoticeState = (typeof noticeStates)[number];

/** One notice on one way, as admins see it: whether it arrived, not what it says. */
export interface SentNotice {
  readonly id: Id<"notice">;
  readonly kind: string;
  readonly channel: NoticeChannel;
  /** An e-mail address, or the name of a webhook; its id once it is gone. */
  readonly recipient: string;
  readonly state: NoticeState;
  readonly attempts: number;
  /** When it is tried next; absent: never. */
  readonly nextAt: Date | undefined;
  readonly lastError: string | undefined;
  readonly createdAt: Date;
  readonly settledAt: Date | undefined;
}

/** What came of one attempt. */
export type Outcome =
  | { readonly kind: "delivered" }
  /** Worth another attempt; `afterMs`: not before, if the other side said so. */
  | { readonly kind: "later"; readonly error: string; readonly afterMs?: number }
  /** Another attempt would fare no better. */
  | { readonly kind: "never"; readonly error: string };
