/** Which request a message belongs to, on a transport whose one stream does not say so. */
import { isObject } from "../jsonrpc/message.ts";

/** Notifications that speak of no request, whichever is under way (2025-11-25, schema). */
const outsideOfRequests: ReadonlySet<string> = new Set([
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
  "notifications/elicitation/complete",
  "notifications/tasks/status",
]);

export function isOutsideOfRequests(method: string): boolean {
  return outsideOfRequests.has(method);
}

/** The progress token in a request's raw `params`. */
export function progressTokenIn(params: string | undefined): unknown {
  const value: unknown = params === undefined ? undefined : JSON.parse(params);
  const meta = isObject(value) ? value["_meta"] : undefined;
  return isObject(meta) ? meta["progressToken"] : undefined;
}

/** The id in a text that was refused as a message, if it is a number as ours are. */
export function answeredBy(data: string): number | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) && typeof value["id"] === "number" ? value["id"] : undefined;
  } catch {
    return undefined;
  }
}
