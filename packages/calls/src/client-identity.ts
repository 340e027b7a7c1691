/** What a client says that it is: with its session, or with each request (2026-07-28, `_meta`). */
import { isObject, metaKeys, type JsonObject, type Message } from "@castellan/mcp";
import type { CallerSession } from "./call.ts";

export interface ToldIdentity {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

export function clientOf(
  session: Pick<CallerSession, "clientName" | "clientVersion"> | undefined,
  message: Message | undefined,
): ToldIdentity {
  if (session) return { name: session.clientName, version: session.clientVersion };
  const meta = message?.kind === "request" ? message.params?.["_meta"] : undefined;
  const info = isObject(meta) ? meta[metaKeys.clientInfo] : undefined;
  return isObject(info) ? { name: textOf(info, "name"), version: textOf(info, "version") } : {};
}

function textOf(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}
