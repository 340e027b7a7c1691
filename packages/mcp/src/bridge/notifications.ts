/** What is stamped anew on a notification (a whole message, raw JSON) that changes hands. */
import { withMemberAt } from "../json/members.ts";
import type { RequestId } from "../jsonrpc/message.ts";
import { metaKeys } from "../versions.ts";

/**
 * `notifications/progress` under the token of the caller's. `tokenText` is raw JSON (a string or a
 * number): a token may be an integer that a number cannot hold.
 */
export function withProgressToken(notificationText: string, tokenText: string): string {
  return withMemberAt(notificationText, ["params", "progressToken"], tokenText);
}

/** A notification on a listen stream names the stream by the id of its request (2026-07-28, subscriptions). */
export function withSubscriptionId(notificationText: string, id: RequestId): string {
  return withMemberAt(notificationText, ["params", "_meta", metaKeys.subscriptionId], JSON.stringify(id));
}

/** `notifications/resources/updated` under the URI that the caller knows the resource by. */
export function withUri(notificationText: string, uri: string): string {
  return withMemberAt(notificationText, ["params", "uri"], JSON.stringify(uri));
}
